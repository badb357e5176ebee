/** What the benchmarks of channels share: their channel, their items, and those who insert them. */
import type { Contestant } from "./harness.ts";
import { outputOf, startPeer, startRunnel, warmedUp } from "./processes.ts";
import { temporaryFolder } from "../tests/support/process.ts";

/** What one item holds: 100 bytes. */
export const BODY = "x".repeat(100);
/** A wrk script that inserts one. */
export const POST = `wrk.method = "POST"; wrk.body = "${BODY}"; wrk.headers["Content-Type"] = "text/plain"`;

/** Durable inserts, one a request. */
export function runnelInserts(connections: number): Contestant {
  return {
    name: "Runnel",
    async start() {
      const runnel = await startRunnel();
      await createChannel(runnel.url);
      return warmedUp(runnel, { url: `${runnel.url}/channel/bench`, connections, script: POST });
    },
  };
}

/** The same by Redis, which waits for the disk, too. */
export function redisInserts(connections: number): Contestant {
  return {
    name: "Redis XADD, fsync always",
    async start() {
      const folder = await temporaryFolder();
      const redis = await startPeer("redis-server", (port) => [
        ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder.path],
        ...["--appendonly", "yes", "--appendfsync", "always", "--save", ""],
      ]);
      return {
        async measure() {
          const text = await outputOf("redis-benchmark", [
            ...[
              "-p",
              `${redis.port}`,
              "-c",
              `${connections}`,
              "-n",
              `${connections === 1 ? 10_000 : 150_000}`,
              "--csv",
            ],
            ...["XADD", "bench", "*", "body", BODY],
          ]);
          return Number(/^"XADD.*?","([\d.]+)"/m.exec(text)![1]);
        },
        async [Symbol.asyncDispose]() {
          await redis[Symbol.asyncDispose]();
          await folder[Symbol.asyncDispose]();
        },
      };
    },
  };
}

/** Makes the channel that all of these benchmarks use. */
export async function createChannel(url: string): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${url}/channel`, { method: "POST", headers, body: '{"name": "bench"}' });
  await response.body?.cancel();
  if (response.status !== 201) throw new Error(`creating the channel: ${response.status}`);
}

/** Inserts an item and answers its id. */
export async function insertOne(url: string): Promise<string> {
  const headers = { "Content-Type": "text/plain" };
  return (await (await fetch(`${url}/channel/bench`, { method: "POST", headers, body: BODY })).json()).id;
}
