/** Copies of database files: made while others write, checked, and put in a database's place. */
import { WorkerConnection } from "../engine/connection.ts";
import { EngineError } from "../engine/engine.ts";
import { progressFileOf } from "./progress.ts";
import { SCHEMA_VERSION, SELECT_SCHEMA_VERSION } from "../migrations/mod.ts";

const COPY = `VACUUM INTO ?1`;
// Fails while any other connection is open; what the log still holds goes to the file.
const LEAVE_LOG = `PRAGMA journal_mode = DELETE`;
const CHECK = `PRAGMA integrity_check(10)`;

/** A file cannot be copied or put in place. The message says why, and what to do. */
export class CopyError extends Error {
  override readonly name = "CopyError";
}

/**
 * Copies the database at this moment to the file `to`, which must not exist; other writers do not wait. The copy gets
 * its name after it was read through and is on the disk. Answers its size in bytes.
 */
export async function copyDatabase(from: string, to: string): Promise<number> {
  if (await isThere(to)) throw new CopyError(`${to} is there already: name another file`);
  const part = await copyToPart(from, to);
  await Deno.rename(part, to);
  return (await Deno.stat(to)).size;
}

/**
 * Puts a copy of `from` in the place of the database `to`. What was there stays as `to` with `.replaced` behind it;
 * without `force` it is refused, and always while a process has it open.
 */
export async function restoreDatabase(from: string, to: string, force: boolean): Promise<void> {
  const isReplacing = await isThere(to);
  if (isReplacing && !force) throw new CopyError(`${to} is there already: --force replaces it`);
  await checkSource(from);
  const part = await copyToPart(from, to);
  try {
    if (isReplacing) await setAside(to);
  } catch (error) {
    await Deno.remove(part);
    throw error;
  }
  await Deno.rename(part, to);
  // The copy is older than what was there, and rightly so.
  await Deno.remove(progressFileOf(to)).catch(() => {});
}

/** What is wrong with the pages and indexes of a file; empty when nothing is. */
export async function integrityOf(path: string): Promise<string[]> {
  const rows = await readAlone(path, CHECK);
  return rows.map(String).filter((line) => line !== "ok");
}

/** Copies to a file beside `to`, for its owner alone, and reads it through. */
async function copyToPart(from: string, to: string): Promise<string> {
  if (!await isThere(from)) throw new CopyError(`there is no database at ${from}`);
  const part = `${to}.part`;
  await Deno.remove(part).catch(() => {});
  const created = await Deno.open(part, { write: true, createNew: true, mode: 0o600 });
  try {
    await withConnection(from, "copier", (connection) => connection.runAlone({ sql: COPY, args: [part] }));
    const faults = await integrityOf(part);
    if (faults.length > 0) throw new CopyError(`the copy of ${from} is damaged: ${faults.join("; ")}`);
    await created.sync();
    return part;
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  } finally {
    created.close();
  }
}

/** The version of the schema of a file; a failure where it is no database of Runnel. */
export async function schemaVersion(path: string): Promise<number> {
  const [version] = await readAlone(path, SELECT_SCHEMA_VERSION);
  return Number(version);
}

async function checkSource(path: string): Promise<void> {
  if (!await isThere(path)) throw new CopyError(`there is no file ${path}`);
  const stored = await schemaVersion(path).catch((error) => {
    throw new CopyError(`${path} is no database of Runnel`, { cause: error });
  });
  if (stored > SCHEMA_VERSION) {
    throw new CopyError(
      `${path} has schema version ${stored}, this Runnel knows ${SCHEMA_VERSION}: run a newer one`,
    );
  }
  const faults = await integrityOf(path);
  if (faults.length > 0) throw new CopyError(`${path} is damaged: ${faults.join("; ")}`);
}

/** Keeps what is at a path under another name, with its log where it could not be emptied. */
async function setAside(path: string): Promise<void> {
  try {
    await withConnection(path, "copier", (connection) => connection.runAlone({ sql: LEAVE_LOG, args: [] }));
  } catch (error) {
    if (error instanceof EngineError && error.failure === "busy") {
      throw new CopyError(`${path} is open in another process: stop it first`, { cause: error });
    }
    // A damaged file is a good reason to restore another.
  }
  const kept = `${path}.replaced`;
  for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(kept + suffix).catch(() => {});
  await Deno.link(path, kept);
  for (const suffix of ["-wal", "-shm"]) await Deno.rename(path + suffix, kept + suffix).catch(() => {});
}

async function readAlone(path: string, sql: string): Promise<unknown[]> {
  const [result] = await withConnection(path, "reader", (reader) => reader.run([{ sql, args: [] }]));
  return result!.rows.map(([first]) => first);
}

/** Opens a file for the time of `use`. */
export async function withConnection<T>(
  path: string,
  role: "reader" | "copier",
  use: (connection: WorkerConnection) => Promise<T>,
): Promise<T> {
  const connection = await WorkerConnection.open({ path, role });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

/** Whether a path leads to something. */
export function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
