/** The embedded engine: a database file in this machine, one thread that writes, others that read (readers.ts). */
import { DatabaseFileError, type Engine, EngineError } from "./engine.ts";
import { WorkerConnection } from "./connection.ts";
import { FileWatch } from "./file_watch.ts";
import { Readers } from "./readers.ts";

/**
 * Opens the file (created when absent, with its directory). Fails with `DatabaseFileError` when it may not be
 * opened, with `EngineError` when it is no database.
 */
export async function openEmbedded(path: string): Promise<Engine> {
  const [file, writer] = await openFile(path).catch((error) => {
    const why = whyForbidden(error);
    if (why === undefined) throw error;
    throw new DatabaseFileError(
      `the database file ${path} cannot be used (${why}): let the user that runs Runnel read and write it and its ` +
        "folder, or name another in DATABASE_URL",
      { cause: error },
    );
  });
  // Opened after the writer, which turns the file to WAL: from then on reading never waits for writing.
  const readers = await Readers.open(path, { check: () => file.look() });
  const advise = (error: EngineError) => {
    const advice = ADVICE.find(([code]) => code.test(error.message))?.[1];
    throw advice === undefined
      ? error
      : new EngineError(error.failure, `${path}: ${advice}`, { cause: error });
  };
  return {
    read: (statements) => readers.read(statements),
    scan: (statements) => readers.scan(statements),
    async write(statements, options) {
      // Both at once: the look costs no time, because it is there before the commit is.
      const [results] = await Promise.all([writer.run(statements, options).catch(advise), file.check()]);
      return results;
    },
    async close() {
      await readers.close();
      await writer.close();
    },
  };
}

/** Fails where the file may not be written. BEGIN IMMEDIATE does not: it quietly begins to read. */
const WRITE_NOTHING = `DELETE FROM schema_migration WHERE version < 0`;

/** What to do about failures that somebody must mend. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/SQLITE_FULL/, "its disk is full, so nothing is written: free space there, or move the database"],
  [
    /SQLITE_READONLY/,
    "it may not be written any more: look at the rights of file and folder, and how the disk is mounted",
  ],
];

/** Why the system, not the file's content, keeps the file from being used; undefined: that is not why. */
function whyForbidden(error: Error): string | undefined {
  if (!(error instanceof EngineError)) return error.message;
  if (/SQLITE_(CANTOPEN|PERM)|ConnectionFailed/.test(error.message)) return "it may not be read";
  return /SQLITE_READONLY/.test(error.message) ? "it may not be written" : undefined;
}

async function openFile(path: string): Promise<[FileWatch, WorkerConnection]> {
  await makeFolderOf(path);
  await makePrivate(path);
  const file = await FileWatch.of(path), writer = await WorkerConnection.open({ path, role: "writer" });
  try {
    await writer.run([{ sql: WRITE_NOTHING, args: [] }]);
  } catch (error) {
    // A file that is new has no such table; one that another process writes at the moment can be written.
    if (whyForbidden(error as Error) !== undefined) {
      await writer.close().catch(() => writer.terminate());
      throw error;
    }
  }
  return [file, writer];
}

/** Makes the folder that a database file is to lie in. */
export async function makeFolderOf(path: string): Promise<void> {
  const folder = path.replace(/[^/\\]*$/, "");
  if (folder !== "") await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Makes the file, for its owner alone: the log and the index beside it get the same mode. What is there stays. */
async function makePrivate(path: string): Promise<void> {
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists) && !(error instanceof Deno.errors.IsADirectory)) {
      throw error;
    }
  }
}

/** Whether others than its owner may read a file; false where there are no such modes. */
export async function isReadByOthers(path: string): Promise<boolean> {
  const { mode } = await Deno.stat(path);
  return mode !== null && (mode & 0o077) !== 0;
}
