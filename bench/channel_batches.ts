/** Channels in batches: bulk inserts, catching up, consumers, and inserts that are safe to repeat. */
import { type ConsumerClient, RunnelClient, type Which } from "../client/mod.ts";
import { BODY, createChannel, redisInserts, runnelInserts } from "./channel_items.ts";
import type { Comparison, Contestant } from "./harness.ts";
import { startRunnel, warmedUp } from "./processes.ts";

const CONNECTIONS = 64;
const BATCH = 100;
const ITEMS = 50_000;
/** Items that a worker takes before it is measured, so that its code is compiled. */
const WARM_UP = 20_000;
const LINE = JSON.stringify(BODY.slice(2));
const KEYED = `local n = 0
request = function()
  n = n + 1
  return wrk.format("POST", nil, {["Content-Type"] = "text/plain", ["Idempotency-Key"] = "k" .. n}, "${BODY}")
end`;

export function* batchComparisons(): Generator<Comparison> {
  yield {
    title: `durable inserts over /bulk, ${BATCH} a request, ${CONNECTIONS} connections`,
    unit: "items/s",
    better: "higher",
    contestants: [bulkInserts(), redisInserts(CONNECTIONS)],
    figures: [{ peer: "Redis XADD, fsync always", bound: 2 }],
  };
  yield {
    title: `catching up over NDJSON, pages of 5,000 of ${ITEMS} items`,
    unit: "items/s",
    better: "higher",
    contestants: [{ name: "Runnel", start: startCatchUp }],
    figures: [{ bound: 50_000 }],
  };
  const writer = { name: "bulk inserts by one", start: startWriter };
  const figures = [{ peer: writer.name, bound: 0.5 }];
  yield {
    title:
      `pull, then ack, one worker, batches of ${BATCH}, against inserting as many one batch after another`,
    unit: "items/s",
    better: "higher",
    contestants: [{ name: "Runnel", start: () => startWorker(pullThenAck) }, writer],
    figures,
  };
  yield {
    title: `the same where each pull acknowledges the batch before`,
    unit: "items/s",
    better: "higher",
    contestants: [{ name: "Runnel", start: () => startWorker(ackWithPull) }, writer],
    figures,
  };
  yield {
    title: `inserts with an Idempotency-Key, ${CONNECTIONS} connections`,
    unit: "items/s",
    better: "higher",
    contestants: [keyedInserts(), { ...runnelInserts(CONNECTIONS), name: "without" }],
    figures: [{ peer: "without", bound: 0.7 }],
  };
}

function bulkInserts(): Contestant {
  return {
    name: "Runnel",
    async start() {
      const runnel = await startRunnel();
      await createChannel(runnel.url);
      const lines = Array(BATCH).fill(LINE.replace(/["\\]/g, "\\$&")).join("\\n");
      const script = `wrk.method = "POST"; wrk.body = "${lines}"
wrk.headers["Content-Type"] = "application/x-ndjson"`;
      const running = await warmedUp(runnel, {
        url: `${runnel.url}/channel/bench/bulk`,
        connections: CONNECTIONS,
        script,
      });
      return { ...running, measure: async () => await running.measure() * BATCH };
    },
  };
}

function keyedInserts(): Contestant {
  return {
    name: "Runnel",
    async start() {
      const runnel = await startRunnel();
      await createChannel(runnel.url);
      const url = `${runnel.url}/channel/bench`, connections = CONNECTIONS;
      // Other keys than those that are measured: a repeated one stores nothing.
      const warmUp = { url, connections, script: KEYED.replace('"k"', '"warm"') };
      return warmedUp(runnel, { url, connections, script: KEYED }, warmUp);
    },
  };
}

/** A server with one channel of so many items. */
async function startFilled(count = ITEMS) {
  const runnel = await startRunnel();
  await createChannel(runnel.url);
  await fill(runnel.url, count);
  return { runnel, dispose: () => runnel[Symbol.asyncDispose]() as Promise<void> };
}

async function fill(url: string, count: number): Promise<void> {
  const body = `${LINE}\n`.repeat(BATCH), headers = { "Content-Type": "application/x-ndjson" };
  for (let stored = 0; stored < count; stored += BATCH) {
    const answer = await fetch(`${url}/channel/bench/bulk`, { method: "POST", headers, body });
    await answer.body?.cancel();
    if (answer.status !== 201) throw new Error(`storing in bulk: ${answer.status}`);
  }
}

async function startCatchUp() {
  const { runnel, dispose } = await startFilled();
  return {
    async measure() {
      const started = performance.now();
      let seen = 0, position = "0000000000000000";
      const list = `${runnel.url}/channel/bench`;
      while (seen < ITEMS) {
        const answer = await fetch(`${list}/${position}/next/5000?bulk=true`, {
          headers: { Accept: "application/x-ndjson" },
        });
        seen += (await answer.text()).split("\n").length - 1;
        // The page's next link leads to the page after it.
        position = /channel\/bench\/([0-9A-V]{16})\/next/.exec(answer.headers.get("link") ?? "")?.[1] ?? "";
        if (position === "") break;
      }
      if (seen !== ITEMS) throw new Error(`${seen} of ${ITEMS} items came`);
      return ITEMS / (performance.now() - started) * 1000;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Takes so many items and acknowledges each. */
type Work = (worker: ConsumerClient, count: number) => Promise<void>;

const pullThenAck: Work = async (worker, count) => {
  for (let done = 0; done < count;) done += await worker.ack(whichOf(await worker.pull({ max: BATCH })));
};

const ackWithPull: Work = async (worker, count) => {
  let ack: Which | undefined;
  for (let done = 0; done < count - BATCH;) {
    const pulled = await worker.pull({ max: BATCH, ack });
    done += pulled.acknowledged ?? 0;
    ack = whichOf(pulled);
  }
  await worker.ack(ack!);
};

function whichOf({ items }: Awaited<ReturnType<ConsumerClient["pull"]>>): Which {
  return { ids: items.map(({ id }) => id), lease: items[0]!.lease };
}

async function startWorker(work: Work) {
  const { runnel, dispose } = await startFilled(WARM_UP + ITEMS);
  const worker = new RunnelClient({ url: runnel.url }).channels.consumer("bench", "worker");
  await worker.put({ start: "earliest" });
  await work(worker, WARM_UP);
  return {
    async measure() {
      const started = performance.now();
      await work(worker, ITEMS);
      return ITEMS / (performance.now() - started) * 1000;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

async function startWriter() {
  const { runnel, dispose } = await startFilled();
  return {
    async measure() {
      const started = performance.now();
      await fill(runnel.url, ITEMS);
      return ITEMS / (performance.now() - started) * 1000;
    },
    [Symbol.asyncDispose]: dispose,
  };
}
