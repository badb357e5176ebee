/** Changes of series: the statements of one transaction, of which all come to be or none. */
import { checksum } from "../checksum.ts";
import type { Statement } from "../engine/engine.ts";
import { type Catalogue, catalogueText } from "./catalogue_row.ts";

/** Whether a chunk belongs to the newest revision. */
export const current = (chunk: string) => `${chunk}.since IS NOT NULL AND ${chunk}.until IS NULL`;

// A new series begins after every revision of those that were removed: one of its name may have had the same number.
const NEXT = `1 + CASE revision WHEN 0 THEN (SELECT last_revision FROM series_lives) ELSE revision END`;
// The save that others overtook, or that was swept as a crashed one, finds another revision or too few chunks.
// The trigger series_revised keeps what the row was.
const COMMIT = `UPDATE series SET revision = ${NEXT}, batch = ?3, aware = ?4,
    columns = CASE WHEN ?8 = 'remove' AND row_count + ?6 = 0 THEN '[]' ELSE ?5 END,
    row_count = row_count + ?6, change = ?8, changed_at = max(?9, changed_at),
    saved_at = CASE ?8 WHEN 'remove' THEN saved_at ELSE max(?9, saved_at) END,
    rewritten = CASE WHEN ?8 = 'append' THEN rewritten ELSE ${NEXT} END
  WHERE id = ?1 AND revision = ?2 AND oldest <= ?10
    AND (SELECT count(*) FROM series_chunk WHERE batch = ?3 AND since IS NULL) = ?7`;
// Each following statement of the same transaction does nothing unless COMMIT did.
export const COMMITTED = `(SELECT batch FROM series WHERE id = ?1) = ?2`;
const REPLACED = `(SELECT value FROM json_each(?3))`;
const RETIRE = `UPDATE series_chunk SET until = (SELECT revision FROM series WHERE id = ?1)
  WHERE id IN ${REPLACED} AND ${COMMITTED}`;
const PUBLISH = `UPDATE series_chunk SET since = (SELECT revision FROM series WHERE id = ?1)
  WHERE batch = ?2 AND since IS NULL AND ${COMMITTED}`;
// A chunk that others than appends have not changed since it came can grow: earlier revisions end before its new rows.
const grown = (chunk: string) =>
  `id = ${chunk} AND since >= (SELECT rewritten FROM series WHERE id = ?1)
    AND NOT EXISTS (SELECT 1 FROM series_lease WHERE series = ?1)`;
const INSERT_CHUNK =
  `INSERT INTO series_chunk (series, first, last, row_count, summary, checksum, batch, staged_at, since)
  SELECT id, ?3, ?4, ?5, ?6, ?9, ?2, ?7, ifnull((SELECT since FROM series_chunk WHERE ${
    grown("?8")
  }), revision)
  FROM series WHERE id = ?1 AND batch = ?2`;
const DELETE_GROWN = `DELETE FROM series_chunk WHERE ${grown("?3")} AND ${COMMITTED}`;
const INSERT_BODY = `INSERT INTO series_body (chunk, body, checksum)
  SELECT last_insert_rowid(), ?3, ?4 FROM series WHERE id = ?1 AND batch = ?2`;
export const SET_EXTENT = `UPDATE series SET
    first = (SELECT c.first FROM series_chunk c WHERE c.series = ?1 AND ${
  current("c")
} ORDER BY c.first LIMIT 1),
    last = (SELECT c.last FROM series_chunk c WHERE c.series = ?1 AND ${
  current("c")
} ORDER BY c.first DESC LIMIT 1)
  WHERE id = ?1 AND batch = ?2`;

/** What can make a revision. */
export const CHANGES = ["save", "merge", "append", "remove", "delete", "restore"] as const;
/** One of CHANGES. */
export type ChangeKind = typeof CHANGES[number];

/** A chunk on its way into a series. */
export interface ChunkContent {
  readonly first: bigint;
  readonly last: bigint;
  readonly rows: number;
  readonly summary: Uint8Array<ArrayBuffer>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The checksum of a chunk's cells or summary, together with where the chunk is. */
export function chunkChecksum(
  bytes: Uint8Array,
  { first, last, rows }: Pick<ChunkContent, "first" | "last" | "rows">,
): number {
  return checksum(bytes, `${first} ${last} ${rows}`);
}

/** A change of a series that is decided, to be committed if its revision is still the same. */
export interface SeriesChange extends Catalogue {
  readonly series: number;
  /** The revision that was read. */
  readonly revision: number;
  readonly kind: ChangeKind;
  /** Id of the last chunk, which the first of `chunks` begins with, where rows are added after it and columns stay. */
  readonly grows?: number | undefined;
  /** What this change alone has; see `newBatch`. */
  readonly batch: bigint;
  readonly aware: boolean;
  /** Rows more than before, or less. */
  readonly addedRows: number;
  /** Ids of the chunks that go. */
  readonly replaced: readonly number[];
  /** How many chunks were staged ahead with this batch. */
  readonly staged: number;
  /** Chunks that come beside those. */
  readonly chunks: readonly ChunkContent[];
}

/** A number that no other change has. */
export function newBatch(): bigint {
  return BigInt.asUintN(63, crypto.getRandomValues(new BigUint64Array(1))[0]!);
}

/** All statements of a change; the first says whether it came to be. */
export function planCommit(change: SeriesChange, now: number): Statement[] {
  const { series, batch, replaced, staged, chunks, grows } = change;
  const statements = [commitStatement(change, now)];
  if (replaced.length > 0) {
    statements.push({ sql: RETIRE, args: [series, batch, JSON.stringify(replaced)] });
  }
  if (staged > 0) statements.push({ sql: PUBLISH, args: [series, batch] });
  statements.push(...insertChunks(change, now));
  if (grows !== undefined && chunks.length > 0) {
    statements.push({ sql: DELETE_GROWN, args: [series, batch, grows] });
  }
  statements.push({ sql: SET_EXTENT, args: [series, batch] });
  return statements;
}

/** What begins each change. A restored revision that is no longer kept changes nothing, as another that came first. */
export function commitStatement(change: SeriesChange, now: number, restored = change.revision): Statement {
  const { series, revision, batch, aware, addedRows, staged, kind } = change;
  const catalogue = catalogueText(change);
  return {
    sql: COMMIT,
    args: [series, revision, batch, aware ? 1 : 0, catalogue, addedRows, staged, kind, now, restored],
  };
}

/** Brings the chunks of a change. */
export function insertChunks({ series, batch, chunks, grows }: SeriesChange, now: number): Statement[] {
  return chunks.flatMap((chunk) => {
    const { first, last, rows, summary, body } = chunk, summed = chunkChecksum(summary, chunk);
    return [
      { sql: INSERT_CHUNK, args: [series, batch, first, last, rows, summary, now, grows ?? null, summed] },
      { sql: INSERT_BODY, args: [series, batch, body, chunkChecksum(body, chunk)] },
    ];
  });
}
