/**
 * The calls of the Data Hub's Node client (node-datahub 4.5, https://github.com/flightstats/node-datahub), which is not in
 * the npm registry: its methods, bodies and headers as its source sends them, through the package `request` with `json`.
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { startProcess, temporaryFolder, type TestProcess } from "../support/process.ts";

/** As `request` sends a call with the option `json`, and follows redirects of GET. */
async function call(method: "GET" | "POST" | "PUT", url: string, data?: unknown) {
  const response = await fetch(url, {
    method,
    headers: {
      Accept: "application/json",
      ...(data !== undefined && { "Content-Type": "application/json" }),
    },
    ...(data !== undefined && { body: JSON.stringify(data) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

async function startHub(): Promise<TestProcess> {
  const folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const process = await startProcess({ database, env: { WEBHOOK_PRIVATE: "true" } });
  return {
    ...process,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("the Data Hub's client creates, changes, lists and deletes channels", async () => {
  await using hub = await startHub();
  const channel = `${hub.url}/channel/flights`;
  const config = {
    name: "flights",
    owner: "ops",
    ttlDays: 2,
    description: "d",
    tags: ["a"],
    storage: "SINGLE",
  };
  equal((await call("POST", `${hub.url}/channel`, config)).status, 201);
  equal((await call("POST", `${hub.url}/channel`, config)).status, 409);
  const { body } = await call("GET", channel);
  deepEqual([body.owner, body.ttlMillis, body.description, body.tags], ["ops", 172_800_000, "d", ["a"]]);
  equal((await call("PUT", channel, { owner: "dev" })).status, 200);
  const changed = (await call("GET", channel)).body;
  deepEqual(
    [changed.owner, changed.ttlMillis, changed.description],
    ["dev", 172_800_000, "d"],
    "the rest stays",
  );
  equal((await call("PUT", channel, { ttlDays: 1, replicationSource: "http://hub/channel/x" })).status, 400);
  deepEqual((await call("GET", `${hub.url}/channel`)).body._links.channels, [{
    name: "flights",
    href: channel,
  }]);
  const gone = await fetch(channel, { method: "DELETE" });
  ok(gone.ok);
  equal((await call("GET", channel)).status, 404);
});

Deno.test("the Data Hub's client adds content, and reads items, latest, earliest, status and time", async () => {
  await using hub = await startHub();
  const channel = `${hub.url}/channel/flights`;
  await call("POST", `${hub.url}/channel`, { name: "flights", owner: "ops" });
  deepEqual((await call("GET", `${channel}/status`)).body.latest, null);
  const first = await call("POST", channel, { flight: 1 });
  equal(first.status, 201);
  match(first.body._links.self.href, new RegExp(`^${channel}/[0-9A-V]{16}$`));
  // Its queue sends what came together as one item, an array.
  await call("POST", channel, ["two", { flight: 3 }]);
  const id = first.body._links.self.href.split("/").at(-1);
  deepEqual((await call("GET", `${channel}/${id}`)).body, { flight: 1 });
  deepEqual((await call("GET", `${channel}/earliest`)).body, { flight: 1 });
  deepEqual((await call("GET", `${channel}/latest`)).body, ["two", { flight: 3 }]);
  equal((await call("GET", `${channel}/latest/2`)).body.items.length, 2);
  equal((await call("GET", `${channel}/earliest/1`)).body.items[0].id, id);
  const status = (await call("GET", `${channel}/status`)).body;
  deepEqual([status._links.self.href, status._links.latest.href], [`${channel}/status`, `${channel}/latest`]);
  match(status.latest.id, /^[0-9A-V]{16}$/);

  const { _links: time } = (await call("GET", `${channel}/time`)).body;
  deepEqual(Object.keys(time), ["self", "second", "minute", "hour", "day"]);
  equal(time.hour.template, `${channel}/time/{year}/{month}/{day}/{hour}`);
  for (const unit of ["minute", "hour", "day"]) {
    const now = await fetch(time[unit].href, { redirect: "manual" });
    await now.body?.cancel();
    equal(now.status, 303);
    ok((await call("GET", now.headers.get("location")!)).body.items.length <= 2);
  }
  equal((await call("GET", time.day.href)).status, 200);
});

Deno.test("the Data Hub's watcher finds no webhook, makes one, and is called for each item", async () => {
  await using hub = await startHub();
  const seen: unknown[] = [];
  const enough = Promise.withResolvers<void>();
  await using app = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { uris } = await request.json();
    seen.push((await call("GET", uris[0])).body);
    if (seen.length === 3) enough.resolve();
    return new Response();
  });
  const channel = `${hub.url}/channel/flights`, webhook = `${hub.url}/webhook/watcher_ann_development`;
  const callbackUrl = `http://127.0.0.1:${app.addr.port}/hub-callbacks/flights`;
  await call("POST", `${hub.url}/channel`, { name: "flights", owner: "ops" });
  const first = await call("POST", channel, 1);
  equal((await call("GET", webhook)).status, 404);
  const config = {
    channelUrl: channel,
    callbackUrl,
    parallelCalls: 1,
    startItem: first.body._links.self.href,
    batch: "SINGLE",
    maxWaitMinutes: 1,
    ttlMinutes: 0,
  };
  equal((await call("PUT", webhook, config)).status, 201);
  // Changed while it calls, it would call again: delivery is at least once.
  let state;
  do state = (await call("GET", webhook)).body; while (state.lag.items > 0);
  equal(state.callbackUrl, callbackUrl);
  equal((await call("PUT", webhook, { callbackUrl, paused: false, heartbeat: false })).status, 200);
  for (const flight of [2, 3]) await call("POST", channel, flight);
  await enough.promise;
  deepEqual(seen, [1, 2, 3]);
  deepEqual(
    (await call("GET", `${hub.url}/webhook`)).body._links.webhooks.map(({ name }: { name: string }) => name),
    [
      "watcher_ann_development",
    ],
  );
  ok((await fetch(webhook, { method: "DELETE" })).ok);
  equal((await call("GET", webhook)).status, 404);
});
