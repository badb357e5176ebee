import { deepEqual, equal, ok } from "../support/assert.ts";
import { createTestApp, type TestApp } from "../support/app.ts";
import { TextLineStream } from "../support/lines.ts";
import { temporaryFolder } from "../support/process.ts";
import { batchOf, SEGMENT } from "./merging_batches.ts";
import { answersOf } from "./model.ts";

const PROCESS = new URL("./merging_process.ts", import.meta.url).pathname;
const MERGES = 4;

/** A process that stores batches until it stops in a merge; `stored` has those that it said are durable. */
function startStoring(database: string, from: number, step: number, stored: Set<number>) {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", PROCESS, database, `${from}`, `${step}`, `${MERGES}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  return {
    /** Kills it in the middle of a merge. */
    async end() {
      for await (const line of process.stdout.pipeThrough(new TextLineStream())) {
        if (line === "merging") process.kill("SIGKILL");
        else stored.add(Number(line));
      }
      equal((await process.status).signal, "SIGKILL");
    },
  };
}

async function check(app: TestApp, batches: Iterable<number>): Promise<void> {
  const get = async (path: string) => await (await app.request(path)).json();
  const model = answersOf(Array.from(batches, batchOf).flat());
  const metrics = await get("/user/metrics?days=1000");
  deepEqual(metrics.sessions, model.counts);
  const starts = Object.entries(await get("/user/last-events?days=1000")).flatMap(([country, rows]) =>
    (rows as { session_id: string; user_id: string; ts: string }[])
      .map(({ session_id, user_id, ts }) => `${country} ${session_id} ${user_id} ${ts}`)
  );
  deepEqual(starts.sort(), model.starts);
  for (let u = 0; u < 7; u++) {
    const user = `u${u}`;
    deepEqual(
      (await get(`/user/last-sessions-user?user_id=${user}&limit=1000`))[user],
      model.completed(user).slice(0, 1000),
    );
  }
}

Deno.test("two processes store the same sessions and are killed in the middle of merges: nothing is lost or doubled", async () => {
  await using folder = await temporaryFolder();
  const url = `file:${folder.path}/runnel.db`;
  // Every second batch is stored by both.
  const stored = new Set<number>();
  await Promise.all(
    [startStoring(url, 0, 1, stored), startStoring(url, 1, 2, stored)].map((process) => process.end()),
  );

  await using app = await createTestApp({ database: url, sessionSegment: SEGMENT });
  // Later than the killed process is believed to be alive.
  app.time.now = Date.now() + 60_000;
  const batches = Array.from({ length: Math.max(...stored) + 1 }, (_, i) => i);
  const { DE, GH, SK } = await (await app.request("/user/last-events?days=1000")).json();
  const found = new Set([...DE, ...GH, ...SK].map(({ session_id }: { session_id: string }) => session_id));
  for (const { event, session_id } of [...stored].flatMap(batchOf)) {
    ok(event === "end" || found.has(session_id), `session ${session_id} was durable`);
  }
  // What is sent again changes nothing, and what was missing is complete.
  for (const batch of batches) equal((await app.send("POST", "/user/batches", batchOf(batch))).status, 200);
  // A process may have stored one batch more before it could say so.
  const { started } = (await (await app.request("/user/metrics?days=1000")).json()).sessions;
  const all = Array.from({ length: started / 10 }, (_, i) => i);
  for (const batch of all) equal((await app.send("POST", "/user/batches", batchOf(batch))).status, 200);
  await check(app, all);

  for (let hour = 0; hour < 3; hour++) {
    app.time.now += 3_600_000;
    await app.services.sessions.sweep();
  }
  await check(app, all);
  deepEqual(
    await app.database.query(
      `SELECT count(*) FROM session_chunk WHERE id >> 20 NOT IN (SELECT id FROM session_run)`,
    ),
    [[0]],
    "what was half done is cleared away",
  );
});
