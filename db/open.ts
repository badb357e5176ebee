/** Opens the database that a URL names, migrates it, and puts the shared write queue in front of it. */
import { Damage } from "./checksum.ts";
import { GroupCommit } from "./batcher.ts";
import { DEFAULT_LIMITS } from "./queue.ts";
import { type Engine, EngineError, type Row, type Value } from "./engine/engine.ts";
import { joiningReads } from "./engine/remote/joined_reads.ts";
import { migrated } from "./late.ts";
import { migrate } from "./migrate.ts";

/** Where the data is; see the README's table of environment variables. */
export interface DatabaseOptions {
  /** `file:path`, `http://`, `https://` or `libsql://`. */
  readonly url: string;
  readonly authToken?: string | undefined;
  /** Primary of an embedded replica; only with a `file:` URL. */
  readonly syncUrl?: string | undefined;
  /** Writes that may wait before further ones are refused; see `BatchLimits.maxWaiting`. */
  readonly maxWaitingWrites?: number | undefined;
  /** Told when a server does not answer at the start, and opening goes on without; else opening fails then. */
  readonly onAway?: ((why: string) => void) | undefined;
  /** Told when the primary of a replica has another history than its copy; see `ReplicaOptions`. */
  readonly onOtherHistory?: ((why: string) => void) | undefined;
}

/** A migrated database. */
export interface Database {
  readonly engine: Engine;
  /** Path of its file; undefined where the data is on a server. */
  readonly file: string | undefined;
  /** The one way to write: every area's writes share its commits. */
  readonly commits: GroupCommit;
  /** What was found damaged by whoever read it. */
  readonly damage: Damage;
  /** The rows of one short statement; see `Engine.read`. */
  query(sql: string, ...args: Value[]): Promise<Row[]>;
  /** The rows of one statement that may take long; see `Engine.scan`. */
  scan(sql: string, ...args: Value[]): Promise<Row[]>;
  /** Settles what was accepted, then closes. */
  close(): Promise<void>;
}

/** Opens and migrates. The embedded engine's native code is loaded for `file:` URLs only. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const damage = new Damage();
  const opened = noting(await openEngine(options), damage);
  const { onAway } = options;
  const engine = await (onAway === undefined ? migrate(opened).then(() => opened) : migrated(opened, onAway))
    .catch(async (error) => {
      await opened.close();
      throw error;
    });
  const commits = new GroupCommit(engine, {
    ...DEFAULT_LIMITS,
    maxWaiting: options.maxWaitingWrites ?? DEFAULT_LIMITS.maxWaiting,
  });
  return {
    engine,
    file: fileOf(options.url),
    commits,
    damage,
    async query(sql, ...args) {
      const [result] = await engine.read([{ sql, args }]);
      return result!.rows;
    },
    async scan(sql, ...args) {
      const [result] = await engine.scan([{ sql, args }]);
      return result!.rows;
    },
    async close() {
      await commits.drain();
      await engine.close();
    },
  };
}

/** The engine, with pages that cannot be what was written noted as damage. */
function noting(engine: Engine, damage: Damage): Engine {
  const note = (error: unknown) => {
    if (error instanceof EngineError && error.failure === "damaged") {
      damage.note({ area: "file", what: "a page of the database" });
    }
    throw error;
  };
  return {
    read: (statements) => engine.read(statements).catch(note),
    scan: (statements) => engine.scan(statements).catch(note),
    write: (statements, options) => engine.write(statements, options).catch(note),
    close: () => engine.close(),
  };
}

/** The database file, where others than its owner may read it; undefined where the engine has no file. */
export async function laxFile({ url }: DatabaseOptions): Promise<string | undefined> {
  if (!url.startsWith("file:")) return undefined;
  const path = pathOf(url);
  return await (await import("./engine/embedded.ts")).isReadByOthers(path) ? path : undefined;
}

/** The path that a database URL names; undefined where the data is on a server. */
export function fileOf(url: string): string | undefined {
  return url.startsWith("file:") ? pathOf(url) : undefined;
}

function pathOf(url: string): string {
  return url.slice("file:".length).replace(/^\/\/(?=\/)/, "");
}

async function openEngine({ url, authToken, syncUrl, onOtherHistory }: DatabaseOptions): Promise<Engine> {
  if (!url.startsWith("file:")) {
    return joiningReads((await import("./engine/remote/server.ts")).openServer(url, authToken));
  }
  const path = pathOf(url);
  if (syncUrl === undefined) return (await import("./engine/embedded.ts")).openEmbedded(path);
  return (await import("./engine/replica.ts")).openReplica({ path, url: syncUrl, authToken, onOtherHistory });
}
