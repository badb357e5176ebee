/** The series of a reference, as they are listed: how many rows each has that have not expired. */
import type { SeriesCatalogue } from "../../db/series/catalogue.ts";
import type { SeriesRow, SeriesStore } from "../../db/series/chunks.ts";
import { typeOf } from "./chunks/catalogue.ts";
import { decodeChunk } from "./chunks/chunk.ts";
import type { ColumnType } from "./frame/column.ts";
import { MIN_STAMP } from "./frame/stamps.ts";
import { isAlive, lastExpired } from "./storage/open.ts";

/** Symbols that are listed in one look. */
const LISTED = 500;
const SUMMARY_PAGE = 1000;

/** Which series of a reference are listed. */
export interface SeriesListing {
  readonly symbol?: string | undefined;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
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

/** A series among those of all references. */
export interface SavedSeries extends ListedSeries {
  readonly reference: string;
  /** When it was saved last, in milliseconds since the epoch. */
  readonly savedAt: number;
}

/** Lists series. */
export class Listing {
  constructor(
    readonly store: SeriesStore,
    readonly catalogue: SeriesCatalogue,
    readonly clock: () => number,
  ) {}

  /** The series of a reference, by symbol: those after one, at most so many of them, or a single one. */
  async *list(
    reference: string,
    { symbol, after = "", limit = Infinity }: SeriesListing = {},
  ): AsyncGenerator<ListedSeries> {
    if (symbol !== undefined) {
      if (symbol > after && limit > 0) yield* this.#show(reference, [symbol]);
      return;
    }
    for (let left = limit, page: string[]; left > 0; left -= page.length, after = page.at(-1)!) {
      page = await this.catalogue.symbols(reference, after, Math.min(LISTED, left));
      yield* this.#show(reference, page);
      if (page.length < LISTED) return;
    }
  }

  /** The `limit` series of all references that were saved last, newest first. */
  async *newest(limit: number): AsyncGenerator<SavedSeries> {
    const saved = await this.catalogue.newest(limit);
    const rows = await Promise.all(saved.map(({ reference, symbol }) => this.store.find(reference, symbol)));
    for (const [i, row] of rows.entries()) {
      const listed = await this.#describe(saved[i]!.symbol, row);
      if (listed !== undefined) yield { ...saved[i]!, ...listed };
    }
  }

  /** How many series have rows that can be read. */
  count(): Promise<number> {
    return this.catalogue.count();
  }

  async *#show(reference: string, symbols: readonly string[]): AsyncGenerator<ListedSeries> {
    const rows = await Promise.all(symbols.map((symbol) => this.store.find(reference, symbol)));
    for (const [i, row] of rows.entries()) {
      const listed = await this.#describe(symbols[i]!, row);
      if (listed !== undefined) yield listed;
    }
  }

  /** Undefined where no row can be read. */
  async #describe(symbol: string, series: SeriesRow | undefined): Promise<ListedSeries | undefined> {
    if (!isAlive(series, this.clock())) return undefined;
    const { aware, last } = series;
    const columns = series.columns.map((column) => ({ name: column.name, type: typeOf(column) }));
    const until = lastExpired(series, this.clock());
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
      page = await this.store.summaries({ ...range, from, to: until, limit: SUMMARY_PAGE, continues: true });
      if (!page.isWhole) return undefined;
      for (const { last, rows } of page.chunks) if (last <= until) expired += rows;
      from = (page.chunks.at(-1)?.first ?? from) + 1n;
    } while (page.chunks.length === SUMMARY_PAGE);
    const { chunks } = await this.store.bodies({ ...range, from: until + 1n, to: series.last!, limit: 2 });
    const stamps = chunks.flatMap(({ bytes }) => [...decodeChunk(bytes, false, series.columns, []).stamps]);
    const first = stamps.find((stamp) => stamp > until);
    if (first === undefined) return undefined;
    const cut = chunks.find((chunk) => chunk.first <= until && chunk.last > until);
    if (cut !== undefined) expired += stamps.filter((stamp) => stamp <= until && stamp >= cut.first).length;
    return { first, rows: series.rows - expired };
  }
}
