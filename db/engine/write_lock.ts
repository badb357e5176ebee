/**
 * Waiting for the write lock of a file that other processes write, too. Processes of Runnel take turns (turns.ts). SQLite's
 * own waiting sleeps up to 100 ms between two tries, so that a process whose neighbour writes all the time seldom meets a
 * gap; short tries meet one soon.
 */
import { setImmediate } from "node:timers";
import { EngineError, toEngineError } from "./engine.ts";
import { sleep, TRY_EVERY_MS, Turns } from "./turns.ts";

/** How long a batch waits, so that a write is refused within 2 s. */
const PATIENCE_MS = 1_400;
/** How long batches wait after one that waited in vain: those behind it have waited as long already. */
const SHORT_PATIENCE_MS = 10;
/** How long a process that has had its turn leaves to those that wait for theirs. */
const GAP_MS = 0.4;

/** The write lock of one connection. */
export class WriteLock {
  readonly #turns: Turns;
  #patience = PATIENCE_MS;
  /** Whether another process had it the last time. */
  #isShared = false;

  /** `begin` begins a write transaction, and fails at once while another process is in one. */
  constructor(readonly path: string, readonly begin: () => void) {
    this.#turns = new Turns(`${path}-turn`);
  }

  /**
   * Begins a write transaction as soon as no other process is in one; `onWaiting` is called when one is. Messages that came
   * to this thread while it waited are received before this resolves. Fails with `busy` when it takes too long. `release`
   * follows the transaction.
   */
  async take(onWaiting: () => void): Promise<void> {
    const until = performance.now() + this.#patience;
    // Else whoever has much to write keeps others from it.
    if (this.#isShared) sleep(GAP_MS);
    this.#isShared = false;
    const share = () => {
      if (!this.#isShared) onWaiting();
      this.#isShared = true;
    };
    if (!this.#turns.take(until, share)) throw this.#busy();
    try {
      await this.#beginUntil(until, share);
      if (this.#isShared) await messages();
    } catch (error) {
      this.#turns.end();
      throw error;
    }
    this.#patience = PATIENCE_MS;
  }

  /** Lets others write: the transaction has ended. */
  release(): void {
    this.#turns.end();
  }

  close(): void {
    this.#turns.close();
  }

  async #beginUntil(until: number, onWaiting: () => void): Promise<void> {
    while (!this.#tryToBegin()) {
      onWaiting();
      if (performance.now() >= until) throw this.#busy();
      sleep(TRY_EVERY_MS);
      await messages();
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

/** Lets the messages to this thread arrive. */
function messages(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
