/** The log of sessions for those who follow it: also what became runs, for a while. */
import type { Row, Statement } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { entryChecksum, toEntry } from "./format/sums.ts";

const SELECT_RECENT =
  `SELECT number, data, checksum FROM session_log WHERE number >= ?1 ORDER BY number LIMIT ?2`;
const SELECT_ENDS = `SELECT (SELECT min(number) FROM session_log),
  ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'session_log'), 0)`;
const SELECT_FLUSHED = `SELECT number, data, checksum FROM session_log
  WHERE number > ?1 AND number <= (SELECT flushed FROM session_state) ORDER BY number LIMIT ?2`;
// The same length is written where the old content is, so that no free page keeps it.
const BLANK = `UPDATE session_log SET data = zeroblob(length(data)) WHERE number = ?1`;
const REPLACE = `UPDATE session_log SET data = ?2, checksum = ?3 WHERE number = ?1`;

/** What a commit appended. */
export interface Commit {
  readonly number: number;
  readonly data: Uint8Array;
}

/** A stretch of the log. */
export interface RecentPage {
  /** The first number that can be read; one more than the newest where there is none. */
  readonly oldest: number;
  /** The newest number there ever was. */
  readonly newest: number;
  readonly commits: readonly Commit[];
}

/** The queries, bound to a database. */
export type RecentStore = ReturnType<typeof createRecentStore>;

export function createRecentStore({ engine, commits, query, damage }: Database) {
  const toCommit = (row: Row): Commit => toEntry(row, damage);
  return {
    /** Up to `limit` commits from a number on. */
    async page(from: number, limit: number): Promise<RecentPage> {
      const [ends, rows] = await engine.read([
        { sql: SELECT_ENDS, args: [] },
        { sql: SELECT_RECENT, args: [from, limit] },
      ]);
      const [oldest, newest] = ends!.rows[0] as [number | null, number];
      return { oldest: oldest ?? newest + 1, newest, commits: rows!.rows.map(toCommit) };
    },
    /** Up to `limit` commits after a number that became runs. */
    async flushed(after: number, limit: number): Promise<Commit[]> {
      return (await query(SELECT_FLUSHED, after, limit)).map(toCommit);
    },
    /** Writes other content over commits that became runs. */
    async overwrite(replaced: readonly Commit[]): Promise<void> {
      const statements = replaced.flatMap(({ number, data }): Statement[] => [
        { sql: BLANK, args: [number] },
        { sql: REPLACE, args: [number, data, entryChecksum(data)] },
      ]);
      if (statements.length > 0) await commits.execute(statements);
    },
  };
}
