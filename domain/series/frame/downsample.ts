import type { Column, ColumnType } from "./column.ts";
import { invalid, quote } from "../../errors.ts";
import { checkCells, type DataFrame, firstRowFrom } from "./frame.ts";
import { type Aggregate, makeReducers, type Reducer } from "./reducers.ts";
import { DAY_NS, MIN_STAMP } from "./stamps.ts";
import { type ColumnSummary, isDoubles, summarise } from "./summary.ts";

/** How many bins an answer may have. */
export const MAX_BINS = 1_000_000;

const EVERY_UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  min: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: BigInt(DAY_NS),
  w: 7n * BigInt(DAY_NS),
};

/**
 * Reads the width of a bin, such as 15m, 1h30m or 1d (units ns, us, ms, s, m or min, h, d, w), into nanoseconds.
 * Throws RunnelError naming the text.
 */
export function parseEvery(text: string): bigint {
  const month = /^(\d+)M$/.exec(text);
  if (month) {
    throw invalid(
      `every is ${quote(text)}: M means months to some and minutes to others; ` +
        `use ${month[1]}m for minutes. Months are not supported: take days, such as 30d.`,
    );
  }
  if (/^([1-9]\d{0,8}(ns|us|ms|min|[smhdw])){1,8}$/i.test(text)) {
    const parts = text.toLowerCase().matchAll(/(\d+)([a-z]+)/g);
    return [...parts].reduce((sum, [, count, unit]) => sum + BigInt(count!) * EVERY_UNITS[unit!]!, 0n);
  }
  throw invalid(
    `every is ${
      quote(text)
    }: use whole numbers with a unit, such as 15m, 1h30m or 1d (ns, us, ms, s, m, h, d, w).`,
  );
}

const MONDAY = 4n * BigInt(DAY_NS), WEEK = 7n * BigInt(DAY_NS);

/**
 * Where bins of a width are counted from: `epoch` is 1970-01-01, for whole weeks the Monday after; `start_day` is the
 * midnight (UTC) of the first row's day, which is pandas' default and moves with the range asked for. Else a stamp.
 */
export type Origin = "epoch" | "start_day" | bigint;

function originOf(origin: Origin, every: bigint, first: bigint): bigint {
  if (origin === "epoch") return every % WEEK === 0n ? MONDAY : 0n;
  return origin === "start_day" ? floorTo(first, BigInt(DAY_NS)) : origin;
}

/** The last multiple of a width, counted from an origin, that does not come after a stamp. */
function floorTo(ns: bigint, width: bigint, origin = 0n): bigint {
  const rest = (ns - origin) % width;
  return ns - (rest < 0n ? rest + width : rest);
}

/**
 * Downsamples rows that come in batches, as pandas' frame.resample(every).agg() does with its defaults: bins
 * are closed and labelled on the left, counted from an origin (start_day unless given), and there is one
 * for every step between the first and the last row, with rows or without. Bins without cells are null, 0 for
 * sum and count. ohlc gives each column four, a_open to a_close. Columns that are not numbers only have
 * first, last and count, and are left out else.
 */
export class Downsampler {
  readonly #start: bigint;
  readonly #every: bigint;
  readonly #bins: number;
  readonly #aware: boolean;
  readonly #reducers: Reducer[];

  /**
   * `first` and `last` are the stamps of the first and last row that will come; `columns` what they have,
   * with the types of the whole series. Throws RunnelError if there would be more than MAX_BINS bins, or no
   * column is left.
   */
  constructor(
    every: bigint,
    aggregate: Aggregate,
    range: { first: bigint; last: bigint; aware: boolean; origin?: Origin },
    columns: readonly { name: string; type: ColumnType }[],
  ) {
    const { first, last } = range;
    this.#every = every;
    this.#start = floorTo(first, every, originOf(range.origin ?? "start_day", every, first));
    if (this.#start < MIN_STAMP) {
      throw invalid("The first bin would begin before 1677-09-22: ask for narrower ones, or another origin.");
    }
    const bins = (last - this.#start) / every + 1n;
    if (bins > MAX_BINS) {
      throw invalid(
        `That would be ${bins} bins; at most ${MAX_BINS} are allowed. Ask for wider ones or a shorter range.`,
      );
    }
    checkCells(Number(bins), columns.length * (aggregate === "ohlc" ? 4 : 1));
    this.#bins = Number(bins);
    this.#aware = range.aware;
    this.#reducers = columns.map(({ name, type }) => makeReducers(aggregate, name, type, this.#bins));
    if (columns.length > 0 && this.#reducers.every((reducer) => reducer.skips)) {
      throw invalid(
        `No column holds numbers, so there is no ${aggregate}: ask for first, last or count.`,
      );
    }
  }

  /**
   * Adds rows, which must come after those added before and have the columns of the constructor, in their
   * order.
   */
  add(frame: DataFrame): void {
    const { stamps } = frame;
    let row = 0;
    while (row < stamps.length) {
      const bin = this.#binOf(stamps[row]!);
      const end = this.#start + BigInt(bin + 1) * this.#every;
      const next = stamps[stamps.length - 1]! < end ? stamps.length : firstRowFrom(stamps, end);
      for (let at = 0; at < this.#reducers.length; at++) {
        this.#addRun(this.#reducers[at]!, bin, frame.columns[at]!, row, next);
      }
      row = next;
    }
  }

  /**
   * Adds rows of which only summaries are known, one a column in their order. Returns false, and adds
   * nothing, if they lie in several bins or a column cannot do without its cells; then the caller must add()
   * the rows.
   */
  addSummaries(first: bigint, last: bigint, summaries: readonly (ColumnSummary | null)[]): boolean {
    if (!this.takes(first, last, summaries)) return false;
    const bin = this.#binOf(first);
    this.#reducers.forEach((reducer, at) => reducer.addSummary?.(bin, summaries[at]!));
    return true;
  }

  /** Whether addSummaries would add them. */
  takes(first: bigint, last: bigint, summaries: readonly (ColumnSummary | null)[]): boolean {
    return this.#binOf(first) === this.#binOf(last) &&
      this.#reducers.every((reducer, at) => reducer.skips || (reducer.addSummary && summaries[at]));
  }

  /** The bins as a frame. */
  finish(): DataFrame {
    const stamps = new BigInt64Array(this.#bins);
    for (let bin = 0; bin < stamps.length; bin++) stamps[bin] = this.#start + BigInt(bin) * this.#every;
    return { stamps, aware: this.#aware, columns: this.#reducers.flatMap((reducer) => reducer.finish()) };
  }

  #binOf(ns: bigint): number {
    return Number((ns - this.#start) / this.#every);
  }

  #addRun(reducer: Reducer, bin: number, column: Column, from: number, to: number): void {
    if (reducer.skips) return;
    const summary = reducer.addSummary && isDoubles(column) ? summarise(column, from, to) : null;
    if (summary) reducer.addSummary!(bin, summary);
    else reducer.addCells(bin, column, from, to);
  }
}

/**
 * Downsamples a frame in memory (see Downsampler). A frame without rows comes back without rows.
 */
export function downsample(frame: DataFrame, every: bigint, aggregate: Aggregate): DataFrame {
  const { stamps, aware } = frame;
  if (stamps.length === 0) return frame;
  const range = { first: stamps[0]!, last: stamps[stamps.length - 1]!, aware };
  const downsampler = new Downsampler(every, aggregate, range, frame.columns);
  downsampler.add(frame);
  return downsampler.finish();
}
