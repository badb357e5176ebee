import { tableFromIPC } from "apache-arrow";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { type ListingOptions, type Orient, RunnelClient, RunnelProblem } from "../../client/mod.ts";
import { exactJson, parseExact } from "../../client/exact_json.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { until } from "../support/until.ts";

function clientOf(app: { request(path: string, init?: RequestInit): Promise<Response> }): RunnelClient {
  return new RunnelClient({
    url: "http://datahub:8080/",
    fetch: async (request) =>
      app.request(request.url.slice("http://datahub:8080".length), {
        method: request.method,
        headers: request.headers,
        ...(request.body !== null && { body: await request.bytes() }),
      }),
  });
}

testOnBothEngines("StoreClient saves and retrieves whole numbers beyond 2^53 as they are", async (app) => {
  const { store } = clientOf(app);
  const least = -(2n ** 63n), most = 2n ** 63n - 1n, [first, second] = ["2020-01-01", "2020-01-02"];
  const columns = {
    signed: { [first]: least, [second]: most },
    unsigned: { [first]: 2n ** 64n - 1n, [second]: 7 },
    safe: { [first]: Number.MAX_SAFE_INTEGER, [second]: -1 },
    text: { [first]: '":18446744073709551615,"', [second]: "9223372036854775807" },
    float: { [first]: 0.1234567890123456, [second]: 1234567890123456.5 },
  };
  await store.save("ids", "all", columns);
  const exact = await store.retrieve("ids", "all", { doublePrecision: "full" });
  const at = (stamp: string) => `${stamp}T00:00:00.000`;
  deepEqual(
    exact,
    Object.fromEntries(
      Object.entries(columns).map(([name, cells]) => [name, {
        [at(first)]: cells[first],
        // One cell beyond 2^53 does not make bigints of the others.
        [at(second)]: cells[second],
      }]),
    ),
  );
  const copied = { orient: "split", dateFormat: "epoch", dateUnit: "ns", doublePrecision: "full" } as const;
  const split = await store.retrieve("ids", "all", copied);
  deepEqual([split.index[0], split.data[1]![0]], [1577836800000000000n, most]);
  await store.save("ids", "copy", split, { orient: "split", dateUnit: "ns" });
  deepEqual(await store.retrieve("ids", "copy", { doublePrecision: "full" }), exact);
  for (const orient of ["columns", "index", "split", "records", "values", "table"] satisfies Orient[]) {
    const text = await (await store.retrieveText("ids", "all", orient)).text();
    const frame = await store.retrieve("ids", "all", { orient });
    equal(exactJson(frame).includes("9223372036854775807"), text.includes("9223372036854775807"), orient);
    equal(exactJson(frame).includes(`${least}`), true, orient);
  }
  for (const format of ["csv", "ndjson", "arrow", "feather", "parquet"] as const) {
    const bytes = new Uint8Array(await (await store.retrieveText("ids", "all", format)).arrayBuffer());
    await store.delete("ids", "copy");
    await store.saveText("ids", "copy", bytes, format);
    deepEqual(await store.retrieve("ids", "copy", { doublePrecision: "full" }), exact, format);
  }
});

testOnBothEngines(
  "StoreClient.rows() gives the rows one after the other, exactly, until it is stopped",
  async (app) => {
    const { store } = clientOf(app);
    const count = 20_000, index = Array.from({ length: count }, (_, row) => 1_577_836_800 + row);
    const data = index.map((_, row) => [row / 3, 2n ** 60n + BigInt(row), row % 2 === 0 ? null : "ä,\n"]);
    await store.save("rows", "many", { columns: ["third", "id", "text"], index, data }, {
      orient: "split",
      dateUnit: "s",
    });
    let row = 0;
    for await (
      const { index: stamp, ...cells } of store.rows("rows", "many", { dateFormat: "epoch", dateUnit: "s" })
    ) {
      deepEqual([stamp, cells.third, cells.id, cells.text], [index[row], ...data[row]!]);
      row++;
    }
    equal(row, count);
    for await (const { index } of store.rows("rows", "many", { tail: 2 })) {
      equal(index, "2020-01-01T05:33:18.000");
      break;
    }
    deepEqual(await Array.fromAsync(store.rows("rows", "many", { start: "2021-01-01" })), []);
    const refused = Array.fromAsync(store.rows("rows", "none"));
    await rejects(refused, (error) => error instanceof RunnelProblem && error.code === "series-not-found");
  },
);

Deno.test("parseExact() and exactJson() leave all but long whole numbers to JSON", () => {
  for (
    const text of [
      "1",
      "[1.5,12345678901234567.5,1e+300]",
      '{"a":"\\"12345678901234567890,"}',
      '["\\\\",12345678901234567.5]',
    ]
  ) {
    deepEqual(parseExact<unknown>(text), JSON.parse(text), text);
  }
  equal(parseExact("-9007199254740993"), -9007199254740993n);
  deepEqual(parseExact('["9007199254740993",9007199254740993,9007199254740991,[],{"9007199254740993":1}]'), [
    "9007199254740993",
    9007199254740993n,
    9007199254740991,
    [],
    { "9007199254740993": 1 },
  ]);
  equal(exactJson({ a: [1n, -5n, "1"], b: 2.5 }), '{"a":[1,-5,"1"],"b":2.5}');
});

testOnBothEngines("StoreClient saves, retrieves, lists, expires and deletes frames", async (app) => {
  const { store } = clientOf(app);
  const close = { "2026-01-01T00:00:00.000": 1.5, "2026-01-02T00:00:00.000": 2.5 };
  await store.save("NASDAQ", "A/B %", { close });
  deepEqual(await store.retrieve("NASDAQ", "A/B %"), { close });
  const split = await store.retrieve("NASDAQ", "A/B %", {
    orient: "split",
    start: "2026-01-02",
    columns: ["close"],
  });
  deepEqual(split, { columns: ["close"], index: ["2026-01-02T00:00:00.000"], data: [[2.5]] });
  await store.save("NASDAQ", "A/B %", { columns: ["close"], index: [1767312000], data: [[3]] }, {
    orient: "split",
    mode: "merge",
    dateUnit: "s",
  });
  equal(
    await (await store.retrieveText("NASDAQ", "A/B %", "csv", { tail: 1 })).text(),
    "index,close\n2026-01-02T00:00:00.000,3.0\n",
  );
  deepEqual(await store.retrieve("NASDAQ", "A/B %", { orient: "values", every: "7d", agg: "sum" }), [[4.5]]);
  await store.saveText("NASDAQ", "csv", "index,n\n2026-01-01,1\n", "csv");
  const arrow = await store.retrieveArrow("NASDAQ", "csv", tableFromIPC);
  deepEqual([arrow.numRows, arrow.getChild("n")?.get(0)], [1, 1n]);
  for (const format of ["arrow", "feather", "parquet"] as const) {
    const bytes = await (await store.retrieveText("NASDAQ", "csv", format)).arrayBuffer();
    await store.saveText("NASDAQ", format, new Uint8Array(bytes), format, { index: "index" });
    equal(await (await store.retrieveText("NASDAQ", format)).text(), '{"n":{"2026-01-01T00:00:00.000":1}}');
    await store.delete("NASDAQ", format);
  }
  deepEqual((await store.list("NASDAQ")).map(({ symbol, rows }) => [symbol, rows]), [["A/B %", 2], [
    "csv",
    1,
  ]]);
  const symbolsOf = async (which: ListingOptions) =>
    (await store.list("NASDAQ", which)).map(({ symbol }) => symbol);
  deepEqual(await symbolsOf({ symbol: "A/B %" }), ["A/B %"]);
  deepEqual([await symbolsOf({ limit: 1 }), await symbolsOf({ after: "A/B %" })], [["A/B %"], ["csv"]]);
  deepEqual((await store.newest(1)).map(({ reference, symbol }) => [reference, symbol]), [["NASDAQ", "csv"]]);
  await store.expire("NASDAQ", 3_600_000 * 24);
  deepEqual((await store.references())[0]!.ttlMillis, 86_400_000);
  await store.expire("NASDAQ", null);
  const settings = await store.change("NASDAQ", { duplicates: "keep" });
  deepEqual(settings, { reference: "NASDAQ", ttlMillis: null, duplicates: "keep" });
  await store.setDuplicates("NASDAQ", "refuse");
  deepEqual((await store.references())[0]!.duplicates, undefined);
  await store.saveText("NASDAQ", "zoned", '{"n":{"2026-07-01T09:30:00":1}}', "columns", {
    tz: "Europe/Berlin",
  });
  deepEqual(await store.retrieve("NASDAQ", "zoned"), { n: { "2026-07-01T07:30:00.000Z": 1 } });
  await store.delete("NASDAQ", "zoned");
  await store.delete("NASDAQ", "A/B %");
  await rejects(
    store.retrieve("NASDAQ", "A/B %"),
    (error) => error instanceof RunnelProblem && error.status === 404 && error.code === "series-not-found",
  );
});

testOnBothEngines("ChannelsClient creates channels, and posts and gets items", async (app) => {
  const { channels } = clientOf(app);
  const { name, ttlMillis } = await channels.create("weather", { ttlMillis: 60_000, tags: ["a"] });
  deepEqual([name, ttlMillis], ["weather", 60_000]);
  const { id } = await channels.post("weather", "sunny", "text/plain");
  equal(await (await channels.item("weather", id)).text(), "sunny");
  equal((await channels.change("weather", { description: "sky" })).description, "sky");
  const { steps } = await channels.rate("weather", { last: "3m" });
  deepEqual(steps.map(({ items }) => items), [0, 0, 1]);
  deepEqual(await channels.list("a"), ["weather"]);
  deepEqual(await channels.list(undefined, { order: "newest", limit: 1 }), ["weather"]);
  equal((await channels.get("weather")).name, "weather");
  await channels.delete("weather");
  deepEqual(await channels.list(), []);
  await rejects(
    channels.create("not valid"),
    (error) => error instanceof RunnelProblem && error.errors.length === 1,
  );
});

Deno.test("ChannelsClient.follow() gives the ids of new items, with a key, until it is left", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const { channels } = new RunnelClient({ url: process.url });
  await channels.create("news");
  const seen: string[] = [];
  const posted: string[] = [];
  const posting = (async () => {
    // Whatever is posted before the socket is open is not seen, so post until something is.
    while (seen.length === 0) posted.push((await channels.post("news", "one")).id);
  })();
  for await (const { id } of channels.follow("news")) {
    seen.push(id);
    break;
  }
  await posting;
  ok(posted.includes(seen[0]!));
  await rejects(channels.follow("none").next(), /no channel named none/);
});

Deno.test("ChannelsClient.follow() resumes by itself: killed servers cost time, never an item", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using writer = await startProcess({ database });
  const { channels } = new RunnelClient({ url: writer.url });
  await channels.create("news");
  const ITEMS = 3_000, KILLS = 5;
  // Each server takes the place of the last, on the same port.
  let server = await startProcess({ database });
  const { port } = new URL(server.url);
  const stopping = new AbortController();
  let reconnects = 0;
  const seen: string[] = [];
  const following = (async () => {
    const client = new RunnelClient({ url: `http://127.0.0.1:${port}` });
    const options = { after: "earliest", signal: stopping.signal, onReconnect: () => reconnects++ };
    for await (const { id } of client.channels.follow("news", options)) {
      seen.push(id);
      if (seen.length === ITEMS) stopping.abort();
    }
  })();
  const posted: string[] = [];
  const posting = (async () => {
    while (posted.length < ITEMS) posted.push((await channels.post("news", "x")).id);
  })();
  for (let kill = 0; kill < KILLS; kill++) {
    const enough = (kill + 1) * ITEMS / (KILLS + 1);
    await until(() => seen.length >= enough);
    await server.end("SIGKILL");
    server = await startProcess({ database, env: { PORT: port } });
  }
  await Promise.all([posting, following]);
  await server.end("SIGTERM");
  deepEqual(seen, posted);
  ok(reconnects >= KILLS, `${reconnects} reconnects`);
});

Deno.test("RunnelProblem tells what an answer without a problem document is", async () => {
  await using app = await createTestApp();
  const broken = new RunnelClient({ fetch: () => Promise.resolve(new Response("<html>", { status: 502 })) });
  await rejects(broken.store.references(), (error) => error instanceof RunnelProblem && error.status === 502);
  equal((await clientOf(app).store.references()).length, 0);
});

testOnBothEngines(
  "ConversationsClient posts, and a reader gets recaps, summaries and statistics",
  async (app) => {
    const { conversations } = clientOf(app);
    await app.services.conversations.accounts.add("ann", "correct horse", []);
    const ids = await conversations.post("ops", [
      { id: "1", username: "bob", message: "The disk of db-3 is full, so the billing deploy failed." },
      { id: "2", username: "bob", message: "Build 7 failed.", bot: true },
    ], { members: ["ann"] });
    deepEqual(ids, ["1", "2"]);
    await conversations.remove("ops", "2");
    const ann = await conversations.logIn("ann", "correct horse");
    deepEqual(ann.channels, [{ id: "ops", name: "ops" }]);
    const recap = await ann.recap("ops", { words: 50 });
    deepEqual([recap.messages, recap.topics[0]!.points[0]!.messages[0]!.id], [1, "1"]);
    deepEqual((await ann.recaps()).map(({ id }) => id), ["ops"]);
    const read = await ann.markRead("ops", "2026-01-02T03:00");
    equal(read, "2026-01-02T03:00:00.000Z");
    equal((await ann.recap("ops", { since: "last-visit" })).since, read);
    for (const since of [undefined, "2026-01-01"]) {
      equal((await ann.summary("ops", { since, words: 50 })).messages[0]!.id, "1");
      equal((await ann.representatives("ops", { since, limit: 1 }))[0]!.username, "bob");
    }
    deepEqual([await ann.mostActive("ops", { limit: 1 }), await ann.hotTopics("ops", 3)], [["bob"], []]);
    deepEqual([(await ann.pulse()).length, (await ann.pulse("ops", { hours: 1 })).length], [288, 12]);
    deepEqual(await ann.summaries("ops", 3), []);
    await rejects(
      ann.recap("secret"),
      new RunnelProblem(404, "unknown", "there is no channel secret for you"),
    );
    await ann.logOut();
    await rejects(ann.pulse(), { status: 401 });
    equal((await conversations.logIn("ann", "correct horse", ann.device)).token === ann.token, false);
  },
);

testOnBothEngines("ChannelsClient stores in bulk, and works as a consumer", async (app) => {
  const { channels } = clientOf(app);
  await channels.create("jobs");
  const items = [{ body: "a\r\n--b", type: "text/plain" }, { body: Uint8Array.from([0, 255]), key: "k" }, {
    body: "",
  }];
  const ids = await channels.bulk("jobs", items, { idempotencyKey: "1" });
  deepEqual(await channels.bulk("jobs", items, { idempotencyKey: "1" }), ids);
  equal(ids.length, 3);
  equal((await channels.newest("jobs"))!.id, ids[2]);
  equal(await (await channels.item("jobs", ids[0]!)).text(), "a\r\n--b");
  const stored = await channels.item("jobs", ids[1]!);
  deepEqual([...await stored.bytes()], [0, 255]);
  equal(stored.headers.get("content-type"), "application/octet-stream");

  const worker = channels.consumer("jobs", "w");
  await rejects(worker.get(), (error) => error instanceof RunnelProblem && error.status === 404);
  equal((await worker.put({ start: "earliest", ackWait: "1m" })).ackWaitMillis, 60_000);
  equal((await worker.put({ maxDeliver: 2 })).ackWaitMillis, 60_000);
  deepEqual((await channels.consumers("jobs")).map(({ name }) => name), ["w"]);
  const seen: string[] = [];
  for await (const item of worker.items({ max: 2 })) {
    seen.push(`${ids.indexOf(item.id)} ${item.delivery}`);
    if (item.id === ids[1] && item.delivery === 1) await item.nack();
    else {
      await item.extend();
      await item.ack();
    }
    if (seen.length === 4) break;
  }
  deepEqual(seen.sort(), ["0 1", "1 1", "1 2", "2 1"]);
  equal((await worker.get()).lag.items, 0);
  await worker.delete();
});

testOnBothEngines("WebhooksClient sets, pauses, lists and deletes", async (app) => {
  const { channels, webhooks } = clientOf(app);
  await channels.create("c");
  const { paused } = await webhooks.put("h", {
    channel: "c",
    callbackUrl: "https://example.com/",
    paused: true,
  });
  equal(paused, true);
  equal((await webhooks.change("h", { parallelCalls: 3 })).parallelCalls, 3);
  deepEqual([await webhooks.list(), (await webhooks.get("h")).paused], [["h"], true]);
  await webhooks.delete("h");
  deepEqual(await webhooks.list(), []);
});
