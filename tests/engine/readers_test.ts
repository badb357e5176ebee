import { deepEqual, equal, rejects } from "../support/assert.ts";
import { EngineError } from "../../db/engine/engine.ts";
import { Readers } from "../../db/engine/readers.ts";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";
import { temporaryFolder } from "../support/process.ts";

/** Counts to a number, row by row: longer than any look-up of a row, in whichever machine. */
const COUNT =
  `WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < ?1) SELECT max(n) FROM r`;
const LONG = { sql: COUNT, args: [2_000_000] };
const SHORT = { sql: COUNT, args: [1] };

testOnBothEngines("read() answers while a scan runs", async ({ database: { engine } }) => {
  const order: string[] = [];
  const scan = engine.scan([LONG]).then(([result]) => {
    order.push("scan");
    return result!.rows;
  });
  deepEqual((await engine.read([SHORT]))[0]!.rows, [[1]]);
  order.push("read");
  deepEqual(await scan, [[2_000_000]]);
  deepEqual(order, ["read", "scan"]);
});

testOnBothEngines("scan() reads what was written before it", async ({ database, send }) => {
  for (let i = 0; i < 20; i++) {
    await send("POST", "/channel", { name: `channel${i}` });
    deepEqual(await database.scan("SELECT count(*) FROM channel"), [[i + 1]]);
  }
});

testOnBothEngines("scan() tells its own caller what failed", async ({ database: { engine } }) => {
  const wrong = engine.scan([{ sql: "SELECT nothing", args: [] }]);
  await Promise.all([rejects(wrong, EngineError), engine.scan([SHORT]), engine.read([SHORT])]);
  await rejects(engine.scan([{ sql: "DELETE FROM channel", args: [] }, { sql: "SELECT nothing", args: [] }]));
  deepEqual((await engine.scan([SHORT]))[0]!.rows, [[1]]);
});

Deno.test("scans are answered by as many threads as they may have, each its own caller", async () => {
  await using app = await createTestApp({ engine: "file" });
  const readers = await Readers.open(app.database.file!, { scanners: 2 });
  const numbers = Array.from({ length: 30 }, (_, i) => i + 1);
  const scans = numbers.map((n) => readers.scan([{ sql: COUNT, args: [n] }]));
  deepEqual((await Promise.all(scans)).map(([result]) => result!.rows[0]![0]), numbers);
  const order: string[] = [];
  const long = readers.scan([LONG]).then(() => order.push("long"));
  await readers.scan([SHORT]).then(() => order.push("short"));
  await long;
  deepEqual(order, ["short", "long"]);
  await readers.close();
});

Deno.test("close() waits for scans, and what comes afterwards is refused", async () => {
  await using app = await createTestApp({ engine: "file" });
  const readers = await Readers.open(app.database.file!, { scanners: 2 });
  const scans = [readers.scan([LONG]), readers.scan([SHORT]), readers.scan([SHORT])];
  await readers.close();
  deepEqual((await Promise.all(scans)).map(([result]) => result!.rows[0]![0]), [2_000_000, 1, 1]);
  await rejects(readers.scan([SHORT]), EngineError);
  await rejects(readers.read([SHORT]), EngineError);
  const unused = await Readers.open(app.database.file!, { scanners: 2 });
  await unused.close();
  await rejects(unused.scan([SHORT]), EngineError);
});

Deno.test("a scan whose thread cannot open the file fails, and the next one is tried", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  const readers = await Readers.open(path, { scanners: 1 });
  await readers.read([SHORT]);
  await Deno.remove(path);
  await Deno.mkdir(path);
  await rejects(readers.scan([SHORT]), EngineError);
  await Deno.remove(path);
  deepEqual((await readers.scan([SHORT]))[0]!.rows, [[1]]);
  await readers.close();
});

const PROFILE = "/profile/shop/ann";
const FRAME = { a: { 1577836800000: 1, 1577836860000: 2 } };

async function fill({ send, request }: TestApp): Promise<string> {
  await send("POST", "/channel", { name: "town" });
  const inserted = await request("/channel/town", { method: "POST", body: "content" });
  equal((await send("PUT", PROFILE, { demographics: { gender: "female" } })).ok, true);
  equal((await send("PUT", "/api/store/town/rain?date_format=epoch", FRAME)).ok, true);
  return (await inserted.json()).id;
}

Deno.test("what looks up a few rows scans nothing", async () => {
  await using app = await createTestApp();
  const id = await fill(app);
  app.database.engine.scan = () => Promise.reject(new Error("a scan"));
  const paths = [
    "/channel/town",
    `/channel/town/${id}`,
    "/channel/town/latest",
    "/channel/town/earliest",
    PROFILE,
    "/api/store/town/rain",
    "/user/last-sessions-user?user_id=ann",
    "/ready",
  ];
  for (const path of paths) {
    const answer = await app.request(path);
    equal(answer.ok || answer.status === 303, true, `${path}: ${answer.status} ${app.log.join()}`);
  }
  equal((await app.request("/channel/town", { method: "POST", body: "more" })).status, 201);
});

Deno.test("what reads many rows scans", async () => {
  await using app = await createTestApp();
  await fill(app);
  const { engine } = app.database, scan = engine.scan;
  let scans = 0;
  engine.scan = (statements) => {
    scans++;
    return scan(statements);
  };
  const paths = [
    "/channel",
    "/channel/town/latest/10",
    "/analytics",
    "/analytics/shop",
    "/analytics/shop?trait=crm.plan",
    "/analytics/shop?field=gender",
    "/api/store",
    "/user/metrics?days=1",
    "/metrics",
  ];
  for (const path of paths) {
    const before = scans, answer = await app.request(path);
    equal(answer.status, 200, path);
    await answer.text();
    equal(scans > before, true, path);
  }
});
