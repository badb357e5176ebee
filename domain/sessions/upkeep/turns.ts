/** Whose turn it is: work of one kind is done one after the other in this process, and in one process at a time. */
import { EngineError } from "../../../db/engine/engine.ts";
import { RunGone } from "../storage/cursor.ts";
import { StaleRuns, type Storage } from "../storage/storage.ts";

/** How long a process that does this work is believed to be alive without a word from it. */
const LEASE_MS = 5_000;
/** How long this process leaves the work to another one before it asks again. */
const RETRY_MS = 1_000;

export class Turns {
  readonly #storage: Pick<Storage, "store" | "clock">;
  readonly #worker = crypto.randomUUID();
  readonly #queues = { flush: Promise.resolve(), merge: Promise.resolve() };
  #active = 0;
  #leaseUntil = 0;
  #notBefore = 0;
  #isClosed = false;

  constructor(storage: Pick<Storage, "store" | "clock">) {
    this.#storage = storage;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** False for a while after another process was found to do the work. */
  get mayTry(): boolean {
    return performance.now() >= this.#notBefore;
  }

  /**
   * Does the work after what came before it, unless another process does such work. What was changed under its hands is
   * left for the next time.
   */
  take(kind: "flush" | "merge", work: () => Promise<void>): Promise<void> {
    const done = this.#queues[kind].then(() => this.#carryOut(work));
    this.#queues[kind] = done.catch(() => {});
    return done;
  }

  /** Says that this process is at work; false where another one took it over. */
  async keep(): Promise<boolean> {
    const now = this.#storage.clock();
    if (this.#leaseUntil - now > LEASE_MS / 2) return true;
    if (!await this.#storage.store.lease.take(this.#worker, now + LEASE_MS, now)) return false;
    this.#leaseUntil = now + LEASE_MS;
    return true;
  }

  /** Nothing is begun from then on, and what is under way may fail. */
  close(): void {
    this.#isClosed = true;
  }

  async #carryOut(work: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return;
    if (!await this.keep()) {
      this.#notBefore = performance.now() + RETRY_MS;
      return;
    }
    this.#active++;
    try {
      await work();
    } catch (error) {
      if (error instanceof StaleRuns || error instanceof RunGone || this.#isClosed) return;
      if (!(error instanceof EngineError && error.failure === "constraint")) throw error;
    } finally {
      const isLast = --this.#active === 0;
      if (isLast) this.#leaseUntil = 0;
      if (isLast && !this.#isClosed) await this.#storage.store.lease.leave(this.#worker);
    }
  }
}
