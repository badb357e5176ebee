import { deepEqual, equal, match, notEqual, ok, rejects } from "../support/assert.ts";
import { ROUTES } from "../../routes/app.ts";
import { createKeyStore } from "../../db/keys.ts";
import { ApiKeys, SCOPES } from "../../domain/access/keys.ts";
import { CALM_MS, Poll } from "../../domain/live/poll.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";

const HOUR = 3_600_000;

testOnBothEngines(
  "without a key everything is open, with one everything but the public routes asks for it",
  async (app) => {
    equal((await app.request("/channel")).status, 200);
    const key = await app.services.keys.add("reader", ["channels:read"], null);

    const missing = await app.request("/channel");
    equal(missing.status, 401);
    equal(missing.headers.get("www-authenticate"), "Bearer");
    match((await missing.json()).detail, /Authorization: Bearer/);
    equal((await app.request("/health")).status, 200);
    equal((await app.request("/")).status, 200);

    const bearer = { headers: { Authorization: `Bearer ${key}` } };
    equal((await app.request("/channel", bearer)).status, 200);
    equal((await app.request(`/channel?access_token=${key}`)).status, 200);
    equal((await app.request("/channel", { headers: { Authorization: `Bearer ${key}x` } })).status, 401);
    equal((await app.request("/channel", { headers: { Authorization: key } })).status, 401);
  },
);

testOnBothEngines("a scope allows its area and nothing else; admin allows everything", async (app) => {
  const reader = await app.services.keys.add("reader", ["channels:read"], null);
  const admin = await app.services.keys.add("root", ["admin"], null);
  const post = (key: string) =>
    app.request("/channel", {
      method: "POST",
      body: '{"name":"a"}',
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    });
  const refused = await post(reader);
  equal(refused.status, 403);
  match((await refused.json()).detail, /channels:write/);
  equal((await post(admin)).status, 201);
  // A key in the address would be sent by any page that can make a browser post.
  equal((await app.request(`/channel/a?access_token=${admin}`, { method: "POST", body: "x" })).status, 401);
});

testOnBothEngines("expired and revoked keys are refused", async (app) => {
  await app.services.keys.add("other", ["admin"], null);
  const key = await app.services.keys.add("short", ["channels:read"], app.time.now + HOUR);
  const status = async () =>
    (await app.request("/channel", { headers: { Authorization: `Bearer ${key}` } })).status;
  equal(await status(), 200);
  app.time.now += HOUR;
  equal(await status(), 401);
  app.time.now -= 1;
  equal(await status(), 200);
  equal(await app.services.keys.revoke("short"), true);
  equal(await app.services.keys.revoke("short"), false);
  equal(await status(), 401);
});

testOnBothEngines("a revoked key is refused at once, though the keys were being read before", async (app) => {
  const store = createKeyStore(app.database);
  let delay = Promise.resolve();
  const keys = new ApiKeys(
    {
      ...store,
      async marked() {
        const read = await store.marked();
        await delay;
        return read;
      },
    },
    new Poll(CALM_MS.file),
    () => app.time.now,
  );
  await keys.add("other", ["admin"], null);
  const secret = await keys.add("ci", ["channels:read"], null);
  const { promise, resolve } = Promise.withResolvers<void>();
  delay = promise;
  const reading = keys.refresh();
  // Reads follow each other: that of the keys is done.
  await app.database.query("SELECT 1");
  const revoking = keys.revoke("ci");
  // Gone from the database, while what was read before has not arrived.
  const isKept = async () => (await store.all()).some(({ name, isRevoked }) => name === "ci" && !isRevoked);
  while (await isKept()) { /* until the commit */ }
  resolve();
  await Promise.all([reading, revoking]);
  equal(keys.isFresh, true);
  equal(keys.allows(secret, "channels:read", "nobody"), false);
});

testOnBothEngines(
  "a key that is rotated has another secret, and the one before for as long as was asked",
  async (app) => {
    const { keys } = app.services;
    await keys.add("other", ["admin"], null);
    const first = await keys.add("ci", ["channels:read"], app.time.now + 10 * HOUR);
    const status = async (key: string) =>
      (await app.request("/channel", { headers: { Authorization: `Bearer ${key}` } })).status;
    const second = await keys.rotate("ci", 2 * HOUR);
    deepEqual([await status(first), await status(second)], [200, 200]);
    app.time.now += 2 * HOUR;
    deepEqual([await status(first), await status(second)], [401, 200]);
    const third = await keys.rotate("ci", 24 * HOUR);
    deepEqual([await status(first), await status(second), await status(third)], [401, 200, 200]);
    app.time.now += 8 * HOUR;
    deepEqual([await status(second), await status(third)], [401, 401], "it expires when it always did");
    await rejects(keys.rotate("ci", 0), /has expired/);
    const last = await keys.rotate("other", 0);
    await keys.revoke("other");
    equal(await status(last), 401);
  },
);

testOnBothEngines("a key shows the hour of its last use, which is written once an hour", async (app) => {
  const key = await app.services.keys.add("ci", ["channels:read"], null);
  const use = async () => {
    await app.request("/channel", { headers: { Authorization: `Bearer ${key}` } });
    await app.database.commits.drain();
    return (await app.services.keys.list())[0]!.usedAt;
  };
  equal((await app.services.keys.list())[0]!.usedAt, null);
  const hour = app.time.now - app.time.now % HOUR;
  equal(await use(), hour);
  const commits = app.database.commits.figures.times.count;
  app.time.now += 60_000;
  equal(await use(), hour);
  equal(app.database.commits.figures.times.count, commits);
  app.time.now += HOUR;
  equal(await use(), hour + HOUR);
});

testOnBothEngines("only hashes are stored", async (app) => {
  const key = await app.services.keys.add("reader", ["channels:read"], null);
  const [row] = await app.database.query("SELECT * FROM api_key");
  equal(row!.some((value) => String(value).includes(key) || String(value).includes(key.slice(4))), false);
  match(String(row![0]), /^[0-9a-f]{64}$/);
  notEqual(await app.services.keys.add("second", ["channels:read"], null), key);
});

Deno.test("every route names a scope that keys can have, and few are public", () => {
  ok(ROUTES.length > 10);
  const known: readonly string[] = ["public", "person", ...SCOPES];
  for (const { method, path, access } of ROUTES) {
    ok(known.includes(access), `${method} ${path} names ${access}`);
  }
  // These ask for a password or a chat system's signature instead of a key.
  const open = ROUTES.filter(({ access }) => access === "public").map(({ path }) => path)
    .filter((path) => !/^\/api\/(auth|ingest)(\/|$)/.test(path));
  deepEqual(open.toSorted(), [
    "/",
    "/docs",
    "/docs/:file",
    "/docs/errors",
    "/health",
    "/openapi.json",
    "/ready",
  ]);
});

Deno.test("few routes let the key be checked later than before their handlers", () => {
  const later = ROUTES.filter(({ keyChecking }) => keyChecking !== "before")
    .map(({ method, path, keyChecking }) => `${method} ${path} ${keyChecking}`);
  // A handler of `beside` only reads; one of `in-commit` stores nothing that does not depend on its call's check.
  deepEqual(later.toSorted(), [
    "GET /channel/:name/:id beside",
    "GET /channel/:name/latest beside",
    "POST /channel/:name in-commit",
  ]);
});

Deno.test("where others can reach it and there is no key, nobody is let in", async () => {
  await using app = await createTestApp();
  const remote = await app.fetch("/channel", { isLocal: () => false });
  equal(remote.status, 401);
  match((await remote.json()).detail, /runnel keys add/);
  equal((await app.fetch("/health", { isLocal: () => false })).status, 200);
});
