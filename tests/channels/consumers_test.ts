import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

interface Item {
  readonly id: string;
  readonly data: string;
  readonly delivery: number;
  readonly lease: string;
}

const AT = "/channel/c/consumers/w";
const setUp = async (app: TestApp, settings: unknown = { start: "earliest" }) => {
  await app.send("PUT", "/channel/c", {});
  const answer = await app.send("PUT", AT, settings);
  equal(answer.status, 201, await answer.clone().text());
};
const insert = async (app: TestApp, ...bodies: string[]) => {
  const answer = await app.request("/channel/c/bulk", {
    method: "POST",
    body: bodies.map((body) => JSON.stringify(body)).join("\n"),
    headers: { "Content-Type": "application/x-ndjson" },
  });
  return (await answer.json()).ids as string[];
};
const pull = async (app: TestApp, body: unknown = {}): Promise<Item[]> =>
  (await (await app.send("POST", `${AT}/pull`, body)).json()).items;
const settle = async (app: TestApp, action: string, body: unknown) => {
  const answer = await app.send("POST", `${AT}/${action}`, body);
  return [answer.status, (await answer.json()).items];
};
const look = async (app: TestApp) => await (await app.request(AT)).json();
const words = (items: Item[]) => items.map(({ data }) => JSON.parse(data));

testOnBothEngines(
  "workers share a channel: each item is held by one, and done once acknowledged",
  async (app) => {
    await setUp(app);
    const ids = await insert(app, "a", "b", "c", "d");
    const first = await pull(app, { max: 2 }), second = await pull(app, { max: 10 });
    deepEqual([words(first), words(second)], [["a", "b"], ["c", "d"]]);
    ok(first[0]!.lease !== second[0]!.lease);
    deepEqual(await pull(app), []);
    let { cursor, inFlight, lag } = await look(app);
    deepEqual([inFlight, lag.items], [4, 4]);
    deepEqual(await settle(app, "ack", { ids: [ids[1], ids[0]] }), [200, 2]);
    deepEqual(await settle(app, "ack", { ids: [ids[1]] }), [200, 0], "twice is once");
    deepEqual(await settle(app, "ack", { upTo: ids[3] }), [200, 2]);
    ({ cursor, inFlight, lag } = await look(app));
    deepEqual([cursor, inFlight, lag], [ids[3], 0, { items: 0, atLeast: false, millis: 0 }]);
  },
);

testOnBothEngines("what is not acknowledged in time is given out again, to whoever asks", async (app) => {
  await setUp(app, { start: "earliest", ackWait: "10s" });
  const [a, b] = await insert(app, "a", "b");
  const held = await pull(app);
  app.time.now += 9_000;
  deepEqual(await settle(app, "extend", { ids: [a], lease: held[0]!.lease }), [200, 1]);
  app.time.now += 1_001;
  const again = await pull(app);
  deepEqual([words(again), again[0]!.delivery], [["b"], 2]);
  deepEqual(
    (await settle(app, "ack", { ids: [a, b], lease: held[0]!.lease }))[0],
    409,
    "b is somebody else's",
  );
  equal((await look(app)).inFlight, 2, "and nothing changed");
  deepEqual(await settle(app, "ack", { ids: [b], lease: again[0]!.lease }), [200, 1]);
  deepEqual(await settle(app, "ack", { upTo: b, lease: held[0]!.lease }), [200, 1]);
  equal((await look(app)).redeliveries, 1);
});

testOnBothEngines("nack gives back at once or after a delay", async (app) => {
  await setUp(app);
  const [a, b] = await insert(app, "a", "b");
  await pull(app);
  deepEqual(await settle(app, "nack", { ids: [b] }), [200, 1]);
  deepEqual(await settle(app, "nack", { ids: [a], delay: "5s" }), [200, 1]);
  deepEqual(words(await pull(app)), ["b"]);
  app.time.now += 5_000;
  deepEqual(words(await pull(app)), ["a"]);
});

testOnBothEngines(
  "after maxDeliver an item goes to the dead-letter channel, with headers that say why",
  async (app) => {
    await app.send("PUT", "/channel/failed", { maxItems: 2 });
    await setUp(app, { start: "earliest", maxDeliver: 2, ackWait: "1s", deadLetter: "failed" });
    const [a] = await insert(app, "a", "b", "c");
    for (let i = 0; i < 2; i++) {
      equal((await pull(app)).length, 3);
      app.time.now += 1_001;
    }
    deepEqual(await pull(app), []);
    const { items } = await (await app.request("/channel/failed/earliest/10")).json();
    equal(items.length, 2, "as many as that channel keeps");
    const item = await app.request(new URL(items[0].href).pathname);
    equal(await item.json(), "b");
    equal(item.headers.get("dead-letter-channel"), "c");
    equal(item.headers.get("dead-letter-consumer"), "w");
    equal(item.headers.get("dead-letter-deliveries"), "2");
    match(item.headers.get("dead-letter-item")!, /^[0-9A-V]{16}$/);
    ok(item.headers.get("dead-letter-item") !== a);
    const { inFlight, lag, givenUp, cursor } = await look(app);
    deepEqual([inFlight, lag.items, givenUp], [0, 0, 3]);
    ok(cursor > a!);
  },
);

Deno.test("without a dead-letter channel what is given up is dropped; one that is gone makes it wait", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/failed", {});
  await setUp(app, { start: "earliest", maxDeliver: 1, ackWait: "1s", deadLetter: "failed" });
  await app.request("/channel/failed", { method: "DELETE" });
  await insert(app, "a");
  await pull(app);
  app.time.now += 1_001;
  deepEqual(await pull(app), []);
  equal((await look(app)).exhausted, 1);
  equal((await app.send("PUT", AT, { deadLetter: null })).status, 200);
  await app.services.sweep();
  const { exhausted, givenUp } = await look(app);
  deepEqual([exhausted, givenUp], [0, 1]);
});

testOnBothEngines("a gap is said, and what expired is nobody's any more", async (app) => {
  await setUp(app);
  await app.send("PATCH", "/channel/c", { ttlMillis: 1000 });
  const [a] = await insert(app, "a", "b");
  equal((await pull(app, { max: 1 })).length, 1);
  app.time.now += 2_000;
  const [c] = await insert(app, "c");
  const answer = await (await app.send("POST", `${AT}/pull`, {})).json();
  deepEqual(words(answer.items), ["c"]);
  deepEqual(answer.gap, { after: a, before: c });
  equal((await look(app)).inFlight, 1);
  await app.services.sweep();
  deepEqual(await settle(app, "ack", { upTo: c }), [200, 1]);
});

Deno.test("a consumer starts where it is told, keeps its start, and changes the settings that are named", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  const [a] = await insert(app, "a", "b");
  const starts = { l: "latest", e: "earliest", i: a!, t: new Date(app.time.now + 60_000).toISOString() };
  for (const [name, start] of Object.entries(starts)) {
    equal((await app.send("PUT", `/channel/c/consumers/${name}`, { start })).status, 201);
  }
  await insert(app, "c");
  app.time.now += 60_000;
  await insert(app, "d");
  const counts = await Promise.all(
    Object.keys(starts).map(async (name) => {
      const answer = await app.request(`/channel/c/consumers/${name}/pull`, { method: "POST" });
      return (await answer.json()).items.length;
    }),
  );
  deepEqual(counts, [2, 4, 3, 1]);
  const list = await (await app.request("/channel/c/consumers")).json();
  deepEqual(list.consumers.map(({ name }: { name: string }) => name), ["e", "i", "l", "t"]);
  const at = "/channel/c/consumers/e";
  await app.send("PUT", at, { maxInFlight: 7, filter: { where: ["/a=1"], key: "k" } });
  const changed =
    await (await app.send("PUT", at, { ackWait: "2s", start: "earliest", filter: { key: "j" } })).json();
  deepEqual(
    [changed.maxInFlight, changed.ackWaitMillis, changed.maxDeliver, changed.filter],
    [7, 2000, 5, { key: "j" }],
  );
  equal((await (await app.send("PUT", at, { filter: null })).json()).filter, undefined);
  equal((await app.send("PUT", at, { start: "latest" })).status, 400);
  equal((await app.request(at, { method: "DELETE" })).status, 204);
  equal((await app.request(at)).status, 404);
  equal((await app.request(at, { method: "DELETE" })).status, 404);
});

Deno.test("maxInFlight bounds what all workers hold, and a filter passes over what it does not want", async () => {
  await using app = await createTestApp();
  await setUp(app, { start: "earliest", maxInFlight: 3, filter: { where: ["/n=2"] } });
  const bodies = Array.from({ length: 40 }, (_, i) => JSON.stringify({ n: i % 4 })).join("\n");
  await app.request("/channel/c/bulk", {
    method: "POST",
    body: bodies,
    headers: { "Content-Type": "application/x-ndjson" },
  });
  let seen = 0;
  while (true) {
    const items = await pull(app, { max: 10 });
    if (items.length === 0) break;
    ok(items.length <= 3 && items.every(({ data }) => data === '{"n":2}'), JSON.stringify(items));
    seen += items.length;
    await settle(app, "ack", { ids: items.map(({ id }) => id) });
  }
  equal(seen, 10);
  equal((await look(app)).lag.items, 0);
});

Deno.test("what is wrong is refused and changes nothing", async () => {
  await using app = await createTestApp();
  await setUp(app);
  const [a] = await insert(app, "a");
  const wrong: [string, string, unknown, number][] = [
    ["PUT", AT, { ackwait: "1s" }, 400],
    ["PUT", AT, { ackWait: 30 }, 400],
    ["PUT", AT, { ackWait: "0s" }, 400],
    ["PUT", AT, { filter: { key: "" } }, 400],
    ["PUT", AT, { maxDeliver: 0 }, 400],
    ["PUT", AT, { maxInFlight: 1e9 }, 400],
    ["PUT", AT, { deadLetter: "none" }, 400],
    ["PUT", AT, { deadLetter: "c" }, 400],
    ["PUT", AT, { filter: { where: ["status=open"] } }, 400],
    ["PUT", AT, [], 400],
    ["PUT", "/channel/c/consumers/new", { start: "tomorrow" }, 400],
    ["PUT", "/channel/c/consumers/a-b", {}, 400],
    ["PUT", "/channel/none/consumers/w", {}, 404],
    ["POST", "/channel/none/consumers/w/pull", {}, 404],
    ["POST", "/channel/c/consumers/none/pull", {}, 404],
    ["POST", `${AT}/pull`, { max: 0 }, 400],
    ["POST", `${AT}/pull`, { max: 1e6 }, 400],
    ["POST", `${AT}/pull`, { wait: "2h" }, 400],
    ["POST", `${AT}/ack`, {}, 400],
    ["POST", `${AT}/ack`, { ids: [a], upTo: a }, 400],
    ["POST", `${AT}/ack`, { ids: ["x"] }, 400],
    ["POST", `${AT}/ack`, { ids: [a], delay: "1s" }, 400],
    ["POST", `${AT}/nack`, { ids: [a], delay: "-1s" }, 400],
    ["POST", `${AT}/ack`, { ids: [a], lease: "nobody's" }, 409],
  ];
  for (const [method, path, body, status] of wrong) {
    const answer = await app.send(method, path, body);
    equal(answer.status, status, `${method} ${path} ${JSON.stringify(body)}: ${await answer.text()}`);
  }
  const { lag, maxDeliver } = await look(app);
  deepEqual([lag.items, maxDeliver], [1, 5]);
  equal((await app.request("/channel/c", { method: "DELETE" })).status, 204);
  equal((await app.send("POST", `${AT}/pull`, {})).status, 404);
  await app.send("PUT", "/channel/c", {});
  equal((await app.request(AT)).status, 404, "a new channel of that name has no old consumers");
});

Deno.test("a worker that waits gets an item when it is inserted or given back, also by another process", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using one = await startProcess({ database });
  await using other = await startProcess({ database });
  const send = async (process: typeof one, method: string, path: string, body?: unknown) =>
    await (await fetch(`${process.url}${path}`, {
      method,
      ...(body !== undefined &&
        { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    })).json();
  await send(one, "PUT", "/channel/c", {});
  await send(one, "PUT", AT, { start: "earliest" });
  const waiting = send(one, "POST", `${AT}/pull`, { wait: "30s" });
  await send(other, "POST", "/channel/c", "hello");
  const { items: [item] } = await waiting;
  equal(item.data, '"hello"');
  const again = send(other, "POST", `${AT}/pull`, { wait: "30s" });
  await send(one, "POST", `${AT}/nack`, { ids: [item.id] });
  equal((await again).items[0].delivery, 2);
  deepEqual((await send(one, "POST", `${AT}/pull`, { wait: "50ms" })).items, []);
});

Deno.test("what another process changes of a consumer counts here within a moment", async () => {
  await using one = await createTestApp();
  await using other = await createTestApp({ database: one.databaseUrl });
  await setUp(one, { start: "earliest", maxInFlight: 1 });
  await insert(one, "a", "b", "c");
  deepEqual(words(await pull(one)), ["a"]);
  deepEqual(await pull(one), []);
  await (await other.send("PUT", AT, { maxInFlight: 3 })).body?.cancel();
  let items: Item[] | undefined = [];
  while (items === undefined || items.length === 0) items = await pull(one);
  deepEqual(words(items), ["b", "c"]);
  equal((await other.request(AT, { method: "DELETE" })).status, 204);
  equal((await other.send("PUT", AT, { start: "earliest" })).status, 201);
  // Until then it is unknown here, or the one that was removed.
  do items = await pull(one); while (items === undefined || items.length === 0);
  deepEqual([words(items), items.map(({ delivery }) => delivery)], [["a", "b", "c"], [1, 1, 1]]);
});
