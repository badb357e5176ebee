/** Opening a range of a series for reading: in one look when it is small, under a lease when it is large. */
import type { ChunkBytes, SeriesRow, SeriesStore } from "../../../db/series/chunks.ts";
import { invalid, quote, RunnelError } from "../../errors.ts";
import { decodeChunk, rowsPerChunk } from "../chunks/chunk.ts";
import { columnsOf } from "../bins/aggregates.ts";
import type { BinOptions } from "../bins/downsample.ts";
import type { Condition } from "../bins/where.ts";
import { type DataFrame, rangeOf, selectColumns, sliceFrame } from "../frame/frame.ts";
import { FilteredSource, lastRows, reversed } from "./filtered.ts";
import type { SeriesName } from "./save.ts";
import { type Revisions, type Version } from "./revisions.ts";
import {
  allColumns,
  bytesOf,
  type FrameSource,
  LEASE_MS,
  LeasedSource,
  MemorySource,
  PAGE_BYTES,
  type SelectedColumn,
} from "./source.ts";
import { MAX_STAMP, MIN_STAMP, UNIT_NS } from "../frame/stamps.ts";
import { headOf } from "../formats/text/frame_head.ts";
import { expiredUntil } from "../../expiry.ts";
import { Turns } from "../../short_steps.ts";

/** Chunks of the first look, which answers most ranges. */
const FIRST_CHUNKS = 8;
/** Cells that an answer may hold in memory; what has more is read page by page. */
const MEMORY_CELLS = 1 << 21;
const MAX_ATTEMPTS = 50;

/** Which part of a series to read. */
export interface SeriesRange {
  /** Called before each page: throws where nobody waits for the rows any more. */
  readonly checkPresence?: (() => void) | undefined;
  /** Called before rows are read into memory, with the bytes that they take there: throws where there is no room. */
  readonly keep?: ((bytes: number) => void) | undefined;
  /** As the series was then; as it is unless given. */
  readonly asOf?: Version | undefined;
  /** First and last stamp, inclusive. */
  readonly start?: bigint | undefined;
  readonly end?: bigint | undefined;
  /** Names, in the order wanted; all unless given. */
  readonly columns?: readonly string[] | undefined;
  /** The first rows only. */
  readonly limit?: number | undefined;
  /** The last rows only. */
  readonly tail?: number | undefined;
  /** Reduces the rows to bins; `limit` and `tail` then count bins. */
  readonly bins?: BinOptions | undefined;
  /** Only rows that meet all of these. */
  readonly where?: readonly Condition[] | undefined;
  /** From the last row, or bin, to the first; `limit` counts from there. Rows need `limit` or `tail`. */
  readonly isDescending?: boolean | undefined;
}

/** The last stamp that has expired at `now`; where none has, the one ahead of all. */
export function lastExpired({ ttlMillis }: Pick<SeriesRow, "ttlMillis">, now: number): bigint {
  const until = expiredUntil(ttlMillis, now);
  return until === -Infinity ? MIN_STAMP - 1n : BigInt(until) * UNIT_NS.ms;
}

/** Whether a series has rows that can be read. */
export function isAlive(series: SeriesRow | undefined, now: number): series is SeriesRow {
  return series !== undefined && series.last !== null && series.last > lastExpired(series, now);
}

/** Reads series. */
export class Reading {
  constructor(readonly store: SeriesStore, readonly revisions: Revisions, readonly clock: () => number) {}

  /** The rows of a range, in one state. Unknown series: `series-not-found`. Bad range: RunnelError. */
  async open(name: SeriesName, range: SeriesRange): Promise<FrameSource> {
    const { bins, where, isDescending = false, limit, ...rest } = range;
    const tail = isDescending ? limit ?? range.tail : range.tail;
    if (bins !== undefined) return await this.#openBins(name, { ...range, bins, tail });
    if (where !== undefined) return await this.#openWhere(name, { ...range, where, tail });
    if (!isDescending) return await this.#open(name, range);
    if (tail === undefined) throw invalid("order=desc of rows needs limit: how many of the last.");
    const source = await this.#open(name, { ...rest, tail });
    return inMemory(source, await lastRows(source, tail), isDescending);
  }

  async #openBins(name: SeriesName, range: SeriesRange & { bins: BinOptions }): Promise<FrameSource> {
    const { bins, where, isDescending = false, asOf, start, end, checkPresence, keep } = range;
    const columns = columnsOf(bins.aggregates);
    if (columns && range.columns) selectColumns(range.columns.map((each) => ({ name: each })), columns);
    const rows = { asOf, start, end, columns: columns ?? range.columns, checkPresence, keep };
    const source = where ? await this.#openWhere(name, { ...rows, where }) : await this.#open(name, rows);
    try {
      const frame = await source.downsample({ ...bins, zone: bins.zone ?? source.zone });
      const head = headOf(frame).columns.map((column, place) => ({ ...column, place }));
      const frames = cut([frame], isDescending ? undefined : range.limit, range.tail);
      keep?.(bytesOf(rowsOf(frames), head));
      return new MemorySource(source, head, isDescending ? reversed(frames) : frames, frame.notes);
    } finally {
      await source.close();
    }
  }

  /** Rows that meet conditions; the last of them, in memory, if `tail` is given. */
  async #openWhere(
    name: SeriesName,
    range: SeriesRange & { where: readonly Condition[] },
  ): Promise<FrameSource> {
    const { where, tail, isDescending = false, limit, asOf, start, end, checkPresence, keep } = range;
    if (isDescending && tail === undefined) {
      throw invalid("order=desc of rows needs limit: how many of the last.");
    }
    const series = asOf === undefined ? await this.find(name) : (await this.#at(name, asOf)).series;
    const shown = range.columns ?? series.columns.map((column) => column.name);
    const columns = [...shown, ...new Set(where.map(({ column }) => column)).difference(new Set(shown))];
    checkTail(series, tail);
    const source = await this.#open(name, { asOf, start, end, columns, checkPresence, keep });
    try {
      const filtered = new FilteredSource(
        source,
        where,
        shown.length,
        tail === undefined ? limit : undefined,
      );
      if (tail === undefined) return filtered;
      return inMemory(filtered, await lastRows(filtered, tail), isDescending);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** The series; unknown: `series-not-found`. */
  async find(name: SeriesName): Promise<SeriesRow> {
    return this.#known(name, await this.store.find(name.reference, name.symbol));
  }

  /** The series as it was then. */
  async #at(name: SeriesName, asOf: Version): Promise<{ series: SeriesRow; past: boolean }> {
    const { series, past } = await this.revisions.find(name, asOf);
    return { series: this.#known(name, series), past };
  }

  #known(name: SeriesName, series: SeriesRow | undefined): SeriesRow {
    if (isAlive(series, this.clock())) return series;
    throw new RunnelError(
      "series-not-found",
      `there is no series ${quote(name.symbol)} in ${quote(name.reference)}`,
    );
  }

  async #open(name: SeriesName, range: SeriesRange): Promise<FrameSource> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { series, chunks, past } = await this.#look(name, range);
      const columns = select(series, range.columns), memory = memoryChunks(series);
      checkTail(series, range.tail);
      const first = chunks &&
        await this.#decode(series, columns, range, chunks, Math.min(FIRST_CHUNKS, memory));
      const frames = first ?? await this.#frames(series, columns, range, memory, past);
      if (frames === "changed") continue;
      if (frames !== undefined) return new MemorySource(series, columns, frames);
      range.keep?.(PAGE_BYTES);
      return await this.#lease(name, series, range);
    }
    throw new RunnelError("overloaded", "others keep saving to this series: try again");
  }

  /** The series and the first chunks of a range, which are all that most ranges have. */
  async #look(
    name: SeriesName,
    { start = MIN_STAMP, end = MAX_STAMP, tail, asOf }: SeriesRange,
  ): Promise<{ series: SeriesRow; chunks?: ChunkBytes[]; past?: boolean }> {
    if (asOf !== undefined) return await this.#at(name, asOf);
    if (tail !== undefined) return { series: await this.find(name) };
    const { series, chunks } = await this.store.look(name.reference, name.symbol, start, end, FIRST_CHUNKS);
    return { series: this.#known(name, series), chunks };
  }

  /** The rows of up to `limit` chunks; undefined: there are more. */
  async #frames(
    series: SeriesRow,
    columns: readonly SelectedColumn[],
    range: SeriesRange,
    limit: number,
    past: boolean | undefined,
  ): Promise<DataFrame[] | "changed" | undefined> {
    const { from, to } = this.#bounds(series, range);
    if (from > to) return [];
    const mostRows = limit * rowsPerChunk(series.columns.length);
    range.keep?.(bytesOf(Math.min(series.rows, mostRows, range.limit ?? range.tail ?? Infinity), columns));
    const wanted = { series: series.id, revision: series.revision, past, from, to };
    const { chunks, isWhole } = range.tail === undefined
      ? await this.store.bodies({ ...wanted, limit })
      : await this.store.tail({ ...wanted, limit: range.tail });
    return isWhole ? await this.#decode(series, columns, range, chunks, limit) : "changed";
  }

  /** The rows of the chunks that were found; undefined when these, `limit` of them, need not be all. */
  async #decode(
    series: SeriesRow,
    columns: readonly SelectedColumn[],
    range: SeriesRange,
    chunks: readonly ChunkBytes[],
    limit: number,
  ): Promise<DataFrame[] | undefined> {
    const isLarge = range.tail === undefined && chunks.length >= limit;
    if (isLarge && range.limit === undefined) return undefined;
    const { from, to } = this.#bounds(series, range);
    range.keep?.(bytesOf(chunks.reduce((sum, { rows }) => sum + rows, 0), columns));
    const places = columns.map(({ place }) => place);
    const decoded: DataFrame[] = [], turns = new Turns();
    for (const { bytes } of chunks) {
      const frame = rangeOf(decodeChunk(bytes, series.aware, series.columns, places), from, to);
      if (frame.stamps.length > 0) decoded.push(frame);
      await turns.next();
    }
    const frames = cut(decoded, range.limit, range.tail);
    return isLarge && rowsOf(frames) < range.limit! ? undefined : frames;
  }

  async #lease(name: SeriesName, { id }: SeriesRow, range: SeriesRange): Promise<FrameSource> {
    const leasedAt = this.clock();
    const lease = await this.store.lease(id, leasedAt + LEASE_MS);
    try {
      // Read after the lease is durable: from this revision on nothing is freed.
      const { asOf } = range;
      const series = asOf === undefined ? await this.find(name) : (await this.#at(name, asOf)).series;
      if (series.id !== id) throw new RunnelError("unavailable", "the series was just replaced: try again");
      const { store, clock } = this;
      const columns = select(series, range.columns);
      const bounds = this.#bounds(series, range);
      const { limit = Infinity, checkPresence } = range;
      const options = { store, clock, series, columns, ...bounds, limit, checkPresence };
      return new LeasedSource(options, lease, leasedAt);
    } catch (error) {
      await this.store.release(lease);
      throw error;
    }
  }

  #bounds(
    series: SeriesRow,
    { start = MIN_STAMP, end = MAX_STAMP }: SeriesRange,
  ): { from: bigint; to: bigint } {
    const alive = lastExpired(series, this.clock()) + 1n, last = series.last!;
    // A chunk may have grown since the revision.
    return { from: start > alive ? start : alive, to: end < last ? end : last };
  }
}

function select(series: SeriesRow, names: readonly string[] | undefined): SelectedColumn[] {
  const all = allColumns(series);
  return names === undefined ? all : selectColumns(all, names);
}

function memoryChunks({ columns }: SeriesRow): number {
  return Math.max(1, Math.floor(MEMORY_CELLS / (rowsPerChunk(columns.length) * Math.max(columns.length, 1))));
}

function checkTail({ columns }: SeriesRow, tail: number | undefined): void {
  const most = Math.max(1, Math.floor(MEMORY_CELLS / Math.max(columns.length, 1)));
  if (tail === undefined || tail <= most) return;
  throw invalid(
    `tail may be at most ${most} for ${columns.length} columns: ask for a range with start.`,
  );
}

async function inMemory(
  source: FrameSource,
  frames: readonly DataFrame[],
  isDescending: boolean,
): Promise<FrameSource> {
  await source.close();
  return new MemorySource(source, source.columns, isDescending ? reversed(frames) : frames);
}

function rowsOf(frames: readonly DataFrame[]): number {
  return frames.reduce((sum, { stamps }) => sum + stamps.length, 0);
}

/** The first `limit` or the last `tail` rows. */
function cut(frames: readonly DataFrame[], limit = Infinity, tail = Infinity): DataFrame[] {
  const rows = rowsOf(frames);
  let from = Math.max(0, rows - tail), to = Math.min(rows, limit);
  const kept: DataFrame[] = [];
  for (const frame of frames) {
    const { length } = frame.stamps;
    if (from < length && to > 0) kept.push(sliceFrame(frame, Math.max(from, 0), Math.min(to, length)));
    from -= length;
    to -= length;
  }
  return kept;
}
