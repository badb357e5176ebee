import {
  Literal,
  NUMBER_BYTES,
  putAscii,
  putFloat,
  putInteger,
  putJsonString,
  putLiteral,
  type Sink,
} from "./ascii.ts";
import type { Cell, Column } from "./column.ts";

/** How the cells of one batch of rows are written. */
export interface Cells {
  /** Bytes that the longest may take. */
  readonly widest: number;
  /** Writes that of a row at an offset and answers the offset after. */
  put(sink: Sink, at: number, row: number): number;
}

/** By value. */
const BOOLEANS = ["false", "true", "null"].map((text) => new Literal(text));

/** Cells as pandas writes them in JSON. */
export function jsonCells(column: Column): Cells {
  const { type, values } = column;
  if (type === "float") {
    return { widest: NUMBER_BYTES, put: ({ bytes }, at, row) => putFloat(bytes, at, values[row]!) };
  }
  if (type === "integer" && values instanceof Float64Array) {
    return { widest: NUMBER_BYTES, put: ({ bytes }, at, row) => putInteger(bytes, at, values[row]!) };
  }
  if (type === "integer") {
    return { widest: NUMBER_BYTES, put: ({ bytes }, at, row) => putAscii(bytes, at, String(values[row]!)) };
  }
  if (type === "boolean") {
    return {
      widest: NUMBER_BYTES,
      put: ({ view }, at, row) => putLiteral(view, at, BOOLEANS[values[row]!]!),
    };
  }
  return { widest: widestOf(values, 6), put: ({ bytes }, at, row) => putMixed(bytes, at, values[row]!) };
}

function putMixed(bytes: Uint8Array, at: number, cell: Cell): number {
  if (typeof cell === "string") return putJsonString(bytes, at, cell);
  if (typeof cell === "number") return putFloat(bytes, at, cell);
  return putAscii(bytes, at, String(cell));
}

/** Bytes of the longest cell, where a character may take so many, and be in quotes. */
export function widestOf(values: readonly Cell[], perCharacter: number): number {
  let characters = 0;
  for (const cell of values) {
    if (typeof cell === "string" && cell.length > characters) characters = cell.length;
  }
  return Math.max(NUMBER_BYTES, characters * perCharacter + 2);
}
