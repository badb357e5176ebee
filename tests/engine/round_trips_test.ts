import { deepEqual, equal, ok } from "../support/assert.ts";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";
import { startLibsqlServer } from "../support/libsql_server.ts";
import { openLine } from "../support/line.ts";

const MINUTE_MS = 60_000;

/** Until metadata of channels, which is trusted for 200 ms, is no longer. */
const metadataAged = () => new Promise((resolve) => setTimeout(resolve, 210));

async function insert(app: TestApp, key?: string): Promise<Response> {
  const headers = key === undefined ? undefined : { Authorization: `Bearer ${key}` };
  return await app.request("/channel/far", { method: "POST", body: "item", ...(headers && { headers }) });
}

Deno.test("over a network, insert, read by id and latest cost one round trip, after idleness, too", async () => {
  await using server = await startLibsqlServer();
  await using line = openLine(server.url);
  await using app = await createTestApp({ database: line.url });
  await app.send("POST", "/channel", { name: "far" });
  const { id } = await (await insert(app)).json();
  const asks: [string, number, () => Promise<Response>][] = [
    ["insert", 201, () => insert(app)],
    ["read by id", 200, () => app.request(`/channel/far/${id}`)],
    ["latest", 303, () => app.request("/channel/far/latest")],
  ];
  for (const [name, status, ask] of asks) {
    await line.count(ask);
    for (const isIdle of [true, false, true]) {
      if (isIdle) {
        app.time.now += MINUTE_MS;
        await metadataAged();
      }
      const trips = await line.count(async () => equal((await ask()).status, status));
      // A read in a row may be answered from memory.
      ok(isIdle ? trips === 1 : trips <= 1, `${name}: ${trips} round trips`);
    }
  }
});

Deno.test("followers of many channels cost five round trips a second together, nobody costs none", async () => {
  await using server = await startLibsqlServer();
  await using line = openLine(server.url);
  await using app = await createTestApp({ database: line.url });
  const names = ["a", "b", "c"];
  for (const name of names) await app.send("POST", "/channel", { name });
  await app.services.webhooks.start();
  const second = () => new Promise((resolve) => setTimeout(resolve, 1_000));
  equal(await line.count(second), 0);
  const { hub, keys, channels } = app.services;
  const watches = await Promise.all(names.map(async (name) => hub.watch((await channels.get(name)).id, 0n)));
  const watchKeys = () => keys.watch(undefined, "channels:read", "everybody", () => {});
  const stops = [watchKeys(), watchKeys()];
  const began = performance.now(), trips = await line.count(second);
  const most = Math.ceil((performance.now() - began) / 200);
  for (const watch of watches) watch[Symbol.dispose]();
  for (const stop of stops) stop();
  ok(trips > 0 && trips <= most, `${trips} round trips, ${most} looks`);
  equal(await line.count(second), 0);
});

Deno.test("a process without followers looks for webhooks in one round trip, as seldom as it is told to", async () => {
  await using server = await startLibsqlServer();
  await using line = openLine(server.url);
  const calmPollMillis = 100;
  await using app = await createTestApp({ database: line.url, calmPollMillis });
  await app.services.webhooks.start();
  const began = performance.now();
  const trips = await line.count(() => new Promise((resolve) => setTimeout(resolve, 1_000)));
  const most = Math.ceil((performance.now() - began) / calmPollMillis);
  ok(trips > 0 && trips <= most, `${trips} round trips, ${most} looks`);
});

Deno.test("jobs of a process that changes nothing ask the server nothing, until something changes", async () => {
  await using server = await startLibsqlServer();
  await using line = openLine(server.url);
  await using app = await createTestApp({ database: line.url });
  await app.send("POST", "/channel", { name: "far" });
  const round = async () => {
    app.time.now += MINUTE_MS;
    for (const name of ["sweep", "sync-conversations", "summarize-days", "backup"]) {
      await app.services.jobs.runScheduled(name);
    }
  };
  ok(await line.count(round) > 0);
  for (let minute = 0; minute < 3; minute++) equal(await line.count(round), 0);
  await insert(app);
  ok(await line.count(round) > 0);
  equal(await line.count(round), 0);
  app.time.now += 15 * MINUTE_MS;
  ok(await line.count(round) > 0, "what expires with time is swept all the same");
  deepEqual(app.log, []);
});

testOnBothEngines(
  "after idleness, a key that was revoked elsewhere stores and reads nothing",
  async (app) => {
    await app.send("POST", "/channel", { name: "far" });
    await using other = await createTestApp({ database: app.databaseUrl });
    const all = ["channels:read", "channels:write"] as const;
    const revoked = await other.services.keys.add("revoked", all, null);
    const kept = await other.services.keys.add("kept", all, null);
    app.time.now += MINUTE_MS;
    const { id } = await (await insert(app, revoked)).json();
    equal((await insert(app, kept)).status, 201);
    await other.services.keys.revoke("revoked");
    app.time.now += MINUTE_MS;
    const answers = await Promise.all([insert(app, kept), insert(app, revoked), insert(app, kept)]);
    deepEqual(answers.map(({ status }) => status), [201, 401, 201]);
    deepEqual(await app.database.query("SELECT count(*) FROM item"), [[4]]);

    await other.services.keys.revoke("kept");
    app.time.now += MINUTE_MS;
    const headers = { Authorization: `Bearer ${kept}` };
    equal((await app.request(`/channel/far/${id}`, { headers })).status, 401);
    equal((await app.request("/channel/far/latest", { headers })).status, 401);
  },
);

testOnBothEngines("after idleness, the first key that was made elsewhere closes the door", async (app) => {
  await app.send("POST", "/channel", { name: "far" });
  const { id } = await (await insert(app)).json();
  await using other = await createTestApp({ database: app.databaseUrl });
  const key = await other.services.keys.add("first", ["channels:read", "channels:write"], null);
  app.time.now += MINUTE_MS;
  equal((await insert(app)).status, 401);
  deepEqual(await app.database.query("SELECT count(*) FROM item"), [[1]]);
  app.time.now += MINUTE_MS;
  equal((await app.request(`/channel/far/${id}`)).status, 401);
  app.time.now += MINUTE_MS;
  equal((await insert(app, key)).status, 201);
});

testOnBothEngines("after idleness, a channel is what another process made of it", async (app) => {
  await app.send("POST", "/channel", { name: "far" });
  const { id } = await (await insert(app)).json();
  await using other = await createTestApp({ database: app.databaseUrl });

  await other.send("PATCH", "/channel/far", { maxItems: 2 });
  for (let i = 0; i < 3; i++) equal((await insert(app)).status, 201);
  deepEqual(await app.database.query("SELECT count(*) FROM item"), [[2]]);
  await metadataAged();
  equal((await app.request(`/channel/far/${id}`)).status, 404);

  await other.request("/channel/far", { method: "DELETE" });
  await other.send("POST", "/channel", { name: "far" });
  // Ids begin with the time: the new channel's items have others.
  app.time.now += MINUTE_MS;
  const again = await insert(app);
  equal(again.status, 201);
  await metadataAged();
  const { id: newest } = await again.json();
  equal((await app.request(`/channel/far/${newest}`)).status, 200);
  equal((await app.request(`/channel/far/${id}`)).status, 404);

  await other.request("/channel/far", { method: "DELETE" });
  equal((await insert(app)).status, 404);
});

testOnBothEngines("after idleness, keys that cannot be read let nobody in", async (app) => {
  await app.send("POST", "/channel", { name: "far" });
  const key = await app.services.keys.add("ci", ["channels:read", "channels:write"], null);
  const { id } = await (await insert(app, key)).json();
  await app.database.commits.execute([{ sql: "ALTER TABLE api_key RENAME TO lost", args: [] }]);
  app.time.now += MINUTE_MS;
  await metadataAged();
  const headers = { Authorization: `Bearer ${key}` };
  const answers = await Promise.all([
    insert(app, key),
    app.request(`/channel/far/${id}`, { headers }),
    app.request("/channel/far/latest", { headers }),
  ]);
  deepEqual(answers.map(({ status }) => status), [500, 500, 500]);
  deepEqual(await app.database.query("SELECT count(*) FROM item"), [[1]]);
});

testOnBothEngines("after idleness, whoever is refused learns nothing of a channel", async (app) => {
  await using other = await createTestApp({ database: app.databaseUrl });
  const key = await other.services.keys.add("ci", ["channels:read", "channels:write"], null);
  const reader = await other.services.keys.add("reader", ["channels:read"], null);
  app.time.now += MINUTE_MS;
  equal((await insert(app, key)).status, 404);
  app.time.now += MINUTE_MS;
  equal((await insert(app, reader)).status, 403);
  await other.services.keys.revoke("ci");
  app.time.now += MINUTE_MS;
  equal((await insert(app, key)).status, 401);
  app.time.now += MINUTE_MS;
  equal(
    (await app.request("/channel/far/latest", { headers: { Authorization: `Bearer ${key}` } })).status,
    401,
  );
});

testOnBothEngines(
  "a channel's number that was given anew takes nothing that was meant for another",
  async (app) => {
    await app.send("POST", "/channel", { name: "far" });
    equal((await insert(app)).status, 201);
    // As a database that was restored from an older state may have it.
    await app.database.commits.execute([{ sql: "UPDATE channel SET name = 'near'", args: [] }]);
    equal((await insert(app)).status, 404);
    deepEqual(await app.database.query("SELECT item_count FROM channel"), [[1]]);
  },
);

testOnBothEngines("more keys than a commit compares are read before something is stored", async (app) => {
  await app.send("POST", "/channel", { name: "far" });
  const key = await app.services.keys.add("ci", ["channels:write"], null);
  const rows = Array.from({ length: 120 }, (_, i) => `('${i}', 'k${i}', '[]', 0)`).join();
  await app.database.commits.execute([{
    sql: `INSERT INTO api_key (hash, name, scopes, created_at) VALUES ${rows}`,
    args: [],
  }]);
  for (const status of [201, 201]) {
    app.time.now += MINUTE_MS;
    equal((await insert(app, key)).status, status);
  }
  equal(app.services.keys.mark, undefined);
  await using other = await createTestApp({ database: app.databaseUrl });
  await other.services.keys.revoke("ci");
  app.time.now += MINUTE_MS;
  equal((await insert(app, key)).status, 401);
  deepEqual(await app.database.query("SELECT count(*) FROM item"), [[2]]);
});
