/** The embedded engine: a database file in this machine, one worker thread that writes, one that reads. */
import type { Engine } from "./engine.ts";
import { WorkerConnection } from "./connection.ts";

/**
 * Opens the file (created when absent, with its directory). Fails with `EngineError` when it is no database or
 * cannot be opened.
 */
export async function openEmbedded(path: string): Promise<Engine> {
  await makeFolderOf(path);
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
  if (folder !== "") await Deno.mkdir(folder, { recursive: true });
}
