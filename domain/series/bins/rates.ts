/** Aggregates that need every cell: spread, change over time, and prices weighted by volume. */
import type { Column } from "../frame/column.ts";
import type { Reducer } from "./reducer.ts";

/** Sample variance or its root (one degree of freedom, as in pandas), by Welford's way; null for a single cell. */
export class Variance implements Reducer {
  readonly #counts: Float64Array;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;

  constructor(
    readonly inputs: readonly [number],
    readonly name: string,
    bins: number,
    readonly which: "std" | "var",
  ) {
    this.#counts = new Float64Array(bins);
    this.#means = new Float64Array(bins);
    this.#squares = new Float64Array(bins);
  }

  addCells(bin: number, [column]: readonly Column[], from: number, to: number): void {
    const { values } = column!;
    let count = this.#counts[bin]!, mean = this.#means[bin]!, squares = this.#squares[bin]!;
    for (let row = from; row < to; row++) {
      const value = Number(values[row]);
      if (value !== value) continue;
      const before = value - mean;
      mean += before / ++count;
      squares += before * (value - mean);
    }
    this.#counts[bin] = count;
    this.#means[bin] = mean;
    this.#squares[bin] = squares;
  }

  finish(): Column[] {
    const values = this.#squares.map((squares, bin) => {
      const count = this.#counts[bin]!;
      if (count < 2) return NaN;
      return this.which === "std" ? Math.sqrt(squares / (count - 1)) : squares / (count - 1);
    });
    return [{ name: this.name, type: "float", values }];
  }
}

/** Change a second, from the first cell of a bin to its last; null for a single cell. */
export class Rate implements Reducer {
  readonly #first: (number | bigint | undefined)[];
  readonly #last: (number | bigint | undefined)[];
  readonly #firstAt: BigInt64Array;
  readonly #lastAt: BigInt64Array;

  constructor(readonly inputs: readonly [number], readonly name: string, bins: number) {
    this.#first = new Array(bins);
    this.#last = new Array(bins);
    this.#firstAt = new BigInt64Array(bins);
    this.#lastAt = new BigInt64Array(bins);
  }

  addCells(bin: number, [column]: readonly Column[], from: number, to: number, stamps: BigInt64Array): void {
    const values = column!.values as Float64Array | BigInt64Array;
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      if (value !== value) continue;
      if (this.#first[bin] === undefined) {
        this.#first[bin] = value;
        this.#firstAt[bin] = stamps[row]!;
      }
      this.#last[bin] = value;
      this.#lastAt[bin] = stamps[row]!;
    }
  }

  finish(): Column[] {
    const values = Float64Array.from(this.#firstAt, (firstAt, bin) => {
      const nanos = Number(this.#lastAt[bin]! - firstAt);
      if (nanos === 0) return NaN;
      const first = this.#first[bin]!, last = this.#last[bin]!;
      const change = typeof first === "bigint" && typeof last === "bigint"
        ? Number(last - first)
        : Number(last) - Number(first);
      return change / (nanos / 1e9);
    });
    return [{ name: this.name, type: "float", values }];
  }
}

/** The mean price, each weighted by its volume; null where there was no volume. */
export class Vwap implements Reducer {
  readonly #worth: Float64Array;
  readonly #volumes: Float64Array;

  constructor(readonly inputs: readonly number[], readonly name: string, bins: number) {
    this.#worth = new Float64Array(bins);
    this.#volumes = new Float64Array(bins);
  }

  addCells(bin: number, [prices, volumes]: readonly Column[], from: number, to: number): void {
    let worth = this.#worth[bin]!, sum = this.#volumes[bin]!;
    for (let row = from; row < to; row++) {
      const price = Number(prices!.values[row]), volume = Number(volumes!.values[row]);
      if (price !== price || volume !== volume) continue;
      worth += price * volume;
      sum += volume;
    }
    this.#worth[bin] = worth;
    this.#volumes[bin] = sum;
  }

  finish(): Column[] {
    const values = this.#worth.map((worth, bin) =>
      this.#volumes[bin] === 0 ? NaN : worth / this.#volumes[bin]!
    );
    return [{ name: this.name, type: "float", values }];
  }
}
