/**
 * Waiting for the write lock of a file that other processes write, too. Processes of Runnel take turns (turns.ts). SQLite's
 * own waiting sleeps up to 100 ms between two tries, so that a process whose neighbour writes all the time seldom meets a
 * gap; short tries meet one soon.
 */
import { EngineError, toEngineError } from "../engine.ts";
import { sleep, TRY_EVERY_MS, Turns } from "./turns.ts";

/** How long a batch waits, so that a write is refused within 2 s. */
const PATIENCE_MS = 1_400;
/** How long batches wait after one that waited in vain: those behind it have waited as long already. */
const SHORT_PATIENCE_MS = 10;
/** How long a batch and the one before it wait together. */
const SHARED_PATIENCE_MS = 1_900;

/** The write lock of one connection. */
export class WriteLock {
  readonly #turns: Turns;
  #patience = PATIENCE_MS;

  /** `begin` begins a write transaction, and fails at once while another process is in one. */
  constructor(readonly path: string, readonly begin: () => void) {
    this.#turns = new Turns(`${path}-turn`);
  }

  /**
   * Begins a write transaction as soon as no other process is in one; the thread stands still until then. Fails with `busy`
   * when it takes too long. `release` follows the transaction.
   */
  take(): void {
    const began = performance.now(), until = began + this.#patience;
    if (!this.#turns.take(until)) throw this.#busy();
    try {
      this.#beginUntil(until);
    } catch (error) {
      this.#turns.end();
      throw error;
    }
    this.#patience = Math.min(PATIENCE_MS, SHARED_PATIENCE_MS - (performance.now() - began));
  }

  /** Lets others write: the transaction has ended. */
  release(): void {
    this.#turns.end();
  }

  close(): void {
    this.#turns.close();
  }

  #beginUntil(until: number): void {
    while (!this.#tryToBegin()) {
      if (performance.now() >= until) throw this.#busy();
      sleep(TRY_EVERY_MS);
    }
  }

  #tryToBegin(): boolean {
    try {
      this.begin();
      return true;
    } catch (error) {
      if (toEngineError(error).failure === "busy") return false;
      throw error;
    }
  }

  #busy(): EngineError {
    this.#patience = SHORT_PATIENCE_MS;
    return new EngineError(
      "busy",
      `another process keeps the write lock of ${this.path}, so nothing is written: wait for it, or find it ` +
        `(fuser ${this.path}) and end it`,
    );
  }
}
