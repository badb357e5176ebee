import { deepEqual, equal, match } from "../support/assert.ts";
import Database from "libsql";
import { examine } from "../../db/operation/doctor.ts";
import { createTestApp, START, type TestApp } from "../support/app.ts";
import { logIn, minutesBefore, post } from "./support.ts";

/** What is made of messages. */
const ANSWERS = ["summary", "recap", "hot_topics", "representative_messages"];

async function conversation(
  app: TestApp,
  messages: readonly { readonly message: string; readonly more?: object }[],
) {
  await post(
    app,
    "town",
    messages.map(({ message, more }, i) => ({
      id: `m${i}`,
      username: `user${i % 2}`,
      message,
      timestamp: minutesBefore(START, 50 - i),
      ...more,
    })),
  );
}

/** What each of ANSWERS is answered with: its status, and the code of a refusal. */
async function answers(app: TestApp, token: string): Promise<Set<string>> {
  const found = await Promise.all(ANSWERS.map(async (kind) => {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await app.request(`/api/stats/${kind}/town`, { headers });
    const { status, error } = await answer.json();
    return `${answer.status} ${status ?? error}`;
  }));
  return new Set(found);
}

const wrong = async (app: TestApp) => (await examine(app.database.file!)).filter(({ wrong }) => wrong > 0);

Deno.test("a message that rotted is in no answer, and doctor and /ready name it", async () => {
  for (
    const rot of ["text = replace(text, 'disk', 'disc')", "author = 'eve'", `details = '{"thread":"mX"}'`]
  ) {
    await using app = await createTestApp({ engine: "file" });
    await conversation(app, [
      { message: "The deploy of the billing service failed because the disk of db-3 is full." },
      { message: "I will delete the old snapshots of the disk today.", more: { thread: "m0" } },
      { message: "We decided to move the snapshots to another disk every night." },
    ]);
    const token = await logIn(app, "ann");
    deepEqual([...await answers(app, token)].map((answer) => answer.slice(0, 3)), ["200"]);
    deepEqual(await wrong(app), []);
    const other = new Database(app.database.file!);
    other.exec(`UPDATE message SET ${rot} WHERE origin = 'm1'`);
    other.close();

    await using second = await createTestApp({ database: app.databaseUrl });
    const refused = await answers(second, token);
    deepEqual([...refused].map((answer) => answer.slice(0, 3)), ["500"], `${rot}: ${[...refused]}`);
    const ready = await second.request("/ready");
    equal(ready.status, 503);
    match(await ready.text(), /found since the start: message m1/);
    deepEqual((await wrong(app)).map(({ about }) => about), [
      "messages that are not as they were stored",
      "message m1",
    ]);
  }
});

Deno.test("whatever a message is made of, edited and reacted to, it is as it was stored", async () => {
  await using app = await createTestApp({ engine: "file" });
  const texts = ["\u0000", "a\u0000b", "\ud800", "é😀\ufeff", "x".repeat(9_000), `"\\\u2028`, "\ufffe\uffff"];
  for (const [i, message] of texts.entries()) {
    const sent = {
      id: `t${i}`,
      username: "a\u00e9",
      message,
      timestamp: minutesBefore(START, 40 - i),
      thread: "é😀",
    };
    const answer = await app.send("POST", "/api/conversations/town/messages", [sent]);
    await answer.body?.cancel();
    equal(answer.status === 201 || answer.status === 400, true, JSON.stringify(message));
  }
  await conversation(app, [{ message: "first" }, { message: "second" }]);
  await conversation(app, [{ message: "edited" }]);
  deepEqual(await wrong(app), []);
  equal([...await answers(app, await logIn(app, "ann"))].every((answer) => answer.startsWith("200")), true);
});
