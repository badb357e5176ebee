import type { Labels } from "../../../db/series/catalogue_row.ts";
import {
  castColumn,
  type Column,
  isAllNull,
  nullColumn,
  sliceColumn,
  takeRows,
  uniteTypes,
} from "./column.ts";
import { invalid, quote, type RunnelError } from "../../errors.ts";
import { formatStamp } from "./stamps.ts";

/** Whether stamps belong to a time zone, as an index of pandas does. */
export interface Zoned {
  /** Whether stamps are written as UTC with Z (pandas: a zone-aware index) or without (naive). */
  readonly aware: boolean;
  /** Name of the zone of aware stamps; UTC unless given. Texts are in UTC whatever it is. */
  readonly zone?: string | undefined;
}

/** What all rows of a frame have in common. */
export interface FrameKind extends Zoned {
  /** Labels of the frame's index and columns, beside the columns' own names. */
  readonly labels?: Labels | undefined;
}

/** The stamps of a frame's rows. */
export interface FrameStamps extends FrameKind {
  /** Nanoseconds since 1970-01-01T00:00:00Z, ascending in a frame. */
  readonly stamps: BigInt64Array;
  /** Stamps were numbers, which are instants: neither naive nor aware, they become what the series is. */
  readonly undecided?: boolean | undefined;
}

/**
 * A data frame over time: rows in ascending order of their stamps, columns in the order first seen, with distinct
 * names. Held by column, since that is how it is stored, summed and written.
 */
export interface DataFrame extends FrameStamps {
  /** Each has as many values as there are stamps. */
  readonly columns: readonly Column[];
  /** Of a frame on its way in, the first stamp that several rows share; undefined: each has its own. */
  readonly repeated?: bigint | undefined;
  /** Of bins, what to know of columns whose cells are not what one expects. */
  readonly notes?: readonly string[] | undefined;
}

/** What a reference does with rows that share a stamp: refuse them, or keep them as ticks, in the order that they came. */
export const DUPLICATES = ["refuse", "keep"] as const;
/** One of DUPLICATES. */
export type Duplicates = typeof DUPLICATES[number];

/**
 * How many cells a frame may have, nulls included: a small body may name many rows and many columns, but few
 * cells.
 */
export const MAX_CELLS = 2 ** 24;

/** Throws RunnelError if a frame of so many rows and columns would have more than MAX_CELLS cells. */
export function checkCells(rows: number, columns: number): void {
  if (rows * columns <= MAX_CELLS) return;
  throw invalid(
    `${rows} rows of ${columns} columns are more than ${MAX_CELLS} cells, empty ones included: send fewer at a time.`,
  );
}

/**
 * Makes a frame from rows in any order: sorts them by stamp, rows that share one in the order given.
 * Throws RunnelError if there are no rows, and unless `duplicates` is keep, if two have the same stamp.
 */
export function makeFrame(
  given: FrameStamps,
  columns: readonly Column[],
  duplicates: Duplicates = "refuse",
): DataFrame {
  const { stamps } = given;
  if (stamps.length === 0) throw invalid("The frame has no rows: send at least one.");
  const frame = sorted({ ...given, columns });
  if (frame.repeated === undefined || duplicates === "keep") return frame;
  throw duplicateStamp(frame.repeated, given.aware);
}

function sorted(frame: DataFrame): DataFrame {
  const { stamps } = frame;
  let repeated: bigint | undefined;
  for (let row = 1; row < stamps.length; row++) {
    const before = stamps[row - 1]!, here = stamps[row]!;
    if (before > here) return sorted(takeFrame(frame, orderOf(stamps)));
    if (before === here) repeated ??= here;
  }
  return repeated === undefined ? frame : { ...frame, repeated };
}

/** The rows by stamp; those that share one stay in their order. */
function orderOf(stamps: BigInt64Array): Uint32Array {
  return Uint32Array.from(stamps.keys()).sort((one, other) =>
    stamps[one]! < stamps[other]! ? -1 : stamps[one]! > stamps[other]! ? 1 : one - other
  );
}

/** The refusal of rows that share a stamp. */
export function duplicateStamp(ns: bigint, aware: boolean): RunnelError {
  return invalid(
    `The stamp ${
      formatStamp(ns, aware)
    } stands twice: each row needs its own, unless the reference keeps duplicates ` +
      "(PATCH it with duplicates=keep) and the frame is no object by stamp (send records, split, table, csv, ndjson or arrow).",
  );
}

/** The first row whose stamp is at or after `ns`; the number of rows if there is none. */
export function firstRowFrom(stamps: BigInt64Array, ns: bigint): number {
  let low = 0, high = stamps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (stamps[middle]! < ns) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rows `from` (inclusive) to `to` (exclusive), sharing memory where it can. */
export function sliceFrame(frame: DataFrame, from: number, to: number): DataFrame {
  return {
    stamps: frame.stamps.subarray(from, to),
    aware: frame.aware,
    columns: frame.columns.map((column) => sliceColumn(column, from, to)),
  };
}

/** The rows in the order given; every entry must be a row of the frame. */
export function takeFrame(frame: DataFrame, rows: Uint32Array): DataFrame {
  return {
    ...frame,
    stamps: BigInt64Array.from(rows, (row) => frame.stamps[row]!),
    columns: frame.columns.map((column) => takeRows(column, rows)),
  };
}

/** The rows with start <= stamp <= end. Either bound may be absent. */
export function rangeOf(frame: DataFrame, start?: bigint, end?: bigint): DataFrame {
  const from = start === undefined ? 0 : firstRowFrom(frame.stamps, start);
  const to = end === undefined ? frame.stamps.length : firstRowFrom(frame.stamps, end + 1n);
  return sliceFrame(frame, from, Math.max(from, to));
}

/**
 * Those of the columns that have these names, in the order asked for.
 * Throws RunnelError naming a column that is not there, or that is asked for twice.
 */
export function selectColumns<C extends { readonly name: string }>(
  columns: readonly C[],
  names: readonly string[],
): C[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  if (new Set(names).size < names.length) throw invalid("A column is asked for twice.");
  return names.map((name) => {
    const column = byName.get(name);
    if (column) return column;
    throw invalid(`There is no column ${quote(name)}. There are: ${nameList(columns)}.`);
  });
}

function nameList(columns: readonly { readonly name: string }[]): string {
  const names = columns.slice(0, 20).map((column) => quote(column.name)).join(", ");
  return columns.length > 20 ? `${names} and ${columns.length - 20} more` : names;
}

/**
 * Puts frames one after the other: columns united in the order first seen, types united (see uniteTypes),
 * absent cells null. A frame without rows still says which columns are floats. The caller answers for the
 * ascending order of the stamps across frames. Aware if any frame is.
 */
export function concatFrames(frames: readonly DataFrame[]): DataFrame {
  const rows = frames.reduce((sum, frame) => sum + frame.stamps.length, 0);
  const stamps = new BigInt64Array(rows);
  let row = 0;
  for (const frame of frames) {
    stamps.set(frame.stamps, row);
    row += frame.stamps.length;
  }
  const names = new Set(frames.flatMap((frame) => frame.columns.map((column) => column.name)));
  const byName = frames.map((frame) => new Map(frame.columns.map((column) => [column.name, column])));
  const columns = [...names].map((name) =>
    concatColumns(name, frames.map((frame, at) => [byName[at]!.get(name), frame.stamps.length]))
  );
  return { stamps, aware: frames.some((frame) => frame.aware), columns };
}

/** Each part is the column, if that frame has it, and the frame's rows. */
function concatColumns(name: string, parts: readonly (readonly [Column | undefined, number])[]): Column {
  const present = parts.flatMap(([column]) => column ?? []);
  const filled = parts.flatMap(([column, rows]) => rows > 0 ? column ?? nullColumn(name, rows) : []);
  if (filled.length === 0) return present[0]!;
  const valued = filled.filter((column) => !isAllNull(column));
  const type = valued.map((column) => column.type).reduce(uniteTypes, (valued[0] ?? filled[0]!).type);
  // A null makes integers floats, and a column that was one of floats stays one, even if no row of it is left.
  const floats = valued.length < filled.length || present.some((column) => column.type === "float");
  const united = type === "integer" && floats ? "float" : type;
  return joinValues(filled.map((column) => castColumn(column, united)));
}

/** Joins columns of one type. */
function joinValues(parts: readonly Column[]): Column {
  const first = parts[0]!;
  if (parts.length === 1) return first;
  if (first.type === "string" || first.type === "mixed") {
    return { ...first, values: parts.flatMap((part) => part.values as unknown as string[]) };
  }
  const kinds = new Set(parts.map((part) => part.values.constructor));
  if (kinds.size > 1) return joinIntegers(parts);
  const rows = parts.reduce((sum, part) => sum + part.values.length, 0);
  const values = new (first.values.constructor as Float64ArrayConstructor)(rows);
  let row = 0;
  for (const part of parts) {
    values.set(part.values as Float64Array, row);
    row += part.values.length;
  }
  return { ...first, values } as Column;
}

/** Integers of several widths: the widest array that is exact, or mixed when none is. */
function joinIntegers(parts: readonly Column[]): Column {
  const name = parts[0]!.name;
  const integers = parts.flatMap((part) => Array.from(part.values as Float64Array, BigInt));
  const unsigned = parts.some((part) => part.values instanceof BigUint64Array);
  if (!unsigned) return { name, type: "integer", values: BigInt64Array.from(integers) };
  if (integers.some((each) => each < 0n)) return { name, type: "mixed", values: integers };
  return { name, type: "integer", values: BigUint64Array.from(integers) };
}
