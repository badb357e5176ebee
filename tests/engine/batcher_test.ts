import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { setImmediate } from "node:timers";
import { Batcher, DEFAULT_LIMITS, OverloadError } from "../../db/queue.ts";
import { EngineError } from "../../db/engine/engine.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";

/** A batcher that answers each number with its double, and what it ran. */
function doubling(limits: Partial<typeof DEFAULT_LIMITS> = {}) {
  const runs: number[][] = [];
  const batcher = new Batcher<number, number>((ops) => {
    runs.push(ops);
    if (ops.includes(13)) throw new Error("the run failed");
    return Promise.resolve(ops.map((op) => op < 0 ? new Error(`${op} is negative`) : 2 * op));
  }, { ...DEFAULT_LIMITS, ...limits });
  return { batcher, runs };
}

Deno.test("Batcher: what arrives in one turn runs together, and each caller gets its own outcome", async () => {
  const { batcher, runs } = doubling();
  const results = await Promise.allSettled([1, -2, 3].map((op) => batcher.submit(op)));
  deepEqual(results.map((result) => result.status === "fulfilled" ? result.value : result.reason.message), [
    2,
    "-2 is negative",
    6,
  ]);
  deepEqual(runs, [[1, -2, 3]]);
});

Deno.test("Batcher: a run that fails fails its callers, and the next run goes on", async () => {
  const { batcher } = doubling({ maxBatch: 2 });
  const results = await Promise.allSettled([1, 13, 3].map((op) => batcher.submit(op)));
  deepEqual(results.map(({ status }) => status), ["rejected", "rejected", "fulfilled"]);
});

Deno.test("Batcher: runs are bounded by count and by bytes; a larger operation runs alone", async () => {
  const { batcher, runs } = doubling({ maxBatch: 3, maxBatchBytes: 10 });
  await Promise.all(
    [[1, 4], [2, 4], [3, 4], [4, 50], [5, 1], [6, 1], [7, 1], [8, 1]].map(([op, bytes]) =>
      batcher.submit(op!, bytes)
    ),
  );
  deepEqual(runs, [[1, 2], [3], [4], [5, 6, 7], [8]]);
});

Deno.test("Batcher: past its bounds a caller is refused; what waits already is not touched", async () => {
  const { batcher, runs } = doubling({ maxWaiting: 2 });
  const accepted = [batcher.submit(1), batcher.submit(2)];
  await rejects(batcher.submit(3), OverloadError);
  deepEqual(await Promise.all(accepted), [2, 4]);
  equal(await batcher.submit(3), 6);
  deepEqual(runs, [[1, 2], [3]]);

  const { batcher: byBytes } = doubling({ maxWaitingBytes: 10 });
  const large = byBytes.submit(1, 50);
  await rejects(byBytes.submit(2, 1), OverloadError);
  equal(await large, 2);
});

/** A batcher whose runs hold the next one back until enough wait: their time is longer than the test. */
function holding(limits: Partial<typeof DEFAULT_LIMITS> = {}) {
  const runs: number[][] = [];
  const batcher = new Batcher<number, number>((ops, holdNext) => {
    runs.push(ops);
    holdNext(3_600_000);
    return Promise.resolve(ops);
  }, { ...DEFAULT_LIMITS, ...limits });
  return { batcher, runs };
}

/** Lets whatever is ready happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

Deno.test("Batcher: a run that is held back waits for as many as were answered before; a single caller waits for nobody", async () => {
  const { batcher, runs } = holding();
  await batcher.submit(1);
  await batcher.submit(2);
  await Promise.all([batcher.submit(3), batcher.submit(4)]);
  const fifth = batcher.submit(5);
  await settle();
  deepEqual(runs, [[1], [2], [3, 4]]);
  await Promise.all([fifth, batcher.submit(6)]);
  deepEqual(runs.at(-1), [5, 6]);
  await batcher.drain();
});

Deno.test("Batcher: nothing that fills a run is held back, be it by count or by bytes", async () => {
  const { batcher, runs } = holding({ maxBatch: 2, maxBatchBytes: 10 });
  await Promise.all([1, 2, 3, 4].map((op) => batcher.submit(op)));
  await Promise.all([batcher.submit(5), batcher.submit(6)]);
  await batcher.submit(7, 50);
  deepEqual(runs, [[1, 2], [3, 4], [5, 6], [7]]);
  await batcher.drain();
});

Deno.test("Batcher: the time of a hold ends it, and so does drain()", async () => {
  const runs: number[][] = [];
  const batcher = new Batcher<number, number>((ops, holdNext) => {
    runs.push(ops);
    holdNext(runs.length === 1 ? 1 : 3_600_000);
    return Promise.resolve(ops);
  });
  await Promise.all([batcher.submit(1), batcher.submit(2)]);
  equal(await batcher.submit(3), 3);
  await Promise.all([batcher.submit(4), batcher.submit(5)]);
  const last = batcher.submit(6);
  await settle();
  equal(batcher.waiting, 1);
  await batcher.drain();
  equal(await last, 6);
  deepEqual(runs, [[1, 2], [3], [4, 5], [6]]);
});

Deno.test("Batcher: what waits is run before the callers of the run before are told", async () => {
  const told: string[] = [], ends: (() => void)[] = [];
  const batcher = new Batcher<number, number>(async (ops) => {
    told.push(`runs ${ops}`);
    await new Promise<void>((resolve) => ends.push(resolve));
    return ops;
  });
  const submit = (op: number) => batcher.submit(op).then(() => told.push(`told ${op}`));
  const runs = async (count: number) => {
    while (ends.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  const first = submit(1);
  await runs(1);
  const others = [submit(2), submit(3)];
  ends[0]!();
  await runs(2);
  ends[1]!();
  await Promise.all([first, ...others]);
  deepEqual(told, ["runs 1", "runs 2,3", "told 1", "told 2", "told 3"]);
});

Deno.test("Batcher: drain() waits for everything that was accepted", async () => {
  const { batcher, runs } = doubling({ maxBatch: 1 });
  const accepted = [1, 2, 3].map((op) => batcher.submit(op));
  await batcher.drain();
  deepEqual(runs, [[1], [2], [3]]);
  deepEqual(await Promise.all(accepted), [2, 4, 6]);
});

testOnBothEngines(
  "GroupCommit: an operation that cannot be stored fails alone, wherever it stands",
  async ({ database }) => {
    const { commits, query } = database;
    await commits.execute([{
      sql: "CREATE TABLE trial (value INTEGER PRIMARY KEY CHECK (value >= 0))",
      args: [],
    }]);
    const wrong = new Set([0, 17, 18, 63]);
    const stored = await Promise.allSettled(Array.from({ length: 64 }, (_, i) =>
      commits.execute([
        { sql: "INSERT INTO trial VALUES (?1)", args: [1000 + i] },
        { sql: "INSERT INTO trial VALUES (?1)", args: [wrong.has(i) ? -1 : i] },
      ])));
    stored.forEach((outcome, i) => {
      equal(outcome.status, wrong.has(i) ? "rejected" : "fulfilled", `operation ${i}`);
      if (outcome.status === "rejected") equal((outcome.reason as EngineError).failure, "constraint");
    });
    // All or nothing: the first statement of a failed operation is gone, too.
    const kept = Array.from({ length: 64 }, (_, i) => i).filter((i) => !wrong.has(i));
    const values = await query("SELECT value FROM trial ORDER BY value");
    deepEqual(values.map(([value]) => value), [...kept, ...kept.map((i) => 1000 + i)]);
  },
);

testOnBothEngines(
  "a full queue of writes is answered 503 with Retry-After, and stores what it answered 201",
  async (app) => {
    await app.send("POST", "/channel", { name: "busy" });
    const responses = await Promise.all(
      Array.from({ length: 40 }, () => app.request("/channel/busy", { method: "POST", body: "item" })),
    );
    const stored = responses.filter(({ status }) => status === 201);
    const refused = responses.filter(({ status }) => status === 503);
    equal(stored.length + refused.length, 40);
    ok(stored.length > 0 && refused.length > 0, `${stored.length} stored, ${refused.length} refused`);
    for (const response of refused) {
      equal(response.headers.get("retry-after"), "1");
      equal((await response.json()).type, "/docs/errors#overloaded");
    }
    deepEqual(await app.database.query("SELECT count(*) FROM item"), [[stored.length]]);
    equal((await app.request("/channel/busy", { method: "POST", body: "item" })).status, 201);
    deepEqual(app.log, []);
  },
  { maxWaitingWrites: 4 },
);

testOnBothEngines(
  "a batch of more bytes than one commit takes is stored whole, empty items included",
  async (app) => {
    await app.send("POST", "/channel", { name: "large" });
    const sizes = [0, 1 << 20, 3 << 20, 0, (4 << 20) + 1, 1, 2 << 20, 4 << 20, 0];
    const ids = await Promise.all(sizes.map(async (size, i) => {
      const body = new Uint8Array(size).fill(i);
      const response = await app.request("/channel/large", { method: "POST", body });
      equal(response.status, 201, await response.clone().text());
      return (await response.json()).id;
    }));
    for (const [i, id] of ids.entries()) {
      const body = await (await app.request(`/channel/large/${id}`)).bytes();
      equal(body.length, sizes[i]);
      ok(body.every((byte) => byte === i), `item ${i}`);
    }
  },
);

testOnBothEngines("an item that the database cannot take is refused, its neighbours are not", async (app) => {
  await app.send("POST", "/channel", { name: "large" });
  const statuses = await Promise.all([1, 10 << 20, 2].map(async (size) => {
    const response = await app.request("/channel/large", { method: "POST", body: new Uint8Array(size) });
    await response.body?.cancel();
    return response.status;
  }));
  // A file takes it; the libSQL server has a limit of its own.
  ok(statuses[1] === 201 || statuses[1] === 413, `answered ${statuses[1]}`);
  deepEqual(statuses, [201, statuses[1], 201]);
  const stored = await app.database.query("SELECT length(body) FROM item ORDER BY 1");
  deepEqual(stored.map(([length]) => length), statuses[1] === 201 ? [1, 2, 10 << 20] : [1, 2]);
  deepEqual(app.log, []);
});

Deno.test("an item of more bytes than may be stored leaves no trace", async () => {
  await using app = await createTestApp({ maxItemBytes: 1000 });
  await app.send("POST", "/channel", { name: "small" });
  const response = await app.request("/channel/small", { method: "POST", body: "x".repeat(1001) });
  equal(response.status, 413);
  deepEqual(await app.database.query("SELECT count(*) FROM item"), [[0]]);
});
