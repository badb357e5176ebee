/** Bodies that are read in a thread of their own. */
import { deepEqual, equal, match } from "../support/assert.ts";
import { createTestApp, type TestApp } from "../support/app.ts";

const PATH = "/api/store/r/large";
const ROWS = 70_000;
const FIRST = 1_600_000_000;

/** A text, a cell of any kind and a number for each row; some are null, some are not ASCII. */
const rowAt = (row: number) => [
  row % 7 === 0 ? null : `text ${row} ${row % 5 === 0 ? "é😀" : ""}`,
  row % 3 === 0 ? null : row % 3 === 1 ? row : row % 2 === 0,
  row,
];

function lines(rows: number): string {
  const records = Array.from({ length: rows }, (_, row) => {
    const [text, any, number] = rowAt(row);
    return JSON.stringify({ index: FIRST + row, text, any, number });
  });
  return `${records.join("\n")}\n`;
}

async function save(app: TestApp, body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  return await app.request(`${PATH}?format=ndjson&date_unit=s`, { method: "PUT", body });
}

Deno.test("texts of a large body arrive whole, several bodies at a time", async () => {
  await using app = await createTestApp();
  const body = lines(ROWS), part = lines(ROWS / 2);
  const answers = await Promise.all([save(app, body), save(app, part)]);
  deepEqual(answers.map(({ status }) => status), [200, 200]);
  const read = await (await app.stream(`${PATH}?jsonformat=split&date_format=epoch&date_unit=s`)).json();
  deepEqual(read.columns, ["text", "any", "number"]);
  equal(read.index.length, ROWS);
  equal(JSON.stringify(read.data), JSON.stringify(read.data.map((_: unknown, row: number) => rowAt(row))));
});

Deno.test("a body that is not UTF-8 is refused, however large it is", async () => {
  await using app = await createTestApp();
  for (const rows of [1, ROWS]) {
    const sound = new TextEncoder().encode(`${lines(rows)}\n`);
    for (const wrong of [0x80, 0xff, 0xc3]) {
      const refused = await save(app, sound.with(-1, wrong));
      equal(refused.status, 400);
      match((await refused.json()).detail, /not UTF-8/);
    }
    const marked = Uint8Array.from([0xef, 0xbb, 0xbf, ...new TextEncoder().encode(`time,é\n2020-01-01,1\n`)]);
    const csv = await app.request(`${PATH}-csv?format=csv`, { method: "PUT", body: marked });
    equal(csv.status, 200);
    equal(await (await app.request(`${PATH}-csv?format=csv`)).text(), "index,é\n2020-01-01T00:00:00.000,1\n");
  }
});

/** Rows with those columns, enough for a thread; cells are told by column and row. */
function csvOf(columns: readonly string[], rows: number): string {
  const lines = Array.from(
    { length: rows },
    (_, row) => `${new Date(row * 1000).toISOString()},${columns.map((name) => cellOf(name, row)).join()}\n`,
  );
  return `time,${columns.join()}\n${lines.join("")}`;
}

const cellOf = (name: string, row: number): string | number =>
  name === "text" ? `t${row}` : row * 8 + name.length;

Deno.test("columns of a large body find their places among those that are there", async () => {
  await using app = await createTestApp();
  const put = async (path: string, body: string, query = "") => {
    const answer = await app.request(`${path}?format=csv${query}`, { method: "PUT", body });
    equal(answer.status, 200, await answer.text());
  };
  const read = async (path: string) => await (await app.stream(`${path}?jsonformat=split`)).json();
  const expected = (columns: readonly string[], rows: number) =>
    Array.from({ length: rows }, (_, row) => columns.map((name) => cellOf(name, row)));

  await put(PATH, "time,aaa,text,b\n1969-01-01T00:00:00Z,0.5,x,-1\n");
  await put(PATH, csvOf(["b", "aaa", "cc"], 40_000));
  const { columns, data } = await read(PATH);
  deepEqual(columns, ["aaa", "text", "b", "cc"]);
  deepEqual(data[0], [0.5, "x", -1, null]);
  const numbers = expected(["aaa", "b", "cc"], 40_000).map(([aaa, b, cc]) => [aaa, null, b, cc]);
  equal(JSON.stringify(data.slice(1)), JSON.stringify(numbers));

  // Both begin when there are no columns yet, so that one of them is packed for places that the other takes.
  await Promise.all([
    put(`${PATH}-2`, csvOf(["aaa", "text", "b"], 40_000)),
    put(`${PATH}-2`, csvOf(["b", "cc", "aaa"], 40_000)),
  ]);
  const both = await read(`${PATH}-2`);
  const last = both.columns.includes("text") && both.data[0][both.columns.indexOf("text")] !== null
    ? ["aaa", "text", "b"]
    : ["b", "cc", "aaa"];
  const places = last.map((name) => both.columns.indexOf(name));
  const cells = both.data.map((row: unknown[]) => places.map((place) => row[place]));
  equal(JSON.stringify(cells), JSON.stringify(expected(last, 40_000)));

  await put(`${PATH}-2`, csvOf(["aaa", "b"], 40_000), "&mode=merge");
  const merged = await read(`${PATH}-2`);
  equal(merged.data.length, 40_000);
});

Deno.test("a large body with too many rows of one stamp is refused as a small one is", async () => {
  await using app = await createTestApp();
  const body = `time,v\n${"2020-01-01T00:00:00.000000Z,1\n".repeat(40_000)}`;
  const put = async () => {
    const answer = await app.request(`${PATH}?format=csv`, { method: "PUT", body });
    return [answer.status, (await answer.json()).detail];
  };
  const [refused, duplicate] = await put();
  equal(refused, 400);
  match(duplicate, /stands twice/);
  await app.request("/api/store/r", { method: "PATCH", body: JSON.stringify({ duplicates: "keep" }) });
  deepEqual(await put(), [400, "At most 16384 rows of 1 columns may share a stamp."]);
});
