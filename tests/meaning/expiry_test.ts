import { deepEqual, equal } from "../support/assert.ts";
import fc from "fast-check";
import { createTestApp, START, type TestApp } from "../support/app.ts";
import { logIn, post, stats } from "../conversations/support.ts";

const DAY = 86_400_000, BUCKET = 300_000;
/** How old something may be where a time to live of a day ends, or at random. */
const age = fc.oneof(
  fc.constantFrom(DAY - 1, DAY, DAY + 1, 0, 2 * DAY),
  fc.integer({ min: 0, max: 2 * DAY }),
);

async function get(app: TestApp, path: string, token?: string) {
  const headers = {
    Accept: "application/json",
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  };
  const response = await app.request(path, { headers });
  return response.status === 404 ? undefined : await response.json();
}

/** Puts one thing of every area in, as it is at the time of the application. */
async function put(app: TestApp, i: number): Promise<void> {
  const ts = new Date(app.time.now).toISOString();
  await app.request("/channel/town", { method: "POST", body: `item ${i}` });
  await app.send("PUT", "/event/a/1/open", {});
  const session = { user_id: "u", session_id: `s${i}`, country: "DE" };
  await app.send("POST", "/user/batches", [{ ...session, event: "start", ts }, {
    ...session,
    event: "end",
    ts,
  }]);
  await app.send("PUT", "/api/store/r/s?mode=merge", { n: { [ts]: i } });
  await app.send("PUT", `/api/store/r/own${i}`, { n: { [ts]: i } });
  await post(app, "chat", [{
    id: `${i}`,
    username: "ann",
    message: `the disk number ${i} is full`,
    timestamp: ts,
  }]);
  await post(app, `own${i}`, [{ username: "ann", message: "hello", timestamp: ts }]);
}

async function channelItems(app: TestApp): Promise<string[]> {
  const items: string[] = [];
  let url: string | null | undefined = (await app.request("/channel/town/earliest", { redirect: "manual" }))
    .headers.get("location");
  while (typeof url === "string") {
    const response = await app.request(new URL(url, "http://datahub:8080").pathname);
    items.push(await response.text());
    url = /<([^>]+)>; ?rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
  }
  return items;
}

/** What every area answers, and how much of it there is. */
async function answers(app: TestApp, token: string) {
  const numbers = (values: unknown) => [...values as number[]].sort((a, b) => a - b);
  const points = (await get(app, `/event/a/open?from=${START - 3 * DAY}&to=${app.time.now}`)).datapoints;
  const pulse = (await stats(app, token, "pulse/chat?hours=100")).data;
  const frame = await get(app, "/api/store/r/s?jsonformat=values") ?? [];
  return {
    items: await channelItems(app),
    events: points.reduce((sum: number, [, n]: number[]) => sum + n!, 0),
    newestEvents: (await get(app, "/event?limit=1000")).events
      .reduce((sum: number, { count }: { count: number }) => sum + count, 0),
    analytics: await get(app, "/analytics/a"),
    apps: (await get(app, "/analytics")).apps,
    starts: numbers(((await get(app, "/user/last-events?days=9")).DE ?? [])
      .map(({ session_id }: { session_id: string }) => Number(session_id.slice(1)))),
    sessions: numbers((await get(app, "/user/last-sessions-user?user_id=u&limit=99")).u
      .map((id: string) => Number(id.slice(1)))),
    figures: await get(app, "/user/metrics?days=9"),
    rows: numbers(frame.flat()),
    symbols: ((await get(app, "/api/store/r")) ?? []).length,
    saved: (await get(app, "/api/series?limit=100")).length,
    pulse: pulse.length > 0,
    holds: (await get(app, "/", token)).holds,
  };
}

Deno.test("what has expired is in no answer of any area, counts and / included, swept or not", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(age, { minLength: 1, maxLength: 5 }), fc.boolean(), async (ages, isSwept) => {
      await using app = await createTestApp({
        eventTtlDays: 1,
        sessionTtlDays: 1,
        conversationSettings: { messageTtlDays: 1 },
      });
      app.time.now = START - 2 * DAY;
      await app.send("POST", "/channel", { name: "town", ttlMillis: DAY });
      await app.request(`/api/store/r?ttlMillis=${DAY}`, { method: "PATCH" });
      const oldestFirst = ages.toSorted((a, b) => b - a);
      for (const [i, age] of oldestFirst.entries()) {
        app.time.now = START - age;
        await put(app, i);
      }
      app.time.now = START;
      const token = await logIn(app, "ann", ["chat", ...ages.map((_, i) => `own${i}`)]);
      if (isSwept) {
        const { items, events, sessions, series, conversations } = app.services;
        await Promise.all([items, events, sessions, series, conversations].map((area) => area.sweep()));
      }
      const alive = [...oldestFirst.keys()].filter((i) => oldestFirst[i]! < DAY);
      const counted = oldestFirst.filter((age) => Math.floor((START - age) / BUCKET) * BUCKET > START - DAY);
      const found = await answers(app, token);
      deepEqual(found.items, alive.map((i) => `item ${i}`));
      equal(found.events, counted.length);
      equal(found.newestEvents, counted.length);
      deepEqual(found.analytics.events, counted.length === 0 ? [] : ["open"]);
      deepEqual(found.apps, counted.length === 0 ? [] : ["a"]);
      deepEqual(found.starts, alive);
      deepEqual(found.sessions, alive);
      equal(found.figures.sessions.started, alive.length);
      equal(found.figures.users, alive.length === 0 ? 0 : 1);
      // Stamps of the same moment are one row.
      const moments = new Map(alive.map((i) => [oldestFirst[i], i]));
      deepEqual(found.rows, [...moments.values()]);
      equal(found.symbols, alive.length === 0 ? 0 : alive.length + 1);
      equal(found.saved, found.symbols);
      equal(found.pulse, alive.length > 0);
      deepEqual(found.holds, {
        channels: 1,
        items: alive.length,
        subscribers: 0,
        profiles: 0,
        series: alive.length === 0 ? 0 : alive.length + 1,
        sessions: alive.length,
        conversations: alive.length === 0 ? 0 : alive.length + 1,
      });
    }),
    { numRuns: 6, examples: [[[DAY], false], [[DAY - 1], false], [[DAY, DAY - 1, DAY + 1], true]] },
  );
});
