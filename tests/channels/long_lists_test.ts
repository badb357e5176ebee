import { deepEqual, equal } from "../support/assert.ts";
import { testOnBothEngines } from "../support/app.ts";

const ITEMS = 1_203;

testOnBothEngines("a long list is what its short lists are, one after another", async (app) => {
  await app.send("PUT", "/channel/c", {});
  const headers = { "Content-Type": "application/x-ndjson" };
  const body = Array.from({ length: ITEMS }, (_, i) => `${i}\n`).join("");
  equal((await app.request("/channel/c/bulk", { method: "POST", headers, body })).status, 201);
  const list = async (path: string) => await (await app.request(`/channel/c/${path}`)).json();

  const short = [];
  for (let path: string | undefined = "earliest/300"; path !== undefined;) {
    const { _links, items } = await list(path);
    short.push(...items);
    path = _links.next?.href.split("/channel/c/")[1];
  }
  equal(short.length, ITEMS);
  const ids = short.map(({ id }) => id);
  for (const path of ["latest/10000", "earliest/10000", `time/2026/01/02?limit=10000`]) {
    deepEqual((await list(path)).items, short, path);
  }
  const inside = await list(`${ids[100]}/next/1000`);
  deepEqual(inside.items, short.slice(101, 1_101));
  equal(inside._links.next.href.endsWith(`/${ids[1_100]}/next/1000`), true);
  equal(inside._links.previous.href.endsWith(`/${ids[101]}/previous/1000`), true);
  const before = await list(`${ids[1_000]}/previous/900`);
  deepEqual(before.items, short.slice(100, 1_000));
  const parts = await (await app.stream("/channel/c/earliest/10000?bulk=true")).text();
  deepEqual([...parts.matchAll(/^Content-Location: .*\/(\S+)$/gm)].map(([, id]) => id), ids);
  const lines = await app.stream("/channel/c/earliest/10000?bulk=true", {
    Accept: "application/x-ndjson",
  });
  equal(await lines.text(), body);
});

testOnBothEngines("a long list of item keys is whole and in order", async (app) => {
  await app.send("PUT", "/channel/c", {});
  const keys = Array.from({ length: 620 }, (_, i) => `key-${String(i).padStart(4, "0")}`);
  await Promise.all(keys.map(async (key) => {
    const stored = await app.request("/channel/c", {
      method: "POST",
      headers: { "Item-Key": key },
      body: key,
    });
    equal(stored.status, 201);
  }));
  const list = async (query: string) => await (await app.request(`/channel/c/keys?${query}`)).json();
  const whole = await list("limit=10000");
  deepEqual(whole.keys.map(({ key }: { key: string }) => key), keys);
  equal(whole._links.next, undefined);
  const first = await list("limit=600");
  deepEqual(first.keys, whole.keys.slice(0, 600));
  const rest = await list(first._links.next.href.split("?")[1]);
  deepEqual(rest.keys, whole.keys.slice(600));
  equal((await list("limit=620"))._links.next, undefined);
  deepEqual((await list("after=key-0619")).keys, []);
});
