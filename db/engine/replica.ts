/**
 * The replica engine: reads are answered from a local copy of a libSQL server's database, writes go to that server, the
 * primary. A write resolves when the copy has it, so that this process reads what it wrote. Where the copy takes longer,
 * the write resolves all the same, and reads go to the primary until the copy has caught up. What other processes write
 * arrives within the period of following. While the primary is away, the copy is read as it is. A copy with frames that
 * the primary lacks (origin.ts) is not read.
 */
import { makeFolderOf } from "./embedded.ts";
import { type Engine, EngineError } from "./engine.ts";
import { Follower } from "./follower.ts";
import { Origin, OtherHistoryError } from "./origin.ts";
import { Readers } from "./readers.ts";
import { openServer } from "./remote/server.ts";
import { LateError, within } from "../within.ts";

/** How often the primary is asked whether it lives, while the copy is brought up to date at the start. */
const ASK_MS = 500;

/** Where a replica is, and of what. */
export interface ReplicaOptions {
  /** Path of the copy, which is made when it is absent. */
  readonly path: string;
  /** The primary. */
  readonly url: string;
  readonly authToken?: string | undefined;
  /** Told once when the copy, and what this process remembers of it, cannot be trusted any more. Then all is refused. */
  readonly onOtherHistory?: ((why: string) => void) | undefined;
}

/**
 * Opens the copy and brings it up to date, which takes as long as there is something to bring. A copy with
 * frames that the primary lacks is set aside, and the primary is copied from its beginning. Fails with `unavailable` when
 * there is no copy yet and the primary does not answer.
 */
export async function openReplica(options: ReplicaOptions): Promise<Engine> {
  const { path, url, authToken } = options;
  await makeFolderOf(path);
  const primary = openServer(url, authToken);
  const follower = await followed(options, primary).catch(async (error) => {
    await primary.close();
    throw error;
  });
  const copy = await Readers.open(path);
  let refusal: EngineError | undefined;
  follower.start((error) => {
    if (!(error instanceof OtherHistoryError) || refusal !== undefined) return;
    refusal = new EngineError(
      "unavailable",
      `${error.message}. Start Runnel again: the primary is copied anew`,
    );
    options.onOtherHistory?.(refusal.message);
  });
  const reader = () => {
    if (refusal !== undefined) throw refusal;
    return follower.isBehind ? primary : copy;
  };
  return {
    async read(statements) {
      return await reader().read(statements);
    },
    async scan(statements) {
      return await reader().scan(statements);
    },
    async write(statements, options) {
      if (refusal !== undefined) throw refusal;
      const results = await primary.write(statements, options);
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

/** Who follows the primary, with a copy that has all that there was; or with the copy that there is, while it is away. */
async function followed(options: ReplicaOptions, primary: Engine): Promise<Follower> {
  const { path, url, authToken } = options;
  const origin = new Origin(path, url, authToken), isCopy = await origin.open();
  const sync = { url, ...(authToken !== undefined && { authToken }) };
  const follower = new Follower({ path, role: "replica", sync }, origin);
  try {
    await copied(follower, primary);
    return follower;
  } catch (error) {
    if (isCopy && !(error instanceof OtherHistoryError)) return follower;
    await follower.close();
    if (isCopy) return await setAside(path).then(() => followed(options, primary));
    throw new EngineError("unavailable", `there is no copy yet, and the primary: ${error}`, { cause: error });
  }
}

/** Resolves when the copy has all that there was. Fails when the primary does not answer. */
async function copied(follower: Follower, primary: Engine): Promise<void> {
  const following = follower.follow();
  // Nobody waits for it once the primary is away.
  following.catch(() => {});
  while (true) {
    await primary.read([{ sql: "SELECT 1", args: [] }]);
    try {
      return await within(ASK_MS, "the primary", following);
    } catch (error) {
      if (!(error instanceof LateError)) throw error;
    }
  }
}

/** Renames the files of a copy: what only the copy has may be wanted still. */
async function setAside(path: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm", "-info", "-client_wal_index", "-origin", "-progress"]) {
    await Deno.rename(path + suffix, `${path}.replaced${suffix}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
