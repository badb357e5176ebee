/** The queries that list series, set how long a reference's rows live, and free what is gone. */
import type { Row } from "../engine/engine.ts";
import type { Database } from "../open.ts";

const ALIVE = `s.revision > 0 AND s.last > ifnull((?1 - r.ttl_ms) * 1000000, -9223372036854775808)`;
const SELECT_REFERENCES = `SELECT name, sum(symbols), max(ttl_ms), max(keeps) FROM (
    SELECT s.reference AS name, count(*) AS symbols, r.ttl_ms AS ttl_ms, 0 AS keeps
      FROM series s LEFT JOIN series_reference r ON r.name = s.reference
      WHERE s.reference > ?2 AND ${ALIVE} GROUP BY s.reference
    UNION ALL SELECT name, 0, ttl_ms, 0 FROM series_reference WHERE name > ?2
    UNION ALL SELECT reference, 0, NULL, 1 FROM series_ticks WHERE reference > ?2)
  GROUP BY name ORDER BY name LIMIT ?3`;
const SELECT_SYMBOLS = `SELECT s.symbol FROM series s LEFT JOIN series_reference r ON r.name = s.reference
  WHERE s.reference = ?2 AND s.symbol > ?3 AND ${ALIVE} ORDER BY s.symbol LIMIT ?4`;
// The index of the saves leads: it has no series without rows, and the sweep empties those whose rows have expired.
const SELECT_NEWEST = `SELECT s.reference, s.symbol, s.saved_at
  FROM series s INDEXED BY series_by_save LEFT JOIN series_reference r ON r.name = s.reference
  WHERE s.row_count > 0 AND ${ALIVE} ORDER BY s.saved_at DESC, s.id DESC LIMIT ?2`;
const SELECT_SETTINGS = `SELECT (SELECT ttl_ms FROM series_reference WHERE name = ?1),
  EXISTS (SELECT 1 FROM series_ticks WHERE reference = ?1)`;
const SET_TTL = `INSERT INTO series_reference VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET ttl_ms = ?2`;
const CLEAR_TTL = `DELETE FROM series_reference WHERE name = ?1`;
const KEEP_DUPLICATES = `INSERT INTO series_ticks VALUES (?1) ON CONFLICT DO NOTHING`;
const REFUSE_DUPLICATES = `DELETE FROM series_ticks WHERE reference = ?1`;
const COUNT_ALIVE =
  `SELECT count(*) FROM series s LEFT JOIN series_reference r ON r.name = s.reference WHERE ${ALIVE}`;

// ?2: a reference, or NULL for all. Whole chunks only, so that a series is not rewritten row by row.
const SELECT_EXPIRING = `SELECT s.reference, s.symbol, CAST((?1 - r.ttl_ms) * 1000000 AS TEXT)
  FROM series_reference r JOIN series s ON s.reference = r.name
  WHERE (?2 IS NULL OR r.name = ?2) AND s.first <= (?1 - r.ttl_ms) * 1000000
    AND (?2 IS NOT NULL OR EXISTS (SELECT 1 FROM series_chunk c WHERE c.series = s.id AND c.since IS NOT NULL
      AND c.until IS NULL AND c.last <= (?1 - r.ttl_ms) * 1000000))`;
// What expired must not come back with an earlier revision when rows live longer again.
const FORGET_EXPIRED = `UPDATE series SET oldest = revision
  WHERE reference = ?1 AND revision > 0 AND EXISTS (SELECT 1 FROM series_reference WHERE name = ?1)`;
const DELETE_DEAD = `DELETE FROM series WHERE ((revision > 0 AND row_count = 0 AND oldest = revision)
  OR (revision = 0 AND created_at <= ?1)) AND NOT EXISTS (SELECT 1 FROM series_chunk c WHERE c.series = series.id)`;
const DELETE_LEASES = `DELETE FROM series_lease WHERE expires_at <= ?1`;
// Revisions of which no more are kept, and those that were replaced too long ago.
const FORGET_MANY = `UPDATE series SET oldest = revision - ?1 WHERE revision - oldest > ?1`;
const REPLACED = `SELECT series, revision FROM series_revision WHERE replaced_at <= ?1
  ORDER BY replaced_at, series, revision LIMIT ?2`;
const FORGET_REPLACED = `UPDATE series SET oldest = max(oldest, gone.revision)
  FROM (SELECT series, max(revision) + 1 AS revision FROM (${REPLACED}) GROUP BY series) gone WHERE id = gone.series`;
const DELETE_REPLACED = `DELETE FROM series_revision WHERE (series, revision) IN (${REPLACED})`;
const DELETE_FORGOTTEN = `DELETE FROM series_revision WHERE (series, revision) IN (SELECT r.series, r.revision
  FROM series s CROSS JOIN series_revision r ON r.series = s.id AND r.revision < s.oldest LIMIT ?1)`;
// Not part of a kept revision, staged by a save that never came to its end, or replaced and expired.
const GARBAGE = `SELECT id FROM (
    SELECT c.id, c.series FROM series s CROSS JOIN series_chunk c ON c.series = s.id AND c.until <= s.oldest
    UNION ALL SELECT c.id, c.series FROM series_chunk c WHERE c.since IS NULL AND c.staged_at <= ?1
    UNION ALL SELECT c.id, c.series FROM series_reference r JOIN series s ON s.reference = r.name
      CROSS JOIN series_chunk c ON c.series = s.id AND c.until > s.oldest AND c.last <= (?2 - r.ttl_ms) * 1000000)
  WHERE series NOT IN (SELECT series FROM series_lease) LIMIT ?3`;
const FREE_CHUNKS = `DELETE FROM series_chunk WHERE id IN (SELECT value FROM json_each(?1))
  AND (since IS NULL OR until IS NOT NULL)`;

/** Revisions that are kept of a series at most, so that one that changes all the time does not fill the disk. */
const MOST_REVISIONS = 10_000;

/** What holds for the series of a reference. */
export interface ReferenceSettings {
  /** `null`: rows live for ever. */
  readonly ttlMillis: number | null;
  /** Whether rows may share a stamp. */
  readonly keepsDuplicates: boolean;
}

/** A reference with what it holds. */
export interface ReferenceRow extends ReferenceSettings {
  readonly reference: string;
  readonly symbols: number;
}

/** A series, and when it was saved last, in milliseconds since the epoch. */
export interface SavedRow {
  readonly reference: string;
  readonly symbol: string;
  readonly savedAt: number;
}

/** A series with rows that have expired: those up to the stamp `until`. */
export interface ExpiringRow {
  readonly reference: string;
  readonly symbol: string;
  readonly until: bigint;
}

/** The queries, bound to a database. */
export type SeriesCatalogue = ReturnType<typeof createSeriesCatalogue>;

/** `clock` answers the time in milliseconds since the epoch. */
export function createSeriesCatalogue({ commits, query, scan }: Database, clock: () => number) {
  return {
    /** Up to `limit` references after that one, in order; those that hold series or have settings. */
    async references(after: string, limit: number): Promise<ReferenceRow[]> {
      const rows = await scan(SELECT_REFERENCES, clock(), after, limit);
      return rows.map(([name, symbols, ttl, keeps]) => ({
        reference: name as string,
        symbols: symbols as number,
        ttlMillis: ttl as number | null,
        keepsDuplicates: keeps === 1,
      }));
    },
    /** Up to `limit` symbols of a reference after that one, in order. */
    async symbols(reference: string, after: string, limit: number): Promise<string[]> {
      return (await scan(SELECT_SYMBOLS, clock(), reference, after, limit)).map(([symbol]) =>
        symbol as string
      );
    },
    /** Up to `limit` series, the one saved last first. */
    async newest(limit: number): Promise<SavedRow[]> {
      return (await scan(SELECT_NEWEST, clock(), limit)).map(([reference, symbol, savedAt]) => ({
        reference: reference as string,
        symbol: symbol as string,
        savedAt: savedAt as number,
      }));
    },
    async settings(reference: string): Promise<ReferenceSettings> {
      const [[ttl, keeps]] = await query(SELECT_SETTINGS, reference) as [Row];
      return { ttlMillis: ttl as number | null, keepsDuplicates: keeps === 1 };
    },
    async setDuplicates(reference: string, keeps: boolean): Promise<void> {
      await commits.execute([{ sql: keeps ? KEEP_DUPLICATES : REFUSE_DUPLICATES, args: [reference] }]);
    },
    async setTtl(reference: string, ttlMillis: number | null): Promise<void> {
      await commits.execute([
        { sql: FORGET_EXPIRED, args: [reference] },
        ttlMillis === null
          ? { sql: CLEAR_TTL, args: [reference] }
          : { sql: SET_TTL, args: [reference, ttlMillis] },
      ]);
    },
    /** How many series have rows that can be read. */
    async count(): Promise<number> {
      return (await scan(COUNT_ALIVE, clock()))[0]![0] as number;
    },

    /** Series with chunks that have expired; of one reference: also with a part of a chunk. */
    async expiring(reference: string | null): Promise<ExpiringRow[]> {
      const rows = await scan(SELECT_EXPIRING, clock(), reference);
      return rows.map(([reference, symbol, until]) => ({
        reference: reference as string,
        symbol: symbol as string,
        until: BigInt(until as string),
      }));
    },
    /** Forgets revisions past MOST_REVISIONS; removes series of which nothing is kept, or that never got rows since `before`, and leases that expired. */
    async removeDead(before: number): Promise<void> {
      await commits.execute([
        { sql: FORGET_MANY, args: [MOST_REVISIONS] },
        { sql: DELETE_DEAD, args: [before] },
        { sql: DELETE_LEASES, args: [clock()] },
      ]);
    },
    /** Forgets up to `limit` revisions that were replaced before that time, and answers how many. */
    async forgetReplaced(before: number, limit: number): Promise<number> {
      const [, deleted] = await commits.execute([
        { sql: FORGET_REPLACED, args: [before, limit] },
        { sql: DELETE_REPLACED, args: [before, limit] },
      ]);
      return deleted!.changes;
    },
    /** Frees up to `limit` revisions that are forgotten. */
    async freeRevisions(limit: number): Promise<number> {
      const [deleted] = await commits.execute([{ sql: DELETE_FORGOTTEN, args: [limit] }]);
      return deleted!.changes;
    },
    /** Frees up to `limit` chunks that nobody can read any more, and answers how many. */
    async freeChunks(stagedBefore: number, limit: number): Promise<number> {
      // Found ahead of the write, so that others do not wait for the search: what is garbage stays so.
      const found = await scan(GARBAGE, stagedBefore, clock(), limit);
      if (found.length > 0) {
        await commits.execute([{ sql: FREE_CHUNKS, args: [JSON.stringify(found.map(([id]) => id))] }]);
      }
      return found.length;
    },
  };
}
