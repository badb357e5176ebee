import type { Dtype } from "../../../db/series/catalogue_row.ts";

/**
 * A cell as plain data: null, a boolean, a text, a float (number) or an exact integer (bigint, -2^63 to
 * 2^64-1).
 */
export type Cell = null | boolean | string | number | bigint;

/** What every column has. */
interface Named {
  readonly name: string;
  /** What the cells are beyond their type; see dtypeOf. Whatever changes cells may lose it. */
  readonly dtype?: Dtype | undefined;
  /**
   * Of a column on its way in, 1 for each null that nobody wrote: the row did not name the column. A merge leaves such
   * cells as they are. Absent: every null was written.
   */
  readonly gaps?: Uint8Array | undefined;
}

/** Floats; null is NaN, as in pandas. Infinity can be stored and is written as null. */
export interface FloatColumn extends Named {
  readonly type: "float";
  readonly values: Float64Array;
}

/**
 * Integers without nulls, in the smallest array that is exact: Float64Array to ±(2^53-1), BigInt64Array to
 * 2^63-1, else BigUint64Array.
 */
export interface IntegerColumn extends Named {
  readonly type: "integer";
  readonly values: Float64Array | BigInt64Array | BigUint64Array;
}

/** Booleans: 0 false, 1 true, 2 null. */
export interface BooleanColumn extends Named {
  readonly type: "boolean";
  readonly values: Uint8Array;
}

/** Texts and nulls. */
export interface StringColumn extends Named {
  readonly type: "string";
  readonly values: readonly (string | null)[];
}

/** Cells of several kinds (pandas: dtype object). */
export interface MixedColumn extends Named {
  readonly type: "mixed";
  readonly values: readonly Cell[];
}

/** One named column; `values` has one entry a row. */
export type Column = FloatColumn | IntegerColumn | BooleanColumn | StringColumn | MixedColumn;
/** What a column holds. It decides how its numbers are written. */
export type ColumnType = Column["type"];

/** The value of BooleanColumn.values that stands for null. */
export const NULL_BOOLEAN = 2;

/** A cell as plain data. */
export function cellAt(column: Column, row: number): Cell {
  const { type } = column;
  if (type === "float") return Number.isNaN(column.values[row]) ? null : column.values[row]!;
  if (type === "integer") return BigInt(column.values[row]!);
  if (type === "boolean") return column.values[row] === NULL_BOOLEAN ? null : column.values[row] === 1;
  return column.values[row]!;
}

/** Whether any cell is null. Infinity is not. */
export function hasNulls(column: Column): boolean {
  if (column.type === "float") return hasNaN(column.values);
  if (column.type === "boolean") return column.values.includes(NULL_BOOLEAN);
  return column.type === "integer" ? false : column.values.includes(null);
}

function hasNaN(values: Float64Array): boolean {
  for (let row = 0; row < values.length; row++) if (values[row] !== values[row]) return true;
  return false;
}

/**
 * The type that holds all cells of two types: equal ones stay, integers become floats beside floats, else
 * mixed.
 */
export function uniteTypes(one: ColumnType, other: ColumnType): ColumnType {
  if (one === other) return one;
  const numeric = (type: ColumnType) => type === "float" || type === "integer";
  return numeric(one) && numeric(other) ? "float" : "mixed";
}

/** A column of nulls. Floats, as pandas reads a column of nulls. */
export function nullColumn(name: string, rows: number): FloatColumn {
  return { name, type: "float", values: new Float64Array(rows).fill(NaN) };
}

/** Whether every cell is null, so that the column takes whatever type its neighbour has. */
export function isAllNull(column: Column): boolean {
  return column.type === "float" && column.values.every(Number.isNaN);
}

/**
 * The same cells as `type`, which must be able to hold them (see uniteTypes): integers as floats (nearest
 * double), all as mixed, nulls only as boolean or string. Throws TypeError otherwise, which is a mistake of
 * the caller.
 */
export function castColumn(column: Column, type: ColumnType): Column {
  if (column.type === type) return column;
  const cast = castCells(column, type);
  return column.gaps === undefined ? cast : { ...cast, gaps: column.gaps };
}

function castCells(column: Column, type: ColumnType): Column {
  const { name } = column;
  if (type === "float" && column.type === "integer") {
    const { values } = column;
    return {
      name,
      type,
      values: values instanceof Float64Array ? values : Float64Array.from(values, Number),
    };
  }
  const rows = column.values.length;
  if (type === "mixed") {
    return {
      name,
      type,
      values: Array.from({ length: rows }, (_, row) => cellAt(column, row)),
    };
  }
  if (type === "boolean" && isAllNull(column)) {
    return { name, type, values: new Uint8Array(rows).fill(NULL_BOOLEAN) };
  }
  if (type === "string" && isAllNull(column)) return { name, type, values: new Array(rows).fill(null) };
  throw new TypeError(`a ${column.type} column cannot hold its cells as ${type}`);
}

/** Rows `from` (inclusive) to `to` (exclusive); typed arrays are shared, not copied. */
export function sliceColumn(column: Column, from: number, to: number): Column {
  const { values } = column;
  const part = Array.isArray(values) ? values.slice(from, to) : (values as Float64Array).subarray(from, to);
  return { ...column, values: part, ...(column.gaps && { gaps: column.gaps.subarray(from, to) }) } as Column;
}

/** The rows in the order given; every entry must be a row of the column. */
export function takeRows(column: Column, rows: Uint32Array): Column {
  const taken = takeCells(column, rows), { gaps } = column;
  return gaps === undefined ? taken : { ...taken, gaps: Uint8Array.from(rows, (row) => gaps[row]!) };
}

function takeCells(column: Column, rows: Uint32Array): Column {
  if (column.type === "string" || column.type === "mixed") {
    const values: Cell[] = [];
    for (const row of rows) values.push(column.values[row]!);
    return { ...column, values } as Column;
  }
  const source = column.values;
  const values = new (source.constructor as Float64ArrayConstructor)(rows.length);
  for (let at = 0; at < rows.length; at++) values[at] = source[rows[at]!] as number;
  return { ...column, values } as Column;
}
