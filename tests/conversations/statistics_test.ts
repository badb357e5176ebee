import { deepEqual, equal, ok } from "../support/assert.ts";
import { createTestApp, START, testOnBothEngines } from "../support/app.ts";
import { logIn, minutesBefore, post, stats, statsSince } from "./support.ts";

const DAY = 86_400_000;
const before = (minutes: number) => minutesBefore(START, minutes);
const said = (username: string, message: string, minutes: number) => ({
  username,
  message,
  timestamp: before(minutes),
});

/** Eight people talk about a deploy, a database migration and lunch. */
const CONVERSATION = [
  said("ann", "The deploy of the billing service failed because the disk of db-3 is full.", 300),
  said("bob", "I have seen that the disk of db-3 fills with old snapshots every night.", 295),
  said("ann", "We should delete the snapshots of db-3 and roll the billing deploy back.", 290),
  said("carl", "hi", 280),
  said("dora", "The database migration needs a lock on the orders table for two minutes.", 200),
  said("carl", "Can the migration of the orders table wait until the night?", 195),
  said("dora", "Yes, the migration of the orders table runs at 2 in the morning then.", 190),
  said("emil", "lol", 100),
  said("ann", "The billing deploy is rolled back, and the snapshots of db-3 are deleted.", 60),
  said("bob", "thanks!", 59),
];

testOnBothEngines("pulse counts the last 24 hours in 5-minute buckets aligned to the epoch", async (app) => {
  await post(app, "town", [
    said("ann", "one", 0),
    said("ann", "two", 1),
    said("bob", "three", 10),
    said("bob", "too old", 24 * 60),
  ]);
  await post(app, "other", [said("ann", "four", 10), said("bob", "five", 10)]);
  await post(app, "secret", said("mallory", "six", 10));
  const token = await logIn(app, "ann", ["town", "other"]);

  const { status, data: town } = await stats(app, token, "pulse/town");
  equal(status, 200);
  equal(town.length, 288);
  equal(town[0].time, "2026-01-01T03:05:00.000Z");
  deepEqual(town.slice(-3), [
    { rate: 0.5, time: "2026-01-02T02:50:00.000Z" },
    { rate: 0, time: "2026-01-02T02:55:00.000Z" },
    { rate: 1, time: "2026-01-02T03:00:00.000Z" },
  ]);
  equal(town.slice(0, -3).every(({ rate }: { rate: number }) => rate === 0), true);
  const { data: all } = await stats(app, token, "pulse/");
  deepEqual(all.slice(-3).map(({ rate }: { rate: number }) => rate), [1, 0, 2 / 3]);
  const { data: coarse } = await stats(app, token, "pulse/town?hours=48&interval=60");
  equal(coarse.length, 48);
  deepEqual(coarse.filter(({ rate }: { rate: number }) => rate > 0).map((b: { rate: number }) => b.rate), [
    1 / 2,
    1 / 2,
    1,
  ]);
});

testOnBothEngines("most_active names people by messages, then by name", async (app) => {
  await post(app, "town", [...CONVERSATION, said("zoe", "x", 5), said("zoe", "y", 60 * 30)]);
  const token = await logIn(app, "ann");
  deepEqual((await stats(app, token, "most_active/town")).data, ["ann", "bob", "carl", "dora", "emil"]);
  deepEqual((await stats(app, token, "most_active/town/?limit=2")).data, ["ann", "bob"]);
  deepEqual((await stats(app, token, "most_active/town?hours=1&limit=100")).data, ["ann", "bob", "zoe"]);
});

testOnBothEngines("summary and representative messages cover what was said, in its order", async (app) => {
  await post(app, "town", CONVERSATION);
  const token = await logIn(app, "ann");
  const { status, data } = await stats(app, token, "summary/town");
  equal(status, 200);
  equal(data.method, "extractive");
  ok(data.summary.split(/\s+/).length <= 100);
  ok(data.summary.includes("db-3") && data.summary.includes("migration"), data.summary);
  ok(data.summary.indexOf("db-3") < data.summary.indexOf("migration"));

  const { data: messages } = await stats(app, token, "representative_messages/town");
  ok(messages.length >= 2 && messages.length <= 5);
  const positions = messages.map((chosen: { username: string; message: string }) =>
    CONVERSATION.findIndex(({ username, message }) =>
      username === chosen.username && message === chosen.message
    )
  );
  deepEqual(positions, positions.toSorted((a: number, b: number) => a - b));
  ok(positions.every((position: number) => position >= 0));
});

testOnBothEngines("POST takes the messages from `time` to `until`", async (app) => {
  await post(app, "town", CONVERSATION);
  const token = await logIn(app, "ann");
  const summary = async (body: unknown) => await statsSince(app, token, "summary/town", body);
  const late = (await summary({ time: before(70) })).data.summary;
  ok(late.includes("rolled back") && !late.includes("orders"), late);
  const middle = (await summary({ time: before(250), until: before(150) })).data.summary;
  ok(middle.includes("orders") && !middle.includes("billing"), middle);
  const future = new Date(START + DAY).toISOString();
  equal((await summary({ time: future })).data.summary, "");
  deepEqual((await statsSince(app, token, "representative_messages/town", { time: future })).data, []);
  equal((await summary({ time: "2026-01-01" })).status, 200);
  for (const time of ["yesterday", 5, null, "", "2026-13-01T00:00:00Z", "1767323045", undefined]) {
    equal((await summary({ time })).status, 400, String(time));
  }
});

testOnBothEngines("hot topics are what is said more than in the 30 days before", async (app) => {
  const usual = Array.from({ length: 30 }, (_, day) =>
    Array.from({ length: 10 }, (_, i) => ({
      username: `user${i % 3}`,
      message: i % 2 === 0
        ? "The standup meeting begins in the coffee corner."
        : "Review my pull request please",
      timestamp: new Date(START - (day + 2) * DAY + i * 60_000).toISOString(),
    }))).flat();
  await post(app, "town", usual);
  await post(app, "town", [
    ...Array.from(
      { length: 10 },
      (_, i) => said("ann", "The standup meeting begins in the coffee corner.", i),
    ),
    ...Array.from({ length: 4 }, (_, i) => said("bob", `The fire alarm in room ${i} rings.`, 20 + i)),
  ]);
  equal(await app.services.conversations.daily.write(), 30);
  const token = await logIn(app, "ann");
  const { data } = await stats(app, token, "hot_topics/town");
  equal(data[0], "fire alarm");

  const { data: days } = await stats(app, token, "summaries/town?days=3");
  equal(days.length, 2);
  deepEqual([days[0].day, days[0].messages, days[0].people], ["2025-12-30", 10, 3]);
  ok(days[0].summary.includes("coffee corner"), days[0].summary);
});

testOnBothEngines("a finished day's summary is written again when its messages change", async (app) => {
  const { daily } = app.services.conversations;
  const yesterday = (id: string, message: string) => ({
    id,
    username: "ann",
    message,
    timestamp: before(60 * 10),
  });
  await post(app, "town", yesterday("1", "The bridge over the river is closed."));
  const token = await logIn(app, "ann");
  equal(await daily.write(), 1);
  equal(await daily.write(), 0);
  const summaries = async () => (await stats(app, token, "summaries/town")).data;
  deepEqual(await summaries(), [
    { day: "2026-01-01", summary: "ann: The bridge over the river is closed.", messages: 1, people: 1 },
  ]);
  await post(app, "town", yesterday("1", "The tunnel under the river is closed."));
  equal(await daily.write(), 1);
  equal((await summaries())[0].summary, "ann: The tunnel under the river is closed.");
  equal((await app.request("/api/conversations/town/messages/1", { method: "DELETE" })).status, 204);
  equal(await daily.write(), 1);
  deepEqual(await summaries(), []);
});

testOnBothEngines(
  "a channel of others is 404 in every endpoint, like one that does not exist",
  async (app) => {
    await post(app, "secret", said("mallory", "the launch code is 1234", 5));
    const token = await logIn(app, "ann", ["town"]);
    const paths = ["pulse", "most_active", "hot_topics", "representative_messages", "summary", "summaries"];
    for (const path of paths) {
      const secret = await stats(app, token, `${path}/secret`);
      const missing = await stats(app, token, `${path}/missing`);
      equal(secret.status, 404, path);
      equal(JSON.stringify(secret).replaceAll("secret", "missing"), JSON.stringify(missing));
      equal((await stats(app, token, `${path}/town`)).status, 200);
      equal((await app.request(`/api/stats/${path}/secret`)).status, 401);
    }
    for (const path of ["representative_messages", "summary"]) {
      equal((await statsSince(app, token, `${path}/secret`, { time: before(60) })).status, 404);
    }
    deepEqual((await stats(app, token, "pulse")).data, []);
  },
);

Deno.test("wrong queries are 400 and change nothing", async () => {
  await using app = await createTestApp();
  await post(app, "town", CONVERSATION);
  const token = await logIn(app, "ann");
  for (
    const query of [
      "hours=0",
      "hours=745",
      "hours=x",
      "hours=1e9",
      "interval=0",
      "interval=-5",
      "hours=",
      "interval=1.5",
    ]
  ) {
    equal((await stats(app, token, `pulse/town?${query}`)).status, 400, query);
  }
  for (const query of ["limit=0", "limit=101", "limit=x"]) {
    equal((await stats(app, token, `most_active/town?${query}`)).status, 400, query);
  }
  equal((await stats(app, token, "summaries/town?days=0")).status, 400);
  equal(app.log.length, 0);
});

Deno.test("channels' ids may be any text", async () => {
  await using app = await createTestApp();
  const names = ["général", "a/b", "%", "😀", "' OR 1=1 --", "x".repeat(128)];
  for (const name of names) await post(app, name, said("ann", "bonjour tout le monde", 1));
  const token = await logIn(app, "ann", names);
  for (const name of names) {
    equal((await stats(app, token, `pulse/${encodeURIComponent(name)}`)).data.length, 288, name);
  }
  for (const broken of ["%ff", "%00", "%F0%9F", ".."]) {
    const { status } = await stats(app, token, `summary/${broken}`);
    equal(status === 404 || status === 405, true, `${broken}: ${status}`);
  }
  deepEqual(app.log, []);
});
