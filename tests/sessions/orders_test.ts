import { deepEqual, equal, ok } from "../support/assert.ts";
import fc from "fast-check";
import { createTestApp, START, type TestApp, testOnBothEngines } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { answersAt, answersOf, type ModelEvent, type Received } from "./model.ts";

const USERS = ["a", "b", "c"];

const anEvent: fc.Arbitrary<ModelEvent> = fc.record({
  user_id: fc.constantFrom(...USERS),
  session_id: fc.constantFrom("1", "2", "3", "4"),
  event: fc.constantFrom("start", "end"),
  // Few values, so that equal times and ends before starts are common.
  ts: fc.integer({ min: 0, max: 12 }).map((hour) =>
    new Date(Date.UTC(2026, 0, 1, hour)).toISOString().slice(0, 19)
  ),
  country: fc.constantFrom("DE", "GH", "SK"),
});

type Ask = (path: string) => Promise<Response>;

/** Every answer as it must be, by the model. */
async function check(ask: Ask, model: ReturnType<typeof answersAt>): Promise<void> {
  const get = async (path: string) => await (await ask(path)).json();
  const byCountry: Record<string, { session_id: string; user_id: string; ts: string }[]> = await get(
    "/user/last-events?days=1000",
  );
  const starts = Object.entries(byCountry).flatMap(([country, rows]) =>
    rows.map(({ session_id, user_id, ts }) => `${country} ${session_id} ${user_id} ${ts}`)
  );
  deepEqual(starts.sort(), model.starts);
  for (const rows of Object.values(byCountry)) {
    const times = rows.map(({ ts }) => ts);
    deepEqual(times, times.toSorted().reverse(), "newest first");
  }
  for (const user of USERS) {
    const answer = await get(`/user/last-sessions-user?user_id=${user}&limit=1000`);
    deepEqual(answer, { [user]: model.completed(user) });
  }
  const metrics = await get("/user/metrics?days=1000");
  deepEqual(metrics.sessions, model.counts);
  equal(metrics.users, model.users);
  if (model.seconds.length > 0) {
    const mean = model.seconds.reduce((sum, value) => sum + value) / model.seconds.length;
    ok(
      Math.abs(metrics.duration_seconds.mean - mean) <= 1e-4 * mean,
      `mean ${metrics.duration_seconds.mean}`,
    );
  } else equal(metrics.duration_seconds.mean, null);
}

async function store(app: TestApp, batch: readonly ModelEvent[]): Promise<void> {
  const response = await app.send("POST", "/user/batches", batch);
  equal(response.status, 200, await response.text());
}

/** What sessions occupy, beside the countries that were seen. */
const TABLES = [
  "session",
  "session_log",
  "session_run",
  "session_chunk",
  "session_doomed",
  "session_sketch",
  "session_figure",
  "session_duration",
  "session_ledger",
];

async function checkEmpty({ database }: TestApp): Promise<void> {
  for (const table of TABLES) {
    deepEqual(await database.query(`SELECT count(*) FROM ${table}`), [[0]], `${table} is empty`);
  }
}

const DAY_MS = 86_400_000, TTL_DAYS = 3;

Deno.test("whatever the order, the batches, the runs and the expiries, the answers are those of the model", async () => {
  const step = fc.record({
    events: fc.array(anEvent, { minLength: 1, maxLength: 12 }),
    /** What happens after the events came. */
    then: fc.constantFrom("nothing", "flush", "sweep", "settle"),
    /** How long nothing comes. */
    days: fc.constantFrom(0, 0, 0, 1, TTL_DAYS - 1, TTL_DAYS),
  });
  const segment = fc.constantFrom(1, 3, 20_000);
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 12 }),
      segment,
      async (steps, sessionSegment) => {
        await using app = await createTestApp({ sessionTtlDays: TTL_DAYS, sessionSegment });
        const received: Received[] = [];
        for (const { events, then, days } of steps) {
          await store(app, events);
          received.push({ at: app.time.now, events });
          app.time.now += days * DAY_MS;
          const { sessions } = app.services;
          if (then === "flush") await sessions.upkeep.flush();
          if (then === "settle") await sessions.upkeep.settled();
          if (then === "sweep") await sessions.sweep();
          await check(app.request, answersAt(received, app.time.now, TTL_DAYS * DAY_MS));
        }
        deepEqual(app.log, []);
        app.time.now += 400 * DAY_MS;
        // Chunks of merged runs, and of those that were not finished, stay for a while.
        for (let hour = 0; hour < 3; hour++) {
          await app.services.sessions.sweep();
          app.time.now += 3_600_000;
        }
        await checkEmpty(app);
      },
    ),
    { numRuns: 40 },
  );
});

testOnBothEngines(
  "the same events twice, backwards and in two halves at once give the same answers",
  async (app) => {
    const events = fc.sample(anEvent, { numRuns: 300, seed: 7 });
    const half = events.length >> 1;
    await Promise.all([store(app, events.slice(half)), store(app, events.slice(0, half))]);
    await check(app.request, answersOf(events));
    await store(app, events.toReversed());
    await store(app, events);
    await check(app.request, answersOf(events));
  },
);

Deno.test("a process that is killed while events come in loses none that it acknowledged, and none counts twice", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const events = Array.from({ length: 4000 }, (_, i): ModelEvent => ({
    user_id: USERS[i % 3]!,
    session_id: String(i >> 1),
    event: (i + (i >> 6)) % 2 === 0 ? "start" : "end",
    ts: new Date(Date.UTC(2026, 0, 1) + (i % 86_400) * 1000).toISOString().slice(0, 19),
    country: ["DE", "GH", "SK"][i % 3]!,
  }));
  const batches = Array.from({ length: 200 }, (_, i) => events.slice(i * 20, i * 20 + 20));
  const headers = { "Content-Type": "application/json" };
  const send = (url: string, batch: readonly ModelEvent[]) =>
    fetch(`${url}/user/batches`, { method: "POST", headers, body: JSON.stringify(batch) });

  const acknowledged: ModelEvent[] = [];
  {
    await using process = await startProcess({ database });
    const killed = Promise.withResolvers<void>();
    const sending = batches.map(async (batch) => {
      const response = await send(process.url, batch).catch(() => undefined);
      const text = await response?.text().catch(() => undefined);
      if (text !== undefined && response?.status === 200) acknowledged.push(...batch);
      if (acknowledged.length >= 1000) killed.resolve();
    });
    await killed.promise;
    await process.end("SIGKILL");
    await Promise.all(sending);
  }
  await using process = await startProcess({ database });
  const ask: Ask = (path) => fetch(process.url + path);
  const stored = await (await ask("/user/last-events?days=10000")).json();
  const ids = new Set(Object.values(stored).flat().map((row) => (row as { session_id: string }).session_id));
  for (const { event, session_id } of acknowledged) {
    if (event === "start") ok(ids.has(session_id), `session ${session_id} was acknowledged`);
  }
  for (const batch of batches) equal((await send(process.url, batch)).status, 200);
  await checkLimited(ask, events);
});

/** As `check`, where users have more sessions than one answer gives. */
async function checkLimited(ask: Ask, events: readonly ModelEvent[]): Promise<void> {
  const model = answersOf(events);
  for (const user of USERS) {
    const { [user]: sessions } = await (await ask(`/user/last-sessions-user?user_id=${user}`)).json();
    deepEqual(sessions, model.completed(user).slice(0, 20));
  }
  const metrics = await (await ask("/user/metrics?days=10000")).json();
  deepEqual(metrics.sessions, model.counts);
  equal(metrics.users, 3);
}

Deno.test("percentiles of skewed durations are within 1 % of the exact ones", async () => {
  await using app = await createTestApp();
  const shapes: ((i: number) => number)[] = [
    (i) => Math.round(Math.exp((i * 7919 % 3000) / 150) * 50),
    (i) => i % 100 === 0 ? 9e10 + i : 1e6 + i,
    (i) => i + 1,
  ];
  for (const [shape, duration] of shapes.entries()) {
    const durations = Array.from({ length: 3000 }, (_, i) => duration(i));
    const first = Date.UTC(2026, 0, 1) * 1000;
    await app.services.sessions.add(durations.flatMap((micros, i) => {
      const ids = { user_id: "u", session_id: `${shape}-${i}`, country: `C${shape}` };
      return [{ ...ids, event: "start" as const, ts: first }, {
        ...ids,
        event: "end" as const,
        ts: first + micros,
      }];
    }));
    const metrics = await (await app.request(`/user/metrics?days=10&country=C${shape}`)).json();
    const sorted = durations.toSorted((a, b) => a - b);
    for (const share of [0.5, 0.9, 0.99]) {
      const exact = sorted[Math.ceil(share * sorted.length) - 1]! / 1e6;
      const told = metrics.duration_seconds[`p${share * 100}`];
      ok(
        Math.abs(told - exact) <= 0.01001 * exact,
        `shape ${shape}: p${share * 100} is ${exact}, told ${told}`,
      );
    }
    equal(metrics.relative_error.percentiles, 0.01);
  }
});

Deno.test("of many sessions the users are estimated from a sample, within the stated error", async () => {
  await using app = await createTestApp();
  const sessions = 60_000, users = 40_000;
  const loader = app.services.sessions.loader({ committed: 20_000 });
  for (let i = 0; i < sessions; i += 1000) {
    for (let j = i; j < i + 1000; j++) {
      const ids = { user_id: `user ${j % users}`, session_id: `${j}` };
      loader.add({ ...ids, event: "start", ts: (START - i) * 1000, country: "DE" });
    }
    await loader.ready();
  }
  await loader.end();
  const metrics = await (await app.request("/user/metrics?days=2&by=month")).json();
  deepEqual(metrics.groups, [
    { group: "2026-01", ...metrics.sessions, mean_duration_seconds: null, users: metrics.users },
  ]);
  equal(metrics.sessions.started, sessions);
  const { users: error } = metrics.relative_error;
  ok(error > 0 && error < 0.03, `stated error ${error}`);
  // The stated error is one standard deviation; four are exceeded by one sample in 16,000, and this one is fixed.
  ok(Math.abs(metrics.users - users) <= 4 * error * users, `${metrics.users} of ${users} users`);
});
