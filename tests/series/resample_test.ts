/** Bins and aggregates are those of pandas' resample; vectors/resample/make.py wrote what pandas makes of the same rows. */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { createTestApp, type TestApp } from "../support/app.ts";

type Cells = (number | string | boolean | null)[];
type Case = [
  every: string,
  origin: string,
  closed: string,
  label: string,
  bins: number,
  stamps: number[],
  sizes: number[],
];
interface Oracle {
  readonly zone: string;
  readonly rows: [number[], Cells, Cells, Cells, Cells];
  /** How many of the first rows `fine` is about. */
  readonly near: number;
  readonly bins: Case[];
  readonly fine: Case[];
  readonly aggregates: [every: string, column: string, aggregate: string, Cells][];
}
interface Split {
  readonly columns: string[];
  readonly index: number[];
  readonly data: Cells[];
}

const COLUMNS = ["close", "n", "flag", "text"];
const { series: ORACLES } = JSON.parse(
  await Deno.readTextFile(new URL("vectors/resample/resample.json", import.meta.url)),
) as { series: Oracle[] };

async function save(app: TestApp, { rows: [stamps, ...columns] }: Oracle, path: string, count?: number) {
  const index = stamps.slice(0, count).map((stamp) => new Date(stamp * 1000).toISOString());
  const data = index.map((_, row) => columns.map((cells) => cells[row]));
  const body = JSON.stringify({ columns: COLUMNS, index, data });
  equal((await app.request(`${path}?jsonformat=split`, { method: "PUT", body })).status, 200);
}

async function ask(app: TestApp, path: string, query: Record<string, string>): Promise<Split> {
  const options = { jsonformat: "split", date_format: "epoch", date_unit: "s", double_precision: "full" };
  const answer = await app.request(`${path}?${new URLSearchParams({ ...options, ...query })}`);
  equal(answer.status, 200, JSON.stringify(query));
  return await answer.json();
}

const isCalendar = (every: string) => /[wqy]|mo/.test(every);

/** Where the rules differ on purpose, by what is asked for. */
const DIFFERENCES: Record<string, (every: string, origin: string, closed: string) => boolean> = {
  "whole weeks are counted from Monday, not from the Thursday that 1970 began with": (every, origin) =>
    every === "7d" && origin === "epoch",
  "days that are closed on the right end where the next begin, not a day later": (every, _, closed) =>
    closed === "right" && ["2d", "7d", "1w"].includes(every),
  "months closed on the right are counted as those closed on the left are": (every, _, closed) =>
    closed === "right" && ["2mo", "2q"].includes(every),
};
const differenceOf = ([every, origin, closed]: Case): string | undefined =>
  Object.keys(DIFFERENCES).find((rule) => DIFFERENCES[rule]!(every, origin, closed));

for (const oracle of ORACLES) {
  Deno.test(`bins in ${oracle.zone} are those of pandas, over changes of the clocks`, async () => {
    await using app = await createTestApp();
    await save(app, oracle, "/api/store/r/far");
    await save(app, oracle, "/api/store/r/near", oracle.near);
    const wrong = new Set<string>();
    for (const [path, cases] of [["far", oracle.bins], ["near", oracle.fine]] as const) {
      for (const each of cases) {
        const [every, origin, closed, label, bins, stamps, sizes] = each;
        const query = { every, origin, closed, label, tz: oracle.zone, agg: "n:count" };
        const { index, data } = await ask(app, `/api/store/r/${path}`, query);
        const some = [...index.keys()].filter((bin) => data[bin]![0] !== 0);
        const here = [some.map((bin) => index[bin]), some.map((bin) => data[bin]![0])];
        const same = JSON.stringify(here) === JSON.stringify([stamps, sizes]) &&
          // pandas may add empty bins of the calendar at the end.
          (isCalendar(every) ? index.length <= bins : index.length === bins);
        if (!same) wrong.add(differenceOf(each) ?? each.slice(0, 4).join(" "));
      }
    }
    for (const rule of Object.keys(DIFFERENCES)) ok(wrong.delete(rule), rule);
    deepEqual([...wrong], []);
  });
}

/** A flag as the number that pandas makes of it where a bin is empty. */
const numbered = (cell: unknown) => typeof cell === "boolean" ? Number(cell) : cell;

Deno.test("aggregates are those of pandas", async () => {
  await using app = await createTestApp();
  const oracle = ORACLES[0]!;
  const path = "/api/store/r/aggregates";
  await save(app, oracle, path);
  for (const [every, column, aggregate, wanted] of oracle.aggregates) {
    const { columns, data } = await ask(app, path, { every, tz: oracle.zone, agg: `${column}:${aggregate}` });
    deepEqual(columns, [column]);
    const about = `${every} ${column}:${aggregate}`;
    equal(data.length, wanted.length, about);
    data.forEach(([given], bin) => {
      const cell = numbered(given), want = numbered(wanted[bin]);
      if (typeof cell !== "number" || typeof want !== "number") return equal(cell, want, about);
      ok(Math.abs(cell - want) <= 1e-12 * Math.max(1, Math.abs(want)), `${about}: ${cell}, not ${want}`);
    });
  }
});
