/**
 * Notices that commits are gone. What was committed lately is only in the log beside the database file, and SQLite takes
 * a log that was cut off for one that ends there. So a number in the database goes up every second in which there were
 * commits, and a small file beside the database keeps it: a database that has a smaller one has lost what came after.
 */
import type { Database } from "../open.ts";

const EVERY_MS = 1_000;
const TICK = `UPDATE progress SET ticks = ticks + 1 RETURNING ticks`;
const SELECT = `SELECT ticks FROM progress`;

/** Path of the file that knows how far the database has come. */
export function progressFileOf(databaseFile: string): string {
  return `${databaseFile}-progress`;
}

/** Keeps the file up to date until it is closed. */
export interface Progress {
  /** What was found at the start; undefined: nothing is gone. */
  readonly loss: string | undefined;
  close(): Promise<void>;
}

/** Compares the database with the file beside it, then keeps that up to date. A database on a server has none. */
export async function watchProgress(database: Database): Promise<Progress> {
  const { file } = database;
  if (file === undefined) return { loss: undefined, close: () => Promise.resolve() };
  const loss = await lossOf(database, file);
  const kept = await Deno.open(progressFileOf(file), { write: true, create: true, mode: 0o600 });
  let seen = database.commits.figures.times.count, running: Promise<void> | undefined;
  const tick = async () => {
    if (database.commits.figures.times.count === seen) return;
    const [result] = await database.commits.note([{ sql: TICK, args: [] }]);
    seen = database.commits.figures.times.count;
    await keep(kept, Number(result!.rows[0]![0]));
  };
  // A tick that fails tells nothing that the writes around it do not tell.
  const timer = setInterval(
    () => running ??= tick().catch(() => {}).finally(() => running = undefined),
    EVERY_MS,
  );
  Deno.unrefTimer(Number(timer));
  return {
    loss,
    async close() {
      clearInterval(timer);
      await running;
      await tick().catch(() => {});
      kept.close();
    },
  };
}

async function lossOf({ query }: Database, file: string): Promise<string | undefined> {
  const known = await Deno.readTextFile(progressFileOf(file)).then(Number, () => 0);
  const [row] = await query(SELECT);
  const found = Number(row![0]);
  if (!(known > found)) return undefined;
  return `COMMITS ARE GONE from ${file}: writing went on for at least ${
    known - found
  } seconds after what it holds now. ` +
    `Its log (${file}-wal) was truncated or removed, or the file was replaced by an older one. ` +
    "What was acknowledged in that time is lost: restore a newer backup, or go on without it";
}

async function keep(kept: Deno.FsFile, ticks: number): Promise<void> {
  await kept.seek(0, Deno.SeekMode.Start);
  await kept.write(new TextEncoder().encode(`${ticks}\n`));
  await kept.syncData();
}
