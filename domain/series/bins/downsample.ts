import { type Column, type ColumnType, NULL_BOOLEAN } from "../frame/column.ts";
import { checkCells, type DataFrame, firstRowFrom } from "../frame/frame.ts";
import { type ColumnSummary, isDoubles, summarise } from "../frame/summary.ts";
import { type Aggregates, outputsOf } from "./aggregates.ts";
import { type Fill, fillBins } from "./fill.ts";
import { Grid, type GridOptions } from "./grid.ts";
import { atOnce } from "../../short_steps.ts";
import type { Reducer } from "./reducer.ts";
import { makeReducers } from "./reducers.ts";

/** What the rows are reduced to. */
export interface BinOptions extends GridOptions {
  readonly aggregates: Aggregates;
  /** Bins without cells are null unless given, and 0 for sum; count is 0 always. */
  readonly fill?: Fill | undefined;
}

/**
 * Downsamples rows that come in batches, as pandas' frame.resample(every).agg() does: there is one bin for every step
 * between the first and the last row, with rows or without. Aggregates of all columns are those of numbers; other columns
 * have first, last and count then, and are left out else.
 */
export class Downsampler {
  readonly #grid: Grid;
  readonly #aware: boolean;
  readonly #names: readonly string[];
  readonly #reducers: Reducer[];
  readonly #fill: Fill | undefined;
  readonly #hasRows: Uint8Array;

  /**
   * `first` and `last` are the stamps of the first and last row that will come; `columns` what they have, with the types
   * of the whole series. Throws RunnelError if there would be too many bins, or no column is left.
   */
  constructor(
    { aggregates, fill, ...grid }: BinOptions,
    range: { first: bigint; last: bigint; aware: boolean },
    columns: readonly { name: string; type: ColumnType }[],
  ) {
    const outputs = outputsOf(aggregates, columns);
    this.#grid = new Grid(grid, range.first, range.last);
    checkCells(this.#grid.length, outputs.length);
    this.#aware = range.aware;
    this.#fill = fill;
    this.#names = outputs.map(({ name }) => name);
    this.#hasRows = new Uint8Array(this.#grid.length);
    this.#reducers = makeReducers(outputs, columns, this.#grid.length, fill);
  }

  /** Adds rows, which must come after those added before and have the columns of the constructor, in their order. */
  add(frame: DataFrame): void {
    const { stamps } = frame;
    const numbers = frame.columns.map(asNumbers);
    const inputs = this.#reducers.map(({ inputs, takesBooleans }) =>
      inputs.map((at) => takesBooleans ? frame.columns[at]! : numbers[at]!)
    );
    let row = 0;
    while (row < stamps.length) {
      const bin = this.#grid.binOf(stamps[row]!), end = this.#grid.endOf(bin);
      const next = stamps[stamps.length - 1]! < end ? stamps.length : firstRowFrom(stamps, end);
      this.#hasRows[bin] = 1;
      this.#addRun(bin, inputs, row, next, stamps);
      row = next;
    }
  }

  /**
   * Adds rows of which only summaries are known, one a column in their order. Returns false, and adds nothing, if they lie
   * in several bins or a column cannot do without its cells; then the caller must add() the rows.
   */
  addSummaries(first: bigint, last: bigint, summaries: readonly (ColumnSummary | null)[]): boolean {
    if (!this.takes(first, last, summaries)) return false;
    const bin = this.#grid.binOf(first);
    this.#hasRows[bin] = 1;
    for (const reducer of this.#reducers) reducer.addSummary!(bin, summaries[reducer.inputs[0]!]!);
    return true;
  }

  /** Whether addSummaries would add them. */
  takes(first: bigint, last: bigint, summaries: readonly (ColumnSummary | null)[]): boolean {
    return this.#reducers.every(({ inputs, addSummary }) => addSummary && summaries[inputs[0]!]) &&
      this.#grid.binOf(first) === this.#grid.binOf(last);
  }

  /** The bins as a frame, a column at each step. */
  *finish(): Generator<void, DataFrame> {
    const byName = new Map<string, Column>();
    for (const reducer of this.#reducers) {
      for (const column of reducer.finish()) byName.set(column.name, column);
      yield;
    }
    const columns = this.#names.map((name) => byName.get(name)!);
    const notes = this.#reducers.flatMap(({ note }) => note ?? []);
    const bins = { stamps: this.#grid.labels, aware: this.#aware, columns };
    return { ...fillBins(bins, this.#fill, this.#hasRows), notes };
  }

  #addRun(bin: number, inputs: readonly Column[][], from: number, to: number, stamps: BigInt64Array): void {
    let summarised: Column | undefined, summary: ColumnSummary | null = null;
    for (let at = 0; at < inputs.length; at++) {
      const reducer = this.#reducers[at]!, columns = inputs[at]!, column = columns[0]!;
      if (reducer.addSummary && isDoubles(column)) {
        // Aggregates of one column come one after the other.
        if (summarised !== column) summary = summarise(column, from, to);
        summarised = column;
        if (summary) {
          reducer.addSummary(bin, summary);
          continue;
        }
      }
      reducer.addCells(bin, columns, from, to, stamps);
    }
  }
}

/** Booleans as numbers: what is true counts 1. */
function asNumbers(column: Column): Column {
  if (column.type !== "boolean") return column;
  const values = Float64Array.from(column.values, (value) => value === NULL_BOOLEAN ? NaN : value);
  return { name: column.name, type: "float", values };
}

/** Downsamples a frame in memory (see Downsampler). A frame without rows comes back without rows. */
export function downsample(frame: DataFrame, options: BinOptions): DataFrame {
  const { stamps, aware } = frame;
  if (stamps.length === 0) return frame;
  const range = { first: stamps[0]!, last: stamps[stamps.length - 1]!, aware };
  const downsampler = new Downsampler(options, range, frame.columns);
  downsampler.add(frame);
  return atOnce(downsampler.finish());
}
