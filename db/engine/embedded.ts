/** The embedded engine: a database file in this machine, one worker thread that writes, one that reads. */
import type { Engine } from "./engine.ts";
import { WorkerConnection } from "./connection.ts";

/**
 * Opens the file (created when absent, with its directory). Fails with `EngineError` when it is no database or
 * cannot be opened.
 */
export async function openEmbedded(path: string): Promise<Engine> {
  await makeFolderOf(path);
  await makePrivate(path);
  const writer = await WorkerConnection.open({ path, role: "writer" });
  // Opened after the writer, which turns the file to WAL: from then on reading never waits for writing.
  const reader = await WorkerConnection.open({ path, role: "reader" });
  return {
    read: (statements) => reader.run(statements),
    write: (statements) => writer.run(statements),
    async close() {
      await reader.close();
      await writer.close();
    },
  };
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
