/** What accounts of all apps did last, counted by five minutes. */
import { deepEqual, equal } from "../support/assert.ts";
import { START, type TestApp, testOnBothEngines } from "../support/app.ts";

const MINUTE = 60_000, DAY = 86_400_000;
const FIRST = new Date(START - START % (5 * MINUTE)).toISOString();
const HOSTILE = `<img src=x onerror="1">`;

async function record(app: TestApp, name: string, event: string, timestamp?: number): Promise<void> {
  const path = `/event/${encodeURIComponent(name)}/ann/${encodeURIComponent(event)}/`;
  equal((await app.send("POST", path, { timestamp })).status, 200);
}

const listed = async (app: TestApp, query = "") =>
  (await (await app.request(`/event${query}`)).json()).events;

testOnBothEngines(
  "GET /event lists what accounts of all apps did, the newest five minutes first",
  async (app) => {
    deepEqual(await listed(app), []);
    await record(app, "shop", "order");
    await record(app, "shop", "order");
    await record(app, "قناة", HOSTILE);
    app.time.now += 5 * MINUTE;
    await record(app, "shop", "order");
    const second = new Date(Date.parse(FIRST) + 5 * MINUTE).toISOString();
    deepEqual(await listed(app), [
      { app: "shop", event: "order", time: second, count: 1 },
      { app: "قناة", event: HOSTILE, time: FIRST, count: 1 },
      { app: "shop", event: "order", time: FIRST, count: 2 },
    ]);
    deepEqual(await listed(app, "?limit=1"), [{ app: "shop", event: "order", time: second, count: 1 }]);
  },
);

testOnBothEngines(
  "GET /event leaves out what has expired, swept or not, what is to come, and who is forgotten",
  async (app) => {
    await record(app, "shop", "order");
    await record(app, "shop", "early", START + 60 * MINUTE);
    await record(app, "blog", "read");
    deepEqual((await listed(app)).map(({ event }: { event: string }) => event), ["read", "order"]);
    await app.request("/profile/blog/ann/", { method: "DELETE" });
    deepEqual((await listed(app)).map(({ event }: { event: string }) => event), ["order"]);
    app.time.now += 3 * DAY;
    deepEqual(await listed(app), []);
    await app.request("/sweep", { method: "POST" });
    deepEqual(await listed(app), []);
  },
  { eventTtlDays: 2 },
);
