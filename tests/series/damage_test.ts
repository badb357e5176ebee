import { deepEqual, equal, match } from "../support/assert.ts";
import Database from "libsql";
import { createTestApp, type TestApp } from "../support/app.ts";
import { flipBlob } from "../support/flip.ts";

const AT = "/api/store/NASDAQ/ACME";
const DAMAGED = [500, "/docs/errors#damaged"];

/** Rows of an hour, a second apart, as JSON lines. */
const rows = (hour: number, count: number) => ({
  close: Object.fromEntries(
    Array.from(
      { length: count },
      (_, i) => [new Date(Date.UTC(2020, 0, 2, hour, 0, i)).toISOString(), i + 0.5],
    ),
  ),
});

async function answer(app: TestApp, path: string) {
  const response = await app.request(path), { type } = await response.json();
  return [response.status, type];
}

/** Flips a bit of the blobs of a table: of the first, or of all. */
function flip(app: TestApp, table: string, column: string, most = Infinity) {
  const other = new Database(app.database.file!);
  const ids = other.prepare(`SELECT rowid FROM ${table} ORDER BY 1`).raw(true).all([]) as [number][];
  for (const [id] of ids.slice(0, most)) flipBlob(other, table, column, id);
  other.close();
}

Deno.test("rows of a damaged chunk are never answered; those of other chunks and series are", async () => {
  await using app = await createTestApp({ engine: "file" });
  await app.send("PUT", AT, rows(0, 3_000));
  await app.send("PUT", `${AT}?mode=append`, rows(10, 3_000));
  await app.send("PUT", "/api/store/NASDAQ/OTHER", rows(0, 10));
  equal((await app.request(`${AT}?start=2020-01-02T10:00`)).status, 200);
  flip(app, "series_body", "body", 1);
  deepEqual(await answer(app, AT), DAMAGED);
  deepEqual(await answer(app, `${AT}?end=2020-01-02T00:00:05`), DAMAGED);
  equal((await app.request("/api/store/NASDAQ/OTHER")).status, 200);
  const ready = await app.request("/ready"), { errors: [error] } = await ready.json();
  deepEqual([ready.status, error.path], [503, "damage"]);
  match(error.message, /chunk number \d+ of the series/);
});

Deno.test("a damaged summary is not answered, though the cells below it are sound", async () => {
  await using app = await createTestApp({ engine: "file" });
  const columns = Array.from({ length: 40 }, (_, i) => `c${i}`), cells = columns.map(() => "1").join();
  const lines = Array.from(
    { length: 55_000 },
    (_, i) => `${new Date(1_577_923_200_000 + i * 1_000).toISOString()},${cells}`,
  );
  const body = ["ts", ...columns].join() + "\n" + lines.join("\n");
  const saved = await app.request(AT, { method: "PUT", body, headers: { "Content-Type": "text/csv" } });
  equal(saved.status, 200, await saved.text());
  // More than fits into memory: the bars are made from summaries.
  const bars = `${AT}?every=1d&agg=max`;
  equal((await app.request(bars)).status, 200);
  flip(app, "series_chunk", "summary");
  deepEqual(await answer(app, bars), DAMAGED);
  equal((await app.request(`${AT}?start=2020-01-02T00:00&end=2020-01-02T00:01`)).status, 200);
});

Deno.test("the sound cells of another chunk are not answered in the place of a chunk's own", async () => {
  await using app = await createTestApp({ engine: "file" });
  await app.send("PUT", AT, rows(0, 100));
  await app.send("PUT", "/api/store/NASDAQ/OTHER", rows(1, 100));
  const other = new Database(app.database.file!);
  other.exec(`UPDATE series_body SET (body, checksum) =
    (SELECT body, checksum FROM series_body ORDER BY chunk LIMIT 1)`);
  other.close();
  deepEqual(await answer(app, "/api/store/NASDAQ/OTHER"), DAMAGED);
  equal((await app.request(AT)).status, 200);
});

Deno.test("what is damaged cannot be merged into, and a restored revision keeps the checksums", async () => {
  await using app = await createTestApp({ engine: "file" });
  await app.send("PUT", AT, rows(0, 100));
  await app.send("PUT", AT, rows(1, 100));
  const restored = await app.send("POST", `${AT}/restore`, { revision: 1 });
  equal(restored.status, 200, await restored.text());
  equal((await app.request(AT)).status, 200);
  flip(app, "series_body", "body");
  deepEqual(await answer(app, AT), DAMAGED);
  const merged = await app.send("PUT", `${AT}?mode=merge`, rows(0, 1));
  deepEqual([merged.status, (await merged.json()).type], DAMAGED);
});
