/** Rows of a source that meet conditions. */
import type { Labels } from "../../../db/series/catalogue_row.ts";
import { type Condition, testOf } from "../bins/where.ts";
import { type BinOptions, Downsampler } from "../bins/downsample.ts";
import { Turns } from "../../short_steps.ts";
import { type DataFrame, sliceFrame, takeFrame } from "../frame/frame.ts";
import { type FrameSource, noRows, type SelectedColumn } from "./source.ts";

/** The rows of another source that meet all conditions; its last columns may be there for the conditions only. */
export class FilteredSource implements FrameSource {
  readonly aware: boolean;
  readonly zone: string | undefined;
  readonly labels: Labels | undefined;
  readonly revision: number;
  readonly ttlMillis: number | null;
  readonly columns: readonly SelectedColumn[];
  readonly #tests: readonly { readonly place: number; readonly meets: ReturnType<typeof testOf> }[];

  /**
   * The first `shown` columns of `source` are those of the answer, which has `limit` rows at most. Throws RunnelError if a
   * value cannot be compared with its column.
   */
  constructor(
    readonly source: FrameSource,
    conditions: readonly Condition[],
    shown: number,
    readonly limit = Infinity,
  ) {
    this.aware = source.aware;
    this.zone = source.zone;
    this.labels = source.labels;
    this.revision = source.revision;
    this.ttlMillis = source.ttlMillis;
    this.columns = source.columns.slice(0, shown);
    this.#tests = conditions.map((condition) => {
      const place = source.columns.findIndex(({ name }) => name === condition.column);
      return { place, meets: testOf(condition, source.columns[place]!.type) };
    });
  }

  async *batches(columns: readonly number[]): AsyncGenerator<DataFrame> {
    const needed = [...new Set([...columns, ...this.#tests.map(({ place }) => place)])];
    let left = this.limit;
    for await (const frame of this.source.batches(needed)) {
      if (left <= 0) return;
      const tests = this.#tests.map(({ place, meets }) => ({
        column: frame.columns[needed.indexOf(place)]!,
        meets,
      }));
      const rows = Uint32Array.from(frame.stamps.keys())
        .filter((row) => tests.every(({ column, meets }) => meets(column, row)));
      if (rows.length === 0) continue;
      const kept = { ...frame, columns: columns.map((at) => frame.columns[needed.indexOf(at)]!) };
      yield takeFrame(kept, rows.subarray(0, Math.min(left, rows.length)));
      left -= rows.length;
    }
  }

  async downsample(bins: BinOptions): Promise<DataFrame> {
    let first: bigint | undefined, last = 0n;
    for await (const { stamps } of this.batches([])) {
      first ??= stamps[0]!;
      last = stamps.at(-1)!;
    }
    if (first === undefined) return noRows(this, bins);
    const downsampler = new Downsampler(bins, { first, last, aware: this.aware }, this.columns);
    for await (const frame of this.batches([...this.columns.keys()])) downsampler.add(frame);
    return await new Turns().run(downsampler.finish());
  }

  close(): Promise<void> {
    return this.source.close();
  }
}

/** The last rows of a source, at most so many. */
export async function lastRows(source: FrameSource, most: number): Promise<DataFrame[]> {
  const frames: DataFrame[] = [];
  let rows = 0;
  for await (const frame of source.batches([...source.columns.keys()])) {
    rows += frames[frames.push(frame) - 1]!.stamps.length;
    while (rows - frames[0]!.stamps.length >= most) rows -= frames.shift()!.stamps.length;
  }
  if (rows > most) frames[0] = sliceFrame(frames[0]!, rows - most, frames[0]!.stamps.length);
  return frames;
}

/** The rows from the last to the first. */
export function reversed(frames: readonly DataFrame[]): DataFrame[] {
  return frames.toReversed().map((frame) =>
    takeFrame(frame, Uint32Array.from(frame.stamps.keys()).reverse())
  );
}
