/** What a process can find out about its database: whether it answers, can be written, and has room. */
import { statfs } from "node:fs/promises";
import { SCHEMA_VERSION, SELECT_SCHEMA_VERSION } from "../migrations/mod.ts";
import type { Database } from "../open.ts";

// In one transaction: nobody ever sees the row, and the page that it stood on is written all the same.
const WRITE = [
  `INSERT INTO job (name, slot, lease_until, started_at) VALUES ('', 0, 0, 0)`,
  `DELETE FROM job WHERE name = ''`,
];
// A short read, although it passes over every channel: `/ready` must not wait for scans.
const SELECT_AHEAD = `SELECT name FROM channel WHERE last_key > ?1 ORDER BY last_key DESC LIMIT ?2`;

/** The queries, bound to a database. */
export type HealthStore = ReturnType<typeof createHealthStore>;

export function createHealthStore({ commits, query, file, damage }: Database) {
  return {
    /** What was found damaged since the start. */
    damaged: () => damage.found,
    /** Commits a row together with its removal. Fails as any write does. */
    async write(): Promise<void> {
      await commits.execute(WRITE.map((sql) => ({ sql, args: [] })));
    },
    /** The schema's version in the database, and the version that this program knows. */
    async versions(): Promise<{ readonly stored: number; readonly known: number }> {
      const [row] = await query(SELECT_SCHEMA_VERSION);
      return { stored: Number(row![0]), known: SCHEMA_VERSION };
    },
    /** Names of channels whose newest item has a greater key, the furthest first; at most `limit`. */
    async channelsAfter(key: bigint, limit: number): Promise<string[]> {
      return (await query(SELECT_AHEAD, key, limit)).map(([name]) => name as string);
    },
    /** Bytes that are left on the disk of the database file; undefined where the engine has no file. */
    async freeBytes(): Promise<number | undefined> {
      if (file === undefined) return undefined;
      const { bavail, bsize } = await statfs(file);
      return bavail * bsize;
    },
  };
}
