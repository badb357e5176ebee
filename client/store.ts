/** Time series: data frames as pandas writes them. */
import type { z } from "zod";
import type * as wire from "../api/series.ts";
import { exactJson, parseExact } from "./exact_json.ts";
import type { Http } from "./http.ts";

/** A cell. Whole numbers beyond 2^53, which a number would round, are bigints, both ways. */
export type Cell = null | boolean | string | number | bigint;

/** A frame in each of pandas' orients. JavaScript puts keys that look like whole numbers first. */
export interface Frames {
  columns: Record<string, Record<string, Cell>>;
  index: Record<string, Record<string, Cell>>;
  split: { columns: string[]; index: (string | number | bigint)[]; data: Cell[][] };
  records: Record<string, Cell>[];
  values: Cell[][];
  table: {
    schema: {
      fields: { name: string; type: string; tz?: string }[];
      primaryKey: string[];
      pandas_version: string;
    };
    data: Record<string, Cell>[];
  };
}

/** A row with its stamp: a text, or with `dateFormat: "epoch"` a number. */
export interface Row extends Record<string, Cell> {
  readonly index: string | number | bigint;
}

/** A shape of a frame, as pandas calls it. */
export type Orient = keyof Frames;
/** The shapes from which a frame can be saved; values has no stamps. */
export type SavedOrient = Exclude<Orient, "values">;
/** A frame as text, or as bytes that have its types: Arrow IPC as a stream or a file (Feather), or Parquet. */
export type TextFormat = Orient | "csv" | "ndjson" | "arrow" | "feather" | "parquet";
type DateUnit = "s" | "ms" | "us" | "ns";

/** How to save a frame. */
export interface SaveOptions {
  /**
   * `merge` updates cells, null clears one, and one that is not named stays; `append` refuses rows that do not come after the last one; `replace`, the default, replaces
   * the rows between the first and last stamp.
   */
  readonly mode?: "replace" | "merge" | "append";
  /** Unit of stamps that are numbers; guessed as pandas does unless given. */
  readonly dateUnit?: DateUnit;
  /** Name of the column that holds the stamps, in CSV, Arrow and Parquet; found by its name or type unless given. */
  readonly index?: string;
  /** `none`: the first line of a CSV is a row, and columns are called by their places, from 0. */
  readonly header?: "none";
  /**
   * What stamps without an offset are: local times of this zone, which the series keeps. `naive`: stamps lose their zone,
   * and are in UTC.
   */
  readonly tz?: string;
}

/** What holds for the series of a reference. */
export interface StoreSettings {
  /** How long rows live after their stamp, in milliseconds; null: for ever. */
  readonly ttlMillis?: number | null;
  /** Whether rows may share a stamp (ticks): `keep` has them in the order that they came. */
  readonly duplicates?: "refuse" | "keep";
}

/** Which part of a series to retrieve, and how. */
export interface RetrieveOptions {
  /** As the series was: the number of a revision, or an ISO time. */
  readonly asOf?: number | string;
  /** First and last stamp, inclusive, ISO 8601. */
  readonly start?: string;
  readonly end?: string;
  /** Names of columns, in the order wanted; without commas in them. */
  readonly columns?: readonly string[];
  /** The first or the last rows only. */
  readonly limit?: number;
  readonly tail?: number;
  /** From the last row or bin to the first; rows then need `limit` or `tail`. */
  readonly order?: "asc" | "desc";
  /** Only rows whose cells are so, such as `close>100,volume>=5`. */
  readonly where?: string;
  /** Reduces rows to bins of this width, such as `15m`, `1h30m`, `1d`, `1w`, `1mo`, `1q` or `1y`. */
  readonly every?: string;
  /** One aggregate, several (`mean+p95`), or some by column: `open:first,close:last`, `vwap(close,volume)`; mean unless given. */
  readonly agg?: string;
  /** Time zone of days and longer bins, and of midnights; unless given that of the series, else UTC. */
  readonly tz?: string;
  /** Where bins are counted from: `epoch`, the default (weeks from Monday), `start_of_day`, `start_day` as in pandas, or a time. */
  readonly origin?: string;
  /** Shifts all bins, such as `9h30m` or `-15m`. */
  readonly offset?: string;
  /** Which end belongs to a bin, and which names it; left unless given. */
  readonly closed?: "left" | "right";
  readonly label?: "left" | "right";
  /** What bins without cells hold; `none` leaves out those without rows. */
  readonly fill?: "none" | "null" | "previous" | "linear" | "0";
  readonly dateFormat?: "iso" | "epoch";
  /** `auto`: the coarsest that keeps stamps apart, milliseconds at least. */
  readonly dateUnit?: DateUnit | "auto";
  /** Decimals of floats in JSON, 0 to 15; `full`: they read back as the same doubles. 10 unless given. */
  readonly doublePrecision?: number | "full";
  /** Records begin with their stamp. */
  readonly includeIndex?: boolean;
}

/** A reference as listed. */
export type ListedReference = z.output<typeof wire.ListedReference>;

/** A state of a series. */
export type Revision = z.output<typeof wire.Revision>;

/** A series as listed. */
export type ListedSymbol = z.output<typeof wire.ListedSymbol>;

/** A series among those of all references. */
export type SavedSeries = z.output<typeof wire.SavedSeries>;

/** Which series of a reference are listed. */
export interface ListingOptions {
  /** Only this one. */
  readonly symbol?: string;
  /** Only those whose symbols come after this one. */
  readonly after?: string;
  /** At most so many. */
  readonly limit?: number;
}

const ROOT = ["api", "store"];
const TYPES: Readonly<Partial<Record<TextFormat, string>>> = {
  csv: "text/csv",
  ndjson: "application/x-ndjson",
  arrow: "application/vnd.apache.arrow.stream",
  feather: "application/vnd.apache.arrow.file",
  parquet: "application/vnd.apache.parquet",
};

/** The client of time series. Whatever the server refuses throws RunnelProblem. */
export class StoreClient {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Saves a frame; resolves when it is durable. */
  save<O extends SavedOrient = "columns">(
    reference: string,
    symbol: string,
    frame: Frames[O],
    { orient, ...options }: SaveOptions & { readonly orient?: O } = {},
  ): Promise<void> {
    return this.saveText(reference, symbol, exactJson(frame), orient ?? "columns", options);
  }

  /** Saves a frame that is text, or bytes, already. */
  saveText(
    reference: string,
    symbol: string,
    text: string | Uint8Array<ArrayBuffer>,
    format: Exclude<TextFormat, "values"> = "columns",
    { mode, dateUnit, index, header, tz }: SaveOptions = {},
  ): Promise<void> {
    const type = TYPES[format];
    return this.#http.done("PUT", {
      path: [...ROOT, reference, symbol],
      query: {
        jsonformat: type === undefined ? format : undefined,
        mode,
        date_unit: dateUnit,
        index,
        header,
        tz,
      },
      body: text,
      headers: { "Content-Type": type ?? "application/json" },
    });
  }

  /** Retrieves a frame. */
  async retrieve<O extends Orient = "columns">(
    reference: string,
    symbol: string,
    { orient, ...options }: RetrieveOptions & { readonly orient?: O } = {},
  ): Promise<Frames[O]> {
    return parseExact(
      await (await this.retrieveText(reference, symbol, orient ?? "columns", options)).text(),
    );
  }

  /**
   * The rows of a range of any size as they arrive, in one state of the series, floats and stamps exact: each has its
   * columns, and its stamp under `index`. Whoever stops early ends the answer. Refused where a column is called index.
   *
   * ```ts ignore
   * for await (const { index, close } of client.store.rows("NASDAQ", "ACME", { start: "2020" })) console.log(index, close);
   * ```
   */
  async *rows(reference: string, symbol: string, options: RetrieveOptions = {}): AsyncGenerator<Row> {
    const { body } = await this.retrieveText(reference, symbol, "ndjson", options);
    if (body === null) return;
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    try {
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        const lines = (rest + piece.value).split("\n");
        rest = lines.pop()!;
        for (const line of lines) yield parseExact(line);
      }
    } finally {
      await reader.cancel();
    }
  }

  /**
   * Retrieves a frame with its types, and integers that are exact, by a reader of Arrow, such as apache-arrow's:
   *
   * ```ts ignore
   * import { tableFromIPC } from "apache-arrow";
   * const table = await client.store.retrieveArrow("NASDAQ", "ACME", tableFromIPC);
   * table.getChild("close")?.toArray(); // a Float64Array
   * ```
   */
  async retrieveArrow<Table>(
    reference: string,
    symbol: string,
    read: (bytes: Uint8Array) => Table,
    options: RetrieveOptions = {},
  ): Promise<Table> {
    const answer = await this.retrieveText(reference, symbol, "arrow", options);
    return read(new Uint8Array(await answer.arrayBuffer()));
  }

  /** The answer that holds a frame as text, or bytes, to be read as a whole or as a stream. */
  retrieveText(
    reference: string,
    symbol: string,
    format: TextFormat = "columns",
    options: RetrieveOptions = {},
  ): Promise<Response> {
    const { dateFormat, dateUnit, doublePrecision, includeIndex, columns, ...others } = options;
    const type = TYPES[format];
    return this.#http.send("GET", {
      path: [...ROOT, reference, symbol],
      query: {
        ...others,
        jsonformat: type === undefined ? format : undefined,
        columns: columns?.join(),
        date_format: dateFormat,
        date_unit: dateUnit,
        double_precision: doublePrecision,
        include_index: includeIndex,
      },
      headers: { Accept: type ?? "application/json" },
    });
  }

  /** Deletes a series, if there is one, or the part that is named: a range, columns, or cells. */
  delete(
    reference: string,
    symbol: string,
    { start, end, columns, forget }: Pick<RetrieveOptions, "start" | "end" | "columns"> & {
      /** Nothing that could be restored is kept. */
      readonly forget?: boolean;
    } = {},
  ): Promise<void> {
    const query = { start, end, columns: columns?.join(), forget };
    return this.#http.done("DELETE", { path: [...ROOT, reference, symbol], query });
  }

  /** What a series was and is, as far as it is kept, the newest first. */
  revisions(reference: string, symbol: string): Promise<Revision[]> {
    return this.#http.json("GET", { path: [...ROOT, reference, symbol, "revisions"] });
  }

  /** Saves the rows that a series had at a revision as its newest revision, and answers that one. */
  restore(reference: string, symbol: string, revision: number): Promise<Revision> {
    const headers = { "Content-Type": "application/json" }, body = JSON.stringify({ revision });
    return this.#http.json("POST", { path: [...ROOT, reference, symbol, "restore"], body, headers });
  }

  /** All references. */
  references(): Promise<ListedReference[]> {
    return this.#http.json("GET", { path: ROOT });
  }

  /** The series of a reference: all, those after a symbol, at most so many of them, or a single one. */
  list(reference: string, which: ListingOptions = {}): Promise<ListedSymbol[]> {
    return this.#http.json("GET", { path: [...ROOT, reference], query: { ...which } });
  }

  /** The series of all references that were saved last, 20 unless given, the newest first. */
  newest(limit?: number): Promise<SavedSeries[]> {
    return this.#http.json("GET", { path: ["api", "series"], query: { limit } });
  }

  /** Sets what holds for the series of a reference, and answers all of it. What is not named stays. */
  change(reference: string, settings: StoreSettings): Promise<z.output<typeof wire.ReferenceSettings>> {
    const headers = { "Content-Type": "application/json" }, body = JSON.stringify(settings);
    return this.#http.json("PATCH", { path: [...ROOT, reference], body, headers });
  }

  /** How long the rows of a reference live after their stamp, in milliseconds; null: for ever. */
  async expire(reference: string, ttlMillis: number | null): Promise<void> {
    await this.change(reference, { ttlMillis });
  }

  /** Whether rows of a reference may share a stamp (ticks): `keep` has them in the order that they came. */
  async setDuplicates(reference: string, duplicates: "refuse" | "keep"): Promise<void> {
    await this.change(reference, { duplicates });
  }
}
