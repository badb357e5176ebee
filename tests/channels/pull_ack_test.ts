/** One request that acknowledges what a worker has done and gives it what comes next. */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { RunnelClient, type RunnelProblem } from "../../client/mod.ts";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const AT = "/channel/c/consumers/w";

interface Item {
  readonly id: string;
  readonly data: string;
  readonly lease: string;
}

interface Answer {
  readonly status: number;
  readonly items: Item[];
  readonly acknowledged?: number;
  readonly type?: string;
}

async function setUp(app: TestApp, count: number, settings: Record<string, unknown> = {}): Promise<string[]> {
  await app.send("PUT", "/channel/c", {});
  equal((await app.send("PUT", AT, { start: "earliest", ...settings })).status, 201);
  const body = Array.from({ length: count }, (_, i) => `{"n":${i}}`).join("\n");
  const headers = { "Content-Type": "application/x-ndjson" };
  return (await (await app.request("/channel/c/bulk", { method: "POST", body, headers })).json()).ids;
}

async function pull(app: TestApp, body: unknown = {}): Promise<Answer> {
  const answer = await app.send("POST", `${AT}/pull`, body);
  return { status: answer.status, ...await answer.json() };
}

const numbers = ({ items }: Answer) => items.map(({ data }) => JSON.parse(data).n);
const which = ({ items }: Answer) => ({ ids: items.map(({ id }) => id), lease: items[0]!.lease });
const look = async (app: TestApp) => await (await app.request(AT)).json();

testOnBothEngines("a pull acknowledges what the worker has done before it gives out more", async (app) => {
  await setUp(app, 8, { maxInFlight: 2 });
  const first = await pull(app, { max: 2 });
  equal(first.acknowledged, undefined, "it acknowledged nothing");
  deepEqual(numbers(await pull(app, { max: 2 })), [], "as many are held as may be");
  const second = await pull(app, { max: 2, ack: which(first) });
  deepEqual([numbers(second), second.acknowledged], [[2, 3], 2]);
  const third = await pull(app, { max: 2, ack: { ids: second.items.map(({ id }) => id) } });
  deepEqual([numbers(third), third.acknowledged], [[4, 5], 2]);
  const again = await pull(app, { ack: { ids: second.items.map(({ id }) => id) } });
  deepEqual([numbers(again), again.acknowledged], [[], 0], "twice is once");
  const fourth = await pull(app, { ack: { upTo: third.items[1]!.id, lease: third.items[0]!.lease } });
  deepEqual([numbers(fourth), fourth.acknowledged], [[6, 7], 2]);
  deepEqual((await pull(app, { ack: { ids: [] } })).acknowledged, 0);
  const last = await pull(app, { ack: { upTo: fourth.items[1]!.id } });
  deepEqual([numbers(last), last.acknowledged], [[], 2]);
  const { inFlight, lag, cursor } = await look(app);
  deepEqual([inFlight, lag.items, cursor], [0, 0, fourth.items[1]!.id]);
});

testOnBothEngines("where a lease is lost nothing is acknowledged and nothing given out", async (app) => {
  const [a, b, c] = await setUp(app, 4, { ackWait: "10s" });
  const held = await pull(app, { max: 2 });
  equal((await app.send("POST", `${AT}/nack`, { ids: [b], delay: "5s" })).status, 200);
  const refused = async (ack: unknown) => {
    const { status, type, items } = await pull(app, { ack });
    deepEqual([status, type?.split("#")[1], items], [409, "lease-lost", undefined]);
  };
  await refused(which(held));
  await refused({ ids: [a, c], lease: held.items[0]!.lease });
  await refused({ ids: [a], lease: "another" });
  await refused({ upTo: c, lease: "another" });
  const { inFlight, waitingAgain, lag } = await look(app);
  deepEqual([inFlight + waitingAgain, lag.items], [2, 4], "as before");
  app.time.now += 10_000;
  await refused({ ids: [a], lease: held.items[0]!.lease });
  const again = await pull(app);
  deepEqual(numbers(again), [0, 1, 2, 3]);
  await refused(which(held));
  equal((await pull(app, { ack: which(again) })).acknowledged, 4);
});

testOnBothEngines("one that is done does not come back, whether its time is over or not", async (app) => {
  await app.send("PUT", "/channel/failed", {});
  const [a, b] = await setUp(app, 3, { ackWait: "1s", maxDeliver: 1, deadLetter: "failed" });
  equal((await pull(app, { max: 2 })).items.length, 2);
  app.time.now += 1_001;
  // Nobody else has it yet, so it can still be acknowledged without a lease; the other one is given up.
  const { items, acknowledged } = await pull(app, { ack: { ids: [a] } });
  deepEqual([acknowledged, items.map(({ data }) => data)], [1, ['{"n":2}']]);
  const failed = await (await app.request("/channel/failed/earliest/10?bulk=true")).text();
  ok(failed.includes('{"n":1}') && !failed.includes('{"n":0}'), failed);
  equal((await look(app)).givenUp, 1);
  equal((await pull(app, { ack: { ids: [b] } })).acknowledged, 0);
});

Deno.test("what the filter passes over is no part of what was acknowledged", async () => {
  await using app = await createTestApp();
  await setUp(app, 2_000, { filter: { where: ["/n=1999"] } });
  const first = await pull(app, { max: 100 });
  deepEqual(numbers(first), [1999]);
  const rest = await pull(app, { ack: which(first) });
  deepEqual([numbers(rest), rest.acknowledged, (await look(app)).lag.items], [[], 1, 0]);
});

Deno.test("what is acknowledged is so at once, however long the pull then waits", async () => {
  await using app = await createTestApp();
  await setUp(app, 1);
  const first = await pull(app);
  const waiting = pull(app, { wait: "30s", ack: which(first) });
  while ((await look(app)).lag.items > 0);
  await app.send("POST", "/channel/c", { n: "later" });
  const { items, acknowledged } = await waiting;
  deepEqual([items.map(({ data }) => data), acknowledged], [['{"n":"later"}'], 1]);
});

Deno.test("what a pull is to acknowledge is checked as by ack, and refused before anything is given out", async () => {
  await using app = await createTestApp();
  const [a] = await setUp(app, 1);
  const wrong = [
    {},
    null,
    [],
    "all",
    { ids: [a], upTo: a },
    { ids: a },
    { ids: ["x"] },
    { ids: [a], delay: "1s" },
    { upTo: a!.toLowerCase() },
    { ids: [a], lease: 1 },
  ];
  for (const ack of wrong) {
    const { status } = await pull(app, { ack });
    equal(status, 400, JSON.stringify(ack));
  }
  deepEqual([(await look(app)).inFlight, numbers(await pull(app))], [0, [0]]);
});

Deno.test("workers at two processes that acknowledge with the next pull do every item once", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using one = await startProcess({ database });
  await using other = await startProcess({ database });
  const clients = [one, other].map(({ url }) => new RunnelClient({ url }).channels);
  await clients[0]!.create("c");
  const count = 600;
  const lines = Array.from({ length: count }, (_, i) => `${i}`).join("\n");
  const headers = { "Content-Type": "application/x-ndjson" };
  await (await fetch(`${one.url}/channel/c/bulk`, { method: "POST", body: lines, headers })).body?.cancel();
  await clients[0]!.consumer("c", "w").put({ start: "earliest", ackWait: "5m" });
  const seen: string[] = [];
  const done = new AbortController();
  const work = async (i: number) => {
    const worker = clients[i % 2]!.consumer("c", "w");
    for await (const { data } of worker.items({ max: 7, ackOnNext: true, signal: done.signal })) {
      seen.push(data!);
      if (seen.length === count) done.abort();
    }
  };
  await Promise.all(Array.from({ length: 4 }, (_, i) => work(i)));
  deepEqual(seen.map(Number).sort((a, b) => a - b), Array.from({ length: count }, (_, i) => i));
  equal((await clients[1]!.consumer("c", "w").get()).lag.items, 0);
});

/** A worker of a consumer of a channel with so many items, 0, 1 and so on. */
async function startWorker(count: number) {
  const folder = await temporaryFolder();
  const process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const { channels } = new RunnelClient({ url: process.url });
  await channels.create("c");
  for (let i = 0; i < count; i++) await channels.post("c", `${i}`, "text/plain");
  const worker = channels.consumer("c", "w");
  await worker.put({ start: "earliest", ackWait: "5m" });
  return {
    worker,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("to ask for the next item acknowledges the one before, unless the worker said otherwise", async () => {
  await using started = await startWorker(6);
  const { worker } = started;
  let seen = 0;
  for await (const item of worker.items({ max: 3, ackOnNext: true })) {
    if (item.data === "1") await item.nack("1h");
    if (item.data === "3") await item.ack();
    if (++seen === 5) break;
  }
  const { lag, inFlight, waitingAgain } = await worker.get();
  // 1 was given back, 4 was at hand when the worker left, 5 was taken with it.
  deepEqual([lag.items, inFlight + waitingAgain], [3, 3]);
});

Deno.test("a worker that is told to stop gets nothing more, and what it did is acknowledged", async () => {
  await using started = await startWorker(3);
  const { worker } = started, stop = new AbortController(), seen: string[] = [];
  for await (const { data } of worker.items({ ackOnNext: true, signal: stop.signal })) {
    seen.push(data!);
    if (seen.length === 2) stop.abort();
  }
  deepEqual([seen, (await worker.get()).lag.items], [["0", "1"], 1]);
});

Deno.test("a worker whose hold has ended goes on: its items come again", async () => {
  await using started = await startWorker(2);
  const { worker } = started;
  const seen: string[] = [];
  for await (const item of worker.items({ max: 2, ackOnNext: true })) {
    seen.push(`${item.data}/${item.delivery}`);
    // Somebody else gives both back before they are acknowledged.
    if (seen.length === 2) await worker.nack({ upTo: item.id });
    if (seen.length === 4) break;
  }
  deepEqual(seen, ["0/1", "1/1", "0/2", "1/2"]);
  const lost = await worker.pull({ ack: { upTo: "0000000000000001", lease: "gone" } })
    .catch((error: RunnelProblem) => error.code);
  equal(lost, "lease-lost");
});
