/** Whatever is saved over HTTP in whatever order, what is retrieved is what the pure model says, byte for byte. */
import { equal } from "../support/assert.ts";
import fc from "fast-check";
import { concatFrames, type DataFrame, rangeOf } from "../../domain/series/frame/frame.ts";
import { mergeFrames, replaceWindow } from "../../domain/series/frame/merge.ts";
import { parseAggregates } from "../../domain/series/bins/aggregates.ts";
import { downsample } from "../../domain/series/bins/downsample.ts";
import { type Orient, readFrame } from "../../domain/series/formats/json/read_frame.ts";
import { writeFrameText } from "../../domain/series/formats/json/write_frame.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";

const HOUR = 3_600_000_000_000n;
const binsOf = (hours: bigint, agg: string) => ({
  every: { kind: "fixed" as const, ns: hours * HOUR },
  aggregates: parseAggregates(agg),
  origin: "start_day" as const,
});
const cell = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -99, max: 99 }).map(String) },
  { weight: 2, arbitrary: fc.integer({ min: -9999, max: 9999 }).map((each) => (each / 64).toFixed(6)) },
  { weight: 1, arbitrary: fc.constantFrom("null", "true", '"text"', '"é/\\u2028"', "9007199254740993") },
);
/** Cells of one kind a column, or of all kinds. */
const kinds = [
  fc.integer().map(String),
  fc.integer({ min: -9999, max: 9999 }).map((each) => (each / 64).toFixed(6)),
  fc.boolean().map(String),
  fc.string().map((each) => JSON.stringify(each)),
  cell,
];

/** A body in orient index whose rows begin at some hour, are some steps apart, and have some of three columns. */
const body = fc.record({
  start: fc.integer({ min: 0, max: 60 }),
  steps: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }),
  names: fc.uniqueArray(fc.constantFrom("a", "2", "__proto__"), { minLength: 1, maxLength: 3 }),
  kinds: fc.array(fc.nat(kinds.length - 1), { minLength: 3, maxLength: 3 }),
  aware: fc.boolean(),
}).chain(({ start, steps, names, kinds: chosen, aware }) =>
  fc.tuple(...steps.map(() => fc.tuple(...names.map((_, i) => kinds[chosen[i]!]!)))).map((rows) => {
    let hour = start;
    const members = rows.map((cells, row) => {
      hour += steps[row]!;
      const stamp = new Date(Date.UTC(2020, 0, 1, hour)).toISOString().slice(0, 19) + (aware ? "Z" : "");
      return `"${stamp}":{${cells.map((text, i) => `${JSON.stringify(names[i])}:${text}`).join()}}`;
    });
    return `{${members.join()}}`;
  })
);

const step = fc.record({ body, mode: fc.constantFrom("replace" as const, "merge" as const) });

/** What the store promises, on whole frames. */
function model(base: DataFrame | undefined, update: DataFrame, mode: "replace" | "merge"): DataFrame {
  if (base === undefined) return update;
  const next = mode === "merge" ? mergeFrames(base, update) : replaceWindow(base, update);
  // Float columns stay float, also where a merge leaves whole numbers only.
  const floats = base.columns.filter(({ type }) => type === "float")
    .map(({ name }) => ({ name, type: "float" as const, values: new Float64Array() }));
  const sticky = concatFrames([{ stamps: new BigInt64Array(), aware: false, columns: floats }, next]);
  const columns = next.columns.map(({ name }) => sticky.columns.find((column) => column.name === name)!);
  return { ...next, columns };
}

const ORIENTS: Orient[] = ["columns", "index", "split", "records", "values", "table"];

testOnBothEngines("saves and merges of frames leave what the model leaves, in every orient", async (app) => {
  let series = 0;
  const { numRuns } = { numRuns: 60 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const path = `/api/store/model/${++series}`;
      let expected: DataFrame | undefined;
      for (const { body, mode } of steps) {
        const query = `?jsonformat=index&mode=${mode}`;
        const response = await app.request(`${path}${query}`, { method: "POST", body });
        const update = readFrame(body, "index"), fits = (expected ?? update).aware === update.aware;
        equal(response.status, fits ? 200 : 409, await response.text());
        if (fits) expected = model(expected, update, mode);
      }
      for (const orient of ORIENTS) {
        const response = await app.request(`${path}?jsonformat=${orient}`);
        equal(await response.text(), writeFrameText(expected!, orient), orient);
      }
      const [start, end] = ["2020-01-02T05:00:00Z", "2020-01-03"];
      const from = BigInt(Date.parse(start)) * 1_000_000n,
        to = BigInt(Date.parse("2020-01-04")) * 1_000_000n - 1n;
      const part = await app.request(`${path}?jsonformat=split&start=${start}&end=${end}`);
      equal(await part.text(), writeFrameText(rangeOf(expected!, from, to), "split"));
      const count = await app.request(`${path}?jsonformat=split&every=5h&origin=start_day&agg=count`);
      equal(await count.text(), writeFrameText(downsample(expected!, binsOf(5n, "count")), "split"));
    }),
    { numRuns },
  );
});

/** A frame of whole and fractional numbers, as split. */
function numbers(from: number, rows: number, step: number): string {
  const index = Array.from({ length: rows }, (_, row) => 1_600_000_000 + (from + row) * step);
  return JSON.stringify({ columns: ["a", "b"], index, data: index.map((at) => [at % 97, at % 89 / 4]) });
}

Deno.test("large frames that overlap leave what the model leaves, and chunks stay full", async () => {
  await using app = await createTestApp({ keepRevisionsMillis: 0 });
  const path = "/api/store/model/large";
  let expected: DataFrame | undefined;
  const saves: [number, number, "replace" | "merge"][] = [
    [0, 10_000, "replace"],
    [500, 6_000, "replace"],
    [9_900, 300, "merge"],
    [3, 1, "replace"],
    [-50, 40, "merge"],
    [-50, 20_000, "merge"],
    [4_000, 5_000, "replace"],
    ...Array.from({ length: 30 }, (_, i): [number, number, "replace"] => [20_000 + i, 1, "replace"]),
  ];
  for (const [from, rows, mode] of saves) {
    const body = numbers(from, rows, 60);
    const response = await app.request(`${path}?jsonformat=split&mode=${mode}`, { method: "PUT", body });
    equal(response.status, 200, await response.text());
    expected = model(expected, readFrame(body, "split"), mode);
  }
  for (const orient of ["columns", "split", "table"] as const) {
    equal(
      await (await app.request(`${path}?jsonformat=${orient}`)).text(),
      writeFrameText(expected!, orient),
    );
  }
  for (const aggregate of ["mean", "sum", "ohlc"] as const) {
    const response = await app.request(
      `${path}?jsonformat=values&every=7h&origin=start_day&agg=${aggregate}`,
    );
    equal(await response.text(), writeFrameText(downsample(expected!, binsOf(7n, aggregate)), "values"));
  }
  await app.services.series.sweep();
  const [[rows, chunks, kept]] = await app.database.query(
    "SELECT (SELECT row_count FROM series), (SELECT count(*) FROM series_chunk), (SELECT sum(row_count) FROM series_chunk)",
  ) as [[number, number, number]];
  equal(rows, expected!.stamps.length);
  equal(kept, rows, "what was replaced is freed when no revision is kept");
  equal(chunks <= 30, true, `${chunks} chunks for ${rows} rows`);
});
