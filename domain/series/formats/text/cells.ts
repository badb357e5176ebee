import {
  Literal,
  NUMBER_BYTES,
  putAscii,
  putCopy,
  putFloat,
  putInteger,
  putJsonString,
  putLiteral,
  putShortest,
  type Sink,
} from "./ascii.ts";
import { FLOAT_BYTES, floatText } from "./float_text.ts";
import type { Cell, Column } from "../../frame/column.ts";
import { isNullableInteger } from "../json/table_fields.ts";

/** How the cells of one batch of rows are written: the commonest kinds in the open, so that no call stands between. */
export type Cells = FloatCells | TextCells | OtherCells;

interface FloatCells {
  readonly kind: "floats";
  readonly widest: number;
  readonly values: Float64Array;
}

/** Texts of the same width, one after the other. */
interface TextCells {
  readonly kind: "texts";
  readonly widest: number;
  readonly texts: DataView;
}

/** Cells that are written one by one. */
export interface OtherCells {
  readonly kind: "other";
  /** Bytes that the longest may take. */
  readonly widest: number;
  /** Bytes that the cell of a row may take; as the longest unless given. */
  widthAt?(row: number): number;
  /** Writes that of a row at an offset and answers the offset after. */
  put(sink: Sink, at: number, row: number): number;
}

/** Writes the cell of a row at an offset and answers the offset after. */
export function putCell(sink: Sink, at: number, cells: Cells, row: number): number {
  if (cells.kind === "floats") return putFloat(sink.bytes, at, cells.values[row]!);
  if (cells.kind === "texts") return putCopy(sink.view, at, cells.texts, row * cells.widest, cells.widest);
  return cells.put(sink, at, row);
}

/** By value. */
const BOOLEANS = ["false", "true", "null"].map((text) => new Literal(text));

/** Cells as pandas writes them in JSON, floats with so many decimals (see WriteOptions). */
export function jsonCells(column: Column, precision: number | "full" = 10): Cells {
  const { type, values } = column;
  if (type === "float" && isNullableInteger(column)) {
    return {
      kind: "other",
      widest: NUMBER_BYTES,
      put: ({ bytes, view }, at, row) =>
        values[row] === values[row]
          ? putInteger(bytes, at, values[row]!)
          : putLiteral(view, at, BOOLEANS[2]!),
    };
  }
  if (type === "float" && precision === 10) return { kind: "floats", widest: NUMBER_BYTES, values };
  if (type === "float" && precision === "full") {
    return {
      kind: "other",
      widest: NUMBER_BYTES,
      put: ({ bytes, view }, at, row) =>
        Number.isFinite(values[row])
          ? putShortest(bytes, at, values[row]!)
          : putLiteral(view, at, BOOLEANS[2]!),
    };
  }
  if (type === "float") {
    return {
      kind: "other",
      widest: FLOAT_BYTES,
      put: ({ bytes }, at, row) => putAscii(bytes, at, floatText(values[row]!, precision)),
    };
  }
  if (type === "integer" && values instanceof Float64Array) {
    return {
      kind: "other",
      widest: NUMBER_BYTES,
      put: ({ bytes }, at, row) => putInteger(bytes, at, values[row]!),
    };
  }
  if (type === "integer") {
    return {
      kind: "other",
      widest: NUMBER_BYTES,
      put: ({ bytes }, at, row) => putAscii(bytes, at, String(values[row]!)),
    };
  }
  if (type === "boolean") {
    return {
      kind: "other",
      widest: NUMBER_BYTES,
      put: ({ view }, at, row) => putLiteral(view, at, BOOLEANS[values[row]!]!),
    };
  }
  return {
    kind: "other",
    widest: widestOf(values, 6),
    widthAt: (row) => widthOf(values[row]!, 6),
    put: ({ bytes }, at, row) => putMixed(bytes, at, values[row]!, precision),
  };
}

function putMixed(bytes: Uint8Array, at: number, cell: Cell, precision: number | "full"): number {
  if (typeof cell === "string") return putJsonString(bytes, at, cell);
  if (typeof cell === "number" && precision === 10) return putFloat(bytes, at, cell);
  if (typeof cell === "number") return putAscii(bytes, at, floatText(cell, precision));
  return putAscii(bytes, at, String(cell));
}

/** Bytes that a cell may take where a character may take so many, and text be in quotes. */
export function widthOf(cell: Cell, perCharacter: number): number {
  return typeof cell === "string" ? Math.max(NUMBER_BYTES, cell.length * perCharacter + 2) : NUMBER_BYTES;
}

/** The same of the longest cell. */
export function widestOf(values: readonly Cell[], perCharacter: number): number {
  return values.reduce((most: number, cell) => Math.max(most, widthOf(cell, perCharacter)), NUMBER_BYTES);
}
