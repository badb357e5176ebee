/** What the process did in the last day, in memory: a ring of samples, ten seconds apart. */
import { AREA_NAMES, type AreaName, AREAS } from "../../domain/areas.ts";
import type { DomainServices } from "../../domain/services.ts";
import { DAY_MS } from "../../domain/time.ts";
import type { Metrics } from "./metrics.ts";

/** Milliseconds from one sample to the next. */
export const SAMPLE_MS = 10_000;
const MOST_SAMPLES = DAY_MS / SAMPLE_MS;

/** Counters, which only grow; a stretch of time shows their growth. */
const COUNTERS = ["requests", "faults", "commits", "writes", "commitMillis"] as const;
const GAUGES = ["memory", "databaseBytes", "subscribers", "waiting"] as const;
const WIDTH = 1 + COUNTERS.length + GAUGES.length + AREA_NAMES.length;

/** A sample: each figure by its name, the counters since the start of the process. */
export type Sample =
  & { readonly time: number; readonly changes: Readonly<Record<AreaName, number>> }
  & Readonly<Record<typeof COUNTERS[number] | typeof GAUGES[number], number>>;

/** What a stretch of time held: the counters are what they grew by. */
export interface Stretch extends Sample {
  /** How long it was. */
  readonly millis: number;
}

/** The samples of the last day, about a megabyte however busy the process is. */
export class History {
  readonly #ring = new Float64Array(MOST_SAMPLES * WIDTH);
  #count = 0;

  add({ time, changes, ...figures }: Sample): void {
    const row = [
      time,
      ...COUNTERS.map((name) => figures[name]),
      ...GAUGES.map((name) => figures[name]),
      ...AREA_NAMES.map((name) => changes[name]),
    ];
    this.#ring.set(row, (this.#count++ % MOST_SAMPLES) * WIDTH);
  }

  /** The newest sample. */
  get last(): Sample | undefined {
    return this.#count === 0 ? undefined : this.#at(this.#count - 1);
  }

  /** Stretches of `every` milliseconds that end with the newest sample and begin after `since`, in order. */
  stretches(since: number, every: number): Stretch[] {
    const points: Stretch[] = [];
    let end = this.last, i = this.#count - 1;
    const first = Math.max(0, this.#count - MOST_SAMPLES);
    while (end !== undefined && i > first && end.time > since) {
      const begin = end.time - every;
      while (i > first && this.#at(i).time > begin) i--;
      const before = this.#at(i);
      points.push(grown(before, end));
      end = before;
    }
    return points.reverse();
  }

  #at(i: number): Sample {
    const [time, ...row] = this.#ring.subarray((i % MOST_SAMPLES) * WIDTH, (i % MOST_SAMPLES + 1) * WIDTH);
    const named = <Name extends string>(names: readonly Name[]) =>
      Object.fromEntries(names.map((name) => [name, row.shift()!])) as Record<Name, number>;
    return { time: time!, ...named(COUNTERS), ...named(GAUGES), changes: named(AREA_NAMES) };
  }
}

function grown(before: Sample, end: Sample): Stretch {
  const growth = <Name extends string>(
    names: readonly Name[],
    from: Readonly<Record<Name, number>>,
    to: Readonly<Record<Name, number>>,
  ) => Object.fromEntries(names.map((name) => [name, to[name] - from[name]])) as Record<Name, number>;
  return {
    ...end,
    millis: end.time - before.time,
    ...growth(COUNTERS, before, end),
    changes: growth(AREA_NAMES, before.changes, end.changes),
  };
}

/** Adds a sample every ten seconds until the services close. Answers how to add one at once. */
export function sampling(history: History, metrics: Metrics, services: DomainServices): () => Promise<void> {
  let taking: Promise<void> | undefined;
  const sample = () =>
    taking ??= takeSample(metrics, services).then((taken) => history.add(taken)).finally(() =>
      taking = undefined
    );
  const timer = setInterval(() => sample().catch(() => {}), SAMPLE_MS);
  // It does not keep a process that has nothing else to do.
  Deno.unrefTimer(timer);
  services.closing.addEventListener("abort", () => clearInterval(timer), { once: true });
  sample().catch(() => {});
  return async () => {
    await taking;
    const age = services.clock() - (history.last?.time ?? -Infinity);
    if (age < 0 || age >= SAMPLE_MS) await sample();
  };
}

async function takeSample(metrics: Metrics, { storage, hub, clock }: DomainServices): Promise<Sample> {
  const bytes = await storage.bytes(), { times, writes } = storage.commits();
  const changes = Object.fromEntries(AREA_NAMES.map((name) => [name, 0])) as Record<AreaName, number>;
  let requests = 0, faults = 0;
  for (const { method, route, status, count } of metrics.requests()) {
    requests += count;
    if (status >= 500) faults += count;
    if (method === "GET" || method === "HEAD" || status >= 400) continue;
    const area = AREA_NAMES.find((name) => AREAS[name].addresses.test(route));
    if (area !== undefined) changes[area] += count;
  }
  return {
    time: clock(),
    requests,
    faults,
    commits: times.count,
    writes,
    commitMillis: times.millis,
    memory: Deno.memoryUsage().rss,
    databaseBytes: bytes.file + bytes.log,
    subscribers: hub.size,
    waiting: storage.waiting(),
    changes,
  };
}
