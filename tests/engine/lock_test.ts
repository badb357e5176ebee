import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { setImmediate } from "node:timers/promises";
import Database from "libsql";
import { WorkerConnection } from "../../db/engine/connection.ts";
import { EngineError } from "../../db/engine/engine.ts";
import { openDatabase } from "../../db/open.ts";
import { createChannel, send } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

/** Writes of every area, and how many of them at once. */
const WRITES: readonly (readonly [method: string, path: string, body: string])[] = [
  ["POST", "/channel/news", "item"],
  ["PUT", "/event/app/account/opened", ""],
  ["PUT", "/api/store/NASDAQ/ACME", '{"close":{"2020-01-02":1}}'],
];
const AT_ONCE = 40, ROUNDS = 4;

Deno.test("database locked by another process: each write is 503 within 2 s, in a line of log a second that says what to do", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  await using process = await startProcess({ database: `file:${path}` });
  await createChannel(process.url, "news");
  const other = new Database(path);
  other.exec("BEGIN IMMEDIATE");
  const began = performance.now();
  let refused = 0, first = Infinity;
  const write = async ([method, path, body]: typeof WRITES[number]) => {
    const headers = { "Content-Type": "application/json" };
    // The signal ends a write that is not answered in time.
    const signal = AbortSignal.timeout(2_000);
    const answer = await fetch(process.url + path, { method, body, headers, signal });
    equal(answer.status, 503, await answer.text());
    equal(answer.headers.get("retry-after"), "5");
    refused++;
    first = Math.min(first, performance.now());
  };
  const client = async (i: number) => {
    // Past the second after which the log says how many more there were.
    for (let round = 0; round < ROUNDS || performance.now() < first + 1_100; round++) {
      await write(WRITES[(i + round) % WRITES.length]!);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => client(i)));
  ok(refused >= AT_ONCE * ROUNDS);
  const seconds = (performance.now() - began) / 1_000;
  other.exec("ROLLBACK");
  other.close();
  equal((await send("POST", `${process.url}/channel/news`, "item")).status, 201);

  const lines = process.log().split("\n").filter((line) => line.includes("write lock"));
  match(lines[0]!, /another process keeps the write lock of \S+runnel\.db.*fuser \S+runnel\.db/);
  ok(lines.length <= seconds + 1, process.log());
  match(process.log(), /\(\d+ more answers of unavailable/);
  equal(/^\s+at /m.test(process.log()), false, process.log());
});

Deno.test("a write waits for its turn, and is refused when it does not come", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  const { engine, close } = await openDatabase({ url: `file:${path}` });
  await engine.write([{ sql: "CREATE TABLE kept (a PRIMARY KEY)", args: [] }]);
  using turn = await Deno.open(`${path}-turn`, { write: true });
  const insert = (a: number) => engine.write([{ sql: "INSERT INTO kept VALUES (?1)", args: [a] }]);
  const kept = async () => {
    const [rows] = await engine.read([{ sql: "SELECT a FROM kept ORDER BY a", args: [] }]);
    return rows!.rows.flat();
  };

  await turn.lock(true);
  const waiting = insert(1);
  deepEqual(await kept(), []);
  await turn.unlock();
  await waiting;

  await turn.lock(true);
  await rejects(insert(2), (error) => error instanceof EngineError && error.failure === "busy");
  await turn.unlock();
  await insert(3);
  deepEqual(await kept(), [1, 3]);
  await close();
});

Deno.test("what arrives while another process has the lock is stored with the next commits; what cannot be stored fails alone", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  const { commits, query, close } = await openDatabase({ url: `file:${path}` });
  await commits.execute([{ sql: "CREATE TABLE kept (a PRIMARY KEY)", args: [] }]);
  const before = commits.figures.times.count;
  const other = new Database(path);
  other.exec("BEGIN IMMEDIATE");
  const insert = (a: number) => commits.execute([{ sql: "INSERT INTO kept VALUES (?1)", args: [a] }]);
  const first = insert(1);
  while (commits.waiting > 0) await setImmediate();
  const others = Promise.allSettled([2, 3, 2, 4].map(insert));
  await setImmediate();
  equal(commits.waiting, 4);
  other.exec("ROLLBACK");
  await first;
  deepEqual((await others).map(({ status }) => status === "fulfilled"), [true, true, false, true]);
  deepEqual((await query("SELECT a FROM kept ORDER BY a")).flat(), [1, 2, 3, 4]);
  ok(commits.figures.times.count - before < 5);
  other.close();
  await close();
});

Deno.test("closing waits for the writes that came before it", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  const open = () => WorkerConnection.open({ path, role: "writer" });
  const ROUNDS = 20;
  for (let round = 0; round < ROUNDS; round++) {
    const connection = await open();
    const written = connection.run([
      { sql: "CREATE TABLE IF NOT EXISTS kept (a)", args: [] },
      { sql: "INSERT INTO kept VALUES (?1)", args: [round] },
    ]);
    await connection.close();
    await written;
  }
  const reader = await open();
  const [counted] = await reader.run([{ sql: "SELECT count(*) FROM kept", args: [] }]);
  equal(counted!.rows[0]![0], ROUNDS);
  await reader.close();
});

Deno.test("where there can be no file for turns, a database is written all the same", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  await Deno.mkdir(`${path}-turn`);
  const { engine, close } = await openDatabase({ url: `file:${path}` });
  await engine.write([{ sql: "CREATE TABLE kept (a)", args: [] }]);
  await close();
});

Deno.test("two processes that write one file as fast as they can: no write is refused, and each is stored once", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using first = await startProcess({ database });
  await using second = await startProcess({ database });
  await createChannel(first.url, "news");
  const stored = new Set<string>();
  const insert = async (url: string, name: string) => {
    for (let i = 0; i < 60; i++) {
      const answer = await send("POST", `${url}/channel/news`, `${name} ${i}`);
      equal(answer.status, 201, await answer.text());
      stored.add(new URL(answer.headers.get("location")!).pathname);
    }
  };
  const clients = [first, second].flatMap(({ url }, p) =>
    Array.from({ length: 16 }, (_, i) => insert(url, `${p}.${i}`))
  );
  await Promise.all(clients);
  equal(stored.size, 2 * 16 * 60);
  const { holds } = await (await fetch(first.url, { headers: { Accept: "application/json" } })).json();
  equal(holds.items, stored.size);
});
