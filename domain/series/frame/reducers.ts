import { type Cell, cellAt, type Column, type ColumnType } from "./column.ts";
import { columnOf } from "./column_builder.ts";
import type { ColumnSummary } from "./summary.ts";

/** How the cells of a bin become one. */
export const AGGREGATES = ["mean", "sum", "min", "max", "first", "last", "count", "ohlc"] as const;
/** One of AGGREGATES. */
export type Aggregate = typeof AGGREGATES[number];

/** Reduces the cells of one column, bin by bin; runs of one bin come in row order. */
export interface Reducer {
  /** Whether this column has nothing to give. */
  readonly skips: boolean;
  /** Adds rows `from` to `to` (exclusive) of a column. */
  addCells(bin: number, column: Column, from: number, to: number): void;
  /** Adds a run of which only the summary is known. Absent if the cells are needed. */
  addSummary?(bin: number, summary: ColumnSummary): void;
  /** The columns that result, one cell a bin. */
  finish(): Column[];
}

/** The reducer for one column. */
export function makeReducers(aggregate: Aggregate, name: string, type: ColumnType, bins: number): Reducer {
  const numeric = type === "float" || type === "integer";
  if (aggregate === "count") return new Counter(name, bins);
  if (aggregate === "first" || aggregate === "last") return new Picker(name, type, bins, aggregate, numeric);
  if (!numeric) return SKIP;
  if (aggregate === "mean" || aggregate === "sum") return new Summer(name, type, bins, aggregate);
  if (aggregate !== "ohlc") return new Picker(name, type, bins, aggregate, true);
  return new Several([
    new Picker(`${name}_open`, type, bins, "first", true),
    new Picker(`${name}_high`, type, bins, "max", true),
    new Picker(`${name}_low`, type, bins, "min", true),
    new Picker(`${name}_close`, type, bins, "last", true),
  ]);
}

const SKIP: Reducer = { skips: true, addCells() {}, finish: () => [] };

class Counter implements Reducer {
  readonly skips = false;
  readonly #counts: Float64Array;

  constructor(readonly name: string, bins: number) {
    this.#counts = new Float64Array(bins);
  }

  addCells(bin: number, column: Column, from: number, to: number): void {
    for (let row = from; row < to; row++) if (cellAt(column, row) !== null) this.#counts[bin]!++;
  }

  addSummary(bin: number, summary: ColumnSummary): void {
    this.#counts[bin]! += summary.count;
  }

  finish(): Column[] {
    return [{ name: this.name, type: "integer", values: this.#counts }];
  }
}

/** Sums and means. Sums of integers are exact, as BigInt where a double would not be. */
class Summer implements Reducer {
  readonly skips = false;
  readonly #sums: (number | bigint)[];
  readonly #counts: Float64Array;

  constructor(
    readonly name: string,
    readonly type: ColumnType,
    bins: number,
    readonly aggregate: "sum" | "mean",
  ) {
    this.#sums = new Array(bins).fill(0);
    this.#counts = new Float64Array(bins);
  }

  /** Only integers come here that a summary cannot hold. */
  addCells(bin: number, column: Column, from: number, to: number): void {
    let sum = BigInt(this.#sums[bin]!);
    for (let row = from; row < to; row++) sum += cellAt(column, row) as bigint;
    this.#sums[bin] = sum;
    this.#counts[bin]! += to - from;
  }

  addSummary(bin: number, summary: ColumnSummary): void {
    this.#counts[bin]! += summary.count;
    const before = this.#sums[bin]!;
    const sum = typeof before === "number" ? before + summary.sum : NaN;
    const exact = this.type === "float" || Number.isSafeInteger(sum);
    this.#sums[bin] = exact ? sum : BigInt(before) + BigInt(summary.sum);
  }

  finish(): Column[] {
    const { name } = this;
    if (this.aggregate === "sum") return [columnOf(name, this.type, this.#sums)];
    const values = Float64Array.from(
      this.#counts,
      (count, bin) => count === 0 ? NaN : Number(this.#sums[bin]) / count,
    );
    return [{ name, type: "float", values }];
  }
}

/** First, last, least or greatest cell. */
class Picker implements Reducer {
  readonly skips = false;
  readonly #cells: Cell[];
  /** Defined only where summaries are enough. */
  readonly addSummary?: (bin: number, summary: ColumnSummary) => void;

  constructor(
    readonly name: string,
    readonly type: ColumnType,
    bins: number,
    readonly which: "first" | "last" | "min" | "max",
    numeric: boolean,
  ) {
    this.#cells = new Array(bins).fill(null);
    if (numeric) this.addSummary = (bin, summary) => summary.count > 0 && this.#put(bin, summary[which]);
  }

  addCells(bin: number, column: Column, from: number, to: number): void {
    for (let row = from; row < to; row++) {
      const cell = cellAt(column, row);
      if (cell !== null) this.#put(bin, cell);
    }
  }

  finish(): Column[] {
    return [columnOf(this.name, this.type, this.#cells)];
  }

  #put(bin: number, cell: Cell): void {
    const kept = this.#cells[bin]!;
    const { which } = this;
    // Numbers and bigints compare across types; other cells only ever come for first and last.
    const replaces = kept === null || which === "last" || (which === "min" && cell! < kept) ||
      (which === "max" && cell! > kept);
    if (replaces) this.#cells[bin] = cell;
  }
}

class Several implements Reducer {
  readonly skips = false;

  constructor(readonly reducers: readonly Picker[]) {}

  addCells(bin: number, column: Column, from: number, to: number): void {
    for (const reducer of this.reducers) reducer.addCells(bin, column, from, to);
  }

  addSummary(bin: number, summary: ColumnSummary): void {
    for (const reducer of this.reducers) reducer.addSummary!(bin, summary);
  }

  finish(): Column[] {
    return this.reducers.flatMap((reducer) => reducer.finish());
  }
}
