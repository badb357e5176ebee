/** Figures in Prometheus' text format. Labels are route templates, codes and names of jobs: as many as the program has. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ErrorCode } from "../../domain/errors.ts";
import type { DomainServices } from "../../domain/services.ts";

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10];
/** Consumers can be as many as users make; the ones that are furthest behind are shown. */
const MOST_CONSUMERS = 50;

/** Under which name a request keeps the template of its route. */
export const ROUTE = "route";

type Collect = (services: DomainServices) => Promise<void> | void;

/** What one process counts. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Histogram({
    name: "http_server_request_duration_seconds",
    help: "Requests by method, route template and status, with the time until the answer began",
    labelNames: ["method", "route", "status"],
    buckets: SECONDS,
    registers: [this.#registry],
  });
  readonly #refusals = new Counter({
    name: "runnel_refusals_total",
    help: "Refused requests by error code",
    labelNames: ["code"],
    registers: [this.#registry],
  });
  /** Finding a series of labels costs more than counting in it. */
  readonly #known = new Map<string, { observe(seconds: number): void }>();
  readonly #collect: Collect[];

  constructor() {
    this.#collect = [this.#storage(), this.#consumers(), this.#jobs(), this.#process()];
  }

  answered(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${status} ${route}`;
    let series = this.#known.get(key);
    if (series === undefined) this.#known.set(key, series = this.#requests.labels({ method, route, status }));
    series.observe(seconds);
  }

  refused(code: ErrorCode): void {
    this.#refusals.labels(code).inc();
  }

  async text(services: DomainServices): Promise<string> {
    for (const collect of this.#collect) await collect(services);
    return await this.#registry.metrics();
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name: `runnel_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #storage(): Collect {
    const commits = this.#gauge("commits", "Commits since the start");
    const writes = this.#gauge("committed_writes", "Writes in them");
    const seconds = this.#gauge("commit_seconds", "Time that they took together");
    const waiting = this.#gauge("waiting_writes", "Writes that wait for a commit");
    const file = this.#gauge("database_bytes", "Size of the database file");
    const log = this.#gauge("log_bytes", "Size of the log beside it");
    return async ({ storage }) => {
      const figures = storage.commits(), bytes = await storage.bytes();
      commits.set(figures.commits);
      writes.set(figures.writes);
      seconds.set(figures.millis / 1000);
      waiting.set(storage.waiting());
      file.set(bytes.file);
      log.set(bytes.log);
    };
  }

  #consumers(): Collect {
    const lag = this.#gauge("consumer_lag_seconds", "How far the furthest behind are", [
      "channel",
      "consumer",
    ]);
    return async ({ storage }) => {
      lag.reset();
      for (const { channel, consumer, millis } of await storage.lags(MOST_CONSUMERS)) {
        lag.set({ channel, consumer }, millis / 1000);
      }
    };
  }

  #jobs(): Collect {
    const start = this.#gauge("job_start_seconds", "When a job began last, seconds since the epoch", ["job"]);
    const failed = this.#gauge("job_failed", "1: its last run failed", ["job"]);
    return async ({ jobs }) => {
      for (const { name: job, last } of await jobs.list()) {
        if (last === undefined) continue;
        start.set({ job }, last.startedAt / 1000);
        failed.set({ job }, last.error === null ? 0 : 1);
      }
    };
  }

  #process(): Collect {
    const memory = this.#gauge("resident_memory_bytes", "Memory of the process");
    const subscribers = this.#gauge("subscribers", "Followers of channels");
    return ({ hub }) => {
      memory.set(Deno.memoryUsage().rss);
      subscribers.set(hub.size);
    };
  }
}

/** Counts a request with its route template; what no route takes counts as one. */
export function countRequests(metrics: Metrics) {
  return async (context: MetricContext, next: () => Promise<void>): Promise<void> => {
    const started = performance.now();
    await next();
    const { req: { method }, res: { status } } = context;
    metrics.answered(
      METHODS.has(method) ? method : "other",
      context.get(ROUTE) ?? "none",
      status,
      (performance.now() - started) / 1000,
    );
  };
}

interface MetricContext {
  readonly req: { readonly method: string };
  readonly res: Response;
  get(name: typeof ROUTE): string | undefined;
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
