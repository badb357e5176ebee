import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createTestApp, START, type TestApp } from "../support/app.ts";

const put = (app: TestApp, path: string, body: string, type = "application/json") =>
  app.request(path, {
    method: "PUT",
    body,
    headers: { "Content-Type": type, "Content-Length": `${body.length}` },
  });

async function refused(response: Response, status = 400): Promise<{ path: string; message: string }[]> {
  const text = await response.text();
  equal(response.status, status, text);
  equal(response.headers.get("content-type"), "application/problem+json");
  return JSON.parse(text).errors;
}

async function isUntouched(app: TestApp): Promise<void> {
  deepEqual(await (await app.request("/analytics")).json(), { apps: [] });
}

Deno.test("a profile of the wrong shape is refused with its place, and changes nothing", async () => {
  await using app = await createTestApp();
  for (const body of ["", "{", "[]", "null", "3", '"x"', '{"a":1}', '{"a":[]}', '{"a":null}', '{"":{}}']) {
    await refused(await put(app, "/profile/a/1/", body));
  }
  const ids = ["1.5", "12345678901234567890", "1e300", "-0.1", "null", "true", "[]", "{}", '"\\ud800"'];
  for (const id of [...ids, `"${"x".repeat(201)}"`, '"a\\u0000"']) {
    const [issue] = await refused(await put(app, "/profile/a/1/", `{"twitter":{"id":${id}}}`));
    equal(issue!.path, "twitter.id", id);
    match(issue!.message, /whole number/);
  }
  await refused(await put(app, "/profile/a/1/", '{"a":{}}', "text/plain"), 415);
  await refused(await put(app, "/profile/a/1/", `{"a":{"b":"${"x".repeat(1 << 20)}"}}`), 413);
  const [long] = await refused(await put(app, `/profile/a/${"x".repeat(201)}/`, '{"a":{}}'));
  equal(long!.path, "account");
  await isUntouched(app);
});

Deno.test("odd but right profiles are stored", async () => {
  await using app = await createTestApp();
  const thousand = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`service${i}`, { id: i }]));
  const bodies = [
    '{"__proto__":{"id":"p"},"constructor":{"id":1},"toString":{}}',
    `{"twitter":{"x":${"[".repeat(20_000)}${"]".repeat(20_000)}}}`,
    `{"facebook":{"bio":"${"word ".repeat(200_000)}","gender":"${"m".repeat(10_000)}"}}`,
    JSON.stringify(thousand),
    '{"facebook":{"__proto__":{"gender":"male"},"location":{"name":"__proto__"}}}',
    "{}",
  ];
  for (const [i, body] of bodies.entries()) {
    const response = await put(app, `/profile/odd/${i}%2F%C3%BC%20/`, body);
    equal(response.status, 200, await response.text());
  }
  const second = await put(app, "/profile/odd/same", '{"__proto__":{"id":"p"},"github":{"location":"Bern"}}');
  equal(second.status, 200);
  const shared = await (await app.request("/profile/odd/0%2F%C3%BC%20/")).json();
  deepEqual(
    shared,
    { demographics: { location: "Bern" }, keywords: [] },
    "`__proto__` identifies like any service",
  );
  const { accounts, demographics } = await (await app.request("/analytics/odd")).json();
  equal(accounts, 7);
  deepEqual(Object.entries(demographics.location), [["Bern", 2], ["__proto__", 1], ["unknown", 4]]);
  equal(demographics.gender.unknown, 7);
});

Deno.test("events that are wrong are refused together with their neighbours", async () => {
  await using app = await createTestApp();
  const right = { account: "1", event: "open" };
  const wrong = [
    { account: "1" },
    { account: 1, event: "open" },
    { ...right, timestamp: "yesterday" },
    { ...right, timestamp: "2026-13-01" },
    { ...right, timestamp: START - 366 * 86_400_000 },
    { ...right, timestamp: START + 2 * 86_400_000 },
    { ...right, timestamp: 1.5 },
    { ...right, context: 3 },
    { ...right, context: "x".repeat(201) },
    { ...right, account: "\ud800" },
    null,
  ];
  for (const event of wrong) {
    const [issue] = await refused(await app.send("POST", "/event/a", [right, event]));
    ok(issue!.path.startsWith("1"), JSON.stringify(issue));
  }
  await refused(await app.send("POST", "/event/a", right));
  await refused(await app.send("POST", "/event/a", Array.from({ length: 10_001 }, () => right)));
  await refused(await put(app, "/event/a/1/open", "[]"));
  await refused(await put(app, "/event/a/1/open", '{"timestamp":"x"}'));
  await refused(await app.request(`/event/a/1/open?context=${"x".repeat(201)}`, { method: "PUT" }));
  const lines = await app.request("/event/a", {
    method: "POST",
    body: `${JSON.stringify(right)}\n{`,
    headers: { "Content-Type": "application/x-ndjson" },
  });
  equal((await refused(lines))[0]!.path, "2", "a line has the number that editors show");
  await isUntouched(app);
});

Deno.test("an event's body says when it happened and goes before the query's context", async () => {
  await using app = await createTestApp();
  const timestamp = new Date(START - 3_600_000).toISOString();
  const response = await app.send("PUT", "/event/a/1/open?context=x", { timestamp, context: "y" });
  equal(response.status, 200);
  const { datapoints } = await (await app.request("/event/a/1/open?context=y&bucket=1h")).json();
  deepEqual(datapoints.slice(-2).map(([, n]: [number, number]) => n), [1, 0]);
  equal((await put(app, "/event/a/1/open", "")).status, 200, "an empty body says nothing");
});

Deno.test("a batch of NDJSON is recorded whole", async () => {
  await using app = await createTestApp();
  const lines = Array.from(
    { length: 5000 },
    (_, i) =>
      JSON.stringify({
        account: `${i % 100}`,
        event: "open",
        context: `${i % 2}`,
        timestamp: new Date(START - i),
      }),
  );
  const response = await app.request("/event/a", {
    method: "POST",
    body: lines.join("\n"),
    headers: { "Content-Type": "application/x-ndjson" },
  });
  deepEqual(await response.json(), { recorded: 5000 });
  deepEqual((await (await app.request("/analytics/a")).json()).contexts, { open: { 0: 2500, 1: 2500 } });
});

Deno.test("a timeline's query is checked", async () => {
  await using app = await createTestApp();
  const queries = [
    "bucket=7m",
    "bucket=0m",
    "bucket=x",
    "bucket=1w",
    "from=x",
    "to=2026-99-01",
    "from=20&to=10",
    "from=0",
    "from=-1",
    "from=0&to=99999999999999999",
    "bucket=5m&from=2025-01-01",
  ];
  for (const query of queries) await refused(await app.request(`/event/a/open?${query}`));
  const days = await (await app.request("/event/a/open?bucket=1d&from=2026-01-01&to=2026-01-05T00:00:00"))
    .json();
  deepEqual(days.datapoints.map(([time]: [number]) => new Date(time).toISOString().slice(0, 10)), [
    "2026-01-01",
    "2026-01-02",
    "2026-01-03",
    "2026-01-04",
    "2026-01-05",
  ]);
});

Deno.test("expired events are gone at once, and the sweep leaves nothing of them", async () => {
  await using app = await createTestApp({ eventTtlDays: 1 });
  await app.request("/event/a/1/open?context=x", { method: "PUT" });
  await app.send("PUT", "/profile/a/2", { facebook: { gender: "male" } });
  await app.request("/event/a/2/open", { method: "PUT" });
  app.time.now += 86_400_000 + 300_000;
  const check = async () => {
    const analytics = await (await app.request("/analytics/a")).json();
    deepEqual([analytics.accounts, analytics.events, analytics.contexts], [1, [], {}]);
    deepEqual(analytics.activeAccounts, { day: 0, week: 0, month: 0 });
    const { datapoints } = await (await app.request("/event/a/open?from=2026-01-01&bucket=1h")).json();
    equal(datapoints.reduce((sum: number, [, n]: [number, number]) => sum + n, 0), 0);
  };
  await check();
  equal(await app.services.events.sweep(), 2);
  app.time.now += 3_600_000;
  await app.services.events.sweep();
  await check();
  for (
    const table of [
      "account_event",
      "app_event",
      "app_context",
      "event_total",
      "context_total",
      "active_hour",
    ]
  ) {
    deepEqual(await app.database.query(`SELECT count(*) FROM ${table}`), [[0]], table);
  }
  deepEqual(
    await app.database.query("SELECT name FROM account"),
    [["2"]],
    "an account without anything is gone",
  );
});
