import { deepEqual, equal } from "../support/assert.ts";
import { testOnBothEngines } from "../support/app.ts";

testOnBothEngines("the rate of a channel counts items by steps of time, up to now", async (app) => {
  await app.send("PUT", "/channel/c", { ttlMillis: 3_600_000 });
  const insert = async (times: number) => {
    for (let i = 0; i < times; i++) await app.request("/channel/c", { method: "POST", body: "x" });
  };
  await insert(3);
  app.time.now += 60_000;
  await insert(2);
  app.time.now += 60_000;
  const rate = async (query = "") => await (await app.request(`/channel/c/rate${query}`)).json();
  const { steps, atLeast, everyMillis } = await rate("?last=3m&every=1m");
  deepEqual([steps.map(({ items }: { items: number }) => items), atLeast, everyMillis], [
    [3, 2, 0],
    false,
    60_000,
  ]);
  equal((await rate()).steps.length, 60);
  const items = async () => (await (await app.request("/channel/c/status")).json()).items;
  equal(await items(), 5);
  app.time.now += 3_600_000 - 60_001;
  equal(await items(), 2, "what has expired does not count, before any sweep");
  app.time.now += 60_001;
  equal(
    (await rate("?last=2h")).steps.reduce((sum: number, { items }: { items: number }) => sum + items, 0),
    0,
  );
});

testOnBothEngines("the rate refuses what it does not know, and too many steps", async (app) => {
  equal((await app.request("/channel/none/rate")).status, 404);
  await app.send("PUT", "/channel/c", {});
  for (const query of ["last=soon", "last=24h&every=1s", "first=1h", "last=2d"]) {
    equal((await app.request(`/channel/c/rate?${query}`)).status, 400, query);
  }
});
