/** Cells as formats with types hold them, as columns, and back: numbers in arrays of their own, nulls beside them. */
import { invalid, quote } from "../../errors.ts";
import { type Cell, cellAt, type Column, NULL_BOOLEAN, takeRows } from "../frame/column.ts";
import { integerColumn } from "../frame/column_builder.ts";
import { type Dtype, dtypeOf, isInteger, same } from "../frame/dtype.ts";
import { readTimeText, timeText } from "../frame/time_text.ts";

type Numbers =
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;
type BigNumbers = BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer> | readonly bigint[];

/**
 * Cells by row. Numbers of all kinds; booleans as 0 and 1; times, durations, dates and decimals as counts; texts; of
 * categories their places. What stands where a row is null has no meaning.
 */
export interface RawCells {
  readonly values: Numbers | BigNumbers | readonly (string | null)[];
  /** 1 where a row is null; `null`: nowhere. */
  readonly nulls: Uint8Array | null;
}

const isBig = (values: RawCells["values"]): values is BigNumbers =>
  values instanceof BigInt64Array || values instanceof BigUint64Array ||
  typeof (values as Cell[])[0] === "bigint";

/** The column of cells. Throws RunnelError for a time that none can be. */
export function columnOfRaw(name: string, dtype: Dtype, raw: RawCells): Column {
  const column = plainColumn(name, dtype, raw);
  return same(dtype, dtypeOf(column)) ? column : { ...column, dtype };
}

function plainColumn(name: string, dtype: Dtype, { values, nulls }: RawCells): Column {
  const { type } = dtype;
  const rows = values.length;
  if (type === "null") return { name, type: "float", values: new Float64Array(rows).fill(NaN) };
  if (type === "float64" && values instanceof Float64Array && nulls === null) {
    return { name, type: "float", values };
  }
  if (type.startsWith("float")) {
    return { name, type: "float", values: withNaN(Float64Array.from(values as Numbers), nulls) };
  }
  if (isInteger(type)) return integers(name, values as Numbers | BigNumbers, nulls);
  if (type === "bool") {
    const cells = Uint8Array.from(values as Uint8Array, (value, row) => nulls?.[row] ? NULL_BOOLEAN : value);
    return { name, type: "boolean", values: cells };
  }
  if (type === "string") {
    const cells = nulls === null
      ? values
      : Array.from(values as string[], (text, row) => nulls[row] ? null : text);
    return { name, type: "string", values: cells as (string | null)[] };
  }
  const texts = new Array<string | null>(rows);
  for (let row = 0; row < rows; row++) texts[row] = nulls?.[row] ? null : textAt(name, dtype, values, row);
  return { name, type: "string", values: texts };
}

function textAt(name: string, dtype: Dtype, values: RawCells["values"], row: number): string {
  const count = BigInt((values as BigNumbers)[row]!);
  const text = timeText(dtype, count);
  if (text !== undefined) return text;
  throw invalid(`Column ${quote(name)}, row ${row}: ${count} is no ${dtype.type} that can be written.`);
}

function withNaN(values: Float64Array<ArrayBuffer>, nulls: Uint8Array | null): Float64Array<ArrayBuffer> {
  if (nulls !== null) { for (let row = 0; row < nulls.length; row++) if (nulls[row]) values[row] = NaN; }
  return values;
}

/** Integers with nulls are floats where these are exact. */
function integers(name: string, values: Numbers | BigNumbers, nulls: Uint8Array | null): Column {
  const floats = isBig(values) ? safeFloats(values, nulls) : Float64Array.from(values);
  if (nulls !== null && floats !== null) return { name, type: "float", values: withNaN(floats, nulls) };
  if (floats !== null) return { name, type: "integer", values: floats };
  if (nulls !== null) {
    const cells = Array.from(values as BigInt64Array, (value, row) => nulls[row] ? null : BigInt(value));
    return { name, type: "mixed", values: cells };
  }
  return integerColumn(name, Array.from(values as BigInt64Array));
}

/** As doubles, if all are exact so. */
function safeFloats(values: BigNumbers, nulls: Uint8Array | null): Float64Array<ArrayBuffer> | null {
  const floats = new Float64Array(values.length);
  for (let row = 0; row < floats.length; row++) {
    const value = Number(values[row]);
    if (!Number.isSafeInteger(value) && !nulls?.[row]) return null;
    floats[row] = value;
  }
  return floats;
}

/** The column whose rows are the rows of `categories` at these places. A place that is not there: RunnelError. */
export function columnOfCategories(
  name: string,
  dtype: Dtype & { readonly type: "category" },
  { values, nulls }: RawCells,
  categories: Column,
): Column {
  const places = Float64Array.from(values as ArrayLike<number | bigint>, Number);
  const most = categories.values.length;
  places.forEach((place, row) => {
    if (nulls?.[row] || (place >= 0 && place < most)) return;
    throw invalid(`Column ${quote(name)}, row ${row}: there is no category ${place}; there are ${most}.`);
  });
  const known = {
    ...dtype,
    categories: Array.from({ length: most }, (_, at) => stored(name, cellAt(categories, at))),
  };
  if (nulls === null) return { ...takeRows(categories, Uint32Array.from(places)), name, dtype: known };
  const cells = Array.from(places, (place, row) => nulls[row] ? null : cellAt(categories, place));
  if (categories.type === "string") {
    return { name, type: "string", values: cells as (string | null)[], dtype: known };
  }
  if (categories.type === "boolean") {
    const bits = Uint8Array.from(cells, (cell) => cell === null ? NULL_BOOLEAN : Number(cell));
    return { name, type: "boolean", values: bits, dtype: known };
  }
  const numbers = Float64Array.from(cells, (cell) => cell === null ? NaN : Number(cell));
  return { name, type: "float", values: numbers, dtype: known };
}

/** A category as its catalogue keeps it. */
function stored(name: string, cell: Cell): string | number | boolean {
  if (cell === null) throw invalid(`Column ${quote(name)}: a category is null.`);
  return typeof cell === "bigint" ? Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell) : cell;
}

/** What a column is in a format that has types. Cells of several kinds: RunnelError. */
export function rawOf(column: Column, dtype: Dtype): RawCells {
  const { type, name } = column;
  if (dtype.type === "category") return { values: placesOf(column, dtype), nulls: nullsOf(column) };
  if (isInteger(dtype.type)) return { values: wholes(column, dtype.type), nulls: nullsOf(column) };
  if (type === "mixed") {
    throw invalid(
      `Column ${
        quote(name)
      } has cells of several kinds, which this format has no type for: ask for the others with columns, or for JSON.`,
    );
  }
  const nulls = nullsOf(column);
  if (type === "boolean" || dtype.type === "string" || dtype.type === "null") {
    return { values: column.values, nulls } as RawCells;
  }
  if (dtype.type === "float32") return { values: Float32Array.from(column.values as Float64Array), nulls };
  if (type !== "string") return { values: asFloats(column.values as Float64Array), nulls };
  const counts = new BigInt64Array(column.values.length);
  const isWide = dtype.type === "decimal";
  const wide: bigint[] = [];
  column.values.forEach((text, row) => {
    const count = text === null ? 0n : readTimeText(dtype, text) ?? 0n;
    if (isWide) wide.push(count);
    else counts[row] = count;
  });
  return { values: isWide ? wide : counts, nulls };
}

function asFloats(values: Float64Array | BigInt64Array | BigUint64Array): Float64Array<ArrayBuffer> {
  return values instanceof Float64Array
    ? values as Float64Array<ArrayBuffer>
    : Float64Array.from(values as BigInt64Array, Number);
}

function nullsOf(column: Column): Uint8Array | null {
  const { type, values } = column;
  if (type === "integer") return null;
  let nulls: Uint8Array | null = null;
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    const isNull = type === "float"
      ? value !== value
      : type === "boolean"
      ? value === NULL_BOOLEAN
      : value === null;
    if (isNull) (nulls ??= new Uint8Array(values.length))[row] = 1;
  }
  return nulls;
}

const ARRAYS = {
  ...{ int8: Int8Array, int16: Int16Array, int32: Int32Array },
  ...{ uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array },
};

function wholes(
  { name, values }: Column,
  type: keyof typeof ARRAYS | "int64" | "uint64",
): Numbers | BigNumbers {
  const cells = values as ArrayLike<number | bigint | null>;
  if (type === "int64" && cells instanceof BigUint64Array) {
    throw invalid(
      `Column ${
        quote(name)
      } has integers beyond 2^63-1 and negative ones, which this format has no type for: ` +
        "ask for JSON or CSV.",
    );
  }
  if (type === "int64" || type === "uint64") {
    if (cells instanceof BigInt64Array || cells instanceof BigUint64Array) {
      return new (type === "int64" ? BigInt64Array : BigUint64Array)(cells as BigInt64Array<ArrayBuffer>);
    }
    const bigs = new (type === "int64" ? BigInt64Array : BigUint64Array)(cells.length);
    for (let row = 0; row < bigs.length; row++) {
      const cell = cells[row]!;
      if (cell !== null && cell === cell) bigs[row] = BigInt(cell);
    }
    return bigs;
  }
  return (ARRAYS[type] as Int32ArrayConstructor).from(cells, (cell) => Number(cell) || 0);
}

/** The place of each cell among the categories; 0 for null. */
function placesOf(
  column: Column,
  { categories }: Dtype & { readonly type: "category" },
): Int32Array<ArrayBuffer> {
  const places = new Map(categories.map((category, place) => [String(category), place]));
  const { type, values } = column;
  const nameOf = type === "boolean" ? (value: unknown) => String(value === 1) : String;
  return Int32Array.from(values as readonly string[], (value) => places.get(nameOf(value)) ?? 0);
}
