/** Where the rows of an answer come from: memory, or the database page by page. Each is one state of the series. */
import type { Labels } from "../../../db/series/catalogue_row.ts";
import type { ChunkBytes, SeriesRow, SeriesStore } from "../../../db/series/chunks.ts";
import { RunnelError } from "../../errors.ts";
import { Turns } from "../../short_steps.ts";
import { typeOf } from "../chunks/catalogue.ts";
import { decodeChunk, decodeSummaries, rowsPerChunk } from "../chunks/chunk.ts";
import { outputsOf } from "../bins/aggregates.ts";
import { type BinOptions, Downsampler } from "../bins/downsample.ts";
import { type DataFrame, type FrameKind, rangeOf, sliceFrame } from "../frame/frame.ts";
import type { FrameHead } from "../formats/text/frame_head.ts";

/** Cells in a page. */
const PAGE_CELLS = 1 << 18;
/** Summaries in a page, and chunks that are read at a time of those that lie in several bins. */
const SUMMARY_PAGE = 512, CUT_PAGE = 64;
/** How long what an answer reads is kept from being freed, without a sign of life. */
export const LEASE_MS = 300_000;
const RENEW_AFTER_MS = 60_000;

/** Bytes of a stamp, and of a cell: a text takes more, about so many. */
const WORD_BYTES = 8, TEXT_BYTES = 32;
/** Bytes of the page that a `LeasedSource` has in memory. */
export const PAGE_BYTES = PAGE_CELLS * WORD_BYTES;

/** Bytes that so many rows of these columns take in memory, about. */
export function bytesOf(rows: number, columns: readonly Pick<SelectedColumn, "type">[]): number {
  return rows * columns.reduce(
    (sum, { type }) => sum + (type === "string" || type === "mixed" ? TEXT_BYTES : WORD_BYTES),
    WORD_BYTES,
  );
}

/** A column that is asked for: its place in the catalogue, its name and its type. */
export type SelectedColumn = FrameHead["columns"][number] & { readonly place: number };

/** Which state of a series it is. */
export interface Dated {
  readonly revision: number;
  /** Milliseconds after which rows expire, so that one revision has fewer and fewer; `null`: none do. */
  readonly ttlMillis: number | null;
}

/** Rows of a series in one state, in order. */
export interface FrameSource extends FrameKind, Dated {
  /** What to know of columns whose cells are not what one expects. */
  readonly notes?: readonly string[] | undefined;
  readonly columns: readonly SelectedColumn[];
  /** The rows, in batches that have those of `columns` only. May be called again, for another pass. */
  batches(columns: readonly number[]): AsyncGenerator<DataFrame>;
  /** The rows reduced to bins (see Downsampler). */
  downsample(bins: BinOptions): Promise<DataFrame>;
  /** Lets go of the state. */
  close(): Promise<void>;
}

/** Rows in memory. Each frame has exactly the columns. */
export class MemorySource implements FrameSource {
  readonly aware: boolean;
  readonly zone: string | undefined;
  readonly labels: Labels | undefined;
  readonly revision: number;
  readonly ttlMillis: number | null;

  constructor(
    { aware, zone, labels, revision, ttlMillis }: FrameKind & Dated,
    readonly columns: readonly SelectedColumn[],
    readonly frames: readonly DataFrame[],
    readonly notes?: readonly string[],
  ) {
    this.aware = aware;
    this.zone = zone;
    this.labels = labels;
    this.revision = revision;
    this.ttlMillis = ttlMillis;
  }

  async *batches(columns: readonly number[]): AsyncGenerator<DataFrame> {
    const turns = new Turns();
    for (const frame of this.frames) {
      yield { ...frame, columns: columns.map((at) => frame.columns[at]!) };
      await turns.next();
    }
  }

  async downsample(bins: BinOptions): Promise<DataFrame> {
    const first = this.frames[0]?.stamps[0], last = this.frames.at(-1)?.stamps.at(-1);
    if (first === undefined || last === undefined) return noRows(this, bins);
    const downsampler = new Downsampler(bins, { first, last, aware: this.aware }, this.columns);
    const turns = new Turns();
    for (const frame of this.frames) {
      downsampler.add(frame);
      await turns.next();
    }
    return await turns.run(downsampler.finish());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** What a large answer needs. */
export interface LeasedOptions {
  readonly store: SeriesStore;
  readonly clock: () => number;
  readonly series: SeriesRow;
  readonly columns: readonly SelectedColumn[];
  /** First and last stamp, inclusive. */
  readonly from: bigint;
  readonly to: bigint;
  /** Rows at most. */
  readonly limit: number;
  /** Called before each page: throws where nobody waits for the rows any more. */
  readonly checkPresence?: (() => void) | undefined;
}

/** Rows read page by page at one revision, under a lease: chunks that a save replaces during the read are kept until `close`. */
export class LeasedSource implements FrameSource {
  readonly aware: boolean;
  readonly zone: string | undefined;
  readonly labels: Labels | undefined;
  readonly revision: number;
  readonly ttlMillis: number | null;
  readonly columns: readonly SelectedColumn[];
  readonly #options: LeasedOptions;
  readonly #lease: number;
  #renewedAt: number;

  constructor(options: LeasedOptions, lease: number, leasedAt: number) {
    this.aware = options.series.aware;
    this.zone = options.series.zone;
    this.labels = options.series.labels;
    this.revision = options.series.revision;
    this.ttlMillis = options.series.ttlMillis;
    this.columns = options.columns;
    this.#options = options;
    this.#lease = lease;
    this.#renewedAt = leasedAt;
  }

  async *batches(columns: readonly number[]): AsyncGenerator<DataFrame> {
    const { series, from, to, limit } = this.#options;
    const places = columns.map((at) => this.columns[at]!.place);
    const turns = new Turns();
    let rows = 0;
    for await (const chunk of this.#chunks("bodies", this.#pageSize())) {
      const frame = rangeOf(decodeChunk(chunk.bytes, this.aware, series.columns, places), from, to);
      if (frame.stamps.length === 0) continue;
      yield rows + frame.stamps.length > limit ? sliceFrame(frame, 0, limit - rows) : frame;
      rows += frame.stamps.length;
      if (rows >= limit) return;
      await turns.next();
    }
  }

  async downsample(bins: BinOptions): Promise<DataFrame> {
    const { series, from, to, store } = this.#options;
    const places = this.columns.map(({ place }) => place);
    const extent = await this.#extent();
    if (extent === undefined) return noRows(this, bins);
    const downsampler = new Downsampler(bins, { ...extent, aware: this.aware }, this.columns);
    const turns = new Turns();
    for await (const page of pagesOf(this.#chunks("summaries", SUMMARY_PAGE))) {
      const summaries = page.map((chunk) => decodeSummaries(chunk.bytes, places));
      const whole = page.map((chunk, i) =>
        chunk.first >= from && chunk.last <= to && downsampler.takes(chunk.first, chunk.last, summaries[i]!)
      );
      const cut = page.filter((_, i) => !whole[i]).map(({ id }) => id);
      let bodies = new Map<number, Uint8Array>();
      for (const [i, chunk] of page.entries()) {
        if (whole[i]) downsampler.addSummaries(chunk.first, chunk.last, summaries[i]!);
        else {
          // The thread that reads them has short reads of others to do.
          if (!bodies.has(chunk.id)) bodies = await store.bodiesOf(cut.splice(0, CUT_PAGE));
          const frame = decodeChunk(bodies.get(chunk.id)!, this.aware, series.columns, places);
          downsampler.add(rangeOf(frame, from, to));
          await turns.next();
        }
      }
    }
    return await turns.run(downsampler.finish());
  }

  close(): Promise<void> {
    return this.#options.store.release(this.#lease);
  }

  /** Chunks of the range, in order. */
  async *#chunks(what: "bodies" | "summaries", limit: number): AsyncGenerator<ChunkBytes> {
    const { series, from, to, store, checkPresence } = this.#options;
    const range = { series: series.id, revision: series.revision, past: true, to, limit };
    let last: ChunkBytes | undefined;
    do {
      checkPresence?.();
      await this.#keep();
      const { chunks } = await store[what](
        last === undefined ? { ...range, from } : { ...range, from: last.first + 1n, continues: true },
      );
      yield* chunks;
      last = chunks.length < limit ? undefined : chunks.at(-1);
    } while (last !== undefined);
  }

  /** The first and the last stamp of the range. */
  async #extent(): Promise<{ first: bigint; last: bigint } | undefined> {
    const { series, from, to, store } = this.#options;
    let first: bigint | undefined;
    for await (const { stamps } of this.batches([])) {
      first = stamps[0]!;
      break;
    }
    if (first === undefined) return undefined;
    const range = { series: series.id, revision: series.revision, past: true, from: to, to, limit: 1 };
    const { chunks } = await store.bodies(range);
    const { stamps } = rangeOf(decodeChunk(chunks[0]!.bytes, this.aware, series.columns, []), from, to);
    return { first, last: stamps.at(-1)! };
  }

  /** Throws if the lease ran out and was swept: rows may be missing. */
  async #keep(): Promise<void> {
    const now = this.#options.clock();
    if (now - this.#renewedAt < RENEW_AFTER_MS) return;
    if (!await this.#options.store.renew(this.#lease, now + LEASE_MS)) {
      throw new RunnelError("unavailable", "the answer was read too slowly: its rows may be replaced by now");
    }
    this.#renewedAt = now;
  }

  #pageSize(): number {
    const columns = this.#options.series.columns.length;
    return Math.max(1, Math.floor(PAGE_CELLS / (rowsPerChunk(columns) * Math.max(columns, 1))));
  }
}

async function* pagesOf(chunks: AsyncGenerator<ChunkBytes>): AsyncGenerator<ChunkBytes[]> {
  let page: ChunkBytes[] = [];
  for await (const chunk of chunks) {
    if (page.push(chunk) < SUMMARY_PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** The answer where there are no rows to reduce. */
export function noRows(
  { aware, columns }: Pick<FrameSource, "aware" | "columns">,
  bins: BinOptions,
): DataFrame {
  const empty = outputsOf(bins.aggregates, columns)
    .map(({ name }) => ({ name, type: "float" as const, values: new Float64Array() }));
  return { stamps: new BigInt64Array(), aware, columns: empty };
}

/** The columns of a series as they are read, all of them. `nulls` is not known yet. */
export function allColumns({ columns }: SeriesRow): SelectedColumn[] {
  return columns.map((column, place) => ({
    ...{ place, name: column.name, type: typeOf(column), nulls: false },
    dtype: column.dtype,
  }));
}
