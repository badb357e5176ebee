import { deepEqual, equal, match } from "../support/assert.ts";
import { JOBS } from "../../jobs/mod.ts";
import { START, type TestApp, testOnBothEngines } from "../support/app.ts";

const read = async (app: TestApp, path: string) => await (await app.request(path)).json();

testOnBothEngines("the published description's requests are answered as printed", async (app) => {
  const profile = await app.request("/profile/myapp/aprofile/", {
    method: "PUT",
    body: '{"twitter":{"id":"456"},"foursquare":{"id":789}}',
    headers: { "Content-Type": "application/json" },
  });
  const event = await app.request("/event/myapp/aprofile/myevent/?context=foobar", { method: "PUT" });
  for (const response of [profile, event]) {
    equal(response.status, 200);
    equal(response.headers.get("content-type"), "text/html; charset=utf-8");
    equal(response.headers.get("content-length"), "0");
    equal(await response.text(), "");
  }
  await app.send("PUT", "/profile/other/same/", {
    twitter: { id: 456 },
    facebook: {
      gender: "male",
      locale: "en_US",
      location: { name: "Chicago" },
      timezone: -5,
      languages: [{ name: "English" }, { name: "Japanese" }],
    },
  });
  const analytics = await app.request("/analytics/myapp/");
  equal(analytics.headers.get("content-type"), "application/json");
  deepEqual(await analytics.json(), {
    demographics: {
      age: { unknown: 1 },
      country: { unknown: 1 },
      gender: { male: 1, unknown: 0 },
      language: { "English|Japanese": 1, unknown: 0 },
      locale: { en_US: 1, unknown: 0 },
      location: { Chicago: 1, unknown: 0 },
      timezone: { "-5:00": 1, unknown: 0 },
    },
    accounts: 1,
    events: ["myevent"],
    contexts: { myevent: { foobar: 1 } },
    activeAccounts: { day: 1, week: 1, month: 1 },
  });
  const { datapoints } = await read(app, "/event/myapp/myevent/");
  equal(datapoints.length, 289);
  const now = Math.floor(START / 300_000) * 300_000;
  deepEqual(datapoints[0], [now - 86_400_000, 0]);
  deepEqual(datapoints.at(-1), [now, 1]);
  equal((await read(app, "/profile/myapp/aprofile/")).demographics.gender, "male");
  deepEqual(await read(app, "/analytics/"), { apps: ["myapp", "other"] });
});

testOnBothEngines("each service's fields are normalised, and what is malformed is skipped", async (app) => {
  const stories: [Record<string, unknown>, Record<string, unknown>][] = [
    [{ facebook: { birthday: "01/02/1984", gender: '"female"' } }, { age: 42, gender: "female" }],
    [{ facebook: { birthday: "01/03/1984" } }, { age: 41 }],
    [{ facebook: { birthday: "02/30/1984", timezone: "x", location: "Chicago", languages: 3 } }, {}],
    [{ facebook: { birthday: "02/30", timezone: 5.5, gender: 1, locale: null } }, { timezone: "5:30" }],
    [{ flickr: { location: { _content: "Chicago, IL, USA" }, timezone: { offset: "-06:00" } } }, {
      location: "Chicago",
      country: "US",
      timezone: "-06:00",
    }],
    [{ github: { location: '"Chicago"', gender: "male" } }, { location: "Chicago" }],
    [{
      linkedin: {
        dateOfBirth: { year: 1990, month: 12, day: 31 },
        location: { name: "Greater Boston", country: { code: "us" } },
      },
    }, { age: 35, location: "Greater Boston", country: "US" }],
    [{ twitter: { lang: "en", location: "unknown" } }, { language: "English" }],
    [{ twitter: { lang: "de", dateOfBirth: { year: 2030, month: 1, day: 1 } } }, { language: "German" }],
    [{ twitter: { lang: "!" }, myspace: { gender: "male" }, foursquare: { location: "x" } }, {}],
  ];
  for (const [i, [body, wanted]] of stories.entries()) {
    equal((await app.send("PUT", `/profile/fields/${i}`, body)).status, 200);
    deepEqual((await read(app, `/profile/fields/${i}`)).demographics, wanted, JSON.stringify(body));
  }
});

testOnBothEngines(
  "keywords are replaced by an update that brings some, and united over a person",
  async (app) => {
    await app.send("PUT", "/profile/a/1", {
      facebook: { id: 1, bio: "I am the designer of Fixed-gear bicycles, and of COFFEE!" },
    });
    deepEqual((await read(app, "/profile/a/1")).keywords, ["bicycles", "coffee", "designer", "fixed-gear"]);
    await app.send("PUT", "/profile/a/1", { facebook: { gender: "male" } });
    await app.send("PUT", "/profile/b/1", {
      facebook: { id: 1 },
      twitter: { description: "Jazz und der Kaffee" },
    });
    await app.send("PUT", "/profile/a/1", { twitter: { description: "jazz clubs" } });
    deepEqual((await read(app, "/profile/a/1")).keywords, ["clubs", "jazz", "kaffee"]);
  },
);

testOnBothEngines("an update that links two persons makes them one, and nothing is lost", async (app) => {
  await app.send("PUT", "/profile/a/1", { twitter: { id: "t" }, facebook: { gender: "female" } });
  await app.send("PUT", "/profile/b/1", { flickr: { id: "f" }, github: { location: "Bern" } });
  await app.send("PUT", "/profile/c/1", { twitter: { id: "t" }, flickr: { id: "f" } });
  for (const path of ["/profile/a/1", "/profile/b/1", "/profile/c/1"]) {
    deepEqual((await read(app, path)).demographics, { gender: "female", location: "Bern" }, path);
  }
  equal((await app.request("/profile/a/1", { method: "DELETE" })).status, 204);
  equal((await app.request("/profile/a/1")).status, 404);
  deepEqual((await read(app, "/profile/c/1")).demographics, { location: "Bern" });
  deepEqual((await read(app, "/analytics/c")).demographics.gender, { unknown: 1 });
  deepEqual(await read(app, "/analytics"), { apps: ["b", "c"] });
});

testOnBothEngines(
  "concurrent updates and events of one account lose nothing and count nothing twice",
  async (app) => {
    const many = Array.from({ length: 60 }, (_, i) => i);
    await Promise.all(many.flatMap((i) => [
      app.send("PUT", `/profile/busy/${i % 3}`, { [`s${i}`]: { id: "same" }, [`s${i + 1}`]: { id: "same" } }),
      app.send("PUT", `/profile/busy/${i % 3}`, { facebook: { gender: i % 2 ? "male" : "female" } }),
      app.request(`/event/busy/${i % 3}/click?context=c${i % 2}`, { method: "PUT" }),
      app.send("POST", "/event/busy", [{ account: "0", event: "click" }, { account: "4", event: "click" }]),
    ]));
    const { accounts, demographics, contexts, activeAccounts } = await read(app, "/analytics/busy");
    equal(accounts, 3);
    const [[gender, n]] = Object.entries(demographics.gender) as [[string, number]];
    match(gender, /^(fe)?male$/);
    equal(n, 3, "the three accounts are one person");
    deepEqual(contexts, { click: { c0: 30, c1: 30 } });
    equal(activeAccounts.day, 4);
    equal((await read(app, "/event/busy/click")).datapoints.at(-1)[1], 180);
    equal((await read(app, "/event/busy/0/click")).datapoints.at(-1)[1], 80);
    deepEqual(await app.services.analytics.recount(), new Map());
  },
);

testOnBothEngines("a recount mends counters that were changed by other means, and says so", async (app) => {
  await app.send("PUT", "/profile/a/1", { facebook: { gender: "male" } });
  await app.send("PUT", "/event/a/1/open?context=x", {});
  const before = await read(app, "/analytics/a");
  await app.database.engine.write([
    { sql: "UPDATE field_count SET accounts = 7", args: [] },
    { sql: "UPDATE app SET accounts = 9", args: [] },
    { sql: "DELETE FROM context_total", args: [] },
    { sql: "INSERT INTO app_event VALUES (1, 'ghost', 1, 1)", args: [] },
  ]);
  const job = JOBS.find(({ name }) => name === "recount-profiles")!;
  const report = await job.run(app.services, new AbortController().signal);
  for (const table of ["app", "app_event", "context_total", "event_total", "field_count"]) {
    match(report!, new RegExp(`\\b${table} \\(\\d rows\\)`));
  }
  deepEqual(await read(app, "/analytics/a"), before);
  equal(await job.run(app.services, new AbortController().signal), undefined, "nothing differs any more");
});
