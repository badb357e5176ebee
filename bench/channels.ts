/** Channels against what a user would pick instead. The peers and what each promises are in bench/README.md. */
import type { Benchmark, Comparison, Contestant } from "./harness.ts";
import { outputOf, RUN, startPeer, startRunnel, startScript, warmedUp } from "./processes.ts";
import { BODY, createChannel, insertOne, POST, redisInserts, runnelInserts } from "./channel_items.ts";
import { idOfKey } from "../domain/channels/item_id.ts";
import { batchComparisons } from "./channel_batches.ts";
import { costComparisons } from "./channel_cost.ts";
import { fanOutComparisons } from "./channel_fan_out.ts";
import { temporaryFolder } from "../tests/support/process.ts";

const CONNECTIONS = [1, 16, 64, 256];
const ITEMS = 100_000;
const CONSTANT_WITH_HEADERS = "Hono, a constant with these headers";
const PLAIN_APP = new URL("./plain_app.ts", import.meta.url);

export const inserts: Benchmark = {
  name: "channel-inserts",
  about: "durable inserts of 100 bytes against the same app without a database, Redis and NATS JetStream",
  needs: {
    "wrk": "wrk",
    "redis-server": "redis-server",
    "redis-benchmark": "redis-tools",
    "nats-server": "nats-server",
  },
  *comparisons() {
    for (const connections of CONNECTIONS) yield insertComparison(connections);
  },
};

function insertComparison(connections: number): Comparison {
  const figures = [{ peer: "Hono, nothing stored", bound: 0.5 }, {
    peer: "Redis XADD, fsync always",
    bound: 0.55,
  }];
  return {
    title: `durable inserts, ${connections} connections`,
    unit: "items/s",
    better: "higher",
    turns: turnsFor(connections),
    contestants: [
      runnelInserts(connections),
      plainInserts(connections),
      redisInserts(connections),
      natsInserts(connections),
    ],
    ...(connections === 64 && { figures }),
  };
}

/** Three where there is a figure to reach; once elsewhere, so that it takes minutes. */
function turnsFor(connections: number): number {
  return connections === 64 ? 3 : 1;
}

function plainInserts(connections: number): Contestant {
  return {
    name: "Hono, nothing stored",
    async start() {
      const plain = await startScript(PLAIN_APP);
      return warmedUp(plain, {
        url: `http://127.0.0.1:${plain.port}/channel/bench`,
        connections,
        script: POST,
      });
    },
  };
}

function natsInserts(connections: number): Contestant {
  return {
    name: "NATS JetStream, fsync every 2 min",
    async start() {
      const folder = await temporaryFolder();
      const nats = await startPeer(
        "nats-server",
        (port) => ["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", folder.path],
      );
      const client = new URL("./nats_client.ts", import.meta.url).pathname;
      return {
        async measure() {
          const args = [...RUN, client, ...[nats.port, connections, 3, BODY.length].map(String)];
          return Number(await outputOf(Deno.execPath(), args));
        },
        async [Symbol.asyncDispose]() {
          await nats[Symbol.asyncDispose]();
          await folder[Symbol.asyncDispose]();
        },
      };
    },
  };
}

export const reads: Benchmark = {
  name: "channel-reads",
  about: "reads by id of 100,000 items at random against the same app that answers constants",
  needs: { wrk: "wrk" },
  *comparisons() {
    for (const connections of CONNECTIONS) {
      const bound = (share: number) =>
        connections === 64 ? { figures: [{ peer: CONSTANT_WITH_HEADERS, bound: share }] } : {};
      yield {
        title: `reads by id, from the start, ${connections} connections`,
        unit: "items/s",
        better: "higher",
        turns: turnsFor(connections),
        contestants: [
          runnelReads(connections, false),
          plainReads(connections),
          plainReads(connections, "?headers"),
        ],
        ...bound(0.4),
      };
      yield {
        title: `reads by id, all in memory, ${connections} connections`,
        unit: "items/s",
        better: "higher",
        turns: turnsFor(connections),
        contestants: [
          runnelReads(connections, true),
          plainReads(connections),
          plainReads(connections, "?headers"),
        ],
        ...bound(0.65),
      };
    }
  },
};

function runnelReads(connections: number, warm: boolean): Contestant {
  return {
    name: "Runnel",
    async start() {
      const runnel = await startRunnel();
      await createChannel(runnel.url);
      const first = await insertOne(runnel.url);
      const stored = await fillChannel(runnel.url, ITEMS);
      if (warm) await Promise.all(stored.map((ids) => readAll(`${runnel.url}/channel/bench/`, ids)));
      const ids = stored.flat();
      const load = { url: `${runnel.url}/channel/bench/${first}`, connections, script: randomReads(ids) };
      // A hundred items warm the code up without filling the memory.
      return warmedUp(runnel, load, { ...load, script: randomReads(ids.slice(0, 100)) });
    },
  };
}

function plainReads(connections: number, query = ""): Contestant {
  return {
    name: query === "" ? "Hono, a constant" : CONSTANT_WITH_HEADERS,
    async start() {
      const plain = await startScript(PLAIN_APP);
      const url = `http://127.0.0.1:${plain.port}/channel/bench/00002FHOK8JMK000`;
      // As many ids as Runnel gets, so that the load generator has the same work.
      const ids = Array.from({ length: ITEMS }, (_, i) => idOfKey(BigInt(i)));
      return warmedUp(plain, { url, connections, script: randomReads(ids, query) });
    },
  };
}

/** wrk calls `request` for each request; the ids are in its script, because it can read no other input. */
function randomReads(ids: readonly string[], query = ""): string {
  return `local ids = {${ids.map((id) => `"${id}"`).join(",")}}
math.randomseed(1)
request = function() return wrk.format("GET", "/channel/bench/" .. ids[math.random(#ids)] .. "${query}") end`;
}

async function readAll(base: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) await (await fetch(base + id)).body?.cancel();
}

async function fillChannel(url: string, count: number): Promise<string[][]> {
  const writers = Array.from({ length: 100 }, async () => {
    const ids: string[] = [];
    for (let i = 0; i < count / 100; i++) ids.push(await insertOne(url));
    return ids;
  });
  return await Promise.all(writers);
}

export const channelBatches: Benchmark = {
  name: "channel-batches",
  about: "bulk inserts against Redis, catching up, pull and ack, inserts with an Idempotency-Key",
  needs: { "wrk": "wrk", "redis-server": "redis-server", "redis-benchmark": "redis-tools" },
  comparisons: batchComparisons,
};

export const fanOut: Benchmark = {
  name: "channel-fan-out",
  about: "how far the slowest of 1,000 WebSocket subscribers is behind",
  comparisons: fanOutComparisons,
};

export const cost: Benchmark = {
  name: "channel-cost",
  about:
    "insert, read, latest, next and earliest in a channel of 10 million items against one of 10 thousand",
  comparisons: costComparisons,
};
