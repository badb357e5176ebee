/**
 * The replica engine: reads are answered from a local copy of a libSQL server's database, writes go to that server, the
 * primary. A write resolves when the copy has it, so that this process reads what it wrote. What others write arrives
 * within the period of following; while the primary is away, reading goes on.
 */
import { DatabaseFileError, type Engine, EngineError } from "./engine.ts";
import { makeFolderOf } from "./embedded.ts";
import type { WorkerOptions } from "./protocol.ts";
import { Readers } from "./readers.ts";
import { openServer, type Server } from "./remote/server.ts";
import { WorkerConnection } from "./connection.ts";
import { LateError, within } from "../within.ts";

/** How often the primary is asked for what is new. */
const PERIOD_MS = 200;
/** How long a caller waits for the copy; the thread that follows may wait longer, and goes on by itself. */
const PATIENCE_MS = 1_500;
/** How often the primary is asked whether it lives, while the copy is brought up to date at the start. */
const ASK_MS = 500;

/**
 * Opens the local copy at `path` (made when absent) of the database at `url`, and brings it up to date, which takes as
 * long as there is something to bring. Fails with `unavailable` when there is no copy yet and the primary does not answer, with
 * `DatabaseFileError` when the copy is ahead of its primary.
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
    await copied(follower, primary, path);
  } catch (error) {
    const isAhead = error instanceof DatabaseFileError;
    if (isAhead || !wasCopy) {
      await Promise.all([follower.close(), primary.close()]);
      if (isAhead) throw error;
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

/**
 * Resolves when the copy has all that there was. Fails when the primary does not answer, or has less: to what was restored
 * from an older state, later frames would be added that belong to something else.
 */
async function copied(follower: Follower, primary: Server, path: string): Promise<void> {
  const following = follower.follow();
  // Nobody waits for it once the primary is away.
  following.catch(() => {});
  let frame: number | undefined;
  while (frame === undefined) {
    await primary.position();
    frame = await within(ASK_MS, "the primary", following).catch((error) => {
      if (!(error instanceof LateError)) throw error;
      return undefined;
    });
  }
  const last = await primary.position();
  if (last === undefined || frame <= last) return;
  throw new DatabaseFileError(
    `the copy ${path} goes further (to frame ${frame}) than its primary (${last}), which was restored from an older ` +
      `state: remove the files whose names begin with ${path}, and start again: the primary is copied anew`,
  );
}

/** The thread that keeps the copy up to date. It stands still while the primary hangs, which is why it does nothing else. */
class Follower {
  readonly #options: WorkerOptions;
  #connection: WorkerConnection | undefined;
  #running: Promise<number> | undefined;
  #next: Promise<number> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** As `follow`, but fails when that takes too long. */
  async catchUp(): Promise<void> {
    await within(PATIENCE_MS, "the primary, asked for what the copy lacks,", this.follow()).catch((error) => {
      if (error instanceof LateError) throw new EngineError("unavailable", error.message, { cause: error });
      throw error;
    });
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
   * Resolves when the copy has all that was committed before the call, however long that takes, with the number of the
   * last frame. What is under way may have begun before the caller's commit, so the caller waits for the one after it.
   */
  follow(): Promise<number> {
    if (this.#running === undefined) return this.#begin();
    return this.#next ??= this.#running.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.#begin();
    });
  }

  #begin(): Promise<number> {
    return this.#running = this.#sync().finally(() => this.#running = undefined);
  }

  async #sync(): Promise<number> {
    this.#connection ??= await WorkerConnection.open(this.#options);
    return await this.#connection.sync();
  }
}

async function isCopy(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ size }) => size > 0, () => false);
}
