import { deepEqual, equal, match } from "../support/assert.ts";
import { createTestApp, START, testOnBothEngines } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { logIn, post, stats } from "./support.ts";

const DAY = 86_400_000;
const URL_OF_TOWN = "/api/conversations/town/messages";
const representatives = async (app: Parameters<typeof stats>[0], token: string) =>
  (await stats(app, token, "representative_messages/town")).data.map(({ message }: { message: string }) =>
    message
  );

testOnBothEngines("the same message again updates it, and a deleted one stays deleted", async (app) => {
  const token = await logIn(app, "ann", ["town"]);
  const send = (message: string) => post(app, "town", { id: "7", username: "ann", message });
  deepEqual(await send("the disk of the server is full"), ["7"]);
  deepEqual(await representatives(app, token), ["the disk of the server is full"]);
  await send("the memory of the server is full");
  deepEqual(await representatives(app, token), ["the memory of the server is full"]);
  const remove = () => app.request(`${URL_OF_TOWN}/7`, { method: "DELETE" });
  equal((await remove()).status, 204);
  equal((await remove()).status, 404);
  await send("the memory of the server is full");
  deepEqual(await representatives(app, token), []);
  equal((await app.request("/api/conversations/none/messages/7", { method: "DELETE" })).status, 404);
  deepEqual(await app.database.query("SELECT count(*) FROM conversation"), [[1]]);
});

testOnBothEngines("messages without ids get one, and equal texts are messages of their own", async (app) => {
  const ids = await post(app, "town", [
    { username: "ann", message: "again" },
    { username: "ann", message: "again" },
  ]);
  for (const id of ids) match(id, /^[\w-]{36}$/);
  deepEqual(await app.database.query("SELECT count(*) FROM message"), [[2]]);
});

testOnBothEngines("many clients at once lose nothing", async (app) => {
  const sent = Array.from(
    { length: 300 },
    (_, i) =>
      app.send("POST", `/api/conversations/c${i % 7}/messages`, {
        id: `${i}`,
        username: `u${i % 5}`,
        message: "hello",
      }),
  );
  for (const response of await Promise.all(sent)) equal(response.status, 201);
  deepEqual(await app.database.query("SELECT count(*), count(DISTINCT conversation) FROM message"), [[
    300,
    7,
  ]]);
  deepEqual(
    await app.database.query("SELECT count(*) FROM member"),
    [[0]],
    "who writes is no member for that",
  );
});

Deno.test("bad messages are 400 with each wrong part, all or nothing", async () => {
  await using app = await createTestApp();
  const good = { username: "ann", message: "hello" };
  const wrong: [unknown, string][] = [
    [{}, "username"],
    [{ ...good, message: "" }, "message"],
    [{ ...good, message: 5 }, "message"],
    [{ ...good, message: "x".repeat(40_001) }, "message"],
    [{ ...good, message: "nul \0" }, "message"],
    [{ ...good, message: "\ud800" }, "message"],
    [{ ...good, timestamp: "now" }, "timestamp"],
    [{ ...good, timestamp: "2026-02-30T00:00:00" }, "timestamp"],
    [{ ...good, timestamp: "1969-12-31T23:59:59Z" }, "timestamp"],
    [{ ...good, id: "" }, "id"],
    [[good, { ...good, username: null }], "1.username"],
    [[], ""],
    ["text", ""],
    [null, ""],
  ];
  for (const [body, path] of wrong) {
    const response = await app.send("POST", URL_OF_TOWN, body);
    equal(response.status, 400, JSON.stringify(body)?.slice(0, 80));
    equal(response.headers.get("content-type"), "application/problem+json");
    equal((await response.json()).errors[0].path, path);
  }
  equal((await app.send("POST", URL_OF_TOWN, Array(10_001).fill(good))).status, 400);
  const long = await app.send("POST", `/api/conversations/${"x".repeat(129)}/messages`, good);
  equal(long.status, 400);
  deepEqual(await app.database.query("SELECT count(*) FROM conversation"), [[0]]);
  equal(app.log.length, 0);
});

Deno.test("messages need a key with conversations:write once there is a key; statistics never open", async () => {
  await using app = await createTestApp();
  equal((await app.request("/api/stats/pulse")).status, 401);
  const reader = await app.services.keys.add("reader", ["conversations:read"], null);
  const writer = await app.services.keys.add("writer", ["conversations:write"], null);
  const send = (key?: string) =>
    app.request(URL_OF_TOWN, {
      method: "POST",
      body: '{"username": "ann", "message": "hello"}',
      headers: { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) },
    });
  equal((await send()).status, 401);
  equal((await send(reader)).status, 403);
  equal((await send(writer)).status, 201);
  equal((await stats(app, writer, "pulse")).status, 401);
});

testOnBothEngines("messages past their time are invisible at once and swept later", async (app) => {
  await post(app, "town", { id: "old", username: "ann", message: "the old bridge is closed today" });
  app.time.now = START + 10 * DAY;
  await post(app, "town", { id: "new", username: "bob", message: "the new bridge is open today" });
  const { daily } = app.services.conversations;
  equal(await daily.write(), 1);
  app.time.now = START + 365 * DAY;
  const token = await logIn(app, "ann");
  const since = await app.request("/api/stats/summary/town", {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    body: '{"time": "2026-01-01T00:00:00Z"}',
  });
  equal((await since.json()).data.summary, "bob: the new bridge is open today.");
  deepEqual(await app.database.query("SELECT count(*) FROM message"), [[2]]);
  await app.services.conversations.sweep();
  deepEqual(await app.database.query("SELECT origin FROM message"), [["new"]]);
});

Deno.test("what was acknowledged survives SIGKILL, and no batch is there in part", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const acknowledged: string[] = [];
  let batch = 0;
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  await using first = await startProcess({ database });
  const writers = Array.from({ length: 8 }, async () => {
    while (true) {
      const ids = [`${++batch}-a`, `${batch}-b`];
      const messages = ids.map((id) => ({ id, username: "ann", message: "hello" }));
      const body = JSON.stringify(messages);
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(`${first.url}${URL_OF_TOWN}`, { method: "POST", body, headers }).catch(
        () => null,
      );
      const answer = await response?.json().catch(() => undefined);
      if (answer === undefined) return;
      acknowledged.push(...ids);
      if (acknowledged.length > 400) resolve();
    }
  });
  await enough;
  await first.end("SIGKILL");
  await Promise.all(writers);
  await using app = await createTestApp({ database });
  const stored = (await app.database.query("SELECT origin FROM message")).map(([id]) => id as string);
  equal(acknowledged.every((id) => stored.includes(id)), true);
  equal(stored.filter((id) => id.endsWith("a")).length, stored.filter((id) => id.endsWith("b")).length);
});
