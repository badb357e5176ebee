import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { openEmbedded } from "../../db/embedded.ts";
import { EngineError } from "../../db/engine.ts";
import { migrate } from "../../db/migrate.ts";
import { MIGRATIONS } from "../../db/migrations/mod.ts";
import { openDatabase } from "../../db/open.ts";
import { createTestApp } from "../support/app.ts";
import { createChannel, insert } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const VERSIONS = MIGRATIONS.map(({ version }) => [version]);
const SELECT_VERSIONS = "SELECT version FROM schema_migration ORDER BY version";

Deno.test("processes that start at once on a fresh file all serve it", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/new/runnel.db`;
  await using stack = new AsyncDisposableStack();
  const processes = await Promise.all(Array.from({ length: 4 }, () => startProcess({ database })));
  for (const process of processes) stack.use(process);
  await createChannel(processes[0]!.url, "shared");
  for (const { url } of processes) await insert(`${url}/channel/shared`, "item");
  const opened = await openDatabase({ url: database });
  deepEqual(await opened.query(SELECT_VERSIONS), VERSIONS);
  await opened.close();
});

Deno.test("openDatabase() may run many times at once on a fresh file", async () => {
  for (let round = 0; round < 3; round++) {
    await using folder = await temporaryFolder();
    const url = `file:${folder.path}/runnel.db`;
    const databases = await Promise.all(Array.from({ length: 6 }, () => openDatabase({ url })));
    for (const database of databases) deepEqual(await database.query(SELECT_VERSIONS), VERSIONS);
    await Promise.all(databases.map((database) => database.close()));
  }
});

Deno.test("a database of a newer Runnel is refused in a sentence, with status 1, and is not touched", async () => {
  await using folder = await temporaryFolder();
  const url = `file:${folder.path}/runnel.db`;
  const database = await openDatabase({ url });
  await database.commits.execute([{
    sql: "INSERT INTO schema_migration VALUES (999, 'future', 0)",
    args: [],
  }]);
  await database.close();
  const before = await Deno.readFile(`${folder.path}/runnel.db`);

  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", "serve"],
    cwd: new URL("../../", import.meta.url).pathname,
    env: { PORT: "0", DATABASE_URL: url },
  }).output();
  equal(code, 1);
  match(
    new TextDecoder().decode(stderr),
    /^runnel: the database has schema version 999, this Runnel knows versions up to \d+: run a newer Runnel\n$/,
  );
  deepEqual(await Deno.readFile(`${folder.path}/runnel.db`), before);
});

Deno.test("migrate() leaves nothing of a step that fails", async () => {
  await using folder = await temporaryFolder();
  const engine = await openEmbedded(`${folder.path}/runnel.db`);
  const broken = [{
    version: 1,
    name: "broken",
    statements: ["CREATE TABLE half (a)", "CREATE TABLE half (a)"],
  }];
  await rejects(migrate(engine, broken), EngineError);
  const [tables] = await engine.read([{
    sql: "SELECT name FROM sqlite_schema WHERE type = 'table'",
    args: [],
  }]);
  deepEqual(tables!.rows, [["schema_migration"]]);
  await migrate(engine, [{ ...broken[0]!, statements: ["CREATE TABLE half (a)"] }]);
  await engine.close();
});

// Made by this program with `migrate(engine, MIGRATIONS.slice(0, 1))`, then filled through its domain functions.
Deno.test("a stored database of schema version 1 is brought up to date with all that it holds", async () => {
  await using folder = await temporaryFolder();
  const stored = (await Deno.open(new URL("../fixtures/schema_1.db.gz", import.meta.url))).readable;
  const file = `${folder.path}/runnel.db`;
  await Deno.writeFile(file, stored.pipeThrough(new DecompressionStream("gzip")));
  await using app = await createTestApp({ database: `file:${file}` });
  deepEqual(await app.database.query(SELECT_VERSIONS), VERSIONS);

  const channel = await (await app.request("/channel/stumptown")).json();
  equal(channel.description, "Coffee, café");
  deepEqual(channel.tags, ["a", "b"]);
  equal(channel.lastUpdateDate, "2026-01-02T03:04:08.678Z");
  const items = await Promise.all(
    ["000036RSL69HC000", "000036RSL6BFS000", "000036RSL6DEC000"].map(async (id) => {
      const { headers, ...response } = await read(await app.request(`/channel/stumptown/${id}`));
      return [
        response.status,
        headers.get("content-type"),
        headers.get("content-encoding"),
        headers.get("content-language"),
        response.bytes,
      ];
    }),
  );
  deepEqual(items, [
    [200, "text/plain", null, "en", new TextEncoder().encode("your content here")],
    [200, "application/octet-stream", "gzip", null, new Uint8Array([31, 139, 0, 255])],
    [200, "application/json", null, null, new Uint8Array()],
  ]);
  const earliest = await app.request("/channel/ptown/earliest");
  equal(earliest.headers.get("location"), "http://datahub:8080/channel/ptown/000036RSL6DEC001");
  equal((await app.request("/channel/stumptown", { method: "POST", body: "new" })).status, 201);
});

async function read(response: Response) {
  return { status: response.status, headers: response.headers, bytes: await response.bytes() };
}
