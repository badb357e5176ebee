/** Following starts and ends of sessions: what is stored by any process, each once, also after a break. */
import { deepEqual, equal, match } from "../support/assert.ts";
import { RunnelClient } from "../../client/mod.ts";
import { createTestApp, type TestApp } from "../support/app.ts";
import { blocksOf, type EventFields, eventsOf, take } from "../support/events.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const start = (user: string, session: number, country = "DE") => ({
  user_id: user,
  session_id: `s${session}`,
  event: "start",
  ts: "2026-01-02T03:04:05.25",
  country,
});
const end = (user: string, session: number) => ({
  user_id: user,
  session_id: `s${session}`,
  event: "end",
  ts: "2026-01-02T04:00:00",
});

async function insert(url: string, events: readonly unknown[]): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${url}/user/batches`, {
    method: "POST",
    headers,
    body: JSON.stringify(events),
  });
  equal(response.status, 200, await response.text());
}

const told = ({ event, data }: EventFields) => {
  const { event: kind, session_id, country } = JSON.parse(data!);
  equal(kind, event);
  return `${kind} ${session_id} ${country}`;
};

async function some(events: AsyncGenerator<EventFields, unknown>, count: number): Promise<EventFields[]> {
  const taken = await take(events, count);
  await events.return(undefined);
  return taken;
}

/** What the app sends up to so many events with data. */
async function ofApp(app: TestApp, query: string, count: number): Promise<EventFields[]> {
  const response = await app.request(`/user/sessions-live?${query}`);
  equal(response.status, 200);
  const found: EventFields[] = [];
  let rest = "";
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
      if (fields.data !== undefined) found.push(fields);
    }
    if (found.length >= count) break;
  }
  return found;
}

Deno.test("starts and ends of two processes come once each, also to a follower whose server was killed", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using a = await startProcess({ database });
  const b = await startProcess({ database });
  const live = blocksOf(`${b.url}/user/sessions-live`);
  const [first] = await take(live, 1);
  match(first!.id!, /^\d+$/);

  await insert(a.url, [start("u", 1), end("u", 1), start("u", 2, "FR")]);
  await insert(b.url, [end("u", 2), start("u", 3)]);
  const seen = await take(live, 5);
  deepEqual(seen.map(told), ["start s1 DE", "end s1 DE", "start s2 FR", "end s2 FR", "start s3 DE"]);
  deepEqual(JSON.parse(seen[0]!.data!), {
    event: "start",
    user_id: "u",
    session_id: "s1",
    ts: "2026-01-02T03:04:05.25",
    country: "DE",
    position: seen[0]!.id,
  });

  await b.end("SIGKILL");
  // Its connection broke.
  await live.return(undefined).catch(() => {});
  await insert(a.url, Array.from({ length: 600 }, (_, i) => [start("v", i), end("v", i)]).flat());
  await using c = await startProcess({ database });
  // Resumed after each of those that came, also in the middle of a commit.
  for (const [i, { id }] of seen.entries()) {
    const rest = await some(
      eventsOf(`${c.url}/user/sessions-live`, { "Last-Event-ID": id! }),
      4 - i + 1_200,
    );
    deepEqual(rest.slice(0, 4 - i).map(told), seen.slice(i + 1).map(told));
    const sessions = Array.from({ length: 600 }, (_, n) => [`start s${n} DE`, `end s${n} DE`]).flat();
    deepEqual(rest.slice(4 - i).map(told), sessions);
  }
});

Deno.test("a client follows on through a restart of the server: nothing is missed or doubled", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const first = await startProcess({ database });
  const port = new URL(first.url).port;
  const leaving = new AbortController();
  const { sessions } = new RunnelClient({ url: first.url });
  const live = sessions.live({ after: "earliest", signal: leaving.signal });
  await insert(first.url, [start("u", 1)]);
  equal((await live.next()).value!.session_id, "s1");
  await insert(first.url, [start("u", 2), start("u", 3)]);
  equal((await live.next()).value!.session_id, "s2");
  await first.end("SIGKILL");
  await using second = await startProcess({ database, env: { PORT: port } });
  await insert(second.url, [end("u", 3)]);
  deepEqual(
    (await take(live, 2)).map(({ event, session_id }) => [event, session_id]),
    [["start", "s3"], ["end", "s3"]],
  );
  leaving.abort();
  equal((await live.next()).done, true);
});

Deno.test("a position outlives runs; one whose events are gone is told of a gap", async () => {
  await using app = await createTestApp({ sessionSegment: 2 });
  for (let i = 0; i < 6; i++) await app.send("POST", "/user/batches", [start("u", i), end("u", i)]);
  await app.services.sessions.upkeep.flush();
  await app.services.sessions.upkeep.settled();
  const all = await ofApp(app, "after=earliest", 12);
  deepEqual(all.map(told), Array.from({ length: 6 }, (_, n) => [`start s${n} DE`, `end s${n} DE`]).flat());
  deepEqual((await ofApp(app, `after=${all[4]!.id}`, 7)).map(told), all.slice(5).map(told));

  app.time.now += 3_600_001;
  await app.services.sessions.sweep();
  deepEqual(await app.database.query(`SELECT count(*) FROM session_log`), [[0]]);
  await app.send("POST", "/user/batches", [start("u", 7)]);
  const [gap, next] = await ofApp(app, `after=${all[4]!.id}`, 2);
  equal(gap!.event, "gap");
  deepEqual(JSON.parse(gap!.data!), { gap: { after: all[4]!.id, before: all[11]!.id } });
  equal(told(next!), "start s7 DE");
  // Nothing is gone after the last one.
  deepEqual((await ofApp(app, `after=${all[11]!.id}`, 1)).map(told), ["start s7 DE"]);
});

Deno.test("one country's starts are told, and the ends whose starts are known", async () => {
  await using app = await createTestApp({ sessionSegment: 2 });
  await app.send("POST", "/user/batches", [start("u", 1), start("u", 2, "FR"), end("u", 9)]);
  await app.services.sessions.upkeep.flush();
  await app.send("POST", "/user/batches", [end("u", 2), end("u", 1)]);
  deepEqual((await ofApp(app, "after=earliest&country=fr", 2)).map(told), ["start s2 FR", "end s2 FR"]);
  deepEqual((await ofApp(app, "after=earliest", 5)).map(told)[2], "end s9 null");
});

Deno.test("a deleted user is told to nobody who resumes, and the places of others stay", async () => {
  await using app = await createTestApp();
  await app.send("POST", "/user/batches", [start("a", 1), start("gone", 2), start("a", 3), end("gone", 3)]);
  const before = await ofApp(app, "after=earliest", 4);
  equal((await app.request("/user/sessions?user_id=gone", { method: "DELETE" })).status, 200);
  await app.send("POST", "/user/batches", [start("a", 4)]);
  deepEqual((await ofApp(app, "after=earliest", 3)).map(told), ["start s1 DE", "start s3 DE", "start s4 DE"]);
  deepEqual(
    (await ofApp(app, `after=${before[1]!.id}`, 2)).map(told),
    ["start s3 DE", "start s4 DE"],
  );
});

Deno.test("a position that is none, or has not come, is refused", async () => {
  await using app = await createTestApp();
  for (const after of ["", "x", "-1", "1-", "1.5", "1-2-3", "9", "9-1", "9".repeat(40), "latest"]) {
    equal((await app.request(`/user/sessions-live?after=${after}`)).status, 400, after);
  }
  equal((await app.request("/user/sessions-live?country=%20")).status, 400);
  equal((await app.request("/user/sessions-live?since=1h")).status, 400);
});

Deno.test("an Upgrade to another protocol, as curl --http2 offers, is ignored", async () => {
  await using app = await createTestApp();
  const response = await app.request("/user/sessions-live", { headers: { Upgrade: "h2c" } });
  equal(response.status, 200);
  equal(response.headers.get("content-type"), "text/event-stream");
  await response.body!.cancel();
});

Deno.test("starts and ends come over a WebSocket, each a message with its position", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await insert(runnel.url, [start("u", 1), end("u", 1)]);
  const messages = async (query: string, count: number) => {
    const socket = new WebSocket(`${runnel.url.replace("http", "ws")}/user/sessions-live?${query}`);
    const found: { event: string; position: string }[] = [], done = Promise.withResolvers<void>();
    socket.onmessage = ({ data }) => {
      found.push(JSON.parse(data));
      if (found.length === count) done.resolve();
    };
    socket.onerror = () => done.reject(new Error("the socket failed"));
    await done.promise;
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
    return found;
  };
  const [first, second] = await messages("after=earliest", 2);
  deepEqual([first!.event, second!.event], ["start", "end"]);
  deepEqual(await messages(`after=${first!.position}`, 1), [second]);
});
