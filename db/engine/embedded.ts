/** The embedded engine: a database file in this machine, one worker thread that writes, one that reads. */
import { DatabaseFileError, type Engine, EngineError } from "./engine.ts";
import { WorkerConnection } from "./connection.ts";
import { FileWatch } from "./file_watch.ts";

/**
 * Opens the file (created when absent, with its directory). Fails with `DatabaseFileError` when it may not be
 * opened, with `EngineError` when it is no database.
 */
export async function openEmbedded(path: string): Promise<Engine> {
  const [file, writer] = await openFile(path).catch((error) => {
    if (!isForbidden(error)) throw error;
    throw new DatabaseFileError(
      `the database file ${path} cannot be opened (${error.message}): let the user that runs Runnel read and ` +
        "write it and its folder, or name another in DATABASE_URL",
      { cause: error },
    );
  });
  // Opened after the writer, which turns the file to WAL: from then on reading never waits for writing.
  const reader = await WorkerConnection.open({ path, role: "reader" });
  return {
    read: (statements) => reader.run(statements),
    async write(statements) {
      // Both at once: the look costs no time, because it is there before the commit is.
      const [results] = await Promise.all([writer.run(statements), file.check()]);
      return results;
    },
    async close() {
      await reader.close();
      await writer.close();
    },
  };
}

/** Whether the system, not the file's content, keeps the file from being opened. */
function isForbidden(error: Error): boolean {
  return !(error instanceof EngineError) || /SQLITE_(CANTOPEN|READONLY|PERM)/.test(error.message);
}

async function openFile(path: string): Promise<[FileWatch, WorkerConnection]> {
  await makeFolderOf(path);
  await makePrivate(path);
  return [await FileWatch.of(path), await WorkerConnection.open({ path, role: "writer" })];
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
