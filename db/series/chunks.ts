/** The queries of series and their chunks. Stamps leave SQL as decimal text, because they exceed 2^53. */
import type { Plan } from "../batcher.ts";
import type { Row, Value } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { type Catalogue, readCatalogue } from "./catalogue_row.ts";
import type { Damage } from "../checksum.ts";
import {
  type ChangeKind,
  chunkChecksum,
  type ChunkContent,
  current,
  planCommit,
  type SeriesChange,
} from "./changes.ts";

/** Whether the reference of a series `s` keeps rows that share a stamp. */
export const TICKS = `EXISTS (SELECT 1 FROM series_ticks t WHERE t.reference = s.reference)`;
export const FIND = `SELECT s.id, s.revision, s.aware, s.columns, s.row_count, CAST(s.first AS TEXT),
    CAST(s.last AS TEXT), r.ttl_ms, s.change, s.changed_at, ${TICKS}
  FROM series s LEFT JOIN series_reference r ON r.name = s.reference WHERE s.reference = ?1 AND s.symbol = ?2`;
const CREATE =
  `INSERT INTO series (reference, symbol, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING`;
const REVISION = `SELECT revision, oldest FROM series WHERE id = ?1`;

const KEY_COLUMNS = `c.id, CAST(c.first AS TEXT), CAST(c.last AS TEXT), c.row_count`;
const visible = (chunk: string) => `${chunk}.since <= ?2 AND (${chunk}.until IS NULL OR ${chunk}.until > ?2)`;
// ?6: whether ?3 is where a page begins; else it is a stamp, and the chunk that may hold it comes first.
const PAGE = (columns: string, join: string, shown: typeof visible) =>
  `SELECT ${KEY_COLUMNS}, ${columns} FROM series_chunk c ${join}
  WHERE c.series = ?1 AND ?2 > 0 AND c.first <= ?4 AND ${shown("c")} AND c.first >= CASE WHEN ?6 THEN ?3 ELSE
    ifnull((SELECT k.first FROM series_chunk k WHERE k.series = ?1 AND k.first <= ?3 AND ${shown("k")}
      ORDER BY k.first DESC LIMIT 1), ?3) END
  ORDER BY c.first LIMIT ?5`;
const BODY = `b.body, b.checksum`;
const JOIN_BODY = `CROSS JOIN series_body b ON b.chunk = ifnull(c.body, c.id)`;
// Every chunk has a row, so ?5 chunks are enough; the rows of the newest may lie past the end and do not count.
const TAIL = (shown: typeof visible) =>
  `SELECT ${KEY_COLUMNS}, ${BODY} FROM (
    SELECT k.*, sum(k.row_count) OVER newer - k.row_count - first_value(k.row_count) OVER newer AS newer_rows
    FROM (SELECT k.* FROM series_chunk k WHERE k.series = ?1 AND ?2 > 0 AND k.first <= ?4 AND k.last >= ?3 AND ${
    shown("k")
  } ORDER BY k.first DESC LIMIT ?5 + 1) k
    WINDOW newer AS (ORDER BY k.first DESC ROWS UNBOUNDED PRECEDING)) c ${JOIN_BODY}
  WHERE c.newer_rows < ?5 ORDER BY c.first`;
/** The same three questions to the newest revision, whose chunks have an index of their own, and to a past one. */
const readsOf = (shown: typeof visible) => ({
  bodies: PAGE(BODY, JOIN_BODY, shown),
  summaries: PAGE("c.summary, c.checksum", "", shown),
  tail: TAIL(shown),
});
const READ_CURRENT = readsOf(current), READ_PAST = readsOf(visible);
const SELECT_BODIES_OF = `SELECT ${KEY_COLUMNS}, ${BODY} FROM series_chunk c ${JOIN_BODY}
  WHERE c.id IN (SELECT value FROM json_each(?1))`;

const ID = `(SELECT id FROM series WHERE reference = ?1 AND symbol = ?2)`;
const SELECT_FIRST_BODIES = `SELECT ${KEY_COLUMNS}, ${BODY} FROM series_chunk c ${JOIN_BODY}
  WHERE c.series = ${ID} AND c.first <= ?4 AND ${current("c")} AND c.first >=
    ifnull((SELECT k.first FROM series_chunk k WHERE k.series = ${ID} AND k.first <= ?3 AND ${current("k")}
      ORDER BY k.first DESC LIMIT 1), ?3)
  ORDER BY c.first LIMIT ?5`;
// What a window touches, and the chunk before and after it, with which small ones are joined.
const SELECT_WINDOW = `SELECT ${KEY_COLUMNS} FROM series_chunk c WHERE c.series = ${ID} AND ${current("c")}
    AND c.first >= ifnull((SELECT min(first) FROM (SELECT k.first FROM series_chunk k
      WHERE k.series = ${ID} AND k.first <= ?3 AND ${current("k")} ORDER BY k.first DESC LIMIT 2)), ?3)
    AND c.first <= ifnull((SELECT k.first FROM series_chunk k
      WHERE k.series = ${ID} AND k.first > ?4 AND ${current("k")} ORDER BY k.first LIMIT 1), ?4)
  ORDER BY c.first`;

const STAGE_CHUNK =
  `INSERT INTO series_chunk (series, first, last, row_count, summary, checksum, batch, staged_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`;
const STAGE_BODY = `INSERT INTO series_body (chunk, body, checksum) VALUES (last_insert_rowid(), ?1, ?2)`;
const DISCARD = `DELETE FROM series_chunk WHERE id IN
  (SELECT id FROM series_chunk WHERE batch = ?1 AND since IS NULL LIMIT ?2)`;
const INSERT_LEASE = `INSERT INTO series_lease (series, expires_at) VALUES (?1, ?2) RETURNING id`;
const RENEW_LEASE = `UPDATE series_lease SET expires_at = ?2 WHERE id = ?1`;
const DELETE_LEASE = `DELETE FROM series_lease WHERE id = ?1`;

/** A series as stored. Stamps are nanoseconds since the epoch. */
export interface SeriesRow extends Catalogue {
  readonly id: number;
  /** 0: nothing was saved yet. */
  readonly revision: number;
  readonly aware: boolean;
  readonly rows: number;
  readonly first: bigint | null;
  readonly last: bigint | null;
  /** Time to live of its reference in milliseconds; `null`: for ever. */
  readonly ttlMillis: number | null;
  /** Whether its rows may share a stamp. */
  readonly keepsDuplicates: boolean;
  /** What made this revision. */
  readonly change: ChangeKind;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
}

/** Where a chunk is and how many rows it has. */
export interface ChunkKey {
  readonly id: number;
  readonly first: bigint;
  readonly last: bigint;
  readonly rows: number;
}

/** A chunk with its cells, or with its summary. */
export interface ChunkBytes extends ChunkKey {
  readonly bytes: Uint8Array;
}

/** Which chunks of a series to read: those at a revision that overlap the stamps `from` to `to`. */
export interface ChunkRange {
  readonly series: number;
  readonly revision: number;
  readonly from: bigint;
  readonly to: bigint;
  /** Chunks at most. */
  readonly limit: number;
  /** `from` is the stamp after the first one of the page before. */
  readonly continues?: boolean;
  /** The series may have moved on from this revision, as long as it is kept. `to` is not after its last row. */
  readonly past?: boolean | undefined;
}

/** The queries, bound to a database. */
export type SeriesStore = ReturnType<typeof createSeriesStore>;

/** `clock` answers the time in milliseconds since the epoch. */
export function createSeriesStore({ engine, commits, query, damage }: Database, clock: () => number) {
  const toChunk = (row: Row) => readChunk(row, damage);
  const readChunks = async (read: keyof typeof READ_PAST, range: ChunkRange, ...more: Value[]) => {
    const { series, revision, from, to, limit, past = false } = range;
    const sql = (past ? READ_PAST : READ_CURRENT)[read];
    const [rows, now] = await engine.scan([
      { sql, args: [series, revision, from, to, limit, ...more] },
      { sql: REVISION, args: [series] },
    ]);
    const [newest, oldest] = now!.rows[0] ?? [];
    return {
      chunks: rows!.rows.map(toChunk),
      isWhole: past ? Number(oldest) <= revision : newest === revision,
    };
  };
  const stage = commits.writer(planStaging);
  return {
    async find(reference: string, symbol: string): Promise<SeriesRow | undefined> {
      const [row] = await query(FIND, reference, symbol);
      return row && toSeries(row);
    },
    /** In one state: the series, and the first chunks, up to `limit`, that overlap the stamps `from` to `to`. */
    async look(reference: string, symbol: string, from: bigint, to: bigint, limit: number) {
      const [series, chunks] = await engine.read([
        { sql: FIND, args: [reference, symbol] },
        { sql: SELECT_FIRST_BODIES, args: [reference, symbol, from, to, limit] },
      ]);
      const row = series!.rows[0];
      return { series: row && toSeries(row), chunks: chunks!.rows.map(toChunk) };
    },
    async create(reference: string, symbol: string): Promise<void> {
      await commits.execute([{ sql: CREATE, args: [reference, symbol, clock()] }]);
    },
    /** Chunks with their cells, ascending; and whether they are all, since the revision is the newest, or kept. */
    bodies: (range: ChunkRange) => readChunks("bodies", range, range.continues ? 1 : 0),
    /** The same, of the chunks that hold the last `limit` rows. */
    tail: (range: ChunkRange) => readChunks("tail", range),
    /** Chunks with their summaries, ascending. */
    summaries: (range: ChunkRange) => readChunks("summaries", range, range.continues ? 1 : 0),
    /** The cells of those chunks that are still there. */
    async bodiesOf(chunks: readonly number[]): Promise<Map<number, Uint8Array>> {
      const rows = await query(SELECT_BODIES_OF, JSON.stringify(chunks));
      return new Map(rows.map(toChunk).map(({ id, bytes }) => [id, bytes]));
    },
    /** In one state: the series, the chunks that overlap the window, and the one before and after. */
    async window(reference: string, symbol: string, first: bigint, last: bigint) {
      const [series, chunks] = await engine.read([
        { sql: FIND, args: [reference, symbol] },
        { sql: SELECT_WINDOW, args: [reference, symbol, first, last] },
      ]);
      const row = series!.rows[0];
      return { series: row && toSeries(row), chunks: chunks!.rows.map(toKey) };
    },

    /**
     * Writes chunks ahead of the change with that batch, which alone shows them. A power failure may take back those of
     * which the change is not committed yet: its fsync covers all that was written before.
     */
    stage: (series: number, batch: bigint, chunks: readonly ChunkContent[]): Promise<void> =>
      stage({ series, batch, chunks, now: clock() }),
    /** Makes a change visible, all of it at once. False: the series is another than was read; nothing changed. */
    async commit(change: SeriesChange): Promise<boolean> {
      const [committed] = await commits.execute(planCommit(change, clock()));
      return committed!.changes > 0;
    },
    /** Forgets up to `limit` chunks that were staged, and answers how many. */
    async discard(batch: bigint, limit: number): Promise<number> {
      const [discarded] = await commits.execute([{ sql: DISCARD, args: [batch, limit] }]);
      return discarded!.changes;
    },
    /** Keeps the chunks of a series from being freed until then; answers the lease's id. */
    async lease(series: number, expiresAt: number): Promise<number> {
      const [result] = await commits.execute([{ sql: INSERT_LEASE, args: [series, expiresAt] }]);
      return result!.rows[0]![0] as number;
    },
    /** False when the lease expired and was swept. */
    async renew(lease: number, expiresAt: number): Promise<boolean> {
      const [result] = await commits.execute([{ sql: RENEW_LEASE, args: [lease, expiresAt] }]);
      return result!.changes > 0;
    },
    async release(lease: number): Promise<void> {
      await commits.execute([{ sql: DELETE_LEASE, args: [lease] }]);
    },
  };
}

interface StagedChunks {
  readonly series: number;
  readonly batch: bigint;
  readonly chunks: readonly ChunkContent[];
  readonly now: number;
}

function planStaging(ops: readonly StagedChunks[]): Plan<void> {
  return {
    statements: ops.flatMap(({ series, batch, chunks, now }) =>
      chunks.flatMap((chunk) => {
        const { first, last, rows, summary, body } = chunk;
        const args = [series, first, last, rows, summary, chunkChecksum(summary, chunk), batch, now];
        return [
          { sql: STAGE_CHUNK, args },
          { sql: STAGE_BODY, args: [body, chunkChecksum(body, chunk)] },
        ];
      })
    ),
    mayBeLost: true,
    settle: () => ops.map(() => undefined),
  };
}

const toStamp = (value: Row[number] | undefined) => typeof value === "string" ? BigInt(value) : null;

/** A row of FIND. */
export function toSeries(row: Row): SeriesRow {
  return {
    id: row[0] as number,
    revision: row[1] as number,
    aware: row[2] === 1,
    ...readCatalogue(row[3] as string),
    rows: row[4] as number,
    first: toStamp(row[5]),
    last: toStamp(row[6]),
    ttlMillis: row[7] as number | null,
    change: row[8] as ChangeKind,
    changedAt: row[9] as number,
    keepsDuplicates: row[10] === 1,
  };
}

function toKey(row: Row): ChunkKey {
  return {
    id: row[0] as number,
    first: BigInt(row[1] as string),
    last: BigInt(row[2] as string),
    rows: row[3] as number,
  };
}

/** A row of KEY_COLUMNS with bytes and their checksum. Fails where they are not as they were stored. */
function readChunk(row: Row, damage: Damage): ChunkBytes {
  const chunk = { ...toKey(row), bytes: row[4] as Uint8Array };
  if (isChunkSound(chunk, row[5]!)) return chunk;
  throw damage.note({ area: "series", what: `chunk number ${chunk.id} of the series` });
}

/** Whether a chunk's cells or summary are as they were stored; NULL: they were stored before there were checksums. */
export function isChunkSound(chunk: ChunkBytes, stored: Value): boolean {
  if (stored === null) return true;
  return chunk.bytes instanceof Uint8Array && chunkChecksum(chunk.bytes, chunk) === stored;
}
