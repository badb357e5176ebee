import { deepEqual, equal } from "../support/assert.ts";
import { DAY, HOUR } from "./model.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

const read = async (app: TestApp, path: string) => {
  const response = await app.request(path);
  equal(response.status, 200, path);
  return await response.json();
};

/** All pages of one field or event. */
async function all(app: TestApp, query: string): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (let cursor: string | undefined = "", pages = 0; cursor !== undefined; pages++) {
    equal(pages < 200, true, "pages have no end");
    const suffix: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const page: { values: Record<string, number>; next?: string } = await read(
      app,
      `/analytics/a?${query}${suffix}`,
    );
    for (const [value, n] of Object.entries(page.values)) {
      equal(values[value], undefined, `${value} comes twice`);
      values[value] = n;
    }
    cursor = page.next;
  }
  return values;
}

testOnBothEngines(
  "the commonest values and contexts are told, the rest as other, all of one in pages",
  async (app) => {
    const put = (account: string, github: unknown) => app.send("PUT", `/profile/a/${account}`, { github });
    const places = Array.from({ length: 7 }, (_, i) => `Ünïtown ${i}`);
    for (const [i, location] of places.entries()) {
      for (let n = 0; n <= i; n++) equal((await put(`${i}-${n}`, { location })).status, 200);
    }
    await put("nowhere", {});
    await put("elsewhere", { location: "other" });
    const { demographics: { location, gender }, accounts } = await read(app, "/analytics/a?limit=2");
    deepEqual(location, { "Ünïtown 6": 7, "Ünïtown 5": 6, other: 16, unknown: 1 });
    deepEqual([gender, accounts], [{ unknown: 30 }, 30]);
    const complete = { ...Object.fromEntries(places.map((place, i) => [place, i + 1])), other: 1 };
    deepEqual((await read(app, "/analytics/a")).demographics.location, { ...complete, unknown: 1 });
    for (const limit of [1, 3, 8, 1000]) deepEqual(await all(app, `field=location&limit=${limit}`), complete);

    const events = Array.from({ length: 300 }, (_, i) => ({
      account: "x",
      event: "open",
      ...(i > 0 && { context: `/page/${i % 120}` }),
    }));
    equal((await app.send("POST", "/event/a", [...events, { account: "x", event: "close" }])).status, 200);
    const { contexts } = await read(app, "/analytics/a");
    deepEqual([Object.keys(contexts.open).length, contexts.open["/page/1"], contexts.close], [101, 3, {}]);
    equal((Object.values(contexts.open) as number[]).reduce((sum, n) => sum + n), 299);
    const pages = await all(app, "event=open&limit=7");
    deepEqual([Object.keys(pages).length, pages["/page/0"], pages["/page/60"]], [120, 2, 2]);
    deepEqual(await all(app, "event=nothing"), {});
  },
);

testOnBothEngines("contexts that have expired are counted nowhere, swept or not", async (app) => {
  const at = (time: number, contexts: string[]) =>
    app.send(
      "POST",
      "/event/a",
      contexts.map((context) => ({
        account: "x",
        event: "open",
        context,
        timestamp: app.time.now + time,
      })),
    );
  await at(-3 * DAY + HOUR, ["old", "old", "old", "both", "both"]);
  await at(0, ["both", "new", "new"]);
  const wanted = { both: 1, new: 2 };
  app.time.now += 2 * HOUR;
  for (const when of ["before the sweep", "after it"]) {
    deepEqual((await read(app, "/analytics/a")).contexts.open, wanted, when);
    deepEqual(await all(app, "event=open&limit=1"), wanted, when);
    deepEqual((await read(app, "/analytics/a?limit=1")).contexts.open, { new: 2, other: 1 }, when);
    await app.services.events.sweep();
  }
}, { eventTtlDays: 3 });

testOnBothEngines("ages come in pages, and questions that make no sense are refused", async (app) => {
  const put = (account: string, year: number) =>
    app.send("PUT", `/profile/a/${account}`, { linkedin: { dateOfBirth: { year, month: 1, day: 1 } } });
  await Promise.all([put("1", 1990), put("2", 1990), put("3", 2018), put("4", 1920)]);
  const ages = { 36: 2, 8: 1, 106: 1 };
  deepEqual(await all(app, "field=age&limit=1"), ages);
  deepEqual((await read(app, "/analytics/a?limit=1")).demographics.age, { 36: 2, other: 2, unknown: 0 });
  for (
    const query of [
      "field=birthDay",
      "field=",
      "limit=0",
      "limit=1001",
      "limit=x",
      "cursor=a",
      "field=age&event=open",
      "trait=crm.plan&field=age",
      "event=",
    ]
  ) equal((await app.request(`/analytics/a?${query}`)).status, 400, query);
});
