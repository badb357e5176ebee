/**
 * Chunks: up to 1,024 rows of a series as bytes, its stamps and columns in one body, and a summary of each column
 * beside it. Numbers are little-endian; the layouts are in stored data and must not change.
 */
import type { ChunkContent } from "../../../db/series/changes.ts";
import { asStored, type StoredColumn } from "./catalogue.ts";
import { decodeColumn, encodeColumn } from "./column_codec.ts";
import { decodeStamps, encodeStamps } from "./stamp_codec.ts";
import { type Column, isAllNull } from "../frame/column.ts";
import { invalid } from "../../errors.ts";
import { type DataFrame, firstRowFrom, sliceFrame } from "../frame/frame.ts";
import { type ColumnSummary, summarise } from "../frame/summary.ts";

/** Rows of a chunk: against 256 and 4096, the best of space, of small reads and of rewriting. */
const MAX_ROWS = 1024;
/** Cells of a chunk, for frames with many columns. */
const MAX_CELLS = 1 << 17;
/** Bytes from which a chunk is halved, while it has several rows: long texts. */
const MAX_BYTES = 4 << 20;
/** Full chunks of rows that may share a stamp, and bytes of a chunk of such: it cannot be cut. */
const SHARED_CHUNKS = 16, MAX_SHARED_BYTES = 64 << 20;

/** How many rows a chunk of so many columns has at most. */
export function rowsPerChunk(columns: number): number {
  return Math.max(1, Math.min(MAX_ROWS, Math.floor(MAX_CELLS / Math.max(columns, 1))));
}

/**
 * Cuts a frame into chunks of `size` rows, or more where rows share a stamp: no stamp is in two chunks. One chunk at each
 * step, so that the caller may let others have a turn. The catalogue has all its columns. Too many rows share a stamp:
 * RunnelError.
 */
export function* cutChunks(
  frame: DataFrame,
  catalogue: readonly StoredColumn[],
  size = rowsPerChunk(catalogue.length),
): Generator<ChunkContent> {
  const places = new Map(catalogue.map(({ name }, place) => [name, place]));
  const { stamps } = frame, most = SHARED_CHUNKS * rowsPerChunk(catalogue.length);
  for (let from = 0, to = 0; from < stamps.length; from = to) {
    to = nextStamp(stamps, Math.min(from + size, stamps.length));
    if (to - from > size && to - firstRowFrom(stamps, stamps[to - 1]!) > most) {
      throw invalid(`At most ${most} rows of ${catalogue.length} columns may share a stamp.`);
    }
    yield* encodeChunks(sliceFrame(frame, from, to), catalogue, places);
  }
}

/** The first row from `row` on that does not share its stamp with the one ahead of it. */
function nextStamp(stamps: BigInt64Array, row: number): number {
  while (row < stamps.length && stamps[row] === stamps[row - 1]) row++;
  return row;
}

/** The row at which to halve rows; 0: they share one stamp. */
function middleOf(stamps: BigInt64Array): number {
  const middle = nextStamp(stamps, stamps.length >> 1);
  return middle < stamps.length ? middle : firstRowFrom(stamps, stamps.at(-1)!);
}

function* encodeChunks(
  frame: DataFrame,
  catalogue: readonly StoredColumn[],
  places: ReadonlyMap<string, number>,
): Generator<ChunkContent> {
  const { stamps, columns } = frame;
  const rows = stamps.length;
  const stored = columns.map((column) => asStored(column, catalogue[places.get(column.name)!]!, rows));
  const parts = stored.flatMap((column, i) =>
    isAllNull(columns[i]!) ? [] : [{ place: places.get(column.name)!, bytes: encodeColumn(column) }]
  );
  const body = joinBody(encodeStamps(stamps), parts);
  const middle = body.length > MAX_BYTES && rows > 1 ? middleOf(stamps) : 0;
  if (middle > 0) {
    yield* encodeChunks(sliceFrame(frame, 0, middle), catalogue, places);
    yield* encodeChunks(sliceFrame(frame, middle, rows), catalogue, places);
    return;
  }
  if (rows > 1 && body.length > MAX_SHARED_BYTES) {
    throw invalid(`Rows that share a stamp may have at most ${MAX_SHARED_BYTES} bytes.`);
  }
  const summary = encodeSummaries(stored, places, catalogue.length);
  yield { first: stamps[0]!, last: stamps[rows - 1]!, rows, summary, body };
}

/** Stamps' length, number of columns, place and length of each; then the stamps, then the columns. */
function joinBody(
  stamps: Uint8Array,
  parts: readonly { readonly place: number; readonly bytes: Uint8Array }[],
): Uint8Array<ArrayBuffer> {
  const head = 8 + parts.length * 8;
  const body = new Uint8Array(parts.reduce((sum, { bytes }) => sum + bytes.length, head + stamps.length));
  const view = new DataView(body.buffer);
  view.setUint32(0, stamps.length, true);
  view.setUint32(4, parts.length, true);
  body.set(stamps, head);
  let offset = head + stamps.length;
  parts.forEach(({ place, bytes }, i) => {
    view.setUint32(8 + i * 8, place, true);
    view.setUint32(12 + i * 8, bytes.length, true);
    body.set(bytes, offset);
    offset += bytes.length;
  });
  return body;
}

/** Reads a chunk's stamps and the columns at those places of the catalogue, in their order, as it types them. */
export function decodeChunk(
  body: Uint8Array,
  aware: boolean,
  catalogue: readonly StoredColumn[],
  places: readonly number[],
): DataFrame {
  const view = new DataView(body.buffer, body.byteOffset);
  const stampBytes = view.getUint32(0, true), parts = view.getUint32(4, true);
  let offset = 8 + parts * 8;
  const stamps = decodeStamps(body.subarray(offset, offset += stampBytes));
  const found = new Map<number, Uint8Array>();
  for (let part = 0; part < parts; part++) {
    const length = view.getUint32(12 + part * 8, true);
    found.set(view.getUint32(8 + part * 8, true), body.subarray(offset, offset += length));
  }
  const columns = places.map((place) => {
    const stored = catalogue[place]!, bytes = found.get(place);
    return asStored(bytes && decodeColumn(stored.name, bytes), stored, stamps.length);
  });
  return { stamps, aware, columns };
}

const SUMMARY_BYTES = 48;
const KINDS = { empty: 0, numbers: 1, opaque: 2 } as const;
const EMPTY: ColumnSummary = { count: 0, sum: 0, min: Infinity, max: -Infinity, first: NaN, last: NaN };

/** Number of columns, a byte for the kind of each, then six doubles for each that has numbers. */
function encodeSummaries(
  columns: readonly Column[],
  places: ReadonlyMap<string, number>,
  count: number,
): Uint8Array<ArrayBuffer> {
  const kinds = new Uint8Array(count);
  const summaries = new Map<number, ColumnSummary>();
  for (const column of columns) {
    const place = places.get(column.name)!, summary = summarise(column);
    kinds[place] = summary === null ? KINDS.opaque : summary.count === 0 ? KINDS.empty : KINDS.numbers;
    if (summary !== null && summary.count > 0) summaries.set(place, summary);
  }
  const bytes = new Uint8Array(4 + count + summaries.size * SUMMARY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, count, true);
  bytes.set(kinds, 4);
  let offset = 4 + count;
  for (let place = 0; place < count; place++) {
    const summary = summaries.get(place);
    if (summary === undefined) continue;
    const { count, sum, min, max, first, last } = summary;
    [count, sum, min, max, first, last].forEach((value, i) => view.setFloat64(offset + i * 8, value, true));
    offset += SUMMARY_BYTES;
  }
  return bytes;
}

/** The summaries of the columns at those places, in their order; null where only the cells will do. */
export function decodeSummaries(bytes: Uint8Array, places: readonly number[]): (ColumnSummary | null)[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const count = view.getUint32(0, true);
  const offsets = new Array<number>(count);
  let offset = 4 + count;
  for (let place = 0; place < count; place++) {
    offsets[place] = offset;
    if (bytes[4 + place] === KINDS.numbers) offset += SUMMARY_BYTES;
  }
  return places.map((place) => {
    const kind = place < count ? bytes[4 + place] : KINDS.empty;
    if (kind === KINDS.opaque) return null;
    if (kind === KINDS.empty) return EMPTY;
    const at = (i: number) => view.getFloat64(offsets[place]! + i * 8, true);
    return { count: at(0), sum: at(1), min: at(2), max: at(3), first: at(4), last: at(5) };
  });
}
