import type { Column, FloatColumn, IntegerColumn } from "./column.ts";

/**
 * What a run of cells adds up to, so that a run that lies within one bin need not be read again. Nulls are
 * left out; with count 0 the other fields mean nothing.
 */
export interface ColumnSummary {
  /** Cells that are not null. */
  count: number;
  sum: number;
  min: number;
  max: number;
  first: number;
  last: number;
}

/** A column whose cells are all numbers in doubles. */
export type DoubleColumn = FloatColumn | (IntegerColumn & { readonly values: Float64Array });

/** Whether a column is one of doubles: floats, or integers to ±(2^53-1). */
export function isDoubles(column: Column): column is DoubleColumn {
  return column.values instanceof Float64Array;
}

/**
 * Summarises rows `from` to `to` (exclusive). Sums are compensated (Kahan), as pandas' group_mean and
 * group_sum are. Null if the sum of integers is not exact in a double, or the cells are not doubles.
 */
export function summarise(column: Column, from = 0, to = column.values.length): ColumnSummary | null {
  if (!isDoubles(column)) return null;
  const { values } = column;
  let count = 0, sum = 0, lost = 0, min = Infinity, max = -Infinity, first = NaN, last = NaN;
  for (let row = from; row < to; row++) {
    const value = values[row]!;
    if (value !== value) continue;
    if (count++ === 0) first = value;
    last = value;
    if (value < min) min = value;
    if (value > max) max = value;
    const corrected = value - lost, next = sum + corrected;
    lost = next - sum - corrected;
    // Infinities leave nothing to correct.
    if (lost !== lost) lost = 0;
    sum = next;
  }
  if (column.type === "integer" && !Number.isSafeInteger(sum)) return null;
  return { count, sum, min, max, first, last };
}
