/** Percentiles of more cells than are kept: within the error that the reference states, whatever the cells are. */
import { equal, ok } from "../support/assert.ts";
import { makeData, makeVector, Table, tableToIPC, TimestampSecond } from "apache-arrow";
import { EXACT_CELLS, SKETCH_ERROR } from "../../domain/series/bins/percentiles.ts";
import { createTestApp, type TestApp } from "../support/app.ts";

const ROWS = EXACT_CELLS + 40_000;
const PERCENTS = [0, 1, 25, 50, 75, 99, 100];
const FIRST = 1_577_836_800;

/** Numbers from 0 to 1, both exclusive, the same at every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

type Distribution = (random: () => number, row: number) => number;

const HOSTILE: Readonly<Record<string, Distribution>> = {
  heavy_tail: (random) => random() ** -12,
  heavy_tail_below: (random) => -(random() ** -12),
  both_tails: (random) => Math.tan(Math.PI * (random() - 0.5)) ** 3,
  mixed_signs: (random) => (random() - 0.5) * 10,
  mostly_zero: (random) => random() < 0.98 ? 0 : random() - 0.5,
  zeros: (_, row) => row % 2 === 0 ? 0 : -0,
  constant: () => 7.3,
  constant_below: () => -1e-300,
  all_magnitudes: (random) => (random() < 0.5 ? -1 : 1) * 10 ** (600 * random() - 300),
  tiny: (random) => Math.ceil(random() * 1000) * Number.MIN_VALUE,
  huge: (random) => Number.MAX_VALUE * (1 - random() / 1000),
  ends: (_, row) => [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE][row % 4]!,
  ascending: (_, row) => row,
  descending: (_, row) => -row * row,
  one_outlier: (_, row) => row === 12_345 ? 1e18 : 1,
};
const NAMES = Object.keys(HOSTILE);

/** Every other row from `from` on, in Arrow. */
function frame(columns: readonly Float64Array<ArrayBuffer>[], from: 0 | 1): Uint8Array<ArrayBuffer> {
  const half = (cells: Float64Array<ArrayBuffer>) => cells.filter((_, row) => row % 2 === from);
  const stamps = BigInt64Array.from({ length: ROWS }, (_, row) => BigInt(FIRST + row))
    .filter((_, row) => row % 2 === from);
  const index = makeVector(makeData({ type: new TimestampSecond(), data: stamps }));
  const cells = NAMES.map((name, at) => [name, makeVector(half(columns[at]!))]);
  return new Uint8Array(tableToIPC(new Table({ index, ...Object.fromEntries(cells) }), "stream"));
}

async function put(app: TestApp, path: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  equal((await app.request(`${path}?format=arrow&mode=merge`, { method: "PUT", body })).status, 200);
}

async function percentiles(app: TestApp, query: string): Promise<number[][]> {
  const agg = encodeURIComponent(PERCENTS.map((each) => `p${each}`).join("+"));
  const path = `/api/store/r/hostile?every=1y&agg=${agg}&jsonformat=split&double_precision=full${query}`;
  const answer = await app.request(path);
  equal(answer.status, 200, answer.status === 200 ? "" : await answer.text());
  const { columns, data } = await answer.json();
  equal(data.length, 1);
  equal(columns[0], `${NAMES[0]}_p0`);
  return NAMES.map((_, at) => data[0].slice(at * PERCENTS.length, (at + 1) * PERCENTS.length));
}

Deno.test("percentiles of hostile cells are within 0.5 % of the cell of their rank, exact up to 262,144", async () => {
  await using app = await createTestApp();
  const cells = NAMES.map((name, at) => {
    const random = numbers(at + 1);
    return Float64Array.from({ length: ROWS }, (_, row) => HOSTILE[name]!(random, row));
  });
  // The rows of the second save lie between those of the first.
  for (const from of [0, 1] as const) await put(app, "/api/store/r/hostile", frame(cells, from));

  const estimated = await percentiles(app, "");
  const last = new Date((FIRST + EXACT_CELLS - 1) * 1000).toISOString();
  const exact = await percentiles(app, `&end=${last}`);
  for (const [at, name] of NAMES.entries()) {
    const all = cells[at]!.toSorted(), some = cells[at]!.slice(0, EXACT_CELLS).sort();
    for (const [i, percent] of PERCENTS.entries()) {
      const about = `p${percent} of ${name}: `;
      const cell = all[Math.floor(percent / 100 * (ROWS - 1))]!, found = estimated[at]![i]!;
      // The smallest doubles are farther apart than that.
      const within = Math.max(Math.abs(cell) * SKETCH_ERROR * (1 + 1e-9), Number.MIN_VALUE);
      ok(Math.abs(found - cell) <= within, `${about}${found}, not ${cell}`);
      const rank = percent / 100 * (EXACT_CELLS - 1);
      const [low, high] = [some[Math.floor(rank)]!, some[Math.ceil(rank)]!];
      ok(low <= exact[at]![i]! && exact[at]![i]! <= high, `${about}${exact[at]![i]}, not ${low} to ${high}`);
    }
  }
});
