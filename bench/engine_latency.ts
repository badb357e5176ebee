/** A database server far away: what a request costs in round trips, and how long it takes at 50 ms each. */
import { startLibsqlServer } from "../tests/support/libsql_server.ts";
import { type Line, openLine } from "../tests/support/line.ts";
import { startProcess } from "../tests/support/process.ts";
import { createChannel } from "./channel_items.ts";
import { type Benchmark, type Contestant, median } from "./harness.ts";

const ROUND_TRIP_MS = 50;
/** Longer than anything known of other processes is trusted. */
const IDLE_MS = 700;

/** One request to a Runnel, over a connection that is open. */
type Ask = (url: string, id: string) => Promise<Response>;

const insert: Ask = (url) => fetch(`${url}/channel/bench`, { method: "POST", body: "item" });
const readById: Ask = (url, id) => fetch(`${url}/channel/bench/${id}`);
const latest: Ask = (url) => fetch(`${url}/channel/bench/latest`, { redirect: "manual" });

export const latency: Benchmark = {
  name: "engine-latency",
  about: `one request over a server ${ROUND_TRIP_MS} ms away, after idleness and in a row; the first answer`,
  *comparisons() {
    for (const [name, ask] of Object.entries({ insert, "read by id": readById, latest })) {
      yield {
        title: `${name} at a round trip of ${ROUND_TRIP_MS} ms`,
        unit: "ms",
        better: "lower",
        turns: 1,
        contestants: [
          requests(`${name}, after idleness`, ask, true),
          requests(`${name}, in a row`, ask, false),
        ],
        figures: [{ bound: 65 }],
      };
    }
    yield {
      title: "from the start of the process to its first answer, less that over a server nearby",
      unit: "ms",
      better: "lower",
      contestants: [{ name: "latest", start: startCold }],
    };
  },
};

function requests(name: string, ask: Ask, isIdle: boolean): Contestant {
  return {
    name,
    async start() {
      await using started = new AsyncDisposableStack();
      const server = started.use(await startLibsqlServer());
      const line = started.use(openLine(server.url, ROUND_TRIP_MS));
      const { url } = started.use(await startProcess({ database: line.url }));
      await createChannel(url);
      const { id } = await (await insert(url, "")).json();
      const stack = started.move();
      return {
        measure: () => measure(() => ask(url, id), isIdle, line, name),
        [Symbol.asyncDispose]: () => stack.disposeAsync(),
      };
    },
  };
}

async function measure(
  ask: () => Promise<Response>,
  isIdle: boolean,
  line: Line,
  name: string,
): Promise<number> {
  const millis: number[] = [], trips: number[] = [];
  for (let i = 0; i < 15; i++) {
    if (isIdle) await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const began = performance.now();
    trips.push(await line.count(async () => await (await ask()).bytes()));
    millis.push(performance.now() - began);
  }
  const mean = trips.reduce((sum, each) => sum + each, 0) / trips.length;
  console.log(`  ${name}: ${mean.toFixed(2)} requests to the server each`);
  return median(millis);
}

async function startCold() {
  await using started = new AsyncDisposableStack();
  const server = started.use(await startLibsqlServer());
  const far = started.use(openLine(server.url, ROUND_TRIP_MS));
  {
    await using first = await startProcess({ database: server.url });
    await createChannel(first.url);
    await (await insert(first.url, "")).bytes();
  }
  const firstAnswer = async (database: string) => {
    const began = performance.now();
    await using process = await startProcess({ database });
    await (await latest(process.url, "")).bytes();
    return performance.now() - began;
  };
  const stack = started.move();
  return {
    async measure() {
      const nearby = await firstAnswer(server.url);
      return await firstAnswer(far.url) - nearby;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
