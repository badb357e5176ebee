import { deepEqual, equal, match } from "../support/assert.ts";
import { START, testOnBothEngines } from "../support/app.ts";
import { logIn, minutesBefore, post, stats, statsSince } from "./support.ts";
const before = (minutes: number) => minutesBefore(START, minutes);

testOnBothEngines(
  "a recap says what was decided, asked and promised, and cites its messages",
  async (app) => {
    const said = (id: string, username: string, message: string, minutes: number) => ({
      id,
      username,
      message,
      timestamp: before(minutes),
    });
    await post(app, "town", [
      said("1", "ann", "The deploy of the billing service failed because the disk of db-3 is full.", 60),
      said("2", "bob", "I will delete the old snapshots of db-3 today.", 58),
      said("3", "carl", "We decided to move the snapshots of db-3 to another disk every night.", 50),
      said("4", "dora", "Who orders the new disk for db-4 next week?", 10),
    ]);
    const token = await logIn(app, "ann", ["town"]);
    const { data } = await stats(app, token, "recap/town");
    deepEqual([data.messages, data.people], [4, ["ann", "bob", "carl", "dora"]]);
    match(data.text, /db-3/);
    const points = data.topics.flatMap(({ points }: { points: unknown[] }) => points);
    const kinds = points.map(({ kind }: { kind: string }) => kind);
    for (const kind of ["decision", "action"]) equal(kinds.includes(kind), true, kind);
    const decision = points.find(({ kind }: { kind: string }) => kind === "decision");
    deepEqual(decision.messages[0], { id: "3", time: before(50), username: "carl" });
    equal(data.open_questions[0].messages[0].id, "4");

    const recent = await statsSince(app, token, "recap/town", { since: before(20), words: 50 });
    equal(recent.data.messages, 1);
    deepEqual((await stats(app, token, "recap/town?since=2026-01-02T03:04:05Z")).data.topics, []);
    for (const query of ["words=5", "since=yesterday", "sinse=2026-01-01"]) {
      equal((await stats(app, token, `recap/town?${query}`)).status, 400, query);
    }
    equal((await stats(app, token, "recap/elsewhere")).status, 404);
  },
);

const DISK = { id: "d", username: "ann", message: "The disk of db-3 is full, so the billing deploy failed." };
const QUAKE = {
  id: "q",
  username: "bob",
  message: "The bridge over the river is closed because of the flood.",
};

testOnBothEngines("since=last-visit begins where the channel was marked as read", async (app) => {
  const token = await logIn(app, "ann", ["town"]);
  await post(app, "town", { ...DISK, timestamp: before(90) });
  const recap = async () => (await stats(app, token, "recap/town?since=last-visit")).data;
  deepEqual([(await recap()).messages, (await recap()).messages], [1, 1], "reading alone marks nothing");
  deepEqual((await statsSince(app, token, "recap/town/read", { until: before(60) })).data, {
    until: before(60),
  });
  equal((await recap()).messages, 0);
  await post(app, "town", { ...QUAKE, timestamp: before(30) });
  const { since, messages, topics } = await recap();
  deepEqual([since, messages, topics[0].points[0].messages[0].id], [before(60), 1, "q"]);
  const other = await logIn(app, "bob", ["town"]);
  equal((await stats(app, other, "recap/town?since=last-visit")).data.messages, 2, "each person's own");
  for (const body of [{ until: "2030-01-01" }, { until: "soon" }, { untill: before(1) }]) {
    equal((await statsSince(app, token, "recap/town/read", body)).status, 400, JSON.stringify(body));
  }
  equal((await statsSince(app, token, "recap/secret/read", {})).status, 404);
  equal((await recap()).since, before(60), "what was refused changed nothing");
  deepEqual((await statsSince(app, token, "recap/town/read", {})).data, { until: before(0) });
});

testOnBothEngines(
  "a recap of all channels has the busiest first, and nothing of those of others",
  async (app) => {
    await post(app, "quiet", { ...QUAKE, timestamp: before(30) });
    await post(
      app,
      "busy",
      Array.from({ length: 9 }, (_, i) => ({
        ...DISK,
        id: `${i}`,
        message: `${DISK.message} Attempt ${i} of the deploy ran into the same full disk.`,
        timestamp: before(90 - i),
      })),
    );
    await post(app, "secret", { ...DISK, timestamp: before(30) });
    const token = await logIn(app, "ann", ["quiet", "busy", "empty"]);
    const { channels } = (await stats(app, token, "recap")).data;
    deepEqual(channels.map(({ id, messages }: { id: string; messages: number }) => [id, messages]), [
      ["busy", 9],
      ["quiet", 1],
    ]);
    const few = (await stats(app, token, "recap?words=40")).data.channels;
    const words = few.map(({ text }: { text: string }) => text.split(/\s+/).length);
    equal(words.reduce((sum: number, count: number) => sum + count, 0) <= 40, true, String(words));
    deepEqual((await stats(app, token, "recap?words=20")).data.channels.length, 1);
  },
);

testOnBothEngines("a time without a zone is local in `timezone`", async (app) => {
  // It is 03:04 in London, 04:04 in Berlin.
  await post(app, "town", { ...DISK, timestamp: "2026-01-01T23:30:00Z" });
  const token = await logIn(app, "ann", ["town"]);
  const messages = async (query: string) => (await stats(app, token, `recap/town?${query}`)).data.messages;
  equal(await messages("since=2026-01-02"), 0);
  equal(await messages("since=2026-01-02&timezone=Europe/Berlin"), 1);
  equal(await messages("since=2026-01-02T00:00Z&timezone=Europe/Berlin"), 0);
  equal(
    (await statsSince(app, token, "summary/town", { time: "2026-01-02", timezone: "Europe/Berlin" })).data
      .messages.length,
    1,
  );
  equal((await statsSince(app, token, "summary/town", { time: "2026-01-02" })).data.summary, "");
  equal((await stats(app, token, "recap/town?timezone=Mars/Olympus")).status, 400);
});

testOnBothEngines(
  "summary and representative messages name their messages, in so many words or of such number",
  async (app) => {
    const token = await logIn(app, "ann", ["town"]);
    await post(app, "town", [
      { ...DISK, timestamp: before(90), link: "https://chat.example/d" },
      { ...QUAKE, timestamp: before(80) },
    ]);
    const disk = { id: "d", username: "ann", time: before(90), link: "https://chat.example/d" };
    const quake = { id: "q", username: "bob", time: before(80) };
    deepEqual((await stats(app, token, "summary/town")).data.messages, [disk, quake]);
    deepEqual((await stats(app, token, "representative_messages/town")).data, [
      { ...disk, message: DISK.message },
      { ...quake, message: QUAKE.message },
    ]);
    equal((await stats(app, token, "representative_messages/town?limit=1")).data.length, 1);
    equal(
      (await statsSince(app, token, "representative_messages/town", { time: before(100), limit: 1 })).data
        .length,
      1,
    );
    const short = (await stats(app, token, "summary/town?words=20")).data.summary;
    equal(short !== "" && short.split(" ").length <= 20, true, short);
    deepEqual((await stats(app, token, "hot_topics/town?limit=1")).data, []);
    for (
      const path of [
        "summary/town?words=5",
        "representative_messages/town?limit=0",
        "hot_topics/town?limit=101",
      ]
    ) {
      equal((await stats(app, token, path)).status, 400, path);
    }
  },
);
