import { deepEqual, equal, ok } from "../support/assert.ts";
import { createTestApp, START, type TestApp, testOnBothEngines } from "../support/app.ts";

async function append(app: TestApp, channel: string, body = "item"): Promise<string> {
  const response = await app.request(`/channel/${channel}`, { method: "POST", body });
  const answer = await response.json();
  equal(response.status, 201, JSON.stringify(answer));
  return answer.id;
}

/** What every kind of read says of a channel: which of the ids, its ends, and when it was changed. */
async function seen(app: TestApp, channel: string, ids: readonly string[]) {
  const visible: string[] = [], links: string[] = [];
  for (const id of ids) {
    const head = await app.request(`/channel/${channel}/${id}`, { method: "HEAD" });
    const item = await app.request(`/channel/${channel}/${id}`);
    await item.body?.cancel();
    equal(head.status, item.status);
    if (item.status === 200) visible.push(id);
    links.push(...(item.headers.get("link") ?? "").matchAll(/([0-9A-V]{16})>/g).map(([, linked]) => linked!));
  }
  const end = async (which: string) =>
    (await app.request(`/channel/${channel}/${which}`)).headers.get("location")?.slice(-16);
  const { lastUpdateDate } = await (await app.request(`/channel/${channel}`)).json();
  return {
    visible,
    linked: [...new Set(links)].sort(),
    earliest: await end("earliest"),
    latest: await end("latest"),
    lastUpdate: lastUpdateDate === undefined ? undefined : Date.parse(lastUpdateDate),
  };
}

/** What `seen` must answer when exactly these are left, the newest stored at `lastUpdate`. */
function exactly(ids: readonly string[], lastUpdate?: number) {
  return {
    visible: ids,
    linked: ids.length > 1 ? ids : [],
    earliest: ids[0],
    latest: ids.at(-1),
    lastUpdate,
  };
}

async function rowCounts(app: TestApp): Promise<{ items: number; counted: number; dropped: number }> {
  const [row] = await app.database.query(`SELECT (SELECT count(*) FROM item),
    (SELECT ifnull(sum(item_count), 0) FROM channel), (SELECT count(*) FROM dropped_channel)`);
  return { items: Number(row![0]), counted: Number(row![1]), dropped: Number(row![2]) };
}

async function sweep(app: TestApp): Promise<number> {
  return (await (await app.request("/sweep", { method: "POST" })).json()).expired;
}

testOnBothEngines(
  "an item is there until its last millisecond and gone in the next, swept or not",
  async (app) => {
    await app.send("POST", "/channel", { name: "brief", ttlMillis: 1000 });
    const a = await append(app, "brief");
    app.time.now = START + 1;
    const b = await append(app, "brief");
    const ids = [a, b];
    app.time.now = START + 999;
    deepEqual(await seen(app, "brief", ids), exactly([a, b], START + 1));
    app.time.now = START + 1000;
    deepEqual(await seen(app, "brief", ids), exactly([b], START + 1));
    app.time.now = START + 1001;
    deepEqual(await seen(app, "brief", ids), exactly([]));
    app.time.now = START + 1000;
    equal(await sweep(app), 1);
    deepEqual(await seen(app, "brief", ids), exactly([b], START + 1));
    app.time.now = START + 1001;
    equal(await sweep(app), 1);
    equal(await sweep(app), 0);
    deepEqual(await seen(app, "brief", ids), exactly([]));
    deepEqual(await rowCounts(app), { items: 0, counted: 0, dropped: 0 });
    const c = await append(app, "brief");
    ok(c > b, "ids go on after a sweep");
    deepEqual(await seen(app, "brief", [c]), exactly([c], START + 1001));
  },
);

testOnBothEngines(
  "a new ttlMillis holds for what is there; a longer one brings nothing back",
  async (app) => {
    await app.send("POST", "/channel", { name: "changing", ttlMillis: null });
    const a = await append(app, "changing");
    app.time.now = START + 5000;
    const b = await append(app, "changing");
    const c = await append(app, "changing");
    const ids = [a, b, c];
    deepEqual(await seen(app, "changing", ids), exactly(ids, START + 5000));
    await app.send("PATCH", "/channel/changing", { ttlMillis: "5000" });
    deepEqual(await seen(app, "changing", ids), exactly([b, c], START + 5000));
    await app.send("PATCH", "/channel/changing", { ttlMillis: null });
    deepEqual(await seen(app, "changing", ids), exactly([b, c], START + 5000));
    deepEqual(await rowCounts(app), { items: 3, counted: 2, dropped: 0 });
    equal(await sweep(app), 1);
    deepEqual(await rowCounts(app), { items: 2, counted: 2, dropped: 0 });
    await app.send("PUT", "/channel/changing", { ttlMillis: 1 });
    app.time.now = START + 5001;
    deepEqual(await seen(app, "changing", ids), exactly([]));
  },
);

testOnBothEngines(
  "maxItems: what is beyond it is invisible at once, also to who read it before",
  async (app) => {
    await app.send("POST", "/channel", { name: "few", ttlMillis: null });
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push(await append(app, "few"));
    deepEqual(await seen(app, "few", ids), exactly(ids, START));
    await app.send("PATCH", "/channel/few", { maxItems: 3 });
    deepEqual(await seen(app, "few", ids), exactly(ids.slice(2), START));
    ids.push(await append(app, "few"));
    deepEqual(await seen(app, "few", ids), exactly(ids.slice(3), START));
    await app.send("PATCH", "/channel/few", { maxItems: null });
    deepEqual(await seen(app, "few", ids), exactly(ids.slice(3), START));
    await app.send("PATCH", "/channel/few", { maxItems: 1 });
    await sweep(app);
    deepEqual(await seen(app, "few", ids), exactly(ids.slice(5), START));
    deepEqual(await rowCounts(app), { items: 1, counted: 1, dropped: 0 });
  },
);

testOnBothEngines("maxItems holds when more than so many come in one commit", async (app) => {
  await app.send("POST", "/channel", { name: "few", maxItems: 7 });
  const ids = await Promise.all(Array.from({ length: 50 }, (_, i) => append(app, "few", `${i}`)));
  ids.sort();
  deepEqual(await seen(app, "few", ids), exactly(ids.slice(-7), START));
  deepEqual(await rowCounts(app), { items: 7, counted: 7, dropped: 0 });
});

testOnBothEngines("a channel that is deleted frees its rows, and its name begins empty", async (app) => {
  await app.send("POST", "/channel", { name: "again" });
  const old = [await append(app, "again"), await append(app, "again")];
  equal((await app.request(`/channel/again/${old[0]}`)).status, 200);
  equal((await app.request("/channel/again", { method: "DELETE" })).status, 204);
  equal((await app.request(`/channel/again/${old[0]}`)).status, 404);
  equal((await app.request("/channel/again", { method: "POST", body: "late" })).status, 404);
  await app.send("POST", "/channel", { name: "again" });
  deepEqual(await seen(app, "again", old), exactly([]));
  const item = await append(app, "again");
  deepEqual(await rowCounts(app), { items: 3, counted: 1, dropped: 1 });
  await sweep(app);
  deepEqual(await rowCounts(app), { items: 1, counted: 1, dropped: 0 });
  deepEqual(await seen(app, "again", [item]), exactly([item], START));
});

testOnBothEngines("a clock that is set back hides nothing that is stored afterwards", async (app) => {
  await app.send("POST", "/channel", { name: "clock", ttlMillis: 1000 });
  const a = await append(app, "clock");
  app.time.now = START + 1_000_000;
  await app.send("PATCH", "/channel/clock", { ttlMillis: 2000 });
  app.time.now = START;
  const b = await append(app, "clock");
  ok(b > a);
  equal((await app.request(`/channel/clock/${b}`)).status, 200);
  equal((await app.request("/channel/clock/latest")).status, 303);
});

testOnBothEngines(
  "the sweep lets writers in between its short transactions, and can be stopped",
  async (app) => {
    await app.send("POST", "/channel", { name: "many", ttlMillis: 1000 });
    await Promise.all(Array.from({ length: 1500 }, () => append(app, "many")));
    app.time.now = START + 1000;
    equal(await app.services.items.sweep(AbortSignal.abort()), 0);
    let sweeping = true, stored = 0;
    const swept = app.services.items.sweep().finally(() => sweeping = false);
    while (sweeping) {
      await append(app, "many");
      if (sweeping) stored++;
    }
    equal(await swept, 1500);
    ok(stored > 1, `${stored} inserts during the sweep`);
    const { items, counted } = await rowCounts(app);
    equal(items, counted);
  },
);

testOnBothEngines("what another process deletes or changes is seen soon", async (app) => {
  const [[, , file]] = await app.database.query("PRAGMA database_list") as [string[]];
  if (!file) return;
  await using other = await createTestApp({ database: `file:${file}` });
  await app.send("POST", "/channel", { name: "shared" });
  const ids = [await append(app, "shared"), await append(app, "shared")];
  equal((await other.request(`/channel/shared/${ids[0]}`)).status, 200);
  await app.request("/channel/shared", { method: "DELETE" });
  let status;
  do status = (await other.request(`/channel/shared/${ids[0]}`)).status; while (status === 200);
  equal(status, 404);
});
