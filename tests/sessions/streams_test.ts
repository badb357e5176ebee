import { deepEqual, equal, match, notDeepEqual, ok, rejects } from "../support/assert.ts";
import fc from "fast-check";
import { Event, readPlainEvent } from "../../domain/sessions/event.ts";
import { EngineError } from "../../db/engine/engine.ts";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";

const NDJSON = { "Content-Type": "application/x-ndjson" };
const line = (session: number, event = "start") =>
  JSON.stringify({
    user_id: "u",
    session_id: `s${session}`,
    event,
    ts: "2026-01-01T00:00:00",
    country: "DE",
  });

async function fill(app: TestApp, count: number): Promise<void> {
  const body = Array.from({ length: count }, (_, i) => line(i)).join("\n");
  const response = await app.request("/user/batches", { method: "POST", headers: NDJSON, body });
  deepEqual(await response.json(), { message: "success insertion", accepted: count, refused: 0 });
}

testOnBothEngines(
  "a batch is stored whole or not at all; partial=true leaves wrong events out",
  async (app) => {
    const lines = [
      line(1),
      "",
      "{",
      line(1, "end").replace("2026", "20x6"),
      line(2),
      "x".repeat(70_000),
      line(3) + "\r",
      "7",
    ];
    const bytes = new TextEncoder().encode(lines.join("\n"));
    const pieces = new ReadableStream({
      start(controller) {
        // Cut anywhere, lines and characters as well.
        for (let i = 0; i < bytes.length; i += 777) controller.enqueue(bytes.slice(i, i + 777));
        controller.close();
      },
    });
    const whole = await app.request("/user/batches", {
      method: "POST",
      headers: NDJSON,
      body: lines.join("\n"),
    });
    equal(whole.status, 400);
    const pathsOf = (errors: { path: string }[]) => errors.map(({ path }) => path);
    deepEqual(pathsOf((await whole.json()).errors), ["3", "4.ts", "6", "8"]);
    deepEqual(await (await app.request("/user/last-events?days=10")).json(), {}, "nothing is stored");

    const path = "/user/batches?partial=true";
    const response = await app.request(path, { method: "POST", headers: NDJSON, body: pieces });
    equal(response.status, 200);
    const { accepted, refused, errors } = await response.json();
    deepEqual({ accepted, refused }, { accepted: 3, refused: 4 });
    deepEqual(pathsOf(errors), ["3", "4.ts", "6", "8"]);
    const { DE } = await (await app.request("/user/last-events?days=10")).json();
    equal(DE.length, 3);

    const array = [JSON.parse(line(4)), 7, { ...JSON.parse(line(5)), ts: "now" }];
    equal((await app.send("POST", "/user/batches", array)).status, 400);
    const counted = await (await app.send("POST", path, array)).json();
    deepEqual({ ...counted, errors: pathsOf(counted.errors) }, {
      message: "success insertion",
      accepted: 1,
      refused: 2,
      errors: ["1", "2.ts"],
    });
    equal((await (await app.request("/user/last-events?days=10")).json()).DE.length, 4);

    for (const address of [path, "/user/batches"]) {
      for (const body of ["", "\n\n", "{}\n[]"]) {
        const refusal = await app.request(address, { method: "POST", headers: NDJSON, body });
        equal(refusal.status, 400, body);
        match((await refusal.json()).detail, /event/);
      }
    }
  },
);

Deno.test("last-events reads only as much as its reader takes, and stops when the reader hangs up", async () => {
  await using app = await createTestApp();
  await fill(app, 20_000);
  await app.services.sessions.upkeep.flush();
  const { engine } = app.database;
  let reads = 0;
  const scan = engine.scan.bind(engine);
  engine.scan = (statements) => {
    reads++;
    return scan(statements);
  };
  const response = await app.stream("/user/last-events?days=10");
  const reader = response.body!.getReader();
  const taken = 5;
  for (let i = 0; i < taken; i++) ok(!(await reader.read()).done);
  // Whatever else is answered meanwhile, nothing more is read for this reader.
  for (let i = 0; i < 20; i++) await (await app.request("/user/last-sessions-user?user_id=u")).text();
  const beforehand = reads;
  ok(beforehand <= taken + 4, `${beforehand} reads for ${taken} pieces`);
  await reader.cancel();
  for (let i = 0; i < 20; i++) await (await app.request("/user/last-sessions-user?user_id=u")).text();
  ok(reads <= beforehand + 1, "after the hang-up nothing is read");
});

Deno.test("what comes while last-events is answered is left out, and nothing is told twice", async () => {
  await using app = await createTestApp();
  await fill(app, 3_000);
  const response = await app.stream("/user/last-events?days=10");
  const reader = response.body!.getReader();
  const first = (await reader.read()).value!;
  await app.send("POST", "/user/batches", [JSON.parse(line(999_999)), JSON.parse(line(5, "end"))]);
  const decoder = new TextDecoder();
  let text = decoder.decode(first);
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value);
  }
  const ids = JSON.parse(text).DE.map(({ session_id }: { session_id: string }) => session_id);
  equal(ids.length, 3_000);
  equal(new Set(ids).size, 3_000);
  ok(!ids.includes("s999999"));
});

Deno.test("an error in the middle of an answer breaks it off, and the log says why", async () => {
  await using app = await createTestApp();
  await fill(app, 3_000);
  await app.services.sessions.upkeep.flush();
  const { engine } = app.database;
  const scan = engine.scan.bind(engine);
  const response = await app.stream("/user/last-events?days=10&limit=3000");
  equal(response.status, 200);
  engine.scan = () => Promise.reject(new EngineError("unavailable", "the disk is gone"));
  await rejects(response.text());
  engine.scan = scan;
  equal(app.log.length, 1);
  match(app.log[0]!, /^GET \/user\/last-events: the answer broke off: .*the disk is gone/);
});

Deno.test("readPlainEvent() reads what the schema reads, or nothing", () => {
  const id = fc.constantFrom("u", "", "x".repeat(201), "a\0b", "\ud800", "日本", 7, null);
  const value = fc.record({
    user_id: id,
    session_id: id,
    event: fc.constantFrom("start", "end", "begin"),
    ts: fc.constantFrom(
      "2026-01-01T00:00:00",
      "2026-01-01 00:00:00.123456789+02:00",
      "2200-01-01",
      "2026-02-30",
      "1969-12-31T23:59:59Z",
      1,
    ),
    country: fc.constantFrom("DE", "de", "(.uk)", "", "X".repeat(65), null, undefined, 3),
    other: fc.constantFrom(1, "x"),
  }, { requiredKeys: [] });
  const any = fc.oneof({ weight: 20, arbitrary: value }, { weight: 1, arbitrary: fc.anything() });
  fc.assert(
    fc.property(any, (value) => {
      const plain = readPlainEvent(value);
      if (plain !== undefined) deepEqual(plain, { country: undefined, ...Event.parse(value) });
    }),
    { numRuns: 3000 },
  );
});

Deno.test("an answer goes on where its runs are merged away, and tells nothing twice and leaves nothing out", async () => {
  await using app = await createTestApp({ sessionSegment: 700 });
  // Many starts at the same time, so that the answer is interrupted among them.
  for (let i = 0; i < 6; i++) {
    const lines = Array.from(
      { length: 1000 },
      (_, j) => line(i * 1000 + j).replace("00:00:00", `00:00:0${j % 7}`),
    );
    await app.request("/user/batches", { method: "POST", headers: NDJSON, body: lines.join("\n") });
  }
  await app.services.sessions.upkeep.flush();
  const response = await app.stream("/user/last-events?days=10");
  const reader = response.body!.getReader(), decoder = new TextDecoder();
  let text = decoder.decode((await reader.read()).value!);
  const runs = () => app.database.query("SELECT id FROM session_run WHERE is_by_start = 1 ORDER BY id");
  const before = await runs();
  for (let hour = 0; hour < 2; hour++) {
    await app.services.sessions.sweep();
    app.time.now += 3_600_000;
  }
  await app.services.sessions.sweep();
  deepEqual(await app.database.query("SELECT count(*) FROM session_doomed"), [[0]]);
  notDeepEqual(await runs(), before);
  for (let read; !(read = await reader.read()).done;) text += decoder.decode(read.value);
  const starts: { session_id: string; ts: string }[] = JSON.parse(text).DE;
  equal(starts.length, 6000);
  equal(new Set(starts.map(({ session_id }) => session_id)).size, 6000);
  const times = starts.map(({ ts }) => ts);
  deepEqual(times, times.toSorted().reverse());
});
