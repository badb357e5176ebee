/** Percentiles of a bin: exact for as many cells as fit, then from a sketch. */
import type { Column } from "../frame/column.ts";
import type { Reducer } from "./reducer.ts";
import { ranked, SortedRuns } from "./sorted_runs.ts";

/** Cells of a bin up to which its percentiles are exact. */
export const EXACT_CELLS = 262_144;
/** By how much, in proportion, a percentile of more cells may differ from the cell of its rank. */
export const SKETCH_ERROR = 0.005;

const GAMMA = (1 + SKETCH_ERROR) / (1 - SKETCH_ERROR),
  LOG_GAMMA = Math.log(GAMMA),
  LOG_MIDDLE = Math.log((GAMMA + 1) / 2);

/**
 * How many numbers lie in buckets whose bounds are GAMMA apart (DDSketch: Masson, Rim and Lee, 2019). There are fewer
 * than 150,000 buckets on each side of zero, whatever the numbers.
 */
class Sketch {
  readonly #above = new Map<number, number>();
  readonly #below = new Map<number, number>();
  #zeros = 0;
  #count = 0;

  add(value: number): void {
    this.#put(value, 1);
  }

  /** Adds ascending numbers: those of one bucket stand together, and take one logarithm. */
  addAscending(run: Float64Array): void {
    for (let at = 0, next; at < run.length; at = next) {
      const value = run[at]!, key = keyOf(value);
      // Negative ones come with the size that is largest in their bucket.
      const most = value > 0 ? Math.exp(key * LOG_GAMMA) : value < 0 ? -Math.exp((key - 1) * LOG_GAMMA) : 0;
      next = at + 1;
      while (next < run.length && (value < 0 ? run[next]! < most : run[next]! <= most)) next++;
      this.#put(value, next - at);
    }
  }

  #put(value: number, times: number): void {
    this.#count += times;
    if (value === 0) {
      this.#zeros += times;
      return;
    }
    const buckets = value > 0 ? this.#above : this.#below, key = keyOf(value);
    buckets.set(key, (buckets.get(key) ?? 0) + times);
  }

  /** The value of a percentile, from 0 to 100, within SKETCH_ERROR. */
  at(percentile: number): number {
    let left = Math.floor(percentile / 100 * (this.#count - 1));
    for (const [key, count] of [...this.#below].sort(([one], [other]) => other - one)) {
      if ((left -= count) < 0) return -valueOf(key);
    }
    if ((left -= this.#zeros) < 0) return 0;
    for (const [key, count] of [...this.#above].sort(([one], [other]) => one - other)) {
      if ((left -= count) < 0) return valueOf(key);
    }
    return NaN;
  }
}

/** The bucket of a number that is not 0. */
function keyOf(value: number): number {
  return Math.ceil(Math.log(Math.abs(value)) / LOG_GAMMA);
}

/** The middle of a bucket, in proportion. That of the last ones may lie beyond the doubles, where their own cells do not. */
function valueOf(key: number): number {
  const middle = Math.exp(key * LOG_GAMMA - LOG_MIDDLE);
  return key === Infinity ? middle : Math.max(Number.MIN_VALUE, Math.min(Number.MAX_VALUE, middle));
}

/** A percentile of all numbers in ascending runs, between the two next to it in proportion, as pandas' quantile does. */
function between(runs: readonly Float64Array[], count: number, percentile: number): number {
  const rank = percentile / 100 * (count - 1), below = Math.floor(rank);
  const low = ranked(runs, below);
  if (rank === below) return low;
  const high = ranked(runs, below + 1);
  return low === high ? low : low + (high - low) * (rank - below);
}

/** Several percentiles of one column. Bins come one after the other, so that only the cells of one are kept. */
export class Percentiles implements Reducer {
  readonly #results: Float64Array[];
  #bin = -1;
  readonly #cells: SortedRuns;
  #sketch: Sketch | undefined;

  constructor(
    readonly inputs: readonly [number],
    readonly outputs: readonly { readonly name: string; readonly percentile: number }[],
    bins: number,
  ) {
    this.#results = outputs.map(() => new Float64Array(bins).fill(NaN));
    this.#cells = new SortedRuns(1024 * (1 + inputs[0] % 8));
  }

  addCells(bin: number, [column]: readonly Column[], from: number, to: number): void {
    if (bin !== this.#bin) this.#close();
    this.#bin = bin;
    const { values } = column!;
    for (let row = from; row < to; row++) {
      const value = Number(values[row]);
      if (value === value) this.#add(value);
    }
  }

  finish(): Column[] {
    this.#close();
    return this.outputs.map(({ name }, i) => ({ name, type: "float", values: this.#results[i]! }));
  }

  #add(value: number): void {
    if (this.#sketch !== undefined) return this.#sketch.add(value);
    if (this.#cells.count < EXACT_CELLS) return this.#cells.add(value);
    this.#sketch = new Sketch();
    for (const run of this.#cells.runs()) this.#sketch.addAscending(run);
    this.#sketch.add(value);
  }

  #close(): void {
    const { count } = this.#cells;
    if (count > 0) {
      const runs = this.#sketch ? [] : this.#cells.runs();
      this.outputs.forEach(({ percentile }, i) => {
        this.#results[i]![this.#bin] = this.#sketch?.at(percentile) ?? between(runs, count, percentile);
      });
    }
    this.#cells.clear();
    this.#sketch = undefined;
  }
}
