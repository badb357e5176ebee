import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { describeConfig } from "../../config/mod.ts";
import { areaOfTable } from "../../domain/operation/storage.ts";
import { History, type Sample } from "../../routes/operation/history.ts";
import { createTestApp, START } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const bearer = (secret: string) => ({
  Authorization: `Bearer ${secret}`,
  "Content-Type": "application/json",
});

Deno.test("keys are made, listed and revoked over HTTP; the secret is answered once", async () => {
  await using app = await createTestApp();
  const made = await app.send("POST", "/keys", { name: "root", scopes: ["admin"] });
  equal(made.status, 201);
  const root = (await made.json()).secret;
  match(root, /^rnl_/);
  equal((await app.request("/keys")).status, 401);
  const as = (method: string, path: string, body?: unknown) =>
    app.request(path, {
      method,
      headers: bearer(root),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const sensors = await (await as("POST", "/keys", { name: "sensors", scopes: ["channels:read"], days: 2 }))
    .json();
  equal(sensors.expires, new Date(START + 2 * 86_400_000).toISOString());
  equal((await app.request("/channel", { headers: bearer(sensors.secret) })).status, 200);
  equal((await app.request("/keys", { headers: bearer(sensors.secret) })).status, 403);
  const listed = await (await as("GET", "/keys")).text();
  deepEqual(JSON.parse(listed).keys.map(({ name }: { name: string }) => name), ["root", "sensors"]);
  equal(listed.includes("rnl_"), false);
  equal((await as("DELETE", "/keys/sensors")).status, 204);
  equal((await as("DELETE", "/keys/sensors")).status, 404);
  equal((await app.request("/channel", { headers: bearer(sensors.secret) })).status, 401);
  const { entries } = await (await as("GET", "/audit")).json();
  deepEqual(entries.map((entry: Record<string, string>) => [entry.actor, entry.action, entry.subject]), [
    ["root", "delete", "/keys/sensors"],
    ["root", "add key", "sensors (channels:read)"],
    ["without a key", "add key", "root (admin)"],
  ]);
});

Deno.test("POST /keys refuses what is wrong, and a first key that could make no other", async () => {
  await using app = await createTestApp();
  for (
    const body of [
      {},
      null,
      { name: "a" },
      { name: "a", scopes: [] },
      { name: "a", scopes: ["everything"] },
      { name: "..", scopes: ["admin"] },
      { name: "a b", scopes: ["admin"] },
      { name: "a", scopes: ["admin"], days: 0 },
      { name: "a", scopes: ["admin"], days: 1e9 },
      { name: "a", scopes: ["admin"], hours: 1 },
      { name: "a", scopes: ["channels:read"] },
    ]
  ) equal((await app.send("POST", "/keys", body)).status, 400, JSON.stringify(body));
  equal((await app.send("POST", "/keys", { name: "a", scopes: ["admin"] })).status, 201);
  equal((await app.send("POST", "/keys", { name: "b", scopes: ["admin"] })).status, 401);
});

Deno.test("the configuration has every setting, and no secret", async () => {
  const environment: Record<string, string> = {
    TOKEN_SECRET: "a secret of forty letters, or a few more",
    SUMMARIZER_KEY: "hidden",
    MATTERMOST_URL: "https://ann:hidden@chat.example.com/?token=hidden",
    PORT: "9000",
  };
  const configuration = describeConfig((name) => environment[name]);
  const of = (wanted: string) => configuration.find(({ name }) => name === wanted)!;
  equal(of("MATTERMOST_URL").value, "https://chat.example.com");
  deepEqual([of("TOKEN_SECRET").value, of("TOKEN_SECRET").isSet], [undefined, true]);
  deepEqual([of("PORT").value, of("PORT").isSet, of("HOST").isSet], ["9000", true, false]);
  equal(/hidden|forty letters/.test(JSON.stringify(configuration)), false);
  await using app = await createTestApp({ configuration });
  deepEqual((await (await app.request("/configuration")).json()).settings, configuration);
});

Deno.test("the storage is measured by area, and every table belongs to one or is the process's own", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  await app.request("/channel/c", { method: "POST", body: "x".repeat(1 << 20) });
  const { areas, file, log } = await (await app.request("/storage?areas=true")).json();
  ok(areas.channels > 1 << 20, `${areas.channels}`);
  ok(file + log > areas.channels);
  equal((await (await app.request("/storage")).json()).areas, undefined);
  equal((await app.request("/storage?areas=perhaps")).status, 400);
  const tables = await app.database.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1");
  deepEqual(
    tables.map(([name]) => name as string).filter((name) =>
      !/^(sqlite|_)/.test(name) && areaOfTable(name) === "other"
    ),
    ["api_key", "audit", "job", "progress", "schema_migration", "server_secret"],
  );
});

Deno.test("figures grow with what was done, by area, and a restart begins with none", async () => {
  await using app = await createTestApp();
  equal((await (await app.request("/figures")).json()).points.length, 0);
  await app.send("PUT", "/channel/c", {});
  for (let i = 0; i < 3; i++) await app.request("/channel/c", { method: "POST", body: "x" });
  await app.send("PUT", "/api/store/A/B", { close: { "2020-01-02": 1 } });
  app.time.now += 60_000;
  const { points, everyMillis } = await (await app.request("/figures?last=1h&every=1m")).json();
  equal(everyMillis, 60_000);
  equal(points.length, 1);
  deepEqual(points[0].changes, { channels: 4, profiles: 0, series: 1, sessions: 0, conversations: 0 });
  ok(points[0].writes >= 5 && points[0].commits >= 1 && points[0].memory > 0);
  equal(points[0].time, new Date(app.time.now).toISOString());
  for (const query of ["last=2d", "every=soon", "first=1h"]) {
    equal((await app.request(`/figures?${query}`)).status, 400, query);
  }
});

Deno.test("History keeps a day, whatever comes", () => {
  const history = new History();
  const changes = { channels: 0, profiles: 0, series: 0, sessions: 0, conversations: 0 };
  const sample = (i: number): Sample => ({
    time: i * 10_000,
    requests: 2 * i,
    faults: 0,
    commits: i,
    writes: 3 * i,
    commitMillis: i / 2,
    memory: i,
    databaseBytes: 0,
    subscribers: 0,
    waiting: 0,
    changes: { ...changes, series: i },
  });
  for (let i = 0; i < 20_000; i++) history.add(sample(i));
  const points = history.stretches(0, 600_000);
  equal(points.length, 144);
  deepEqual(points.at(-1), {
    ...sample(60),
    time: 199_990_000,
    millis: 600_000,
    memory: 19_999,
  });
  equal(history.stretches(199_990_000, 600_000).length, 0);
});

Deno.test("faults are listed with the ids of their requests, and backups with their sizes", async () => {
  await using folder = await temporaryFolder();
  await using app = await createTestApp({
    backupPlan: { folder: folder.path, everyMillis: 1, keep: 2 },
  });
  deepEqual((await (await app.request("/faults")).json()).faults, []);
  for (let i = 0; i < 3; i++) {
    app.time.now += 60_000;
    equal((await app.request("/jobs/backup/run", { method: "POST" })).status, 200);
  }
  const { plan, backups } = await (await app.request("/backups")).json();
  deepEqual(plan, { folder: folder.path, everyMillis: 1, keep: 2 });
  equal(backups.length, 2);
  ok(backups[0].time > backups[1].time && backups[0].bytes > 4096);
  await app.database.engine.close();
  const failed = await app.request("/channel", { headers: { "X-Request-Id": "look-for-me" } });
  ok(failed.status >= 500);
  const { faults } = await (await app.request("/faults")).json();
  deepEqual([faults[0].requestId, faults[0].request], ["look-for-me", "GET /channel"]);
});

Deno.test("the first page of a process leaves nothing in its log", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const page = await fetch(`${runnel.url}/`, { headers: { Accept: "text/html" } });
  match(await page.text(), /<title>Runnel/);
  await (await fetch(`${runnel.url}/sweep`, { method: "POST" })).text();
  await runnel.end("SIGTERM");
  equal(runnel.log().trim(), `Runnel listens on ${runnel.url}/`);
});
