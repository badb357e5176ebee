import { deepEqual, equal } from "../support/assert.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

const DAY = "2026-01-01T01:00:0";
const start = (user_id: unknown, session_id: unknown, second: number, country = "DE") => ({
  user_id,
  session_id,
  event: "start",
  ts: `${DAY}${second}`,
  country,
});
const end = (user_id: unknown, session_id: unknown, second: number) => ({
  user_id,
  session_id,
  event: "end",
  ts: `${DAY}${second}`,
});

async function insert(app: TestApp, events: readonly object[]): Promise<void> {
  const response = await app.send("POST", "/user/batches", events);
  equal(response.status, 200, await response.text());
}

async function get(app: TestApp, path: string) {
  return await (await app.request(path)).json();
}

/** Asks while the log has the events, and again when runs have them. */
async function inBothPlaces(app: TestApp, check: () => Promise<void>): Promise<void> {
  await check();
  await app.services.sessions.upkeep.flush();
  await check();
}

testOnBothEngines("one session told ten thousand times in a batch is one session", async (app) => {
  const events = Array.from({ length: 10_000 }, (_, i) => {
    const second = 1 + i * 7 % 9;
    return i % 2 === 0 ? start("a", "1", second, i % 4 === 0 ? "FR" : "DE") : end("a", "1", second);
  });
  await insert(app, events);
  await insert(app, events.toReversed());
  await inBothPlaces(app, async () => {
    const { sessions, users } = await get(app, "/user/metrics?days=10");
    deepEqual(sessions, { started: 1, completed: 1, open: 0, inconsistent: 0 });
    equal(users, 1);
    deepEqual(await get(app, "/user/last-sessions-user?user_id=a&details=true"), {
      a: [{ session_id: "1", country: "DE", start: `${DAY}1`, end: `${DAY}9`, duration_seconds: 8 }],
    });
  });
});

testOnBothEngines("ids that look alike stay apart", async (app) => {
  const hex = "0123456789abcdef0123456789abcdef", uuid = "01234567-89ab-cdef-0123-456789abcdef";
  const ids = [
    hex,
    hex.toUpperCase(),
    uuid,
    uuid.toUpperCase(),
    uuid.replace("-", "0"),
    hex + "00000000",
    "\u00e9",
    "e\u0301",
    "constructor",
    "0",
    "00",
    "-0",
    " ",
    "  ",
    "\u200b",
  ];
  // Each is a user with a session of each id, so that both halves of a key are taken apart.
  await insert(app, ids.flatMap((user) => ids.flatMap((id) => [start(user, id, 1), end(user, id, 2)])));
  await insert(app, [start(0, 0, 1), end(0, 0, 2)]);
  await inBothPlaces(app, async () => {
    for (const id of ids) {
      const answer = await get(app, `/user/last-sessions-user?user_id=${encodeURIComponent(id)}&limit=1000`);
      deepEqual(Object.keys(answer), [id]);
      deepEqual(answer[id].toSorted(), ids.toSorted());
    }
    const { sessions, users } = await get(app, "/user/metrics?days=10");
    equal(sessions.completed, ids.length ** 2);
    equal(users, ids.length);
  });
});

testOnBothEngines("bodies that are no batch are refused, and change nothing", async (app) => {
  const good = start("a", "1", 1);
  const send = (body: string) =>
    app.request("/user/batches", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const depth = 100_000;
  const refused: [string, number][] = [
    ["[".repeat(depth) + "]".repeat(depth), 400],
    [`[${"[".repeat(depth)}`, 400],
    [JSON.stringify([good, { ...good, user_id: { toString: "a" } }]), 400],
    [JSON.stringify([good, { ...good, session_id: ["1"] }]), 400],
    [JSON.stringify([good, { ...good, event: "START" }]), 400],
    [JSON.stringify([good, { ...good, event: "__proto__" }]), 400],
    [JSON.stringify([good, { ...good, ts: "2200-01-01" }]), 400],
    [JSON.stringify([good, { ...good, ts: 1e300 }]), 400],
    [JSON.stringify([good, { ...good, country: { length: 2 } }]), 400],
    [JSON.stringify([good, { ...good, country: "\ud800" }]), 400],
    [`[${JSON.stringify(good)},]`, 400],
    [`[${JSON.stringify(good)}] 1`, 400],
    [`[${JSON.stringify(good)}${" ".repeat(17 << 20)}]`, 413],
  ];
  for (const [body, status] of refused) {
    const response = await send(body);
    equal(response.status, status, `${body.slice(0, 200)}: ${(await response.text()).slice(0, 200)}`);
  }
  deepEqual(await get(app, "/user/last-events?days=10"), {});
});

testOnBothEngines(
  "fields that nobody asked for, and times at the end of all, change no answer",
  async (app) => {
    const extra = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`field${i}`, i]));
    const last = "2199-12-31T23:59:59.999999";
    await insert(app, [
      { ...extra, ...start("a", "1", 1), ["__proto__"]: { country: "FR" } },
      { ...end("a", "1", 2), country: null },
      { ...start("a", "last", 1), ts: last },
      { ...end("a", "last", 1), ts: last },
    ]);
    await inBothPlaces(app, async () => {
      deepEqual(await get(app, "/user/last-sessions-user?user_id=a"), { a: ["1"] });
      deepEqual(await get(app, "/user/last-events?days=10"), {
        DE: [{ session_id: "1", user_id: "a", ts: `${DAY}1` }],
      });
      const lines = (await (await app.request("/user/export?user_id=a")).text()).trim().split("\n");
      deepEqual(lines.map((line) => JSON.parse(line).start).sort(), [`${DAY}1`, last]);
    });
  },
);
