/** Random saves, removals and restores against a model that is a table of cells for each revision. */
import { deepEqual, equal, match } from "../support/assert.ts";
import fc from "fast-check";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";

const COLUMNS = ["a", "b", "c"] as const;
const ORIGIN = 1_600_000_000;
const STEPS = 20;
/** Sequences of so many steps; `SERIES_RUNS=500` takes 10,000 steps. */
const RUNS = Number(Deno.env.get("SERIES_RUNS") ?? 12);
type Cell = number | string | null;

interface Step {
  readonly kind: "replace" | "merge" | "append" | "rows" | "columns" | "cells" | "series" | "restore";
  readonly from: number;
  readonly rows: number;
  readonly gap: number;
  readonly seed: number;
  readonly columns: readonly string[];
}

const Steps = fc.array(
  fc.record<Step>({
    kind: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom("replace", "merge", "append", "rows", "cells") },
      { weight: 1, arbitrary: fc.constantFrom("columns", "series") },
      { weight: 2, arbitrary: fc.constant("restore" as const) },
    ),
    from: fc.integer({ min: 0, max: 9000 }),
    rows: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5000 })),
    gap: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer({ min: 0, max: 99 }),
    columns: fc.subarray([...COLUMNS], { minLength: 1 }),
  }),
  { minLength: STEPS, maxLength: STEPS },
);

/** The rows of a series by their stamps. A row is never changed but replaced, so that revisions share rows. */
type Rows = Map<number, ReadonlyMap<string, Cell>>;

/** What a series was at a revision. */
class Remembered {
  #text: string | undefined;

  constructor(readonly columns: readonly string[], readonly rows: Rows) {}

  /** As `readAt` reads it; `null`: there are no rows. */
  get text(): string | null {
    return this.rows.size === 0 ? null : this.#text ??= textOf(this.columns, this.rows);
  }

  /** The same of the rows of a range; its ends are inclusive. */
  between(first: number, last: number): string | null {
    const inside = [...this.rows].filter(([at]) => at >= first && at <= last);
    return this.rows.size === 0 ? null : textOf(this.columns, new Map(inside));
  }
}

/** A series as a table of cells. */
class Model {
  columns: string[] = [];
  rows: Rows = new Map();
  readonly history: Remembered[] = [];

  constructor(readonly path: string) {}

  /** Keeps what the series is as the next revision. */
  remember(): void {
    this.history.push(new Remembered([...this.columns], new Map(this.rows)));
  }

  restore(revision: number): void {
    const { columns, rows } = this.history[revision - 1]!;
    this.columns = [...columns];
    this.rows = new Map(rows);
  }

  get last(): number {
    let last = -1;
    for (const at of this.rows.keys()) if (at > last) last = at;
    return last;
  }

  save({ kind, from, rows, gap, columns, seed }: Step): boolean {
    if (kind === "append" && from <= this.last) return false;
    if (this.rows.size === 0) this.columns = [];
    if (kind === "replace") this.remove(from, from + (rows - 1) * gap);
    for (let i = 0; i < rows; i++) {
      const at = from + i * gap, before = this.rows.get(at), row = new Map(before);
      for (const name of columns) {
        const cell = cellOf(name, at, seed);
        const isNamed = cell !== null || !leavesGaps({ kind, seed });
        if (isNamed && !this.columns.includes(name)) this.columns.push(name);
        // What a record does not name stays; what it names as null is cleared.
        row.set(name, isNamed ? cell : before?.get(name) ?? null);
      }
      this.rows.set(at, row);
    }
    return true;
  }

  remove(first: number, last: number): number {
    const inside = [...this.rows.keys()].filter((at) => at >= first && at <= last);
    for (const at of inside) this.rows.delete(at);
    return inside.length;
  }

  /** Removes cells, and answers how many rows lie there. */
  clear(first: number, last: number, names: readonly string[]): number {
    const inside = [...this.rows].filter(([at]) => at >= first && at <= last);
    for (const [at, row] of inside) {
      this.rows.set(
        at,
        new Map([...row].filter(([name]) => !names.includes(name))),
      );
    }
    return inside.length;
  }
}

function textOf(columns: readonly string[], rows: Rows): string {
  const stamps = [...rows.keys()].sort((one, other) => one - other);
  return JSON.stringify({
    columns,
    index: stamps.map((at) => at + ORIGIN),
    data: stamps.map((at) => columns.map((name) => rows.get(at)!.get(name) ?? null)),
  });
}

/** Whether a step sends records that leave null cells out. */
function leavesGaps({ kind, seed }: Pick<Step, "kind" | "seed">): boolean {
  return kind === "merge" && seed % 2 === 0;
}

/** The body of a save: orient split, or records where cells are left out. */
function bodyOf(step: Step): [orient: string, body: string] {
  const { from, rows, gap, columns, seed } = step;
  const stamps = Array.from({ length: rows }, (_, i) => from + i * gap);
  if (!leavesGaps(step)) {
    const data = stamps.map((at) => columns.map((name) => cellOf(name, at, seed)));
    return ["split", JSON.stringify({ columns, index: stamps.map((at) => at + ORIGIN), data })];
  }
  const records = stamps.map((at) => {
    const cells = columns.map((name) => [name, cellOf(name, at, seed)]).filter(([, cell]) => cell !== null);
    return { index: at + ORIGIN, ...Object.fromEntries(cells) };
  });
  return ["records", JSON.stringify(records)];
}

function cellOf(column: string, at: number, seed: number): Cell {
  const mixed = (at * 31 + seed * 17) % 101;
  if (mixed % 5 === 0 && column !== "b") return null;
  return column === "a" ? mixed / 4 : column === "b" ? mixed : `text ${mixed}`;
}

const PATH = "/api/store/r/s";
const iso = (at: number) => new Date((at + ORIGIN) * 1000).toISOString();

async function perform(app: TestApp, model: Model, step: Step): Promise<void> {
  const { kind, from, rows, gap, columns } = step;
  const last = from + (rows - 1) * gap;
  if (kind === "restore") {
    if (model.history.length === 0) return;
    const revision = 1 + from % model.history.length;
    const { status } = await app.send("POST", `${model.path}/restore`, { revision });
    equal(status, 200);
    return model.restore(revision);
  }
  if (kind === "replace" || kind === "merge" || kind === "append") {
    const [orient, body] = bodyOf(step);
    const path = `${model.path}?jsonformat=${orient}&mode=${kind}`;
    const { status } = await app.request(path, { method: "PUT", body });
    equal(status, model.save(step) ? 200 : 409);
    return;
  }
  const range = `start=${iso(from)}&end=${iso(last)}`;
  const known = columns.filter((name) => model.columns.includes(name));
  if (kind === "columns" && known.length === 0) return;
  const query = {
    series: "",
    rows: `?${range}`,
    columns: `?columns=${known}`,
    cells: `?${range}&columns=${known.length > 0 ? known : model.columns}`,
  }[kind];
  if (kind === "cells" && model.columns.length === 0) return;
  const answer = await (await app.request(`${model.path}${query}`, { method: "DELETE" })).json();
  if (kind === "series") {
    model.rows.clear();
    return deepEqual(answer, { status: true });
  }
  const removed = kind === "rows"
    ? model.remove(from, last)
    : kind === "cells"
    ? model.clear(from, last, known.length > 0 ? known : model.columns)
    : model.clear(0, Infinity, known);
  if (kind === "columns" && removed > 0) {
    model.columns = model.columns.filter((name) => !known.includes(name));
  }
  deepEqual(answer, { status: true, rows: removed }, JSON.stringify(step));
}

async function readAt(app: TestApp, model: Model, query: string): Promise<string | null> {
  // Not held against the reference, which reads every frame a second time.
  const read = await app.stream(`${model.path}?jsonformat=split&date_format=epoch&date_unit=s${query}`);
  const frame = await read.json();
  equal(read.status, frame.type === undefined ? 200 : 404, JSON.stringify(frame));
  return read.status === 200 ? JSON.stringify(frame) : null;
}

/** The newest revision, another, and a range of a third, chosen by the step, are what the model remembers. */
async function compareRevisions(app: TestApp, model: Model, { seed, from, rows }: Step): Promise<void> {
  const listed = await app.request(`${model.path}/revisions`);
  if (listed.status === 404) return equal(model.history.length, 0);
  const revisions: { revision: number; rows: number }[] = await listed.json();
  equal(listed.status, 200, JSON.stringify(revisions));
  if (revisions[0]!.revision > model.history.length) model.remember();
  deepEqual(
    revisions.map(({ revision, rows }) => [revision, rows]),
    model.history.map(({ rows }, i) => [i + 1, rows.size]).reverse(),
  );
  equal(await readAt(app, model, ""), new Remembered(model.columns, model.rows).text);
  const one = 1 + seed % model.history.length, other = 1 + from % model.history.length;
  equal(await readAt(app, model, `&asOf=${one}`), model.history[one - 1]!.text, `revision ${one}`);
  equal(
    await readAt(app, model, `&asOf=${other}&start=${iso(from)}&end=${iso(from + rows)}`),
    model.history[other - 1]!.between(from, from + rows),
    `rows ${from} to ${from + rows} of revision ${other}`,
  );
}

Deno.test("a series is what a table of cells would be, at any revision, after saves, removals and restores", async () => {
  // One application for all sequences, a series for each: opening a database takes as long as ten steps.
  await using app = await createTestApp();
  let symbol = 0;
  await fc.assert(
    fc.asyncProperty(Steps, async (steps) => {
      const model = new Model(`/api/store/r/${symbol++}`);
      for (const step of steps) {
        await perform(app, model, step);
        await compareRevisions(app, model, step);
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});

async function save(app: TestApp, body: string, query = ""): Promise<Response> {
  return await app.request(`${PATH}${query}`, { method: "PUT", body });
}

testOnBothEngines(
  "DELETE removes a range, columns or cells, and says how many rows had them",
  async (app) => {
    const remove = async (query: string) => {
      const response = await app.request(`${PATH}${query}`, { method: "DELETE" });
      return [response.status, await response.json()] as const;
    };
    const values = async () =>
      await (await app.request(`${PATH}?jsonformat=split&date_format=epoch&date_unit=s`)).text();
    deepEqual(await remove("?start=2020-01-01"), [200, { status: true, rows: 0 }]);
    await save(
      app,
      '{"a":{"2020-01-01":1,"2020-01-02":2,"2020-01-03":3},"b":{"2020-01-01":"x","2020-01-02":"y","2020-01-03":"z"}}',
    );
    deepEqual(await remove("?start=2020-01-02&end=2020-01-02"), [200, { status: true, rows: 1 }]);
    equal(await values(), '{"columns":["a","b"],"index":[1577836800,1578009600],"data":[[1,"x"],[3,"z"]]}');
    deepEqual(await remove("?start=2020-01-03&columns=a"), [200, { status: true, rows: 1 }]);
    equal(
      await values(),
      '{"columns":["a","b"],"index":[1577836800,1578009600],"data":[[1.0,"x"],[null,"z"]]}',
    );
    deepEqual(await remove("?columns=b"), [200, { status: true, rows: 2 }]);
    equal(await values(), '{"columns":["a"],"index":[1577836800,1578009600],"data":[[1.0],[null]]}');
    for (const query of ["?columns=b", "?columns=", "?columns=a,a", "?start=never", "?end=2020-02-30"]) {
      equal((await remove(query))[0], 400, query);
    }
    deepEqual(await remove("?start=2021-01-01&end=2019-01-01"), [200, { status: true, rows: 0 }]);
    equal(await values(), '{"columns":["a"],"index":[1577836800,1578009600],"data":[[1.0],[null]]}');
    deepEqual(await remove("?start=2019-01-01"), [200, { status: true, rows: 2 }]);
    equal((await app.request(PATH)).status, 404);
    deepEqual(await (await app.request("/api/store")).json(), []);
  },
);

testOnBothEngines(
  "mode=append refuses rows that do not come after the last one, and keeps all",
  async (app) => {
    equal((await save(app, '{"a":{"2020-01-01":1,"2020-01-02":2}}', "?mode=append")).status, 200);
    equal((await save(app, '{"a":{"2020-01-03":3}}', "?mode=append")).status, 200);
    for (const first of ["2019-01-01", "2020-01-02T12:00", "2020-01-03"]) {
      const refused = await save(app, `{"a":{"${first}":9,"2020-01-04":9}}`, "?mode=append");
      const { detail, type } = await refused.json();
      equal(refused.status, 409);
      match(type, /series-overlap$/);
      match(detail, new RegExp(`the first row, ${first}.* 2020-01-03T00:00:00.000`));
    }
    equal(await (await app.request(`${PATH}?jsonformat=values`)).text(), "[[1],[2],[3]]");
  },
);
