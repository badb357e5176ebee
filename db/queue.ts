/** Bounded queues: what waits together runs together. Writes, point reads and password hashes go through them. */
import { setImmediate } from "node:timers";
import { Hold } from "./hold.ts";

/** Bounds of one queue. Past `maxWaiting` or `maxWaitingBytes` a caller is refused with `OverloadError`. */
export interface BatchLimits {
  /** Operations in one run. */
  readonly maxBatch: number;
  /** Bytes in one run; a single larger operation runs alone. */
  readonly maxBatchBytes: number;
  /** Operations that may wait. */
  readonly maxWaiting: number;
  /** Bytes that may wait. */
  readonly maxWaitingBytes: number;
}

const MIB = 1 << 20;
export const DEFAULT_LIMITS: BatchLimits = {
  maxBatch: 512,
  maxBatchBytes: 8 * MIB,
  maxWaiting: 20_000,
  maxWaitingBytes: 128 * MIB,
};

/** More waits than the queue may hold. Nothing was stored; the caller may try again. */
export class OverloadError extends Error {
  override readonly name = "OverloadError";
}

interface Waiting<Op, Outcome> {
  readonly op: Op;
  readonly bytes: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Settles each operation of a run, in order; an `Error` in the list rejects that caller alone. `holdNext` says how many
 * milliseconds the next run may be held back, so that those who are answered by this one share it.
 */
export type BatchRun<Op, Outcome> = (
  ops: Op[],
  holdNext: (millis: number) => void,
) => Promise<(Outcome | Error)[]>;

/** A bounded queue whose operations are run together, one run at a time. */
export class Batcher<Op, Outcome> {
  #waiting: Waiting<Op, Outcome>[] = [];
  #waitingBytes = 0;
  #scheduled = false;
  #isRunning = false;
  readonly #hold = new Hold(() => this.#schedule());
  /** Resolved when the next run ends. */
  #ended = Promise.withResolvers<void>();

  constructor(readonly run: BatchRun<Op, Outcome>, readonly limits: BatchLimits = DEFAULT_LIMITS) {}

  /** How many operations wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Queues an operation of about that many bytes and settles with its outcome. */
  submit(op: Op, bytes = 0): Promise<Outcome> {
    const { maxWaiting, maxWaitingBytes } = this.limits;
    if (
      this.#waiting.length >= maxWaiting ||
      (this.#waitingBytes > 0 && this.#waitingBytes + bytes > maxWaitingBytes)
    ) {
      return Promise.reject(new OverloadError(`${this.#waiting.length} operations wait already`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ op, bytes, resolve, reject });
      this.#waitingBytes += bytes;
      this.#schedule();
    });
  }

  /** Resolves when nothing waits and nothing runs. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#isRunning) {
      this.#hold.end();
      this.#schedule();
      await this.#ended.promise;
    }
    this.#hold.end();
  }

  #schedule(): void {
    if (this.#scheduled || !this.#isReady()) return;
    this.#scheduled = true;
    // setImmediate lets every request of this turn join; a timer, even of 1 ms, halves the rate.
    setImmediate(() => {
      this.#scheduled = false;
      this.#runNext();
    });
  }

  #isReady(): boolean {
    return !this.#isRunning && this.#waiting.length > 0 && !this.#isHeld();
  }

  #isHeld(): boolean {
    return this.#waitingBytes < this.limits.maxBatchBytes && this.#hold.holds(this.#waiting.length);
  }

  async #runNext(): Promise<void> {
    const batch = this.#take();
    this.#isRunning = true;
    const { settle, hold } = await this.#runBatch(batch);
    this.#isRunning = false;
    // A timer knows whole milliseconds.
    if (hold >= 1) {
      this.#hold.begin(hold, Math.min(batch.length + this.#waiting.length, this.limits.maxBatch));
    }
    // Those that wait are run while these callers are told: what they then do, such as answering, takes as long as a run.
    if (this.#isReady()) this.#runNext();
    batch.forEach(settle);
    this.#ended.resolve();
    this.#ended = Promise.withResolvers();
    this.#schedule();
  }

  /** Runs operations; answers how each caller is told, and for how many milliseconds the next run may be held back. */
  async #runBatch(batch: readonly Waiting<Op, Outcome>[]): Promise<{
    readonly settle: (waiting: Waiting<Op, Outcome>, index: number) => void;
    readonly hold: number;
  }> {
    let hold = 0;
    try {
      const outcomes = await this.run(batch.map((waiting) => waiting.op), (millis) => hold = millis);
      const settle = ({ resolve, reject }: Waiting<Op, Outcome>, index: number) => {
        const outcome = outcomes[index] as Outcome | Error;
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      return { settle, hold };
    } catch (error) {
      return { settle: ({ reject }) => reject(error), hold };
    }
  }

  #take(): Waiting<Op, Outcome>[] {
    let count = 0, bytes = 0;
    for (const waiting of this.#waiting) {
      if (
        count === this.limits.maxBatch || (count > 0 && bytes + waiting.bytes > this.limits.maxBatchBytes)
      ) break;
      count++;
      bytes += waiting.bytes;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }
}
