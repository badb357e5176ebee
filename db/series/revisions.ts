/** The queries of revisions: what a series was, and making it so again. */
import type { Row } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import {
  type ChangeKind,
  commitStatement,
  COMMITTED,
  current,
  insertChunks,
  newBatch,
  type SeriesChange,
  SET_EXTENT,
} from "./changes.ts";
import { FIND, type SeriesRow, TICKS, toSeries } from "./chunks.ts";

// Kept: not before the oldest, and newest until less than KEEP_REVISIONS ago.
const KEPT = `p.series = s.id AND p.revision >= s.oldest AND p.replaced_at > ?3`;
// Columns are kept where they changed.
const COLUMNS = `coalesce(p.columns, (SELECT n.columns FROM series_revision n
  WHERE n.series = s.id AND n.revision > p.revision AND n.columns IS NOT NULL ORDER BY n.revision LIMIT 1), s.columns)`;
const PAST = (which: string) =>
  `SELECT s.id, p.revision, p.aware, ${COLUMNS}, p.row_count, CAST(p.first AS TEXT), CAST(p.last AS TEXT), r.ttl_ms,
    p.change, p.changed_at, ${TICKS}
  FROM series s CROSS JOIN series_revision p ON ${KEPT} LEFT JOIN series_reference r ON r.name = s.reference
  WHERE s.reference = ?1 AND s.symbol = ?2 AND ${which} ORDER BY p.revision DESC LIMIT 1`;
const PAST_BY_REVISION = PAST(`p.revision = ?4`);
const PAST_BY_TIME = PAST(`p.changed_at <= ?4 AND p.replaced_at > ?4`);
const LIST = `SELECT p.revision, p.changed_at, p.row_count, p.change
  FROM series s CROSS JOIN series_revision p ON ${KEPT}
  WHERE s.reference = ?1 AND s.symbol = ?2 AND p.revision < ?4 ORDER BY p.revision DESC LIMIT ?5`;

// What is there but was not, or has grown since, goes; what was there and is gone comes again, with the same body.
const RETIRE_OTHERS = `UPDATE series_chunk SET until = (SELECT revision FROM series WHERE id = ?1)
  WHERE series = ?1 AND ${current("series_chunk")} AND (since > ?3 OR last > ?4) AND ${COMMITTED}`;
const REVIVE =
  `INSERT INTO series_chunk (series, first, last, row_count, summary, checksum, batch, staged_at, since, body)
  SELECT series, first, last, row_count, summary, checksum, ?2, ?5, (SELECT revision FROM series WHERE id = ?1), ifnull(body, id)
  FROM series_chunk WHERE series = ?1 AND since <= ?3 AND until > ?3 AND last <= ?4 AND ${COMMITTED}`;
const COUNT_ROWS = `UPDATE series SET row_count = (SELECT ifnull(sum(row_count), 0) FROM series_chunk c
  WHERE c.series = ?1 AND ${current("c")}) WHERE id = ?1 AND batch = ?2`;

const NAMED = `(SELECT id FROM series WHERE reference = ?1 AND symbol = ?2)`;
const DELETE =
  `UPDATE series SET revision = revision + 1, batch = ?3, aware = 0, columns = '[]', row_count = 0,
    first = NULL, last = NULL, change = 'delete', changed_at = max(?4, changed_at), rewritten = revision + 1
  WHERE reference = ?1 AND symbol = ?2 AND row_count > 0 AND (?5 IS NULL OR revision = ?5)`;
const RETIRE_ALL = `UPDATE series_chunk SET until = (SELECT revision FROM series WHERE id = ${NAMED})
  WHERE series = ${NAMED} AND ${
  current("series_chunk")
} AND (SELECT batch FROM series WHERE id = ${NAMED}) = ?3`;
const FORGET = `UPDATE series SET oldest = revision WHERE reference = ?1 AND symbol = ?2 AND revision > 0`;

const BEFORE_ALL = -(2n ** 63n);

/** A revision as listed. */
export interface RevisionRow {
  readonly revision: number;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
  readonly rows: number;
  readonly change: ChangeKind;
}

/** The queries, bound to a database. */
export type SeriesRevisions = ReturnType<typeof createSeriesRevisions>;

/** `clock` answers the time in milliseconds since the epoch; `keepMillis`: how long a replaced revision is kept. */
export function createSeriesRevisions(
  { engine, commits, query, scan }: Database,
  clock: () => number,
  keepMillis: number,
) {
  const past = async (sql: string, reference: string, symbol: string, at: number) => {
    const [newest, found] = await engine.read([
      { sql: FIND, args: [reference, symbol] },
      { sql, args: [reference, symbol, clock() - keepMillis, at] },
    ]);
    const row = found!.rows[0];
    return {
      newest: newest!.rows[0] && toSeries(newest!.rows[0]),
      past: row && toSeries(row),
    };
  };
  const remove = async (reference: string, symbol: string, revision: number | null) => {
    const args = [reference, symbol, newBatch()];
    const [removed] = await commits.execute([
      { sql: DELETE, args: [...args, clock(), revision] },
      { sql: RETIRE_ALL, args },
    ]);
    return removed!.changes > 0;
  };
  return {
    keepMillis,
    /** The newest revision of a series, and the past one that has that number, if it is kept. */
    byRevision: (reference: string, symbol: string, revision: number) =>
      past(PAST_BY_REVISION, reference, symbol, revision),
    /** The same with the past one that was the newest at that time, in milliseconds since the epoch. */
    byTime: (reference: string, symbol: string, time: number) => past(PAST_BY_TIME, reference, symbol, time),
    /** Up to `limit` past revisions before that one which are kept, the newest first. */
    async list(reference: string, symbol: string, before: number, limit: number): Promise<RevisionRow[]> {
      return (await scan(LIST, reference, symbol, clock() - keepMillis, before, limit)).map(toRevision);
    },
    /**
     * Makes a past revision the newest. `cut` has the chunks of it that have grown since, as they were. False: the
     * series is another than was read, or the past revision is no longer kept; nothing changed.
     */
    async restore(newest: SeriesRow, past: SeriesRow, cut: SeriesChange["chunks"]): Promise<boolean> {
      const now = clock();
      const { aware, columns } = past, { id: series, revision } = newest, batch = newBatch();
      const change: SeriesChange = {
        ...past,
        ...{ series, revision, batch, aware, columns, kind: "restore", chunks: cut },
        ...{ addedRows: 0, replaced: [], staged: 0 },
      };
      const last = past.last ?? BEFORE_ALL;
      const [committed] = await commits.execute([
        commitStatement(change, now, past.revision),
        { sql: RETIRE_OTHERS, args: [series, batch, past.revision, last] },
        { sql: REVIVE, args: [series, batch, past.revision, last, now] },
        ...insertChunks(change, now),
        { sql: COUNT_ROWS, args: [series, batch] },
        { sql: SET_EXTENT, args: [series, batch] },
      ]);
      return committed!.changes > 0;
    },
    /** Makes a revision without rows and columns, if there are rows. */
    async remove(reference: string, symbol: string): Promise<void> {
      await remove(reference, symbol, null);
    },
    /** The same if the newest revision is that one; false: it is not, and nothing changed. */
    async removeAt(reference: string, symbol: string, revision: number): Promise<boolean> {
      if (await remove(reference, symbol, revision)) return true;
      const [row] = await query(FIND, reference, symbol);
      return row === undefined || (toSeries(row).revision === revision && toSeries(row).rows === 0);
    },
    /** Keeps no revision but the newest. The sweep frees the space. */
    async forget(reference: string, symbol: string): Promise<void> {
      await commits.execute([{ sql: FORGET, args: [reference, symbol] }]);
    },
  };
}

function toRevision([revision, changedAt, rows, change]: Row): RevisionRow {
  return {
    revision: revision as number,
    changedAt: changedAt as number,
    rows: rows as number,
    change: change as ChangeKind,
  };
}
