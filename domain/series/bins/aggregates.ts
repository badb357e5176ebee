/** What becomes of the cells of a bin: one aggregate for all columns, or some for each. */
import { invalid, quote } from "../../errors.ts";
import type { ColumnType } from "../frame/column.ts";

/** How the cells of a bin become one; percentiles and vwap(price,volume) besides. */
export const AGGREGATES = [
  "mean",
  "sum",
  "min",
  "max",
  "first",
  "last",
  "count",
  "ohlc",
  "median",
  "std",
  "var",
  "range",
  "delta",
  "rate",
] as const;

type Named = Exclude<typeof AGGREGATES[number], "ohlc" | "median">;
/** One result of a bin. */
export type Aggregate = Named | "vwap" | { readonly percentile: number };

/** What is asked for, as it was written: without columns it is for all that can have it. */
interface Wanted {
  readonly columns: readonly string[] | undefined;
  /** Each of AGGREGATES, or a percentile such as p95; vwap takes two columns. */
  readonly names: readonly string[];
}
/** What parseAggregates reads. */
export type Aggregates = readonly Wanted[];

/** A column of the answer: which aggregate of which columns, by their places. */
export interface Output {
  readonly name: string;
  readonly aggregate: Aggregate;
  readonly inputs: readonly number[];
}

const PERCENTILE = /^p(100|\d{1,2}(?:\.\d{1,3})?)$/;
const VWAP = /^vwap\((.+),([^,]+)\)$/s;
const MOST_OUTPUTS = 1000;

/**
 * Reads `mean`; `mean+std+p95`; or, by column, `open:first,high:max,volume:sum`, `close:mean+std` and
 * `vwap(close,volume)`. Throws RunnelError naming what it does not know.
 */
export function parseAggregates(text: string): Aggregates {
  const items = text.match(/vwap\([^)]*\)|[^,]+/g) ?? [];
  if (items.length === 0 || items.length > MOST_OUTPUTS) {
    throw invalid(`agg: name 1 to ${MOST_OUTPUTS} aggregates.`);
  }
  if (items.join() !== text) throw invalid(`agg is ${quote(text)}: a comma is misplaced.`);
  const wanted = items.map(readItem);
  const general = wanted.find(({ columns }) => columns === undefined);
  if (general !== undefined && wanted.length > 1) {
    const names = general.names.join("+");
    throw invalid(
      `agg: say of which column ${names} is wanted, such as close:${names}; join several with +.`,
    );
  }
  return wanted;
}

function readItem(item: string): Wanted {
  const [, price, volume] = VWAP.exec(item) ?? [];
  if (price !== undefined) return { columns: [price.trim(), volume!.trim()], names: ["vwap"] };
  const colon = item.lastIndexOf(":");
  // A + that no client encoded comes as a space.
  const names = item.slice(colon + 1).split(/[+ ]/);
  for (const name of names) {
    if (PERCENTILE.test(name) || (AGGREGATES as readonly string[]).includes(name)) continue;
    throw invalid(
      `agg: ${quote(name)} is none of ${AGGREGATES.join(", ")}, p0 to p100, vwap(price,volume).`,
    );
  }
  return { columns: colon < 0 ? undefined : [item.slice(0, colon)], names };
}

/** The columns that are needed, in the order in which they are named first; undefined: all. */
export function columnsOf(aggregates: Aggregates): string[] | undefined {
  if (aggregates.some(({ columns }) => columns === undefined)) return undefined;
  return [...new Set(aggregates.flatMap(({ columns }) => columns!))];
}

/**
 * The columns of the answer. One aggregate of a column keeps the column's name, several add theirs (close_mean), as ohlc
 * always does. Throws RunnelError for a column that is not there or cannot have what is asked of it, and for two columns
 * of one name.
 */
export function outputsOf(
  aggregates: Aggregates,
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
): Output[] {
  const asked = aggregates.flatMap(({ columns: named, names }) => {
    if (names[0] === "vwap") return [{ inputs: named!.map((name) => placeOf(name, columns)), names }];
    const places = named?.map((name) => placeOf(name, columns)) ?? [...columns.keys()];
    return places.map((place) => ({ inputs: [place], names }));
  });
  const isForAll = aggregates[0]!.columns === undefined;
  const counts = Map.groupBy(asked, ({ inputs }) => inputs.join());
  const outputs = asked.flatMap(({ inputs, names }) => {
    const isSingle = counts.get(inputs.join())!.reduce((sum, each) => sum + each.names.length, 0) === 1;
    const column = columns[inputs[0]!]!;
    return names.flatMap((name) => {
      const unable = inputs.map((place) => columns[place]!).find(({ type }) =>
        !canHave(name, type, isForAll)
      );
      if (unable === undefined) {
        return resultsOf(name, column.name, isSingle).map((result) => ({ ...result, inputs }));
      }
      if (isForAll) return [];
      throw invalid(`agg: column ${quote(unable.name)} holds ${KINDS[unable.type]}, so it has no ${name}.`);
    });
  });
  if (columns.length > 0 && outputs.length === 0) {
    throw invalid(
      `No column holds numbers, so there is no ${
        aggregates[0]!.names.join(" and no ")
      }: ask for first, last or count.`,
    );
  }
  checkDistinct(outputs);
  return outputs;
}

const KINDS: Record<ColumnType, string> = {
  float: "numbers",
  integer: "numbers",
  boolean: "booleans",
  string: "text",
  mixed: "cells of several kinds",
};

/** Booleans and text have more when they are named: what is for all is for numbers. */
function canHave(name: string, type: ColumnType, isForAll: boolean): boolean {
  if (name === "first" || name === "last" || name === "count") return true;
  if (isForAll) return type === "float" || type === "integer";
  if (name === "min" || name === "max") return type !== "mixed";
  if (type === "boolean") return !["ohlc", "range", "delta", "rate", "vwap"].includes(name);
  return type === "float" || type === "integer";
}

function resultsOf(
  name: string,
  column: string,
  isSingle: boolean,
): { name: string; aggregate: Aggregate }[] {
  if (name === "vwap") return [{ name, aggregate: name }];
  if (name === "ohlc") {
    return ([["open", "first"], ["high", "max"], ["low", "min"], ["close", "last"]] as const)
      .map(([part, aggregate]) => ({ name: `${column}_${part}`, aggregate }));
  }
  const [, percentile] = PERCENTILE.exec(name === "median" ? "p50" : name) ?? [];
  const aggregate = percentile === undefined ? name as Named : { percentile: Number(percentile) };
  return [{ name: isSingle ? column : `${column}_${name}`, aggregate }];
}

function placeOf(name: string, columns: readonly { readonly name: string }[]): number {
  const place = columns.findIndex((column) => column.name === name);
  if (place >= 0) return place;
  throw invalid(`agg: there is no column ${quote(name)} among those that are read.`);
}

function checkDistinct(outputs: readonly Output[]): void {
  const names = new Set<string>();
  for (const { name } of outputs) {
    if (names.has(name)) throw invalid(`agg: there would be two columns ${quote(name)}.`);
    names.add(name);
  }
}
