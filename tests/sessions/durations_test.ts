import { deepEqual, equal } from "../support/assert.ts";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";

const HOUR_MS = 3_600_000;

/** A session that started so many seconds before the others ended, or is open. */
const session = (user: string, seconds: number, end = true) => {
  const ids = { user_id: user, session_id: `${user} ${seconds}` };
  const at = (millis: number) => new Date(Date.UTC(2026, 0, 2) + millis).toISOString();
  const start = { ...ids, event: "start", country: "DE", ts: at(-seconds * 1000) };
  return end ? [start, { ...ids, event: "end", ts: at(0) }] : [start];
};

const add = async (app: TestApp, events: object[]) => {
  equal((await app.send("POST", "/user/batches", events)).status, 200);
};
const metrics = async (app: TestApp, query = "days=30") =>
  await (await app.request(`/user/metrics?${query}`)).json();

testOnBothEngines("metrics tell how many sessions lasted how long, where that is asked for", async (app) => {
  await add(app, [
    ...session("a", 3),
    ...session("b", 45),
    ...session("c", 50),
    ...session("d", 200_000),
    ...session("e", 60, false),
  ]);
  equal("durations" in await metrics(app), false);
  const { durations } = await metrics(app, "days=30&durations=true");
  deepEqual(
    durations.filter(({ sessions }: { sessions: number }) => sessions > 0),
    [{ up_to_seconds: 5, sessions: 1 }, { up_to_seconds: 60, sessions: 2 }, {
      up_to_seconds: null,
      sessions: 1,
    }],
  );
  const ends = durations.map(({ up_to_seconds }: { up_to_seconds: number | null }) => up_to_seconds);
  deepEqual(ends, [...ends.slice(0, -1).sort((a: number, b: number) => a - b), null], "in order");
  equal((await app.request("/user/metrics?days=30&durations=perhaps")).status, 400);
});

Deno.test("the number of users is that of now: more are stored, and some expire", async () => {
  await using app = await createTestApp({ sessionTtlDays: 1 });
  const users = async () => (await metrics(app)).users;
  await add(app, session("a", 3));
  deepEqual([await users(), await users()], [1, 1]);
  app.time.now += 12 * HOUR_MS;
  await add(app, [...session("b", 3), ...session("c", 3)]);
  deepEqual([await users(), await users()], [3, 3]);
  equal((await metrics(app, "days=30&country=FR")).users, 0);
  app.time.now += 12 * HOUR_MS + 1;
  equal(await users(), 2);
  await app.request("/user/sessions?user_id=b", { method: "DELETE" });
  equal(await users(), 1);
});
