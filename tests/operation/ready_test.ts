import { deepEqual, equal, match, ok } from "../support/assert.ts";
import Database from "libsql";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const HOUR = 3_600_000;

/** The checks that fail, with their reasons. */
async function reasons(app: TestApp, headers: HeadersInit = {}): Promise<Record<string, string>> {
  const answer = await app.request("/ready", { headers });
  if (answer.status === 200) return {};
  equal(answer.status, 503);
  const { errors = [] } = await answer.json();
  return Object.fromEntries(errors.map(({ path, message }: Record<string, string>) => [path, message]));
}

testOnBothEngines(
  "GET /ready says yes and what it looked at",
  async (app) => {
    const answer = await app.request("/ready");
    equal(answer.status, 200);
    deepEqual(await answer.json(), {
      ready: true,
      checks: ["schema", "writes", "disk", "damage", "jobs", "clock", "channels"],
    });
    equal((await app.request("/ready/", { method: "HEAD" })).status, 200);
    equal((await app.request("/ready?x=1")).status, 200, "a probe may add what it likes");
  },
);

Deno.test("not ready: the disk has less room than the reserve, and the change is logged once", async () => {
  await using app = await createTestApp({ diskReserveBytes: 2 ** 50 });
  match(
    (await reasons(app)).disk!,
    /^\d+ bytes are free, less than DISK_RESERVE_BYTES \(1125899906842624\): free space, or move/,
  );
  app.time.now += 2_000;
  await reasons(app);
  deepEqual(app.log.filter((line) => line.startsWith("not ready")).length, 1);
});

testOnBothEngines("not ready: a job of every minute does not begin, and one does not end", async (app) => {
  deepEqual(await reasons(app), {});
  app.time.now += 11 * 60_000;
  deepEqual(Object.keys(await reasons(app)), ["jobs"]);
  equal((await app.request("/jobs/sweep/run", { method: "POST" })).status, 200);
  app.time.now += 2_000;
  deepEqual(await reasons(app), {});
  await app.database.commits.execute([{
    sql: `INSERT INTO job (name, slot, holder, lease_until, started_at) VALUES (?1, 0, 'x', ?2, ?3)`,
    args: ["summarize-days", app.time.now + HOUR, app.time.now - 2 * HOUR],
  }]);
  app.time.now += 2_000;
  match((await reasons(app)).jobs!, /^summarize-days runs since 2026-01-02T/);
});

testOnBothEngines("not ready: the clock was set back behind a job and the newest items", async (app) => {
  await app.send("PUT", "/channel/ahead", {});
  await app.request("/channel/ahead", { method: "POST", body: "x" });
  await app.request("/jobs/sweep/run", { method: "POST" });
  app.time.now -= 9_000;
  deepEqual(await reasons(app), {}, "machines of one network differ by as much");
  app.time.now -= HOUR;
  const found = await reasons(app);
  match(found.clock!, /^it says 2026-01-02T02:.* a job was started at 2026-01-02T03:/);
  match(found.channels!, /more than 10 s ahead of the clock .* in: ahead$/);
});

Deno.test("not ready: a newer Runnel has changed the schema", async () => {
  await using app = await createTestApp();
  await app.database.commits.execute([{
    sql: `INSERT INTO schema_migration VALUES (9999, 'future', 0)`,
    args: [],
  }]);
  match((await reasons(app)).schema!, /^the database has schema version 9999, this process \d+$/);
});

Deno.test("not ready within seconds while another process locks the database, ready after it", async () => {
  await using app = await createTestApp();
  const other = new Database(app.database.file!);
  other.exec("BEGIN IMMEDIATE");
  equal((await reasons(app)).writes, "another process locks the database");
  other.exec("ROLLBACK");
  other.close();
  await app.database.commits.drain();
  app.time.now += 2_000;
  deepEqual(await reasons(app), {});
  equal(app.log.at(-1), "ready again");
});

Deno.test("only keys with metrics:read or admin see the reasons", async () => {
  await using app = await createTestApp({ diskReserveBytes: 2 ** 50 });
  const key = async (scope: "metrics:read" | "admin" | "channels:read") => ({
    Authorization: `Bearer ${await app.services.keys.add(scope.replace(":", "-"), [scope], null)}`,
  });
  const keys = [await key("metrics:read"), await key("admin"), await key("channels:read"), {}];
  const seen = [];
  for (const headers of keys) seen.push(Object.keys(await reasons(app, headers)).length);
  deepEqual(seen, [1, 1, 0, 0]);
  const { detail } = await (await app.request("/ready")).json();
  equal(detail, "some checks fail: a key with metrics:read sees which");
});

Deno.test("a process answers /ready: 200, and 503 with a reserve that its disk lacks", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  for (const [reserve, status] of [["0", 200], [String(2 ** 50), 503]] as const) {
    await using process = await startProcess({ database, env: { DISK_RESERVE_BYTES: reserve } });
    const answer = await fetch(`${process.url}/ready`);
    const text = await answer.text();
    equal(answer.status, status, text);
    ok(text.includes(status === 200 ? '"ready":true' : "DISK_RESERVE_BYTES"), text);
  }
});
