/** Deciding what a save does to a series: which chunks go, which rows come in their place. No I/O. */
import type { Labels } from "../../../db/series/catalogue_row.ts";
import type { ChunkKey, SeriesRow } from "../../../db/series/chunks.ts";
import { CatalogueChange, type StoredColumn } from "../chunks/catalogue.ts";
import { decodeChunk, rowsPerChunk } from "../chunks/chunk.ts";
import { invalid, RunnelError } from "../../errors.ts";
import { concatFrames, type DataFrame, firstRowFrom, type FrameKind, sliceFrame } from "../frame/frame.ts";
import { mergeFrames } from "../frame/merge.ts";
import { areWhole } from "../frame/stamps.ts";

/** What a save with these keywords does with the rows between its first and last stamp. */
export const SAVE_MODES = ["replace", "merge", "append"] as const;
/** One of SAVE_MODES: the rows there are replaced, cells updated, or rows added only after the last one. */
export type SaveMode = typeof SAVE_MODES[number];

/** Columns of a series. */
const MAX_COLUMNS = 16_384;

/** What is known of a series before a change. */
export interface SeriesState {
  /** Undefined: there is none, or all of it has expired. */
  readonly series: SeriesRow | undefined;
  /** What overlaps the window, and the chunk before and after it. */
  readonly chunks: readonly ChunkKey[];
}

/** The stamps that a change is about, both inclusive. */
export interface Window {
  readonly first: bigint;
  readonly last: bigint;
  /** Rows that have the first stamp stay, ahead of those that come. */
  readonly keepsFirst?: boolean | undefined;
}

/** What a change does: the chunks `replaced` go, the rows of `left`, `update` and `right` come. */
export interface Rewrite {
  readonly replaced: readonly ChunkKey[];
  readonly left: DataFrame;
  readonly right: DataFrame;
  readonly kind: FrameKind;
  readonly columns: readonly StoredColumn[];
}

/** The bodies that `planReplace` needs: chunks cut by the window, and small neighbours. */
export function neededBodies(
  { series, chunks }: SeriesState,
  { first, last, keepsFirst = false }: Window,
): number[] {
  const room = rowsPerChunk(series?.columns.length ?? 0);
  return chunks.filter((chunk) => {
    const overlaps = chunk.last >= first && chunk.first <= last;
    return overlaps ? keepsFirst || chunk.first < first || chunk.last > last : chunk.rows < room;
  }).map(({ id }) => id);
}

/**
 * Plans that `update` (undefined: nothing) comes in place of the rows in the window. `bodies` has what
 * `neededBodies` asked for. Small neighbours are joined, so that appending row by row leaves full chunks.
 */
export function planReplace(
  { series, chunks }: SeriesState,
  { first, last, keepsFirst = false }: Window,
  update: DataFrame | undefined,
  bodies: ReadonlyMap<number, Uint8Array>,
): Rewrite {
  const base = series?.columns ?? [], aware = series?.aware ?? false;
  const places = [...base.keys()];
  const read = (chunk: ChunkKey | undefined) =>
    chunk && bodies.has(chunk.id) ? decodeChunk(bodies.get(chunk.id)!, aware, base, places) : undefined;
  const overlapping = chunks.filter((chunk) => chunk.last >= first && chunk.first <= last);
  const before = chunks.filter((chunk) => chunk.last < first).at(-1);
  const after = chunks.find((chunk) => chunk.first > last);
  const none: DataFrame = { stamps: new BigInt64Array(), aware, columns: [] };
  let left =
    keptOf(read(overlapping[0]), (stamps) => [0, firstRowFrom(stamps, keepsFirst ? first + 1n : first)]) ??
      none;
  let right = keptOf(
    read(overlapping.at(-1)),
    (stamps) => [firstRowFrom(stamps, last + 1n), stamps.length],
  ) ?? none;
  const replaced = [...overlapping];
  const room = rowsPerChunk(base.length);
  // A large update is cut into chunks of its own, so only what is kept beside it can fill a neighbour.
  const joins = (neighbour: ChunkKey | undefined, kept: DataFrame) =>
    neighbour !== undefined && bodies.has(neighbour.id) && neighbour.rows + kept.stamps.length <= room &&
    (kept.stamps.length > 0 || (update !== undefined && isSmall(update)));
  if (joins(before, left)) {
    left = concatFrames([read(before)!, left]);
    replaced.push(before!);
  }
  if (joins(after, right)) {
    right = concatFrames([right, read(after)!]);
    replaced.push(after!);
  }
  const change = new CatalogueChange(base);
  const rewritten = replaced.reduce((sum, chunk) => sum + chunk.rows, 0);
  const rest = (series?.rows ?? 0) > rewritten;
  if (rest) change.keepRest();
  for (const frame of [left, update ?? none, right]) change.add(frame);
  return {
    replaced,
    left,
    right,
    kind: kindAfter(series, update),
    columns: checkColumns(change.finish()),
  };
}

/**
 * What the rows of a series have in common after a save. Zone: its first rows decide; numbers are instants and fit both
 * kinds. Naive stamps to aware ones, or the other way: `series-zone`. Labels: those that came last.
 */
export function kindAfter(series: SeriesRow | undefined, update: DataFrame | undefined): FrameKind {
  const { aware = false, zone, labels } = series ?? {};
  if (update === undefined) return { aware, zone, labels };
  if (series === undefined || series.rows === 0) {
    return { aware: update.aware, zone: update.zone, labels: update.labels };
  }
  if (update.undecided || update.aware === aware) {
    return {
      aware,
      zone: zone ?? (aware ? update.zone : undefined),
      labels: uniteLabels(labels, update),
    };
  }
  throw new RunnelError(
    "series-zone",
    aware
      ? "the series has a time zone, but these stamps name none: name it with ?tz=UTC, or another zone"
      : "the series has no time zone, but these stamps have: drop it with ?tz=naive, which takes them as UTC",
  );
}

/** Stamps stay counted in the unit of the series where that has them exactly. */
function uniteLabels(labels: Labels | undefined, { labels: said, stamps }: DataFrame): Labels | undefined {
  const { unit } = labels ?? {};
  if (unit === undefined) return said === undefined ? labels : { ...labels, ...said, unit: undefined };
  const fits = unit === "ns" || areWhole(stamps, unit);
  return { ...labels, ...said, unit: fits ? unit : said?.unit };
}

/** Whether an update is written together with its neighbours, in one commit. */
export function isSmall({ stamps, columns }: DataFrame): boolean {
  return stamps.length <= 4096 && stamps.length * columns.length <= 1 << 16;
}

function keptOf(
  frame: DataFrame | undefined,
  range: (stamps: BigInt64Array) => [number, number],
): DataFrame | undefined {
  return frame && sliceFrame(frame, ...range(frame.stamps));
}

/** The chunks into which rows of `stamps` fall, each with those rows; rows ahead of all chunks go to the first. */
export function* rowsByChunk(
  chunks: readonly ChunkKey[],
  frame: DataFrame,
): Generator<{ readonly chunk: ChunkKey; readonly update: DataFrame }> {
  let row = 0;
  for (let at = 0; at < chunks.length && row < frame.stamps.length; at++) {
    const next = chunks[at + 1];
    const end = next === undefined ? frame.stamps.length : firstRowFrom(frame.stamps, next.first);
    if (end > row) yield { chunk: chunks[at]!, update: sliceFrame(frame, row, end) };
    row = end;
  }
}

/** A chunk's rows with those of an update. */
export function mergeChunk({ aware, columns }: SeriesRow, body: Uint8Array, update: DataFrame): DataFrame {
  return mergeFrames(decodeChunk(body, aware, columns, [...columns.keys()]), update);
}

/** Throws RunnelError if a series would have too many columns. */
export function checkColumns(columns: readonly StoredColumn[]): readonly StoredColumn[] {
  if (columns.length <= MAX_COLUMNS) return columns;
  throw invalid(
    `The series would have ${columns.length} columns; at most ${MAX_COLUMNS} are allowed.`,
  );
}
