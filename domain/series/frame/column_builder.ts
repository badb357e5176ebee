import {
  castColumn,
  type Cell,
  cellAt,
  type Column,
  type ColumnType,
  hasNulls,
  isAllNull,
  NULL_BOOLEAN,
} from "./column.ts";
import { invalid, quote } from "../../errors.ts";

/** Whole doubles from here on are not exact as integers of 64 bits (pandas tries int64). */
const INT64_LIMIT = 2 ** 63;

/**
 * What a Uint8Array remembers about a number: nothing, or that a whole number was written as a float (2.0).
 */
const WRITTEN_AS_FLOAT = 1;

/**
 * Collects the cells of one column, in any row order, and decides its type at the end. While only small
 * numbers come, they go into a typed array; the first other cell turns it into a list.
 */
export class ColumnBuilder {
  /** The row that was set last, for whoever checks that a record does not name a column twice. */
  lastRow = -1;
  #numbers: Float64Array;
  #asFloat: Uint8Array | null = null;
  #cells: Cell[] | null = null;
  #set = 0;
  /** Rows in which null was written; the array is as long as it needs to be. */
  #nulls: boolean[] = [];

  /** `rows` is a guess of how many rows will come. */
  constructor(readonly name: string, rows = 0) {
    this.#numbers = new Float64Array(Math.max(rows, 16)).fill(NaN);
  }

  /** Sets a number; `integer` says whether it was written without fraction and exponent. */
  setNumber(row: number, value: number, integer: boolean): void {
    this.lastRow = row;
    this.#set++;
    if (this.#cells) {
      this.#cells[row] = integer ? BigInt(value) : value;
      return;
    }
    if (row >= this.#numbers.length) this.#grow(row);
    this.#numbers[row] = value;
    if (!integer && Number.isInteger(value)) {
      this.#asFloat ??= new Uint8Array(this.#numbers.length);
      this.#asFloat[row] = WRITTEN_AS_FLOAT;
    }
  }

  /** Sets any other cell. */
  setCell(row: number, cell: null | boolean | string | bigint): void {
    this.lastRow = row;
    this.#set++;
    if (cell === null) {
      this.#nulls[row] = true;
      return;
    }
    this.#cells ??= this.#toCells();
    this.#cells[row] = cell;
  }

  /**
   * The column with `rows` rows; cells never set are null. All numbers whole and no null gives integers; a
   * fraction or a null among numbers gives floats (series.md; so does pandas' read_json). Numbers of which
   * some are negative and some beyond 2^63-1 stay exact in a mixed column.
   */
  finish(rows: number): Column {
    const column = this.#finish(rows);
    return this.#set === rows ? column : { ...column, gaps: this.#gaps(column) };
  }

  #finish(rows: number): Column {
    const { name } = this;
    if (!this.#cells) {
      const values = this.#numbers.length >= rows ? this.#numbers.subarray(0, rows) : this.#padded(rows);
      return numberColumn(name, values);
    }
    const cells = this.#cells;
    for (let row = 0; row < rows; row++) cells[row] ??= null;
    cells.length = rows;
    return cellColumn(name, cells);
  }

  /**
   * The column for a declared type (orient table): "number" gives floats, "integer" integers, "boolean"
   * booleans; only with `nullable` may the last two hold nulls, and integers with nulls are floats. Throws
   * RunnelError naming column and row of a cell that does not fit.
   */
  finishAs(declared: "number" | "integer" | "boolean", rows: number, nullable: boolean): Column {
    const { name } = this;
    const column = this.finish(rows);
    if (declared === "boolean" && nullable && isAllNull(column)) return castColumn(column, "boolean");
    const sound = column.type === declared || (declared === "number" && isNumeric(column));
    const checked = sound && (declared === "number" || !hasNulls(column));
    for (let row = 0; !checked && row < rows; row++) {
      const cell = cellAt(column, row);
      if (cell === null ? nullable || declared === "number" : fits(cell, declared)) continue;
      throw invalid(
        `Column ${quote(name)}, row ${row}: the schema says ${declared}, the cell is ${describe(cell)}.`,
      );
    }
    return declared === "number" ? castColumn(column, "float") : column;
  }

  #gaps(column: Column): Uint8Array {
    const isGap = (_: unknown, row: number) => cellAt(column, row) === null && this.#nulls[row] !== true;
    return Uint8Array.from(column.values as ArrayLike<unknown>, (_, row) => isGap(_, row) ? 1 : 0);
  }

  #grow(row: number): void {
    const size = Math.max(row + 1, this.#numbers.length * 2);
    this.#numbers = this.#padded(size);
    if (this.#asFloat) {
      const flags = new Uint8Array(size);
      flags.set(this.#asFloat);
      this.#asFloat = flags;
    }
  }

  #padded(size: number): Float64Array {
    const values = new Float64Array(size).fill(NaN);
    values.set(this.#numbers);
    return values;
  }

  #toCells(): Cell[] {
    const cells: Cell[] = [];
    for (let row = 0; row < this.#numbers.length; row++) {
      const value = this.#numbers[row]!;
      if (Number.isNaN(value)) cells.push(null);
      else if (Number.isSafeInteger(value) && !this.#asFloat?.[row]) cells.push(BigInt(value));
      else cells.push(value);
    }
    return cells;
  }
}

function isNumeric(column: Column): boolean {
  return column.type === "float" || column.type === "integer";
}

function fits(cell: Cell, declared: "number" | "integer" | "boolean"): boolean {
  if (declared === "boolean") return typeof cell === "boolean";
  return typeof cell === "bigint" ||
    (typeof cell === "number" && (declared === "number" || Number.isInteger(cell)));
}

function describe(value: Cell): string {
  return typeof value === "string" ? `the text ${quote(value)}` : String(value);
}

/** Numbers and NaN for null. */
function numberColumn(name: string, values: Float64Array): Column {
  let safe = true;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    // NaN, infinities and fractions all differ from their truncation or from any 64-bit integer.
    if (Math.trunc(value) !== value || value < -INT64_LIMIT || value >= INT64_LIMIT) {
      return { name, type: "float", values };
    }
    if (!Number.isSafeInteger(value)) safe = false;
  }
  if (values.length === 0) return { name, type: "float", values };
  if (!safe) return { name, type: "integer", values: BigInt64Array.from(values, BigInt) };
  // -0.0 is whole, and integers have no such thing.
  for (let row = 0; row < values.length; row++) values[row] = values[row]! + 0;
  return { name, type: "integer", values };
}

function cellColumn(name: string, cells: Cell[]): Column {
  const kinds = new Set(cells.map((cell) => cell === null ? "null" : typeof cell));
  const nulls = kinds.delete("null");
  const only = kinds.size === 1 ? [...kinds][0] : undefined;
  if (kinds.size === 0) return { name, type: "float", values: new Float64Array(cells.length).fill(NaN) };
  if (only === "string") return { name, type: "string", values: cells as (string | null)[] };
  if (only === "boolean") {
    const values = Uint8Array.from(cells, (cell) => cell === null ? NULL_BOOLEAN : cell ? 1 : 0);
    return { name, type: "boolean", values };
  }
  if (kinds.has("string") || kinds.has("boolean")) return { name, type: "mixed", values: cells };
  const whole = !nulls && cells.every((cell) => typeof cell === "bigint" || isInt64(cell as number));
  if (!whole) {
    return {
      name,
      type: "float",
      values: Float64Array.from(cells, (cell) => cell === null ? NaN : Number(cell)),
    };
  }
  return integerColumn(name, cells.map((cell) => BigInt(cell as number | bigint)));
}

function isInt64(value: number): boolean {
  return Number.isInteger(value) && value >= -INT64_LIMIT && value < INT64_LIMIT;
}

/** The smallest exact array, of which unsigned ones say so; mixed if there is none. */
export function integerColumn(name: string, integers: readonly bigint[]): Column {
  let least = 0n, most = 0n;
  for (const each of integers) {
    if (each < least) least = each;
    if (each > most) most = each;
  }
  const safe = BigInt(Number.MAX_SAFE_INTEGER);
  if (least >= -safe && most <= safe) {
    return { name, type: "integer", values: Float64Array.from(integers, Number) };
  }
  if (most < 2n ** 63n) return { name, type: "integer", values: BigInt64Array.from(integers) };
  if (least >= 0n) {
    return { name, type: "integer", values: BigUint64Array.from(integers), dtype: { type: "uint64" } };
  }
  return { name, type: "mixed", values: integers };
}

/**
 * A column of `type` from cells that fit it, integers as bigint or whole number; integers with a null among
 * them become floats, as in pandas.
 */
export function columnOf(name: string, type: ColumnType, cells: readonly Cell[]): Column {
  if (type === "integer" && !cells.includes(null)) {
    return integerColumn(name, cells.map((cell) => BigInt(cell as number | bigint)));
  }
  if (type === "integer" || type === "float") {
    return {
      name,
      type: "float",
      values: Float64Array.from(cells, (cell) => cell === null ? NaN : Number(cell)),
    };
  }
  if (type === "boolean") {
    return {
      name,
      type,
      values: Uint8Array.from(cells, (cell) => cell === null ? NULL_BOOLEAN : Number(cell)),
    };
  }
  return type === "string"
    ? { name, type, values: cells as (string | null)[] }
    : { name, type, values: cells };
}
