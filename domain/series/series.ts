/** Time series: data frames kept by reference and symbol. Every read leaves out what has expired. */
import type { SeriesRow, SeriesStore } from "../../db/series/chunks.ts";
import type { ReferenceRow, ReferenceSettings, SeriesCatalogue } from "../../db/series/catalogue.ts";
import type { RevisionRow, SeriesRevisions } from "../../db/series/revisions.ts";
import { RunnelError } from "../errors.ts";
import { inShortSteps } from "../short_steps.ts";
import { typeOf } from "./chunks/catalogue.ts";
import { decodeChunk } from "./chunks/chunk.ts";
import type { ColumnType } from "./frame/column.ts";
import { type DataFrame, type Duplicates, duplicateStamp } from "./frame/frame.ts";
import { Parser, type ParseRequest } from "./formats/parser.ts";
import { isAlive, lastExpired, Reading, type SeriesRange } from "./storage/open.ts";
import { Revisions } from "./storage/revisions.ts";
import type { SaveMode } from "./storage/rewrite.ts";
import { type Precondition, Saving, type SeriesName } from "./storage/save.ts";
import type { FrameSource } from "./storage/source.ts";
import { MAX_STAMP, MIN_STAMP } from "./frame/stamps.ts";

/** After this time a save that has not come to its end is taken for crashed. */
const ABANDONED_MS = 3_600_000;
/** References or symbols that are listed in one look. */
const LISTED = 500;
const SUMMARY_PAGE = 1000;

/** Bytes of bodies that may be on their way into series; a single larger one comes alone. */
const MAX_INCOMING = 512 << 20;

/** Which series of a reference are listed. */
export interface SeriesListing {
  readonly symbol?: string | undefined;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** What series need. */
export interface SeriesOptions {
  readonly store: SeriesStore;
  readonly catalogue: SeriesCatalogue;
  readonly revisions: SeriesRevisions;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** Which part of a series to remove. Stamps, both inclusive, are nanoseconds since the epoch. */
export interface SeriesPart {
  readonly start?: bigint | undefined;
  readonly end?: bigint | undefined;
  readonly columns?: readonly string[] | undefined;
}

/** A series as it is listed. Stamps are nanoseconds since the epoch. */
export interface ListedSeries {
  readonly symbol: string;
  readonly rows: number;
  readonly first: bigint;
  readonly last: bigint;
  readonly aware: boolean;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
}

/** A frame on its way in. */
export interface FrameBody extends Pick<ParseRequest, "format" | "options"> {
  /** Bytes that it says it has; 0: it does not say. */
  readonly declared: number;
  read(): Promise<ParseRequest["bytes"]>;
  readonly mode: SaveMode;
  /** What the series must be for this. */
  readonly precondition?: Precondition | undefined;
}

/** All series of a database. */
export class Series {
  readonly #store: SeriesStore;
  readonly #catalogue: SeriesCatalogue;
  readonly #clock: () => number;
  readonly #history: SeriesRevisions;
  readonly #revisions: Revisions;
  readonly #reading: Reading;
  readonly #parser = new Parser();
  #incoming = 0;
  /** The last save of each series that is being saved to, so that this process does not compete with itself. */
  readonly #saving = new Map<string, Promise<void>>();

  constructor({ store, catalogue, revisions, clock }: SeriesOptions) {
    this.#store = store;
    this.#catalogue = catalogue;
    this.#clock = clock;
    this.#history = revisions;
    this.#revisions = new Revisions(store, revisions);
    this.#reading = new Reading(store, this.#revisions, clock);
  }

  /**
   * Reads, parses and saves a body. Too many bytes are under way: `overloaded`, before the body is read where it says how
   * long it is, else once it is here. Not such a frame: `invalid-request`.
   */
  async saveBody(
    name: SeriesName,
    { declared, read, format, options, mode, precondition }: FrameBody,
  ): Promise<void> {
    await this.#admit(declared, async () => {
      const bytes = await read();
      await this.#admit(declared > 0 ? 0 : bytes.length, async () => {
        await this.save(
          name,
          await this.parse({ bytes, format, options: { ...options, duplicates: "keep" } }),
          mode,
          precondition,
        );
      });
    });
  }

  /** Does the work of saving so many bytes. Too many are under way: `overloaded`. */
  async #admit<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.#incoming > 0 && this.#incoming + bytes > MAX_INCOMING) {
      throw new RunnelError("overloaded", "more data frames are being saved than memory can hold: try again");
    }
    this.#incoming += bytes;
    try {
      return await work();
    } finally {
      this.#incoming -= bytes;
    }
  }

  /** Reads a body. Throws RunnelError for whatever is not such a frame. */
  parse(request: ParseRequest): Promise<DataFrame> {
    return this.#parser.parse(request);
  }

  /** Makes ready what would hold up requests. */
  prepare(): void {
    this.#parser.prepare();
  }

  /** Ends what runs in threads. */
  close(): void {
    this.#parser.close();
  }

  /** Saves a frame; resolves when it is durable. Too many columns, or rows share a stamp but may not: RunnelError. */
  save(name: SeriesName, frame: DataFrame, mode: SaveMode, precondition?: Precondition): Promise<void> {
    const window = { first: frame.stamps[0]!, last: frame.stamps.at(-1)! };
    return this.#inTurn(name, async () => {
      const { reference, symbol } = name;
      const series = await this.#store.find(reference, symbol);
      if (frame.repeated !== undefined) {
        const { keepsDuplicates } = series ?? await this.#catalogue.settings(reference);
        if (!keepsDuplicates) throw duplicateStamp(frame.repeated, frame.aware);
      }
      // What has expired must not come back, nor tell the types of what comes.
      if (series !== undefined && series.revision > 0 && !isAlive(series, this.#clock())) {
        await this.#history.remove(reference, symbol);
      }
      const saving = new Saving(this.#store, name, precondition);
      await saving[mode](window, frame);
    });
  }

  /** The rows of a range, in one state. Unknown: `series-not-found`. Bad range: RunnelError. */
  open(name: SeriesName, range: SeriesRange): Promise<FrameSource> {
    return this.#reading.open(name, range);
  }

  /**
   * Removes the rows from `start` to `end`, the columns, or where both are given the cells, which become null; answers
   * how many rows that changed. No such series: 0. Unknown column: RunnelError.
   */
  async removePart(
    name: SeriesName,
    { start, end, columns }: SeriesPart,
    precondition?: Precondition,
  ): Promise<number> {
    let rows = 0;
    await this.#inTurn(name, async () => {
      const series = await this.#store.find(name.reference, name.symbol);
      if (!isAlive(series, this.#clock())) return precondition?.(0);
      const alive = lastExpired(series, this.#clock()) + 1n;
      const first = start === undefined || start < alive ? alive : start, last = end ?? MAX_STAMP;
      if (first > last) return;
      const saving = new Saving(this.#store, name, precondition);
      if (columns === undefined) rows = await saving.remove({ first, last });
      else if (start === undefined && end === undefined) {
        rows = await saving.drop({ first: MIN_STAMP, last }, columns);
      } else rows = await saving.clear({ first, last }, columns);
    });
    return rows;
  }

  /** Removes a series, if there is one. */
  remove(name: SeriesName, precondition?: Precondition): Promise<void> {
    const { reference, symbol } = name;
    if (precondition === undefined) return this.#history.remove(reference, symbol);
    return this.#inTurn(name, async () => {
      for (let isGone = false; !isGone;) {
        const series = await this.#store.find(reference, symbol);
        precondition(isAlive(series, this.#clock()) ? series.revision : 0);
        isGone = series === undefined || await this.#history.removeAt(reference, symbol, series.revision);
      }
    });
  }

  /** Keeps nothing of a series but what it is now. */
  forget({ reference, symbol }: SeriesName): Promise<void> {
    return this.#history.forget(reference, symbol);
  }

  /** The revisions of a series that are kept, the newest first. Unknown: `series-not-found`. */
  revisions(name: SeriesName): Promise<AsyncGenerator<RevisionRow>> {
    return this.#revisions.list(name);
  }

  /**
   * Saves the rows that a series had at a revision as its newest revision, and answers that one. Unknown: `series-not-found` or
   * `revision-not-found`; no longer kept: `revision-gone`.
   */
  async restore(name: SeriesName, revision: number): Promise<RevisionRow> {
    let restored: RevisionRow | undefined;
    await this.#inTurn(name, async () => {
      restored = await this.#revisions.restore(name, revision);
    });
    return restored!;
  }

  /** References that hold series or have settings, in order. */
  async *references(): AsyncGenerator<ReferenceRow> {
    let after = "", page: ReferenceRow[];
    do {
      page = await this.#catalogue.references(after, LISTED);
      yield* page;
      after = page.at(-1)?.reference ?? "";
    } while (page.length === LISTED);
  }

  /** What holds for the series of a reference. Neither series nor settings: `reference-not-found`. */
  async reference(name: string): Promise<ReferenceSettings> {
    const settings = await this.settings(name);
    const { ttlMillis, keepsDuplicates } = settings;
    if (
      ttlMillis === null && !keepsDuplicates && (await this.#catalogue.symbols(name, "", 1)).length === 0
    ) {
      throw new RunnelError("reference-not-found", `there are no series in ${JSON.stringify(name)}`);
    }
    return settings;
  }

  /** What holds for the series of a reference, or would if there were any. */
  settings(reference: string): Promise<ReferenceSettings> {
    return this.#catalogue.settings(reference);
  }

  /** Whether rows may share a stamp from now on. Those that do stay. */
  async setDuplicates(reference: string, duplicates: Duplicates): Promise<void> {
    await this.#catalogue.setDuplicates(reference, duplicates === "keep");
  }

  /** The series of a reference, by symbol: those after one, at most so many of them, or a single one. */
  async *list(
    reference: string,
    { symbol, after = "", limit = Infinity }: SeriesListing = {},
  ): AsyncGenerator<ListedSeries> {
    for (let left = limit, page: string[]; left > 0; after = page.at(-1)!) {
      page = symbol === undefined
        ? await this.#catalogue.symbols(reference, after, Math.min(LISTED, left))
        : symbol > after
        ? [symbol]
        : [];
      const rows = await Promise.all(page.map((symbol) => this.#store.find(reference, symbol)));
      for (const [i, row] of rows.entries()) {
        const listed = row && isAlive(row, this.#clock()) ? await this.#listed(page[i]!, row) : undefined;
        if (listed !== undefined) yield listed;
      }
      left -= page.length;
      if (symbol !== undefined || page.length < LISTED) return;
    }
  }

  /** How many series have rows that can be read. */
  count(): Promise<number> {
    return this.#catalogue.count();
  }

  /** How long the rows of a reference live after their stamp; `null`: for ever. What has expired stays gone. */
  async setTtl(reference: string, ttlMillis: number | null): Promise<void> {
    await this.#trim(reference);
    await this.#catalogue.setTtl(reference, ttlMillis);
  }

  /** Frees the space of what can no longer be read, in short transactions, and answers how many chunks. */
  async sweep(signal?: AbortSignal): Promise<number> {
    await this.#trim(null, signal);
    const now = this.#clock(), abandoned = now - ABANDONED_MS, replaced = now - this.#history.keepMillis;
    await inShortSteps((limit) => this.#catalogue.forgetReplaced(replaced, limit), signal);
    await inShortSteps((limit) => this.#catalogue.freeRevisions(limit), signal);
    const freed = await inShortSteps((limit) => this.#catalogue.freeChunks(abandoned, limit), signal);
    await this.#catalogue.removeDead(abandoned);
    return freed;
  }

  async #trim(reference: string | null, signal?: AbortSignal): Promise<void> {
    for (const { until, ...name } of await this.#catalogue.expiring(reference)) {
      if (signal?.aborted) return;
      const window = { first: MIN_STAMP, last: until };
      await this.#inTurn(name, async () => {
        await new Saving(this.#store, name).remove(window);
      });
    }
  }

  async #inTurn(name: SeriesName, save: () => Promise<void>): Promise<void> {
    const key = JSON.stringify([name.reference, name.symbol]);
    const before = this.#saving.get(key);
    const turn = (async () => {
      await before?.catch(() => {});
      await save();
    })();
    this.#saving.set(key, turn);
    try {
      await turn;
    } finally {
      if (this.#saving.get(key) === turn) this.#saving.delete(key);
    }
  }

  async #listed(symbol: string, series: SeriesRow): Promise<ListedSeries | undefined> {
    const { aware, last } = series;
    const columns = series.columns.map((column) => ({ name: column.name, type: typeOf(column) }));
    const until = lastExpired(series, this.#clock());
    const extent = series.first! > until
      ? { first: series.first!, rows: series.rows }
      : await this.#alive(series, until);
    return extent && { symbol, ...extent, last: last!, aware, columns };
  }

  /** The rows of a series that have not expired; undefined when another save changed the series during the read. */
  async #alive(series: SeriesRow, until: bigint): Promise<{ first: bigint; rows: number } | undefined> {
    const range = { series: series.id, revision: series.revision };
    let expired = 0, from = MIN_STAMP, page;
    do {
      page = await this.#store.summaries({ ...range, from, to: until, limit: SUMMARY_PAGE, continues: true });
      if (!page.isWhole) return undefined;
      for (const { last, rows } of page.chunks) if (last <= until) expired += rows;
      from = (page.chunks.at(-1)?.first ?? from) + 1n;
    } while (page.chunks.length === SUMMARY_PAGE);
    const { chunks } = await this.#store.bodies({ ...range, from: until + 1n, to: series.last!, limit: 2 });
    const stamps = chunks.flatMap(({ bytes }) => [...decodeChunk(bytes, false, series.columns, []).stamps]);
    const first = stamps.find((stamp) => stamp > until);
    if (first === undefined) return undefined;
    const cut = chunks.find((chunk) => chunk.first <= until && chunk.last > until);
    if (cut !== undefined) expired += stamps.filter((stamp) => stamp <= until && stamp >= cut.first).length;
    return { first, rows: series.rows - expired };
  }
}
