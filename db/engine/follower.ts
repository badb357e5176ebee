/** The thread that keeps the copy of a replica up to date. It stands still while the primary hangs, so it does nothing else. */
import { within } from "../within.ts";
import { WorkerConnection } from "./connection.ts";
import type { Origin } from "./origin.ts";
import type { WorkerOptions } from "./protocol.ts";

/** How often the primary is asked for what is new. */
const PERIOD_MS = 200;
/** How long a caller waits for the copy; the thread that follows may wait longer, and goes on by itself. */
const PATIENCE_MS = 1_500;

/** Follows one primary. */
export class Follower {
  readonly #options: WorkerOptions;
  readonly #origin: Origin;
  #connection: WorkerConnection | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #noting: Promise<void> | undefined;
  /** Runs that have begun, and the last one whose outcome the copy has. */
  #begun = 0;
  #reached = 0;
  /** The run that the copy must have reached before it may be read. */
  #owed = 0;

  constructor(options: WorkerOptions, origin: Origin) {
    this.#options = options;
    this.#origin = origin;
  }

  /** Whether the copy lacks something that was acknowledged. */
  get isBehind(): boolean {
    return this.#reached < this.#owed;
  }

  /** Waits until the copy has all that was committed before the call. When that takes too long, it is behind, and nobody waits. */
  async catchUp(): Promise<void> {
    const run = this.#begun + 1;
    if (this.isBehind) {
      this.#owed = run;
      return;
    }
    try {
      await within(PATIENCE_MS, "the copy", this.follow());
    } catch {
      // What the caller waits for is stored at the primary, so it is no failure of the caller.
      this.#owed = Math.max(this.#owed, run);
    }
  }

  /** Follows from now on, as long as `onFailure` does not stop it; it is told why a run failed. */
  start(onFailure: (error: unknown) => void): void {
    this.#timer = setInterval(() => {
      if (this.#running === undefined) this.follow().catch(onFailure);
    }, PERIOD_MS);
    Deno.unrefTimer(Number(this.#timer));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await within(PATIENCE_MS, "the copy", this.#running ?? Promise.resolve()).catch(() => {});
    await this.#noting;
    // The thread of a primary that hangs cannot close its connection. Ending it loses nothing: each synchronisation is whole.
    if (this.#running === undefined) await this.#connection?.close();
    else this.#connection?.terminate();
    this.#origin.close();
  }

  /**
   * Resolves when the copy has all that was committed before the call, however long that takes. What is under way may have
   * begun before the caller's commit, so the caller waits for the run after it.
   */
  follow(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    return this.#next ??= this.#running.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.#begin();
    });
  }

  #begin(): Promise<void> {
    const run = ++this.#begun;
    return this.#running = this.#fetch().then(() => {
      this.#reached = run;
    }).finally(() => this.#running = undefined);
  }

  async #fetch(): Promise<void> {
    await this.#noting;
    await this.#origin.check();
    this.#connection ??= await WorkerConnection.open(this.#options);
    const frame = await this.#connection.sync();
    // Nobody waits for it. What cannot be noted is noted by the next run.
    this.#noting = this.#origin.reached(frame).catch(() => {});
  }
}
