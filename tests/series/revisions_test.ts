/** What a series was can be listed, read and restored, as long as it is kept. */
import { deepEqual, equal, match } from "../support/assert.ts";
import { START, type TestApp, testOnBothEngines } from "../support/app.ts";

const PATH = "/api/store/r/s";
const DAY_MS = 86_400_000;

async function values(app: TestApp, query = ""): Promise<string> {
  return await (await app.request(`${PATH}?jsonformat=values${query}`)).text();
}

async function save(app: TestApp, body: string, query = ""): Promise<void> {
  equal((await app.request(`${PATH}${query}`, { method: "PUT", body })).status, 200);
  app.time.now += 1000;
}

async function refusal(answer: Response): Promise<[number, string]> {
  const { type } = await answer.json();
  return [answer.status, type.split("#")[1]];
}

const restore = (app: TestApp, revision: unknown) => app.send("POST", `${PATH}/restore`, { revision });

testOnBothEngines(
  "each save and removal is a revision, read by number and by time, and restored",
  async (app) => {
    await save(app, '{"a":{"2020-01-01":1,"2020-01-02":2}}');
    await save(app, '{"a":{"2020-01-03":3}}', "?mode=append");
    await save(app, '{"a":{"2020-01-02":9},"b":{"2020-01-02":"x"}}', "?mode=merge");
    await app.request(`${PATH}?columns=b`, { method: "DELETE" });
    app.time.now += 1000;
    await app.request(PATH, { method: "DELETE" });
    app.time.now += 1000;
    const time = (seconds: number) => new Date(START + seconds * 1000).toISOString();
    deepEqual(await (await app.request(`${PATH}/revisions`)).json(), [
      { revision: 5, time: time(4), rows: 0, change: "delete" },
      { revision: 4, time: time(3), rows: 3, change: "remove" },
      { revision: 3, time: time(2), rows: 3, change: "merge" },
      { revision: 2, time: time(1), rows: 3, change: "append" },
      { revision: 1, time: time(0), rows: 2, change: "append" },
    ]);
    const newest = await (await app.request(`${PATH}/revisions?limit=2`)).json();
    deepEqual(newest.map(({ revision }: { revision: number }) => revision), [5, 4]);
    for (const limit of ["0", "x", "-1"]) {
      equal((await app.request(`${PATH}/revisions?limit=${limit}`)).status, 400, limit);
    }
    equal((await app.request(PATH)).status, 404);
    equal(await values(app, "&asOf=1"), "[[1],[2]]");
    equal(await values(app, "&asOf=2"), "[[1],[2],[3]]");
    equal(await values(app, `&asOf=${time(1.5)}`), "[[1],[2],[3]]");
    equal(await values(app, "&asOf=3"), '[[1,null],[9,"x"],[3,null]]');
    equal(await values(app, "&asOf=3&columns=b&start=2020-01-02"), '[["x"],[null]]');
    equal(await values(app, "&asOf=1&every=2d&agg=sum"), "[[3]]");
    equal(await values(app, "&asOf=3&where=a>2"), '[[9,"x"],[3,null]]');
    equal(await values(app, "&asOf=2&tail=1"), "[[3]]");
    equal(await values(app, "&asOf=4"), "[[1],[9],[3]]");

    deepEqual(await (await restore(app, 3)).json(), {
      revision: 6,
      time: time(5),
      rows: 3,
      change: "restore",
    });
    equal(await values(app), '[[1,null],[9,"x"],[3,null]]');
    equal((await restore(app, 1)).status, 200);
    equal(await values(app), "[[1],[2]]");
    await save(app, '{"a":{"2020-01-04":4}}');
    equal(await values(app), "[[1],[2],[4]]");
    equal(await values(app, "&asOf=6"), '[[1,null],[9,"x"],[3,null]]');
  },
);

testOnBothEngines("what is no longer kept is gone at once, its space with the sweep", async (app) => {
  await save(app, '{"a":{"2020-01-01":1}}');
  await save(app, '{"a":{"2020-01-01":2}}');
  await app.request(PATH, { method: "DELETE" });
  app.time.now += DAY_MS;
  deepEqual(await refusal(await app.request(`${PATH}?asOf=2`)), [410, "revision-gone"]);
  deepEqual(await refusal(await restore(app, 1)), [410, "revision-gone"]);
  await app.services.series.sweep();
  const counts = "SELECT (SELECT count(*) FROM series), (SELECT count(*) FROM series_revision), " +
    "(SELECT count(*) FROM series_chunk), (SELECT count(*) FROM series_body)";
  deepEqual(await app.database.query(counts), [[0, 0, 0, 0]]);
});

testOnBothEngines("forget=true, and another time to live, keep nothing that could come back", async (app) => {
  await save(app, '{"a":{"2020-01-01":1,"2020-01-02":2}}');
  const remove = await app.request(`${PATH}?start=2020-01-02&forget=true`, { method: "DELETE" });
  deepEqual(await remove.json(), { status: true, rows: 1 });
  deepEqual(await refusal(await app.request(`${PATH}?asOf=1`)), [410, "revision-gone"]);
  deepEqual((await (await app.request(`${PATH}/revisions`)).json()).length, 1);

  await save(app, '{"a":{"2026-01-01":3}}');
  for (const ttl of [10 * DAY_MS, null]) {
    equal((await app.request(`/api/store/r?ttlMillis=${ttl}`, { method: "PATCH" })).status, 200);
  }
  equal(await values(app), "[[3]]");
  deepEqual(await refusal(await app.request(`${PATH}?asOf=3`)), [410, "revision-gone"]);
});

testOnBothEngines("bad versions are told what is wrong", async (app) => {
  deepEqual(await refusal(await app.request(`${PATH}/revisions`)), [404, "series-not-found"]);
  deepEqual(await refusal(await restore(app, 1)), [404, "series-not-found"]);
  await save(app, '{"a":{"2020-01-01":1}}');
  deepEqual(await refusal(await app.request(`${PATH}?asOf=2`)), [404, "revision-not-found"]);
  deepEqual(await refusal(await app.request(`${PATH}?asOf=yesterday`)), [400, "invalid-request"]);
  for (const revision of [0, -1, 1.5, "1", null]) {
    const answer = await restore(app, revision);
    equal(answer.status, 400);
    match((await answer.json()).detail, /revision/);
  }
  equal(await values(app), "[[1]]");
});

testOnBothEngines(
  "a series that is saved again after all of it was freed has revisions that it never had",
  async (app) => {
    await save(app, '{"a":{"2020-01-01":1}}');
    const old = (await app.request(PATH)).headers.get("etag")!;
    await app.request(`${PATH}?forget=true`, { method: "DELETE" });
    await app.services.series.sweep();
    deepEqual(await app.database.query("SELECT count(*) FROM series"), [[0]]);
    await save(app, '{"a":{"2020-01-01":2}}');
    const fresh = await app.request(PATH, { headers: { "If-None-Match": old } });
    deepEqual([fresh.status, await fresh.text()], [200, '{"a":{"2020-01-01T00:00:00.000":2}}']);
    const stale = { method: "PUT", body: '{"a":{"2020-01-01":3}}', headers: { "If-Match": old } };
    equal((await app.request(PATH, stale)).status, 412);
    await save(app, '{"a":{"2020-01-02":4}}');
    const listed: { revision: number }[] = await (await app.request(`${PATH}/revisions`)).json();
    deepEqual(listed.map(({ revision }) => revision), [4, 3]);
    equal(await values(app, "&asOf=3"), "[[2]]");
    equal((await restore(app, 3)).status, 200);
    equal(await values(app), "[[2]]");
  },
);
