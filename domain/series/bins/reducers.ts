import { type Cell, cellAt, type Column, type ColumnType } from "../frame/column.ts";
import { columnOf, integerColumn } from "../frame/column_builder.ts";
import type { ColumnSummary } from "../frame/summary.ts";
import { jsonString } from "../formats/text/ascii.ts";
import type { Output } from "./aggregates.ts";
import type { Fill } from "./fill.ts";
import type { Reducer } from "./reducer.ts";
import { Percentiles } from "./percentiles.ts";
import { Rate, Variance, Vwap } from "./rates.ts";

/** Characters of a name that a note repeats. */
const NOTED_NAME = 60;

/** The reducers of the columns of an answer. Bins without cells are null; their sums are 0, unless `fill` has another. */
export function makeReducers(
  outputs: readonly Output[],
  columns: readonly { readonly type: ColumnType }[],
  bins: number,
  fill: Fill | undefined,
): Reducer[] {
  const reducers: Reducer[] = [];
  for (const { name, aggregate, inputs } of outputs) {
    if (typeof aggregate === "object") continue;
    const type = columns[inputs[0]!]!.type;
    // A bin that has rows has integers: those without are left out, so that no null makes floats of the others.
    const emptyIsNull = fill !== undefined && fill !== "0" && !(fill === "none" && type === "integer");
    reducers.push(makeReducer(name, aggregate, inputs, type, bins, emptyIsNull));
  }
  for (const [at, several] of percentilesByColumn(outputs)) {
    reducers.push(new Percentiles([at], several, bins));
  }
  return reducers;
}

/** The percentiles of each column, which share its sorted cells. */
function percentilesByColumn(outputs: readonly Output[]) {
  const byColumn = new Map<number, { readonly name: string; readonly percentile: number }[]>();
  for (const { name, aggregate, inputs } of outputs) {
    if (typeof aggregate !== "object") continue;
    const several = byColumn.getOrInsertComputed(inputs[0]!, () => []);
    several.push({ name, percentile: aggregate.percentile });
  }
  return byColumn;
}

function makeReducer(
  name: string,
  aggregate: Exclude<Output["aggregate"], object>,
  inputs: readonly number[],
  type: ColumnType,
  bins: number,
  emptyIsNull: boolean,
): Reducer {
  const at = inputs[0]!;
  switch (aggregate) {
    case "count":
      return new Counter([at], name, bins);
    case "mean":
    case "sum":
      return new Summer([at], name, type === "float" ? type : "integer", bins, aggregate, emptyIsNull);
    case "std":
    case "var":
      return new Variance([at], name, bins, aggregate);
    case "range":
      return new Difference([at], name, type, bins, "max", "min");
    case "delta":
      return new Difference([at], name, type, bins, "last", "first");
    case "rate":
      return new Rate([at], name, bins);
    case "vwap":
      return new Vwap(inputs, name, bins);
    default:
      return new Picker([at], name, type, bins, aggregate);
  }
}

class Counter implements Reducer {
  readonly takesBooleans = true;
  readonly #counts: Float64Array;

  constructor(readonly inputs: readonly [number], readonly name: string, bins: number) {
    this.#counts = new Float64Array(bins);
  }

  addCells(bin: number, [column]: readonly Column[], from: number, to: number): void {
    for (let row = from; row < to; row++) if (cellAt(column!, row) !== null) this.#counts[bin]!++;
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
  note: string | undefined;
  readonly #sums: (number | bigint)[];
  readonly #counts: Float64Array;

  constructor(
    readonly inputs: readonly [number],
    readonly name: string,
    readonly type: "float" | "integer",
    bins: number,
    readonly aggregate: "sum" | "mean",
    readonly emptyIsNull: boolean,
  ) {
    this.#sums = new Array(bins).fill(0);
    this.#counts = new Float64Array(bins);
  }

  /** Only integers come here that a summary cannot hold. */
  addCells(bin: number, [column]: readonly Column[], from: number, to: number): void {
    let sum = BigInt(this.#sums[bin]!);
    for (let row = from; row < to; row++) sum += cellAt(column!, row) as bigint;
    this.#sums[bin] = sum;
    this.#counts[bin]! += to - from;
  }

  addSummary(bin: number, summary: ColumnSummary): void {
    if (summary.count === 0) return;
    this.#counts[bin]! += summary.count;
    const before = this.#sums[bin]!;
    const sum = typeof before === "number" ? before + summary.sum : NaN;
    const exact = this.type === "float" || Number.isSafeInteger(sum);
    this.#sums[bin] = exact ? sum : BigInt(before) + BigInt(summary.sum);
  }

  finish(): Column[] {
    const { name } = this;
    if (this.aggregate === "sum") {
      const sums: Cell[] = this.emptyIsNull
        ? this.#sums.map((sum, bin) => this.#counts[bin] === 0 ? null : sum)
        : this.#sums;
      return [resultColumn(this, this.type, sums)];
    }
    const values = Float64Array.from(
      this.#counts,
      (count, bin) => count === 0 ? NaN : Number(this.#sums[bin]) / count,
    );
    return [{ name, type: "float", values }];
  }
}

/** First, last, least or greatest cell. */
class Picker implements Reducer {
  readonly takesBooleans = true;
  readonly cells: Cell[];
  /** Defined only where summaries are enough. */
  readonly addSummary?: (bin: number, summary: ColumnSummary) => void;

  constructor(
    readonly inputs: readonly [number],
    readonly name: string,
    readonly type: ColumnType,
    bins: number,
    readonly which: "first" | "last" | "min" | "max",
  ) {
    this.cells = new Array(bins).fill(null);
    if (type !== "float" && type !== "integer") return;
    this.addSummary = (bin, summary) => summary.count > 0 && this.#put(bin, summary[which]);
  }

  addCells(bin: number, [column]: readonly Column[], from: number, to: number): void {
    for (let row = from; row < to; row++) {
      const cell = cellAt(column!, row);
      if (cell !== null) this.#put(bin, cell);
    }
  }

  finish(): Column[] {
    return [columnOf(this.name, this.type, this.cells)];
  }

  #put(bin: number, cell: Cell): void {
    const kept = this.cells[bin]!;
    const { which } = this;
    // Numbers and bigints compare across types.
    const replaces = kept === null || which === "last" || (which === "min" && isLess(cell, kept)) ||
      (which === "max" && isLess(kept, cell));
    if (replaces) this.cells[bin] = cell;
  }
}

/** Whether one cell comes before another: texts by their code points, as in Python. */
function isLess(one: Cell, other: Cell): boolean {
  if (typeof one !== "string" || typeof other !== "string") return one! < other!;
  let at = 0;
  while (at < one.length && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  return (one.codePointAt(at) ?? -1) < (other.codePointAt(at) ?? -1);
}

/** One picked cell less another: exact for integers. */
class Difference implements Reducer {
  note: string | undefined;
  readonly #high: Picker;
  readonly #low: Picker;

  constructor(
    readonly inputs: readonly [number],
    readonly name: string,
    readonly type: ColumnType,
    bins: number,
    high: "max" | "last",
    low: "min" | "first",
  ) {
    this.#high = new Picker(inputs, name, type, bins, high);
    this.#low = new Picker(inputs, name, type, bins, low);
  }

  addCells(bin: number, columns: readonly Column[], from: number, to: number): void {
    this.#high.addCells(bin, columns, from, to);
    this.#low.addCells(bin, columns, from, to);
  }

  addSummary(bin: number, summary: ColumnSummary): void {
    this.#high.addSummary!(bin, summary);
    this.#low.addSummary!(bin, summary);
  }

  finish(): Column[] {
    const low = this.#low.cells;
    const cells = this.#high.cells.map((high, bin) => {
      if (high === null) return null;
      const less = low[bin]!;
      return this.type === "integer"
        ? BigInt(high as number | bigint) - BigInt(less as number | bigint)
        : Number(high) - Number(less);
    });
    return [resultColumn(this, this.type, cells)];
  }
}

/** A column of results; of floats, which a note says, where integers would not fit 64 bits. */
function resultColumn(
  of: { readonly name: string; note: string | undefined },
  type: ColumnType,
  cells: readonly Cell[],
): Column {
  const { name } = of, shown = jsonString(name.slice(0, NOTED_NAME));
  if (type !== "integer") return columnOf(name, type, cells);
  const integers = cells.map((cell) => cell === null ? null : BigInt(cell as number | bigint));
  const present = integers.filter((each) => each !== null);
  const column = present.length < cells.length ? undefined : integerColumn(name, present);
  const isRounded = column === undefined && present.some((each) => BigInt(Number(each)) !== each);
  if (column !== undefined && column.type === "integer" && present.every(fits64)) return column;
  if (!present.every(fits64) || column?.type === "mixed") {
    of.note = `${shown}: beyond 64 bits, so all of it is floats`;
  } else if (isRounded) of.note = `${shown}: beyond 2^53 beside nulls, so rounded to floats`;
  return columnOf(name, "float", integers);
}

const fits64 = (value: bigint) => value < 2n ** 64n && value >= -(2n ** 63n);
