/**
 * The replica engine: reads are answered from a local copy of a libSQL server's database, writes go to that server, the
 * primary. A write resolves when the copy has it, so that this process reads what it wrote. What others write arrives
 * within the period of following; while the primary is away, reading goes on.
 */
import { type Engine, EngineError } from "./engine.ts";
import { makeFolderOf } from "./embedded.ts";
import type { WorkerOptions } from "./protocol.ts";
import { Readers } from "./readers.ts";
import { TRIFLES } from "./patience.ts";
import { openServer } from "./server.ts";
import { WorkerConnection } from "./connection.ts";

/** How often the primary is asked for what is new. */
const PERIOD_MS = 200;
/** How long a caller waits for the copy; the thread that follows may wait longer, and goes on by itself. */
const PATIENCE_MS = 1_500;
/** How often the primary is asked whether it lives, while the copy is brought up to date at the start. */
const ASK_MS = 500;

/**
 * Opens the local copy at `path` (made when absent) of the database at `url`, and brings it up to date, which takes as
 * long as there is something to bring. Fails with `unavailable` when there is no copy yet and the primary does not answer.
 */
export async function openReplica(path: string, url: string, authToken?: string): Promise<Engine> {
  await makeFolderOf(path);
  const follower = new Follower({
    path,
    role: "replica",
    sync: { url, ...(authToken !== undefined && { authToken }) },
  });
  const primary = openServer(url, authToken);
  const wasCopy = await isCopy(path);
  try {
    await copied(follower, primary);
  } catch (error) {
    if (!wasCopy) {
      await Promise.all([follower.close(), primary.close()]);
      throw new EngineError("unavailable", `there is no copy yet, and the primary: ${error}`, {
        cause: error,
      });
    }
  }
  const copy = await Readers.open(path);
  follower.start();
  return {
    read: (statements) => copy.read(statements),
    scan: (statements) => copy.scan(statements),
    async write(statements) {
      const results = await primary.write(statements);
      await follower.catchUp();
      return results;
    },
    async close() {
      await copy.close();
      await follower.close();
      await primary.close();
    },
  };
}

/** Resolves when the copy has all that there was. Fails when the primary does not answer. */
async function copied(follower: Follower, primary: Engine): Promise<void> {
  const following = follower.follow().then(() => true);
  // Nobody waits for it once the primary is away.
  following.catch(() => {});
  do await primary.read([{ sql: TRIFLES.read, args: [] }]); while (!await within(ASK_MS, following));
}

/** What a promise becomes, or undefined after so many milliseconds. */
async function within<T>(millis: number, promise: Promise<T>): Promise<T | undefined> {
  const over = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => over.resolve(undefined), millis);
  return await Promise.race([promise, over.promise]).finally(() => clearTimeout(timer));
}

/** The thread that keeps the copy up to date. It stands still while the primary hangs, which is why it does nothing else. */
class Follower {
  readonly #options: WorkerOptions;
  #connection: WorkerConnection | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** As `follow`, but fails when that takes too long. */
  async catchUp(): Promise<void> {
    if (await within(PATIENCE_MS, this.follow().then(() => true))) return;
    throw new EngineError("unavailable", "the primary does not bring the copy up to date");
  }

  /** Follows from now on. */
  start(): void {
    this.#timer = setInterval(() => {
      if (this.#running === undefined) this.follow().catch(() => {});
    }, PERIOD_MS);
    Deno.unrefTimer(Number(this.#timer));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#running !== undefined) await this.catchUp().catch(() => {});
    // The thread of a primary that hangs cannot close its connection. Ending it loses nothing: each synchronisation is whole.
    if (this.#running === undefined) await this.#connection?.close();
    else this.#connection?.terminate();
  }

  /**
   * Resolves when the copy has all that was committed before the call, however long that takes. What is under way may
   * have begun before the caller's commit, so the caller waits for the one after it.
   */
  follow(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    return this.#next ??= this.#running.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.#begin();
    });
  }

  #begin(): Promise<void> {
    return this.#running = this.#sync().finally(() => this.#running = undefined);
  }

  async #sync(): Promise<void> {
    this.#connection ??= await WorkerConnection.open(this.#options);
    await this.#connection.sync();
  }
}

async function isCopy(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ size }) => size > 0, () => false);
}
