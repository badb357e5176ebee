import { deepEqual, equal } from "../support/assert.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

/** The batch of the published description, as its curl line sends it. */
const BATCH =
  `[{"user_id": "d6313e1fb7d247a6a034e2aadc30ab30", "country": "TIN", "event": "start", "session_id": "674606b1-2270-4285-928f-eef4a6b90a60", "ts": "2019-04-16T20:40:50"},
{"user_id": "d6313e1fb7d247a6a034e2aadc30ab3f", "event": "end", "session_id": "5f933591-8cd5-4147-8736-d6237bef5891", "ts": "2018-11-18T06:24:50"},
{"user_id": "d6313e1fb7d247a6a034e2aadc30ab3f", "event": "start", "session_id": "5f933591-8cd5-4147-8736-d6237bef5891", "ts": "2018-11-16T18:01:37"},
{"user_id": "29bb390d9b1b4b4b9ec0d6243da34ec4", "event": "end", "session_id": "ef939180-692a-4845-aef7-afb03524c2da", "ts": "2018-11-13T10:38:09"},
{"user_id": "a477ecabc3cc455cb1c6d1dab77d8e5c", "country": "GH", "event": "start", "session_id": "4c55263e-66b2-4814-b431-8ca4c1a9dcc8", "ts": "2018-11-29T19:31:43"},
{"user_id": "1ec36a67785046b3bce1dc432fad9129", "country": "SK", "event": "start", "session_id": "3346a60a-0989-4041-aacc-cf6ff44bd151", "ts": "2018-11-16T05:36:16"},
{"user_id": "9595af0063e94cb8a76cb6628c6b80eb", "country": "DE", "event": "start", "session_id": "06830030-d091-428b-87d6-53914d3d2a18", "ts": "2018-11-07T01:18:09"},
{"user_id": "8d0e3cd4a25d4a0895a6c2e13b5bb26a", "event": "end", "session_id": "a78a4889-4bcf-45a7-a4bd-967cc7adf581", "ts": "2018-11-24T02:12:33"}
]`;
const USER = "d6313e1fb7d247a6a034e2aadc30ab3f";
const SESSION = "5f933591-8cd5-4147-8736-d6237bef5891";

async function get(app: TestApp, path: string) {
  const response = await app.request(path, { headers: { accept: "application/json" } });
  equal(response.status, 200, path);
  return await response.json();
}

async function insert(app: TestApp, events: unknown): Promise<void> {
  const response = await app.send("POST", "/user/batches", events);
  equal(response.status, 200, await response.clone().text());
}

async function refusal(response: Response) {
  equal(response.headers.get("content-type"), "application/problem+json");
  const { errors, ...problem } = await response.json();
  equal(problem.status, response.status);
  return { status: response.status, errors };
}

const start = (user: string, session: string, ts: string, country?: string) => ({
  user_id: user,
  session_id: session,
  event: "start",
  ts,
  ...(country !== undefined && { country }),
});
const end = (user: string, session: string, ts: string) => ({
  user_id: user,
  session_id: session,
  event: "end",
  ts,
});

testOnBothEngines("the published description's curl lines answer as described", async (app) => {
  const inserted = await app.request("/user/batches", {
    method: "POST",
    body: BATCH,
    headers: { accept: "application/json", "Content-Type": "application/json" },
  });
  equal(inserted.status, 200);
  deepEqual(await inserted.json(), { message: "success insertion" });

  const none = await get(app, "/user/last-events?days=170");
  deepEqual(
    none,
    { DE: [], GH: [], SK: [], TIN: [], UNKNOWN: [] },
    "every country is there, its old events are not",
  );
  deepEqual(await get(app, "/user/last-events?days=4000"), {
    DE: [{
      session_id: "06830030-d091-428b-87d6-53914d3d2a18",
      user_id: "9595af0063e94cb8a76cb6628c6b80eb",
      ts: "2018-11-07T01:18:09",
    }],
    GH: [{
      session_id: "4c55263e-66b2-4814-b431-8ca4c1a9dcc8",
      user_id: "a477ecabc3cc455cb1c6d1dab77d8e5c",
      ts: "2018-11-29T19:31:43",
    }],
    SK: [{
      session_id: "3346a60a-0989-4041-aacc-cf6ff44bd151",
      user_id: "1ec36a67785046b3bce1dc432fad9129",
      ts: "2018-11-16T05:36:16",
    }],
    TIN: [{
      session_id: "674606b1-2270-4285-928f-eef4a6b90a60",
      user_id: "d6313e1fb7d247a6a034e2aadc30ab30",
      ts: "2019-04-16T20:40:50",
    }],
    UNKNOWN: [{ session_id: SESSION, user_id: USER, ts: "2018-11-16T18:01:37" }],
  });
  deepEqual(await get(app, `/user/last-sessions-user?user_id=${USER}`), { [USER]: [SESSION] });
  deepEqual(await get(app, `/user/last-sessions-user?user_id=${USER}&details=true`), {
    [USER]: [{
      session_id: SESSION,
      country: "UNKNOWN",
      start: "2018-11-16T18:01:37",
      end: "2018-11-18T06:24:50",
      duration_seconds: 130993,
    }],
  });
  deepEqual(await get(app, "/user/last-sessions-user?user_id=nobody"), { nobody: [] });
});

testOnBothEngines("metrics add up, and their sum is that of their days and countries", async (app) => {
  await insert(app, [
    start("a", "1", "2026-01-02T01:00:00", "de"),
    end("a", "1", "2026-01-02T01:10:00"),
    start("a", "2", "2026-01-01T23:59:59.999999Z", "(.de)"),
    start("b", "1", "2026-01-02T02:00:00+02:00", "FR"),
    end("b", "1", "2026-01-01T23:00:00"),
    end("c", "1", "2026-01-02T01:10:00"),
    start("b", "2", "2025-12-31T12:00:00", "FR"),
    end("b", "2", "2025-12-31T12:00:00"),
  ]);
  const all = await get(app, "/user/metrics?days=3");
  deepEqual(all.sessions, { started: 4, completed: 2, open: 1, inconsistent: 1 });
  equal(all.users, 2);
  equal(all.duration_seconds.mean, 300);
  equal(all.duration_seconds.p50, 0);
  equal(
    Math.abs(all.duration_seconds.p99 - 600) <= 6,
    true,
    `${all.duration_seconds.p99} is within 1 % of 600`,
  );
  deepEqual(all.by_country.map((row: { country: string; started: number }) => [row.country, row.started]), [
    ["DE", 2],
    ["FR", 2],
  ]);
  deepEqual(all.by_day, [
    { day: "2026-01-02", started: 2, completed: 1, open: 0, inconsistent: 1, mean_duration_seconds: 600 },
    { day: "2026-01-01", started: 1, completed: 0, open: 1, inconsistent: 0, mean_duration_seconds: null },
    { day: "2025-12-31", started: 1, completed: 1, open: 0, inconsistent: 0, mean_duration_seconds: 0 },
  ]);
  const french = await get(app, "/user/metrics?days=1&country=fr");
  deepEqual(french.sessions, { started: 1, completed: 0, open: 0, inconsistent: 1 });
  equal(french.users, 1);
  deepEqual(french.duration_seconds, { mean: null, p50: null, p90: null, p99: null });
});

testOnBothEngines(
  "what was received a time to live ago is gone from every answer, before and after the sweep",
  async (app) => {
    await insert(app, [
      start("a", "old", "2026-01-01T01:00:00", "DE"),
      end("a", "old", "2026-01-01T02:00:00"),
      start("a", "open", "2026-01-01T01:30:00", "GH"),
    ]);
    app.time.now += 1;
    await insert(app, [
      start("b", "later", "2026-01-01T03:00:00", "DE"),
      end("b", "later", "2026-01-01T03:00:10"),
    ]);
    app.time.now += 365 * 86_400_000 - 2;
    deepEqual(await get(app, "/user/last-sessions-user?user_id=a"), { a: ["old"] }, "a millisecond before");
    equal((await get(app, "/user/metrics?days=1000")).sessions.started, 3);

    app.time.now += 1;
    const check = async (when: string) => {
      deepEqual(await get(app, "/user/last-sessions-user?user_id=a"), { a: [] }, when);
      deepEqual(await get(app, "/user/last-events?days=1000"), {
        DE: [{ session_id: "later", user_id: "b", ts: "2026-01-01T03:00:00" }],
        GH: [],
      }, when);
      const metrics = await get(app, "/user/metrics?days=1000");
      deepEqual(metrics.sessions, { started: 1, completed: 1, open: 0, inconsistent: 0 }, when);
      equal(metrics.users, 1, when);
      equal(metrics.duration_seconds.mean, 10, when);
      equal(Math.abs(metrics.duration_seconds.p99 - 10) <= 0.1, true, when);
      deepEqual(metrics.by_country.map(({ country }: { country: string }) => country), ["DE"], when);
    };
    await check("expired, not swept");
    equal(await app.services.sessions.sweep(), 2);
    await check("swept");

    app.time.now += 1;
    equal(await app.services.sessions.sweep(), 1);
    deepEqual((await get(app, "/user/metrics?days=1000")).by_day, []);
    for (const table of ["session_log", "session_run", "session_chunk", "session_figure", "session_ledger"]) {
      deepEqual(await app.database.query(`SELECT count(*) FROM ${table}`), [[0]], `${table} is empty`);
    }
  },
);

testOnBothEngines(
  "an event for a session that has expired begins a new one, whether swept or not",
  async (app) => {
    await insert(app, [start("a", "1", "2026-01-01T01:00:00", "DE"), end("a", "1", "2026-01-01T02:00:00")]);
    app.time.now += 365 * 86_400_000;
    await insert(app, [end("a", "1", "2026-01-01T05:00:00")]);
    deepEqual(await get(app, "/user/last-sessions-user?user_id=a"), { a: [] }, "the old start is forgotten");
    equal((await get(app, "/user/metrics?days=1000")).sessions.started, 0);
    await insert(app, [start("a", "1", "2026-01-01T04:00:00", "FR")]);
    deepEqual(await get(app, "/user/last-sessions-user?user_id=a"), { a: ["1"] });
    equal((await get(app, "/user/metrics?days=1000")).duration_seconds.mean, 3600);
    equal(await app.services.sessions.sweep(), 0, "the new session is no day old");
  },
);

testOnBothEngines(
  "last-sessions-user answers the last 20 by their end, or as many as asked for",
  async (app) => {
    const events = Array.from({ length: 30 }, (_, i) => {
      const minute = String(i).padStart(2, "0");
      return [
        start("u", `s${i}`, "2026-01-01T00:00:00", "DE"),
        end("u", `s${i}`, `2026-01-01T01:${minute}:00`),
      ];
    }).flat();
    await insert(app, [...events, start("u", "open", "2026-01-01T03:00:00", "DE")]);
    const last = (count: number) => Array.from({ length: count }, (_, i) => `s${29 - i}`);
    deepEqual(await get(app, "/user/last-sessions-user?user_id=u"), { u: last(20) });
    deepEqual(await get(app, "/user/last-sessions-user/?user_id=u&limit=1000"), { u: last(30) });
    deepEqual(await get(app, "/user/last-sessions-user?user_id=u&limit=3"), { u: last(3) });
  },
);

testOnBothEngines(
  "last-events pages through many events, newest first, with country, limit and hours",
  async (app) => {
    const at = (i: number) => new Date(app.time.now - i * 1000).toISOString();
    const events = Array.from(
      { length: 3000 },
      (_, i) => start(`u${i % 7}`, `s${i}`, at(i), i % 3 === 0 ? "DE" : "FR"),
    );
    await insert(app, events);
    const all = await get(app, "/user/last-events?days=1");
    const ids = (rows: { session_id: string }[]) => rows.map(({ session_id }) => session_id);
    const wanted = (country: string) =>
      events.filter((event) => event.country === country).map((event) => event.session_id);
    deepEqual(ids(all.DE), wanted("DE"));
    deepEqual(ids(all.FR), wanted("FR"));
    const german = await get(app, "/user/last-events?days=1&country=de&limit=600");
    deepEqual(Object.keys(german), ["DE"]);
    deepEqual(ids(german.DE), wanted("DE").slice(0, 600));
    const hour = await get(app, "/user/last-events?hours=0.5&country=FR");
    equal(hour.FR.length, 1200, "half an hour has 1,801 of these seconds, two thirds are French");
    deepEqual(await get(app, "/user/last-events?days=1&country=XX"), {});
  },
);

testOnBothEngines(
  "wrong batches are refused with each wrong event named, and change nothing",
  async (app) => {
    const good = start("a", "1", "2026-01-01T01:00:00", "DE");
    const wrong: [unknown, string[]][] = [
      [{}, [""]],
      [[], [""]],
      [null, [""]],
      [[good, { ...good, ts: "yesterday" }], ["1.ts"]],
      [[good, { ...good, ts: 1 }, 7, { ...good, event: "begin" }], ["1.ts", "2", "3.event"]],
      [[good, { ...good, ts: "2026-02-30T00:00:00" }], ["1.ts"]],
      [[good, { ...good, ts: "2026-01-01T00:00:00.1234567890" }], ["1.ts"]],
      [[good, { ...good, ts: "1969-12-31T23:59:59" }], ["1.ts"]],
      [[good, { ...good, country: "(.)" }], ["1.country"]],
      [[good, { ...good, country: "x".repeat(65) }], ["1.country"]],
      [[good, { ...good, user_id: "" }], ["1.user_id"]],
      [[good, { ...good, user_id: "x".repeat(201) }], ["1.user_id"]],
      [[good, { ...good, session_id: "a\0b" }], ["1.session_id"]],
      [[good, { ...good, session_id: "\ud800" }], ["1.session_id"]],
      [[good, { event: "start" }], ["1.user_id", "1.session_id", "1.ts"]],
      [Array.from({ length: 10_001 }, () => good), [""]],
    ];
    for (const [body, paths] of wrong) {
      const { status, errors } = await refusal(await app.send("POST", "/user/batches", body));
      equal(status, 400);
      deepEqual(errors.map(({ path }: { path: string }) => path), paths, JSON.stringify(body).slice(0, 300));
    }
    equal(
      (await app.request("/user/batches", { method: "POST", body: "[" })).status,
      415,
      "declared as text",
    );
    deepEqual(await get(app, "/user/last-events?days=10"), {}, "not even a country was stored");
  },
);

testOnBothEngines("ids and countries of any script come back as they were sent", async (app) => {
  const ids = [
    "'\"; DROP TABLE session; --",
    "日本語 🦀",
    "__proto__",
    "x".repeat(200),
    "🦀".repeat(100),
    "%_\\",
  ];
  await insert(
    app,
    ids.flatMap((
      id,
    ) => [start(id, id, "2026-01-02T00:00:00.5", "日本"), end(id, id, "2026-01-02T00:00:01.000001")]),
  );
  for (const id of ids) {
    const answer = await app.request(`/user/last-sessions-user?user_id=${encodeURIComponent(id)}`);
    equal(await answer.text(), JSON.stringify({ [id]: [id] }));
  }
  const { 日本: starts } = await get(app, "/user/last-events?days=1");
  deepEqual(starts.map((row: { user_id: string }) => row.user_id).sort(), ids.toSorted());
  deepEqual(new Set(starts.map((row: { ts: string }) => row.ts)), new Set(["2026-01-02T00:00:00.5"]));
});

testOnBothEngines("ids may be whole numbers, and times may have nine digits of a second", async (app) => {
  const at = (event: string, ts: string) => ({ user_id: 17, session_id: 9007199254740991, event, ts });
  await insert(app, [
    at("start", "2026-01-01T01:00:00.123456789Z"),
    at("end", "2026-01-01T01:00:01.1234569+00:00"),
  ]);
  await insert(app, [{ ...at("end", "2026-01-01T01:00:00.5"), user_id: "17" }]);
  deepEqual(await get(app, "/user/last-sessions-user?user_id=17&details=true"), {
    17: [{
      session_id: "9007199254740991",
      country: "UNKNOWN",
      start: "2026-01-01T01:00:00.123456",
      end: "2026-01-01T01:00:01.123456",
      duration_seconds: 1,
    }],
  });
  for (const user_id of [1.5, 2 ** 53, true, null]) {
    const batch = [{ ...at("end", "2026-01-01T01:00:00"), user_id }];
    const { status, errors } = await refusal(await app.send("POST", "/user/batches", batch));
    deepEqual([status, errors[0].path], [400, "0.user_id"]);
  }
});

testOnBothEngines("a start that lies ahead counts when its time has come, and not before", async (app) => {
  await insert(app, [
    start("a", "soon", "2026-01-02T05:30:00", "DE"),
    end("a", "soon", "2026-01-02T05:40:00"),
    start("a", "2031", "2031-01-01T00:00:00", "DE"),
    end("a", "2031", "2031-01-01T01:00:00"),
    start("a", "now", "2026-01-02T03:00:00", "DE"),
    end("a", "now", "2026-01-02T03:30:00"),
  ]);
  const check = async (sessions: string[]) => {
    const { DE } = await get(app, "/user/last-events?days=1");
    deepEqual(DE.map(({ session_id }: { session_id: string }) => session_id), sessions);
    deepEqual(await get(app, "/user/last-sessions-user?user_id=a"), { a: sessions });
    const { sessions: counts, users } = await get(app, "/user/metrics?days=1");
    deepEqual([counts.started, counts.completed, users], [sessions.length, sessions.length, 1]);
    equal((await get(app, "/")).holds.sessions, sessions.length);
  };
  await check(["now"]);
  await app.services.sessions.upkeep.flush();
  await check(["now"]);
  app.time.now = Date.UTC(2026, 0, 2, 5, 30);
  await check(["soon", "now"]);
});

testOnBothEngines("wrong questions are refused", async (app) => {
  const paths = [
    ...[
      "",
      "?days=",
      "?days=0",
      "?days=-1",
      "?days=x",
      "?days=1e3",
      "?days=NaN",
      "?days=1&hours=1",
      "?hours=0",
    ]
      .map((query) => `/user/last-events${query}`),
    ...["?days=1&limit=0", "?days=1&limit=1.5", "?days=1&country=."].map((query) =>
      `/user/last-events${query}`
    ),
    ...["", "?user_id=", "?user_id=a&limit=0", "?user_id=a&limit=1001", "?user_id=a&details=yes"]
      .map((query) => `/user/last-sessions-user${query}`),
    ...["", "?days=0", "?days=1.5", "?days=-3", "?days=1&country="].map((query) => `/user/metrics${query}`),
  ];
  for (const path of paths) {
    const { status, errors } = await refusal(await app.request(path));
    equal(status, 400, path);
    equal(errors.length > 0, true, path);
  }
  equal((await app.request("/user/batches")).status, 405);
});
