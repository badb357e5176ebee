/** Figures in Prometheus' text format. Labels are route templates, codes and names of jobs: as many as the program has. */
import { Counter, Gauge, Registry } from "prom-client";
import type { ErrorCode } from "../../domain/errors.ts";
import type { DomainServices } from "../../domain/services.ts";
import { exposition } from "./exposition.ts";
import { type RequestCount, RequestTimes } from "./request_times.ts";

/** Consumers can be as many as users make; the ones that are furthest behind are shown. */
const MOST_CONSUMERS = 50;
const COMMITS = "runnel_commit_duration_seconds";

type Collect = (services: DomainServices) => Promise<void> | void;

/** What one process counts. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new RequestTimes();
  readonly #refusals = new Counter({
    name: "runnel_refusals_total",
    help: "Refused requests by error code",
    labelNames: ["code"],
    registers: [this.#registry],
  });
  readonly #collect: Collect[];

  constructor() {
    this.#collect = [this.#storage(), this.#channels(), this.#jobs(), this.#process()];
  }

  answered(method: string, route: string | undefined, status: number, millis: number): void {
    this.#requests.observe(method, route, status, millis);
  }

  refused(code: ErrorCode): void {
    this.#refusals.labels(code).inc();
  }

  /** Requests since the start, by method, route and status. */
  requests(): Iterable<RequestCount> {
    return this.#requests.counts();
  }

  async text(services: DomainServices): Promise<string> {
    for (const collect of this.#collect) await collect(services);
    const commits = exposition(COMMITS, "Time of a commit, fsync included", [
      { labels: "", times: services.storage.commits().times },
    ]);
    return `${await this.#registry.metrics()}\n${commits}${this.#requests.text()}`;
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name: `runnel_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #storage(): Collect {
    const writes = this.#gauge("committed_writes", "Writes in the commits since the start");
    const waiting = this.#gauge("waiting_writes", "Writes that wait for a commit");
    const file = this.#gauge("database_bytes", "Size of the database file");
    const log = this.#gauge("log_bytes", "Size of the log beside it");
    return async ({ storage }) => {
      const figures = storage.commits(), bytes = await storage.bytes();
      writes.set(figures.writes);
      waiting.set(storage.waiting());
      file.set(bytes.file);
      log.set(bytes.log);
    };
  }

  #channels(): Collect {
    const hits = this.#gauge("item_cache_hits", "Items that were read from memory since the start");
    const misses = this.#gauge("item_cache_misses", "Items that were read from the database since the start");
    const subscribers = this.#gauge("subscribers", "Followers of channels");
    const behind = this.#gauge("subscriber_lag_seconds", "How far the follower furthest behind is");
    const lag = this.#gauge("consumer_lag_seconds", "How far the furthest behind are", [
      "channel",
      "consumer",
    ]);
    return async ({ storage, items, hub }) => {
      hits.set(items.reads.hits);
      misses.set(items.reads.misses);
      subscribers.set(hub.size);
      behind.set(hub.lagMillis / 1000);
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
    return () => memory.set(Deno.memoryUsage().rss);
  }
}

/** What is known of a request when it has been answered. */
interface Served {
  /** The template of its route; undefined: no route took it. */
  readonly route?: string;
  /** To be told when the request's answer is not at hand, and when it is there. */
  began?(): void;
  ended?(status: number): void;
}

/**
 * The same application, counting. It stands around the application instead of in it: a middleware would make every
 * answer a promise, and Deno sends an answer that is at hand for half the time.
 */
export function counting<Env extends Served, Rest extends unknown[]>(
  fetch: (request: Request, env?: Env, ...rest: Rest) => Response | Promise<Response>,
  metrics: Metrics,
): typeof fetch {
  return (request, env, ...rest) => {
    const started = performance.now();
    const count = (answer: Response): Response => {
      metrics.answered(request.method, env?.route, answer.status, performance.now() - started);
      env?.ended?.(answer.status);
      return answer;
    };
    const answer = fetch(request, env, ...rest);
    if (!(answer instanceof Promise)) return count(answer);
    env?.began?.();
    return answer.then(count);
  };
}
