/** More processes on one database: they must not store less together than one does alone. */
import { startEngine } from "../tests/support/engines.ts";
import { startProcess, temporaryFolder } from "../tests/support/process.ts";
import { createChannel, POST } from "./channel_items.ts";
import type { Benchmark, Comparison, Contestant } from "./harness.ts";
import { wrk } from "./processes.ts";

/** Over all processes together, so few enough that each has some. */
const CONNECTIONS = 64;
const PROCESSES = [3, 2, 1];

export const processes: Benchmark = {
  name: "engine-processes",
  about: "inserts at 64 connections over one, two and three processes on one file and on one server",
  needs: { "wrk": "wrk" },
  *comparisons() {
    for (const engine of ["file", "server"] as const) yield comparison(engine);
  },
};

function comparison(engine: "file" | "server"): Comparison {
  return {
    title: `durable inserts, ${CONNECTIONS} connections over all processes (${engine})`,
    unit: "items/s",
    better: "higher",
    contestants: PROCESSES.map((count) => inserts(engine, count)),
    figures: [{ peer: nameOf(1), bound: 1 }],
  };
}

function nameOf(count: number): string {
  return count === 1 ? "1 process" : `${count} processes`;
}

function inserts(engine: "file" | "server", count: number): Contestant {
  return {
    name: nameOf(count),
    async start() {
      await using started = new AsyncDisposableStack();
      const folder = started.use(await temporaryFolder());
      const { options } = started.use(await startEngine(engine, folder.path));
      const urls: string[] = [];
      for (let i = 0; i < count; i++) {
        urls.push(started.use(await startProcess({ database: options.url })).url);
      }
      await createChannel(urls[0]!);
      const together = async (seconds: number) => {
        const loads = urls.map((url, i) => {
          // What is left over goes to the first ones.
          const connections = Math.floor(CONNECTIONS / count) + (i < CONNECTIONS % count ? 1 : 0);
          return wrk({ url: `${url}/channel/bench`, connections, seconds, script: POST });
        });
        const results = await Promise.all(loads);
        return results.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0);
      };
      // As much for each process, however many share the load, so that the code of all is compiled.
      await together(2 * count);
      const stack = started.move();
      return { measure: () => together(3), [Symbol.asyncDispose]: () => stack.disposeAsync() };
    },
  };
}
