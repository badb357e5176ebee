/** Long work in short steps, and few of a kind at once, so that others have their turn and memory lasts. */
import { setImmediate } from "node:timers/promises";

const FIRST_STEP = 64;

/**
 * Runs a step until it frees nothing more, sizing it so that other writers wait a few milliseconds at most. The step
 * frees up to `limit` rows and answers how many.
 */
export async function inShortSteps(
  step: (limit: number) => Promise<number>,
  signal?: AbortSignal,
): Promise<number> {
  let total = 0, limit = FIRST_STEP;
  while (!signal?.aborted) {
    const started = performance.now();
    const freed = await step(limit);
    total += freed;
    if (freed < limit) break;
    const took = performance.now() - started;
    if (took > 4) limit = Math.max(8, limit >> 1);
    else if (took < 2) limit = Math.min(2048, limit << 1);
  }
  return total;
}

/** How long others wait for one stretch of work. */
const STRETCH_MS = 4;

/** The stretches of one piece of work in the thread that answers requests. */
export class Turns {
  #since = performance.now();

  /** Lets others go first if the work has gone on for some milliseconds. Called between its small steps. */
  async next(): Promise<void> {
    if (performance.now() - this.#since < STRETCH_MS) return;
    await setImmediate();
    this.#since = performance.now();
  }

  /** Does work whose steps say where others may go first; answers what comes of it. */
  async run<T>(steps: Generator<void, T>): Promise<T> {
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      await this.next();
    }
  }
}

/** Does work that may be done in steps without letting others go first. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Lets few do at once what takes memory, in the order in which they asked. */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Does the work once fewer do. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
