/** Removing what a frame has: columns, or cells. */
import { castColumn, type Column, NULL_BOOLEAN } from "./column.ts";
import { type DataFrame, firstRowFrom } from "./frame.ts";

/** The frame without the columns of these names. */
export function dropColumns(frame: DataFrame, names: readonly string[]): DataFrame {
  return { ...frame, columns: frame.columns.filter(({ name }) => !names.includes(name)) };
}

/**
 * The frame with null in these columns from the stamp `first` to `last`, both inclusive. Integers that get a null become
 * floats, as in pandas.
 */
export function clearCells(
  frame: DataFrame,
  names: readonly string[],
  first: bigint,
  last: bigint,
): DataFrame {
  const from = firstRowFrom(frame.stamps, first), to = firstRowFrom(frame.stamps, last + 1n);
  if (from >= to) return frame;
  const columns = frame.columns.map((column) =>
    names.includes(column.name) ? clearColumn(column, from, to) : column
  );
  return { ...frame, columns };
}

function clearColumn(column: Column, from: number, to: number): Column {
  if (column.type === "integer") return clearColumn(castColumn(column, "float"), from, to);
  if (column.type === "float") return { ...column, values: column.values.slice().fill(NaN, from, to) };
  if (column.type === "boolean") {
    return { ...column, values: column.values.slice().fill(NULL_BOOLEAN, from, to) };
  }
  return { ...column, values: [...column.values].fill(null, from, to) } as Column;
}
