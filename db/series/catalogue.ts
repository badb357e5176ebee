/** The queries that list series, set how long a reference's rows live, and free what is gone. */
import type { Database } from "../open.ts";

const ALIVE = `s.revision > 0 AND s.last > ifnull((?1 - r.ttl_ms) * 1000000, -9223372036854775808)`;
const SELECT_REFERENCES = `SELECT name, sum(symbols), max(ttl_ms) FROM (
    SELECT s.reference AS name, count(*) AS symbols, r.ttl_ms AS ttl_ms
      FROM series s LEFT JOIN series_reference r ON r.name = s.reference
      WHERE s.reference > ?2 AND ${ALIVE} GROUP BY s.reference
    UNION ALL SELECT name, 0, ttl_ms FROM series_reference WHERE name > ?2)
  GROUP BY name ORDER BY name LIMIT ?3`;
const SELECT_SYMBOLS = `SELECT s.symbol FROM series s LEFT JOIN series_reference r ON r.name = s.reference
  WHERE s.reference = ?2 AND s.symbol > ?3 AND ${ALIVE} ORDER BY s.symbol LIMIT ?4`;
const SELECT_TTL = `SELECT ttl_ms FROM series_reference WHERE name = ?1`;
const SET_TTL = `INSERT INTO series_reference VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET ttl_ms = ?2`;
const CLEAR_TTL = `DELETE FROM series_reference WHERE name = ?1`;
const COUNT_ALIVE =
  `SELECT count(*) FROM series s LEFT JOIN series_reference r ON r.name = s.reference WHERE ${ALIVE}`;

// ?2: a reference, or NULL for all. Whole chunks only, so that a series is not rewritten row by row.
const SELECT_EXPIRING = `SELECT s.reference, s.symbol, CAST((?1 - r.ttl_ms) * 1000000 AS TEXT)
  FROM series_reference r JOIN series s ON s.reference = r.name
  WHERE (?2 IS NULL OR r.name = ?2) AND s.first <= (?1 - r.ttl_ms) * 1000000
    AND (?2 IS NOT NULL OR EXISTS (SELECT 1 FROM series_chunk c WHERE c.series = s.id AND c.since IS NOT NULL
      AND c.until IS NULL AND c.last <= (?1 - r.ttl_ms) * 1000000))`;
const DELETE_DEAD = `DELETE FROM series WHERE (revision > 0 AND row_count = 0)
  OR (revision = 0 AND created_at <= ?1) RETURNING id`;
const DELETE_LEASES = `DELETE FROM series_lease WHERE expires_at <= ?1`;
// Replaced and no longer read, staged by a save that never came to its end, or of a series that is gone.
const GARBAGE = `SELECT id FROM (
    SELECT c.id, c.series FROM series_chunk c WHERE c.until IS NOT NULL
    UNION ALL SELECT c.id, c.series FROM series_chunk c WHERE c.since IS NULL AND c.staged_at <= ?1
    UNION ALL SELECT c.id, c.series FROM dropped_series d JOIN series_chunk c ON c.series = d.id
      WHERE c.since IS NOT NULL AND c.until IS NULL)
  WHERE series NOT IN (SELECT series FROM series_lease) LIMIT ?2`;
const FREE_CHUNKS = `DELETE FROM series_chunk WHERE id IN (${GARBAGE})`;
const FORGET_DROPPED = `DELETE FROM dropped_series
  WHERE NOT EXISTS (SELECT 1 FROM series_chunk c WHERE c.series = dropped_series.id)`;

/** A reference with what it holds. */
export interface ReferenceRow {
  readonly reference: string;
  readonly symbols: number;
  /** `null`: for ever. */
  readonly ttlMillis: number | null;
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
export function createSeriesCatalogue({ commits, query }: Database, clock: () => number) {
  return {
    /** Up to `limit` references after that one, in order; those that hold series or have a time to live. */
    async references(after: string, limit: number): Promise<ReferenceRow[]> {
      const rows = await query(SELECT_REFERENCES, clock(), after, limit);
      return rows.map(([name, symbols, ttl]) => ({
        reference: name as string,
        symbols: symbols as number,
        ttlMillis: ttl as number | null,
      }));
    },
    /** Up to `limit` symbols of a reference after that one, in order. */
    async symbols(reference: string, after: string, limit: number): Promise<string[]> {
      return (await query(SELECT_SYMBOLS, clock(), reference, after, limit)).map(([symbol]) =>
        symbol as string
      );
    },
    /** Milliseconds; `null`: for ever. */
    async ttl(reference: string): Promise<number | null> {
      return (await query(SELECT_TTL, reference))[0]?.[0] as number | undefined ?? null;
    },
    async setTtl(reference: string, ttlMillis: number | null): Promise<void> {
      await commits.execute([
        ttlMillis === null
          ? { sql: CLEAR_TTL, args: [reference] }
          : { sql: SET_TTL, args: [reference, ttlMillis] },
      ]);
    },
    /** How many series have rows that can be read. */
    async count(): Promise<number> {
      return (await query(COUNT_ALIVE, clock()))[0]![0] as number;
    },

    /** Series with chunks that have expired; of one reference: also with a part of a chunk. */
    async expiring(reference: string | null): Promise<ExpiringRow[]> {
      const rows = await query(SELECT_EXPIRING, clock(), reference);
      return rows.map(([reference, symbol, until]) => ({
        reference: reference as string,
        symbol: symbol as string,
        until: BigInt(until as string),
      }));
    },
    /** Removes series that have no rows left, or never got any since `before`, and leases that expired. */
    async removeDead(before: number): Promise<void> {
      await commits.execute([
        { sql: DELETE_DEAD, args: [before] },
        { sql: DELETE_LEASES, args: [clock()] },
      ]);
    },
    /** Frees up to `limit` chunks that nobody can read any more, and answers how many. */
    async free(stagedBefore: number, limit: number): Promise<number> {
      const [freed] = await commits.execute([
        { sql: FREE_CHUNKS, args: [stagedBefore, limit] },
        { sql: FORGET_DROPPED, args: [] },
      ]);
      return freed!.changes;
    },
  };
}
