import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import { openEmbedded } from "../../db/engine/embedded.ts";
import { EngineError } from "../../db/engine/engine.ts";
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

/** An application over a database that an earlier version of this program made, and filled through `createTestApp`. */
async function openStored(folder: string, name: string) {
  const stored = (await Deno.open(new URL(`../fixtures/${name}.gz`, import.meta.url))).readable;
  await Deno.writeFile(`${folder}/${name}`, stored.pipeThrough(new DecompressionStream("gzip")));
  const app = await createTestApp({ database: `file:${folder}/${name}` });
  deepEqual(await app.database.query(SELECT_VERSIONS), VERSIONS);
  return app;
}

Deno.test("a stored database of schema version 1 is brought up to date with all that it holds", async () => {
  await using folder = await temporaryFolder();
  await using app = await openStored(folder.path, "schema_1.db");

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

Deno.test("a stored database of schema version 5 keeps its sessions, and goes on with them", async () => {
  await using folder = await temporaryFolder();
  await using app = await openStored(folder.path, "schema_5.db");
  const sessionsOf = async (user: string) =>
    (await (await app.request(`/user/last-sessions-user?user_id=${encodeURIComponent(user)}`)).json())[user];
  const counts = async () => (await (await app.request("/user/metrics?days=10")).json()).sessions;
  deepEqual(await sessionsOf("ünï"), ["later", "complete"]);
  deepEqual(await sessionsOf("v"), ["other"]);
  deepEqual(await counts(), { started: 5, completed: 3, open: 1, inconsistent: 1 });

  const at = (session_id: string, event: string, ts: string) => ({
    user_id: "ünï",
    session_id,
    event,
    ts,
    country: "DE",
  });
  const events = [
    at("complete", "start", "2026-01-01T00:00:00"),
    at("complete", "end", "2026-01-01T06:00:00"),
    at("end only", "start", "2026-01-01T03:30:00"),
    at("open", "end", "2026-01-01T02:10:00"),
  ];
  equal((await app.send("POST", "/user/batches", events)).status, 200);
  deepEqual(await sessionsOf("ünï"), ["complete", "end only", "open", "later"]);
  deepEqual(await counts(), { started: 6, completed: 5, open: 0, inconsistent: 1 });
});

async function read(response: Response) {
  return { status: response.status, headers: response.headers, bytes: await response.bytes() };
}
