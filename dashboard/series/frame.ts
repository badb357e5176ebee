/** What a chart draws, read through the API: the rows of a range, or bins of them. */
import type { z } from "zod";
import type { Symbols } from "../../api/series.ts";
import { part, type View } from "../view.tsx";

/** Points that a chart draws of a column; more rows are reduced to bins by the server. */
const MOST_POINTS = 800;
/** Lines of one chart. */
export const MOST_LINES = 6;
/** Columns that are drawn as candles, and how each is reduced. */
export const CANDLE = { open: "first", high: "max", low: "min", close: "last" } as const;

/** A series as a list of them describes it. */
export type ListedSymbol = z.output<typeof Symbols>[number];

/** A frame in orient split. */
export interface Frame {
  readonly columns: readonly string[];
  readonly index: readonly (number | string)[];
  readonly data: readonly (readonly unknown[])[];
}

/** A chart: names of lines, then seconds since the epoch, then the values of each line. */
export interface Chart {
  readonly kind: "lines" | "candles";
  readonly names: readonly string[];
  readonly data: readonly (readonly unknown[])[];
}

/** Which part of a series is drawn. */
export interface Part {
  readonly reference: string;
  readonly symbol: string;
  /** The number of a revision; else as it is now. */
  readonly asOf: string | undefined;
  readonly rows: number;
  /** ISO 8601, both included, as the page was asked for them. */
  readonly start: string | undefined;
  readonly end: string | undefined;
  /** First and last stamp of the whole series. */
  readonly first: string;
  readonly last: string;
}

/** The address of a series in the API. */
export const addressOf = ({ reference, symbol }: Pick<Part, "reference" | "symbol">) =>
  `/api/store/${part(reference)}/${part(symbol)}`;

/** Names of the columns that can be drawn. A comma in a name would be taken for two names. */
export const numbersOf = (about: ListedSymbol): string[] =>
  about.columns.filter(({ name, type }) => /float|int/i.test(type) && !name.includes(",")).map(({ name }) =>
    name
  );

/** Whether these columns are drawn as candles. */
export const areCandles = (columns: readonly string[]): boolean =>
  columns.length === 4 && Object.keys(CANDLE).every((name) => columns.includes(name));

/** The query that says which part. */
export function rangeOf({ start, end, asOf }: Pick<Part, "start" | "end" | "asOf">): URLSearchParams {
  const given = Object.entries({ start, end, asOf });
  return new URLSearchParams(given.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Columns of a part, as they are, or in bins where they have more rows than a chart has points. */
export async function readColumns(view: View, of: Part, columns: readonly string[]): Promise<Frame> {
  const asked = rangeOf(of);
  for (const [name, value] of [["jsonformat", "split"], ["date_format", "epoch"], ["date_unit", "ms"]]) {
    asked.set(name!, value!);
  }
  const bin = binOf(of), isCandles = areCandles(columns);
  if (bin !== undefined) {
    asked.set("every", bin);
    asked.set("fill", "none");
    asked.set("agg", isCandles ? Object.entries(CANDLE).map((pair) => pair.join(":")).join() : "mean");
  }
  // Bins of candles name their columns.
  if (bin === undefined || !isCandles) asked.set("columns", columns.join());
  if (bin === undefined) asked.set("limit", String(4 * MOST_POINTS));
  return await view.read<Frame>(`${addressOf(of)}?${asked}`);
}

/** How wide bins must be, as far as it can be told from the first and the last row; undefined: rows are few. */
function binOf({ rows, start, end, first, last }: Part): string | undefined {
  const timeOf = (text: string | undefined, usual: string) => Date.parse(text ?? usual) || Date.parse(usual);
  const from = Math.max(timeOf(start, first), Date.parse(first)),
    to = Math.min(timeOf(end, last), Date.parse(last));
  const whole = Date.parse(last) - Date.parse(first), asked = Math.max(0, to - from);
  const share = whole > 0 ? asked / whole : 1;
  return rows * share <= MOST_POINTS ? undefined : `${Math.max(1, Math.ceil(asked / MOST_POINTS))}ms`;
}

/** The chart of columns of one series; all four of a candle make candles. */
export function chartOf({ columns, index, data }: Frame): Chart {
  return {
    kind: areCandles(columns) ? "candles" : "lines",
    names: columns,
    data: [
      index.map((stamp) => Number(stamp) / 1000),
      ...columns.map((_, i) => data.map((row) => row[i] ?? null)),
    ],
  };
}

/** One column of several series in one chart. `isRelative`: as change since the first value, in percent. */
export function comparedChart(
  lines: readonly { readonly name: string; readonly frame: Frame }[],
  isRelative: boolean,
): Chart {
  const stamps = [...new Set(lines.flatMap(({ frame }) => frame.index.map(Number)))].sort((a, b) => a - b);
  const values = lines.map(({ frame }) => {
    const first = frame.data.map(([value]) => value).find((value) =>
      typeof value === "number" && value !== 0
    );
    const known = new Map(frame.index.map((stamp, i) => [Number(stamp), frame.data[i]![0]]));
    return stamps.map((stamp) => {
      const value = known.get(stamp);
      if (typeof value !== "number") return null;
      return isRelative && first !== undefined ? 100 * (value / (first as number) - 1) : value;
    });
  });
  return {
    kind: "lines",
    names: lines.map(({ name }) => name),
    data: [stamps.map((stamp) => stamp / 1000), ...values],
  };
}
