import * as assert from "../support/assert.ts";
import fc from "fast-check";
import type { Column } from "../../domain/series/frame/column.ts";
import { AGGREGATES, parseAggregates } from "../../domain/series/bins/aggregates.ts";
import { type BinOptions, downsample, Downsampler } from "../../domain/series/bins/downsample.ts";
import { parseEvery } from "../../domain/series/bins/width.ts";
import { atOnce } from "../../domain/short_steps.ts";
import { type DataFrame, sliceFrame } from "../../domain/series/frame/frame.ts";
import { readFrame } from "../../domain/series/formats/json/read_frame.ts";
import { summarise } from "../../domain/series/frame/summary.ts";
import { writeFrameText } from "../../domain/series/formats/json/write_frame.ts";

/** As pandas has it by default. */
const bins = (every: string, agg: string): BinOptions => ({
  every: parseEvery(every),
  aggregates: parseAggregates(agg),
  origin: "start_day",
});

const bars = readFrame(
  JSON.stringify({
    columns: ["p", "n", "t"],
    index: ["2020-01-01T09:59:59", "2020-01-01T10:00:00", "2020-01-01T10:30:00", "2020-01-01T12:00:00"],
    data: [[1.5, 1, "a"], [2.5, 2, "b"], [null, 4, null], [4, 8, "d"]],
  }),
  "split",
);

const data = (every: string, aggregate: string) => {
  const { columns, data } = JSON.parse(
    writeFrameText(downsample(bars, bins(every, aggregate)), "split"),
  );
  return { columns, data };
};

Deno.test("downsample() closes and labels bins on the left and has one for every step", () => {
  const hours = downsample(bars, bins("1h", "count"));
  assert.equal(
    writeFrameText(hours, "split"),
    '{"columns":["p","n","t"],"index":["2020-01-01T09:00:00.000","2020-01-01T10:00:00.000","2020-01-01T11:00:00.000",' +
      '"2020-01-01T12:00:00.000"],"data":[[1,1,1],[1,2,1],[0,0,0],[1,1,1]]}',
  );
});

Deno.test("downsample() aggregates as pandas' resample does; empty bins are null, and 0 for sum", () => {
  assert.deepEqual(data("1h", "mean"), {
    columns: ["p", "n"],
    data: [[1.5, 1], [2.5, 3], [null, null], [4, 8]],
  });
  assert.deepEqual(data("1h", "sum"), { columns: ["p", "n"], data: [[1.5, 1], [2.5, 6], [0, 0], [4, 8]] });
  assert.deepEqual(data("2h", "min"), { columns: ["p", "n"], data: [[1.5, 1], [2.5, 2], [4, 8]] });
  assert.deepEqual(data("1d", "max"), { columns: ["p", "n"], data: [[4, 8]] });
  assert.deepEqual(data("1d", "first"), { columns: ["p", "n", "t"], data: [[1.5, 1, "a"]] });
  assert.deepEqual(data("2h", "last"), {
    columns: ["p", "n", "t"],
    data: [[1.5, 1, "a"], [2.5, 4, "b"], [4, 8, "d"]],
  });
  assert.deepEqual(data("1d", "ohlc"), {
    columns: ["p_open", "p_high", "p_low", "p_close", "n_open", "n_high", "n_low", "n_close"],
    data: [[1.5, 4, 1.5, 4, 1, 8, 1, 8]],
  });
});

Deno.test("downsample() keeps integers where no bin is empty", () => {
  assert.equal(writeFrameText(downsample(bars, bins("1d", "sum")), "records"), '[{"p":8.0,"n":15}]');
});

Deno.test("downsample() counts bins from midnight of the first day", () => {
  const stamps = BigInt64Array.of(-86_400_000_000_001n, 0n);
  const frame: DataFrame = {
    stamps,
    aware: false,
    columns: [{ name: "a", type: "float", values: Float64Array.of(1, 2) }],
  };
  const parts = downsample(frame, bins("7h", "count"));
  // 1969-12-30T23:59:59.999999999 is in the bin that begins at 21:00 of that day.
  assert.equal(parts.stamps[0], -2n * 86_400_000_000_000n + 21n * 3_600_000_000_000n);
});

Deno.test("downsample() sums integers exactly beyond 2^53", () => {
  const values = BigInt64Array.of(2n ** 62n, 1n, -3n);
  const stamps = BigInt64Array.of(1n, 2n, 3n);
  const frame: DataFrame = { stamps, aware: false, columns: [{ name: "a", type: "integer", values }] };
  assert.deepEqual(
    downsample(frame, bins("1d", "sum")).columns[0]!.values,
    BigInt64Array.of(2n ** 62n - 2n),
  );
  assert.deepEqual(
    downsample(frame, bins("1d", "max")).columns[0]!.values,
    BigInt64Array.of(2n ** 62n),
  );
  const safe = Float64Array.of(2 ** 53 - 1, 2 ** 53 - 1, 1);
  const sums = downsample(
    { ...frame, columns: [{ name: "a", type: "integer", values: safe }] },
    bins("1d", "sum"),
  );
  assert.deepEqual(sums.columns[0]!.values, BigInt64Array.of(2n ** 54n - 1n));
});

Deno.test("Downsampler gives the same from batches and from summaries as from all rows at once", () => {
  const rows = fc.array(
    fc.record({ gap: fc.integer({ min: 1, max: 5000 }), value: fc.integer({ min: -99, max: 99 }) }),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(
      rows,
      fc.integer({ min: 1, max: 7 }),
      fc.constantFrom(...AGGREGATES),
      (rows, size, aggregate) => {
        let at = 0n;
        const stamps = BigInt64Array.from(rows, ({ gap }) => at += BigInt(gap) * 1_000_000_000n);
        const values = Float64Array.from(rows, ({ value }) => value === 0 ? NaN : value / 4);
        const columns: Column[] = [{ name: "a", type: "float", values }];
        const frame: DataFrame = { stamps, aware: true, columns };
        const range = { first: stamps[0]!, last: stamps.at(-1)!, aware: true };
        const downsampler = new Downsampler(bins("1h", aggregate), range, columns);
        for (let from = 0; from < rows.length; from += size) {
          const batch = sliceFrame(frame, from, Math.min(from + size, rows.length));
          const summaries = batch.columns.map((column) => summarise(column));
          if (!downsampler.addSummaries(batch.stamps[0]!, batch.stamps.at(-1)!, summaries)) {
            downsampler.add(batch);
          }
        }
        assert.deepEqual(atOnce(downsampler.finish()), downsample(frame, bins("1h", aggregate)));
      },
    ),
  );
});

Deno.test("downsample() refuses too many bins, and columns without numbers, with the reason", () => {
  assert.throws(
    () => downsample(bars, bins("1ns", "mean")),
    /would be \d+ bins; at most 1000000 are allowed/,
  );
  const texts: DataFrame = { ...bars, columns: [bars.columns[2]!] };
  assert.throws(() => downsample(texts, bins("1h", "mean")), /No column holds numbers/);
});

Deno.test("parseEvery() reads whole numbers with a unit and names what it cannot read", () => {
  assert.deepEqual(parseEvery("15m"), { kind: "fixed", ns: 900_000_000_000n });
  assert.deepEqual(parseEvery("1W"), { kind: "days", days: 7 });
  assert.deepEqual(parseEvery("24h"), { kind: "fixed", ns: 86_400_000_000_000n });
  assert.deepEqual(parseEvery("1h30m"), { kind: "fixed", ns: 5_400_000_000_000n });
  assert.deepEqual(parseEvery("2q"), { kind: "months", months: 6, unit: 3 });
  for (const text of ["1M", "1h30M"]) {
    assert.throws(() => parseEvery(text), /use 1mo for months or 1m for minutes|use 30mo for months or 30m/);
  }
  for (const text of ["", "h", "0h", "1.5h", "-1h", "1 month", "0y", "1y1mo"]) {
    assert.throws(
      () => parseEvery(text),
      (error: Error) => error.message.startsWith(`every is ${JSON.stringify(text)}`),
    );
  }
});
