import { deepEqual, equal, rejects } from "../support/assert.ts";
import { Analyst } from "../../domain/conversations/analyst.ts";
import { createTestApp, START, type TestApp } from "../support/app.ts";
import { logIn, minutesBefore, post } from "./support.ts";

const CHANNELS = ["town", "ops", "press"];
const QUESTIONS = ["recap", "recap/town", "summary/town", "hot_topics/town", "representative_messages/town"];

Deno.test("what people ask of their channels is read no further once they have left", async () => {
  await using app = await createTestApp({ engine: "file" });
  const token = await talk(app);
  for (const question of QUESTIONS) {
    const leaving = new AbortController();
    const reads = countReads(app, () => leaving.abort());
    const answer = await ask(app, token, question, leaving.signal);
    equal(answer.status, 400, `${question}: ${await answer.clone().text()}`);
    deepEqual([reads.counts > 0, reads.messages], [true, 0], `${question} was read for nobody`);
    reads.stop();
    equal((await ask(app, token, question)).status, 200, question);
  }
  deepEqual(app.log, []);
});

Deno.test("who leaves takes the answer from nobody who asked the same", async () => {
  await using app = await createTestApp({ engine: "file" });
  const token = await talk(app);
  const leaving = new AbortController();
  using _reads = countReads(app, () => leaving.abort());
  const [left, stayed] = await Promise.all([
    ask(app, token, "recap/town", leaving.signal),
    ask(app, token, "recap/town"),
  ]);
  deepEqual([left.status, stayed.status], [200, 200]);
  equal((await stayed.json()).data.messages, 2);
});

Deno.test("an analysis that nobody waits for any more is not begun, and those behind it are", async () => {
  const analyst = new Analyst((origin) => new Error(origin));
  const messages = JSON.stringify([[1, "ann", "The disk of db-3 is full.", START, "1", null, 0, null]]);
  const task = { kind: "recap", messages, words: 50 } as const;
  try {
    const first = [analyst.run(task), analyst.run(task)];
    const unwanted = analyst.run(task, () => false), last = analyst.run(task, () => true);
    await rejects(unwanted, /the client left/);
    for (const recap of await Promise.all([...first, last])) equal(recap.messages, 1);
  } finally {
    analyst.close();
  }
});

/** Fills channels, and answers the token of somebody who may read them. */
async function talk(app: TestApp): Promise<string> {
  for (const channel of CHANNELS) {
    await post(app, channel, [
      {
        id: "1",
        username: "ann",
        message: "The disk of db-3 is full, so the billing deploy failed.",
        timestamp: minutesBefore(START, 60),
      },
      {
        id: "2",
        username: "bob",
        message: "I will delete the old snapshots of db-3 today.",
        timestamp: minutesBefore(START, 50),
      },
    ]);
  }
  return await logIn(app, "ann", CHANNELS);
}

async function ask(app: TestApp, token: string, question: string, signal?: AbortSignal): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}` };
  return await app.request(`/api/stats/${question}`, { headers, ...(signal && { signal }) });
}

/** Counts how often messages of a period are counted, which calls `onCount`, and how often they are read. */
function countReads(app: TestApp, onCount: () => void) {
  const { engine } = app.database, before = { read: engine.read, scan: engine.scan };
  const reads = { counts: 0, messages: 0, stop, [Symbol.dispose]: stop };
  for (const how of ["read", "scan"] as const) {
    engine[how] = async (statements) => {
      const results = await before[how].call(engine, statements);
      if (statements.some(({ sql }) => /json_group_array/.test(sql))) reads.messages++;
      if (statements.some(({ sql }) => /^SELECT count\(\*\) FROM message/.test(sql))) {
        reads.counts++;
        onCount();
      }
      return results;
    };
  }
  function stop(): void {
    Object.assign(engine, before);
  }
  return reads;
}
