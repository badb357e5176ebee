/**
 * Waiting for the write lock of a file that other processes write, too. SQLite's own waiting sleeps up to 100 ms between
 * two tries, so that a process whose neighbour writes all the time seldom meets a gap; short tries meet one soon.
 */
import { setImmediate } from "node:timers";
import { EngineError, toEngineError } from "./engine.ts";

/** How long a batch waits, so that a write is refused within 2 s. */
const PATIENCE_MS = 1_400;
/** How long batches wait after one that waited in vain: those behind it have waited as long already. */
const SHORT_PATIENCE_MS = 10;
const TRY_EVERY_MS = 0.2;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** The write lock of one connection. */
export class WriteLock {
  #patience = PATIENCE_MS;
  /** Whether another process had it the last time. */
  #isShared = false;

  /** `begin` begins a write transaction, and fails at once while another process is in one. */
  constructor(readonly path: string, readonly begin: () => void) {}

  /**
   * Begins a write transaction as soon as no other process is in one; `onWaiting` is called when one is. Messages to this
   * thread arrive while it waits. Fails with `busy` when that takes too long.
   */
  async take(onWaiting: () => void): Promise<void> {
    const until = performance.now() + this.#patience;
    // A gap in which the neighbour, who waits, begins: else whoever has much to write keeps others from it.
    if (this.#isShared) Atomics.wait(sleeper, 0, 0, 2 * TRY_EVERY_MS);
    this.#isShared = false;
    while (!this.#try()) {
      if (!this.#isShared) onWaiting();
      this.#isShared = true;
      if (performance.now() >= until) {
        this.#patience = SHORT_PATIENCE_MS;
        throw new EngineError(
          "busy",
          `another process keeps the write lock of ${this.path}, so nothing is written: wait for it, or find it ` +
            `(fuser ${this.path}) and end it`,
        );
      }
      Atomics.wait(sleeper, 0, 0, TRY_EVERY_MS);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#patience = PATIENCE_MS;
  }

  #try(): boolean {
    try {
      this.begin();
      return true;
    } catch (error) {
      if (toEngineError(error).failure === "busy") return false;
      throw error;
    }
  }
}
