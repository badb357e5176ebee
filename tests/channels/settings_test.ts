import { deepEqual, equal, match } from "../support/assert.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";

const DAY = 86_400_000;

testOnBothEngines(
  "the Data Hub's names for settings are understood, and those that disagree are refused",
  async (app) => {
    const put = async (body: unknown) => {
      const answer = await app.send("PUT", "/channel/hub", body);
      return [answer.status, await answer.json()] as const;
    };
    const [status, created] = await put({
      ttlDays: 1.5,
      owner: "Ann",
      storage: "BATCH",
      heartbeat: false,
      replicationSource: "",
      keepForever: false,
    });
    deepEqual([status, created.ttlMillis, created.owner, created.compact], [
      201,
      1.5 * DAY,
      "Ann",
      undefined,
    ]);
    const [, kept] = await put({ keepForever: true });
    deepEqual([kept.ttlMillis, kept.owner], [undefined, "Ann"]);
    const [, described] = await put({ description: "d" });
    deepEqual(
      [described.ttlMillis, described.description],
      [undefined, "d"],
      "a description brings no default TTL",
    );
    deepEqual((await put({ ttlDays: 2, ttlMillis: 2 * DAY, compact: true }))[1].compact, true);
    const wrong: [unknown, RegExp][] = [
      [{ ttlDays: 1, keepForever: true }, /ttlDays and keepForever say different things/],
      [{ ttlMillis: 5, ttlDays: 1 }, /ttlMillis and ttlDays/],
      [{ ttlDays: 0 }, /positive/],
      [{ ttlDays: "1" }, /positive/],
      [{ ttlDays: 1e300 }, /at most/],
      [{ keepForever: 1 }, /true or false/],
      [{ compact: "yes" }, /true or false/],
      [{ owner: "x".repeat(257) }, /256/],
      [{ replicationSource: "http://other/channel/a" }, /Runnel copies no channel/],
      [{ ttl: 5 }, /ttl: not a known field; known are ttlMillis, ttlDays/],
    ];
    for (const [body, detail] of wrong) {
      const [status, problem] = await put(body);
      equal(status, 400, JSON.stringify(body));
      match(problem.detail, detail);
    }
    equal((await put({}))[1].ttlMillis, 2 * DAY, "nothing changed");
  },
);

testOnBothEngines("GET /channel is paged with limit and after, and whole without", async (app) => {
  for (const name of ["a", "b", "c", "d", "e"]) {
    await app.send("PUT", `/channel/${name}`, name === "d" ? {} : { tags: ["t"] });
  }
  const pages: string[][] = [];
  for (let path = "/channel?tag=t&limit=2"; path !== "";) {
    const { _links: { channels, next } } = await (await app.request(path)).json();
    pages.push(channels.map(({ name }: { name: string }) => name));
    path = next === undefined ? "" : next.href.slice(new URL(next.href).origin.length) as string;
  }
  deepEqual(pages, [["a", "b"], ["c", "e"]]);
  const { _links } = await (await app.request("/channel")).json();
  deepEqual([_links.channels.length, _links.next], [5, undefined]);
  equal((await app.request("/channel?limit=0")).status, 400);
});

testOnBothEngines(
  "a compact channel keeps the newest item of each key, and a tombstone for a day",
  async (app) => {
    await app.send("PUT", "/channel/c", { compact: true });
    const insert = async (key: string | undefined, body: string) => {
      const headers = { "Content-Type": "text/plain", ...(key !== undefined && { "Item-Key": key }) };
      const answer = await app.request("/channel/c", { method: "POST", body, headers });
      return (await answer.json()).id as string;
    };
    const first = await insert("k1", "old");
    const kept = [await insert(undefined, "no key"), await insert("k2", "two")];
    await insert("k3", "three");
    await insert("k1", "older");
    const newest = await insert("k1", "new");
    const tombstone = await insert("k3", "");
    const ids = async () =>
      (await (await app.request("/channel/c/earliest/100")).json()).items.map(({ id }: { id: string }) => id);
    equal((await app.request(`/channel/c/${first}`)).headers.get("cache-control"), "no-cache");
    equal(await sweep(), 3);
    deepEqual(await ids(), [...kept, newest, tombstone]);
    equal((await app.request(`/channel/c/${first}`)).status, 404, "nothing of it is left in memory");
    equal((await app.services.channels.get("c")).itemCount, 4);
    const { gap } = await (await app.request(`/channel/c/${first}/next/9`)).json();
    equal(gap, undefined, "what was replaced is no gap");
    equal(await sweep(), 0);
    app.time.now += DAY + 1000;
    const last = await insert("k2", "two again");
    equal(await sweep(), 2);
    deepEqual(await ids(), [kept[0], newest, last]);
    equal((await app.services.channels.get("c")).itemCount, 3);

    async function sweep() {
      return (await (await app.request("/sweep", { method: "POST" })).json()).expired as number;
    }
  },
);

Deno.test("a channel becomes compact, with thousands of items that are there already", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  const boundary = "b";
  const parts = Array.from(
    { length: 5_000 },
    (_, i) => `--${boundary}\r\nItem-Key: ${i % 7}\r\nContent-Type: text/plain\r\n\r\n${i}\r\n`,
  );
  const answer = await app.request("/channel/c/bulk", {
    method: "POST",
    body: `${parts.join("")}--${boundary}--`,
    headers: { "Content-Type": `multipart/mixed; boundary=${boundary}` },
  });
  equal(answer.status, 201);
  await app.send("PATCH", "/channel/c", { compact: true });
  await app.services.sweep();
  const { items } = await (await app.request("/channel/c/earliest/100")).json();
  equal(items.length, 7);
  equal((await app.services.channels.get("c")).itemCount, 7);
});
