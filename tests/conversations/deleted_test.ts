/** What was deleted, edited or is past its time is told by no answer any more, kept or stored ones included. */
import { deepEqual, doesNotMatch, equal, match } from "../support/assert.ts";
import { createTestApp, START, type TestApp, testOnBothEngines } from "../support/app.ts";
import { logIn, post, stats, statsSince } from "./support.ts";

const DAY = 86_400_000;
const YESTERDAY = new Date(START - 10 * 3_600_000).toISOString();
const SECRET = "Who orders plutonium for the reactor? The reactor lost its plutonium.";
const said = (id: string, message: string, timestamp: string) => ({
  id,
  username: "bob",
  message,
  timestamp,
});

/** Everything that answers with words of a channel. */
const QUESTIONS: Record<string, (app: TestApp, token: string) => Promise<unknown>> = {
  "hot topics": (app, token) => stats(app, token, "hot_topics/town"),
  "representative messages": (app, token) => stats(app, token, "representative_messages/town"),
  "summary": (app, token) => stats(app, token, "summary/town"),
  "summary since": (app, token) =>
    statsSince(app, token, "summary/town", { time: new Date(START - 2 * DAY) }),
  "recap": (app, token) => stats(app, token, "recap/town"),
  "recap of all": (app, token) => stats(app, token, "recap"),
  "daily summaries": (app, token) => stats(app, token, "summaries/town"),
  "daily summaries in a zone": (app, token) => stats(app, token, "summaries/town?timezone=Europe/Berlin"),
};

/** How the words go. */
const ENDS: Record<string, (app: TestApp) => Promise<unknown>> = {
  "deleted": (app) =>
    Promise.all(
      ["1", "2"].map((id) => app.request(`/api/conversations/town/messages/${id}`, { method: "DELETE" })),
    ),
  "edited": (app) =>
    post(
      app,
      "town",
      ["1", "2"].map((id) => said(id, "The ferry is late, and the ferry is full.", YESTERDAY)),
    ),
};

for (const [how, end] of Object.entries(ENDS)) {
  testOnBothEngines(`no answer tells what was ${how}, before any job has run`, async (app) => {
    await post(app, "town", [
      said("1", SECRET, YESTERDAY),
      said("2", SECRET.replaceAll("reactor", "new reactor"), YESTERDAY),
      said("3", "The bridge over the river is closed.", YESTERDAY),
    ]);
    await app.services.conversations.daily.write();
    const token = await logIn(app, "ann");
    for (const [name, ask] of Object.entries(QUESTIONS)) {
      match(JSON.stringify(await ask(app, token)), /plutonium|reactor/i, name);
    }
    await end(app);
    for (const [name, ask] of Object.entries(QUESTIONS)) {
      doesNotMatch(JSON.stringify(await ask(app, token)), /plutonium|reactor/i, name);
    }
    const [day] = (await stats(app, token, "summaries/town")).data;
    match(day.summary, /bridge/);
    equal(day.messages, how === "deleted" ? 1 : 3);
  });
}

Deno.test("a stored summary does not outlive its messages, also where only some are past their time", async () => {
  await using app = await createTestApp({ conversationSettings: { messageTtlDays: 2 } });
  const morning = Date.UTC(2026, 0, 1, 1), evening = Date.UTC(2026, 0, 1, 22);
  await post(app, "town", [
    said("1", SECRET, new Date(morning).toISOString()),
    said("2", "The bridge over the river is closed.", new Date(evening).toISOString()),
  ]);
  await app.services.conversations.daily.write();
  const told = async () => {
    const token = await logIn(app, "ann");
    return (await stats(app, token, "summaries/town")).data.map(({ summary }: { summary: string }) =>
      summary
    );
  };
  match((await told()).join(), /plutonium/);
  app.time.now = morning + 2 * DAY + 1;
  deepEqual(await told(), ["bob: The bridge over the river is closed."]);
  app.time.now = evening + 2 * DAY + 1;
  deepEqual(await told(), []);
});

testOnBothEngines(
  "a summary of a local day and one of the same period by POST are answers of their own form",
  async (app) => {
    await post(app, "town", said("1", SECRET, "2026-01-01T12:00:00Z"));
    const token = await logIn(app, "ann");
    const [day] = (await stats(app, token, "summaries/town?timezone=Europe/Berlin")).data;
    const { status, data } = await statsSince(app, token, "summary/town", { time: "2025-12-31T23:00:00Z" });
    equal(status, 200);
    equal(data.summary, day.summary);
    deepEqual(data.messages.map(({ id }: { id: string }) => id), ["1"]);
  },
);
