import type { Column } from "../frame/column.ts";
import type { ColumnSummary } from "../frame/summary.ts";

/** Reduces the cells of a column, or of two, bin by bin; runs of one bin come in row order, bins in theirs. */
export interface Reducer {
  /** The places of its columns. */
  readonly inputs: readonly number[];
  /** Adds rows `from` to `to` (exclusive) of its columns; booleans come as numbers unless `takesBooleans`. */
  addCells(bin: number, columns: readonly Column[], from: number, to: number, stamps: BigInt64Array): void;
  /** Adds a run of which only the summary is known. Absent if the cells are needed. */
  addSummary?(bin: number, summary: ColumnSummary): void;
  readonly takesBooleans?: boolean;
  /** The columns that result, one cell a bin. */
  finish(): Column[];
  /** After `finish`, what to know of them. */
  readonly note?: string | undefined;
}
