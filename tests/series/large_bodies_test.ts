/** Bodies that are read in a thread of their own. */
import { deepEqual, equal, match } from "node:assert/strict";
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
