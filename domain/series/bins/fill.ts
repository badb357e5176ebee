/** What bins without cells hold. */
import type { Column } from "../frame/column.ts";
import { type DataFrame, takeFrame } from "../frame/frame.ts";

/** none leaves bins without rows out; the others give every cell that is null something, where there is something. */
export const FILLS = ["none", "null", "previous", "linear", "0"] as const;
/** One of FILLS. */
export type Fill = typeof FILLS[number];

/** The bins as asked for; `hasRows` says of each whether any row came. */
export function fillBins(frame: DataFrame, fill: Fill | undefined, hasRows: Uint8Array): DataFrame {
  if (fill === undefined || fill === "null") return frame;
  if (fill === "none") {
    return takeFrame(frame, Uint32Array.from(hasRows.keys()).filter((bin) => hasRows[bin] === 1));
  }
  return { ...frame, columns: frame.columns.map((column) => fillColumn(column, fill, frame.stamps)) };
}

function fillColumn(column: Column, fill: "previous" | "linear" | "0", stamps: BigInt64Array): Column {
  if (column.type === "integer") return column;
  if (column.type !== "float") return fill === "previous" ? previous(column) : column;
  if (fill === "0") return { ...column, values: column.values.map((value) => value === value ? value : 0) };
  return fill === "previous" ? previous(column) : { ...column, values: linear(column.values, stamps) };
}

function previous(column: Exclude<Column, { type: "integer" }>): Column {
  const values = column.values.slice();
  const isNull = column.type === "boolean"
    ? (value: unknown) => value === 2
    : (value: unknown) => value === null || value !== value;
  for (let bin = 1; bin < values.length; bin++) if (isNull(values[bin])) values[bin] = values[bin - 1]!;
  return { ...column, values } as Column;
}

/** On the line between the neighbours, by time; nothing before the first number and after the last. */
function linear(values: Float64Array, stamps: BigInt64Array): Float64Array<ArrayBuffer> {
  const filled = Float64Array.from(values);
  let before = -1;
  for (let bin = 0; bin < filled.length; bin++) {
    const value = values[bin]!;
    if (value !== value) continue;
    for (let gap = before + 1; before >= 0 && gap < bin; gap++) {
      const share = Number(stamps[gap]! - stamps[before]!) / Number(stamps[bin]! - stamps[before]!);
      filled[gap] = values[before]! + (value - values[before]!) * share;
    }
    before = bin;
  }
  return filled;
}
