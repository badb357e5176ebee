/** WebSocket fan-out: 1,000 subscribers in a process of their own, 100 inserts a second. */
import { createChannel, insertOne } from "./channel_items.ts";
import type { Comparison } from "./harness.ts";
import { cpuMillis, startRunnel, startScript } from "./processes.ts";

const SUBSCRIBERS = 1000;
const INSERTS_A_SECOND = 100;
const SECONDS = 5;

export function* fanOutComparisons(): Generator<Comparison> {
  yield {
    title: `${SUBSCRIBERS} subscribers, ${INSERTS_A_SECOND} inserts/s: the farthest that any was behind`,
    unit: "ms",
    better: "lower",
    contestants: [{ name: "Runnel", start: startFanOut }],
    figures: [{ bound: 250 }],
  };
}

async function startFanOut() {
  const runnel = await startRunnel();
  await createChannel(runnel.url);
  const expected = INSERTS_A_SECOND * SECONDS;
  const url = `${runnel.url.replace("http", "ws")}/channel/bench/ws`;
  const subscribers = await startScript(new URL("./subscribers.ts", import.meta.url), [
    url,
    `${SUBSCRIBERS}`,
    `${expected}`,
  ]);
  const results = `http://127.0.0.1:${subscribers.port}/`;
  return {
    async measure() {
      const pause = 1000 / INSERTS_A_SECOND;
      const before = await cpuMillis(runnel.pid);
      const started = performance.now();
      const inserted: Promise<string>[] = [];
      for (let i = 0; i < expected; i++) {
        const wait = started + i * pause - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        inserted.push(insertOne(runnel.url));
      }
      await Promise.all(inserted);
      const { lost, p99, worst, cpu } = await (await fetch(results)).json();
      if (lost > 0) throw new Error(`${lost} messages were lost`);
      const used = await cpuMillis(runnel.pid) - before;
      console.log(
        `  none of ${
          SUBSCRIBERS * expected
        } messages lost, p99 ${p99} ms, farthest ${worst} ms; CPU of Runnel ` +
          `${(used * 1000 / SUBSCRIBERS / expected).toFixed(1)} us a message, ` +
          `${Math.round(used / (performance.now() - started) * 100)} % of a core; of the audience ` +
          `${Math.round((cpu.user + cpu.system) / 1000)} ms in all`,
      );
      return worst;
    },
    async [Symbol.asyncDispose]() {
      await subscribers[Symbol.asyncDispose]();
      await runnel[Symbol.asyncDispose]();
    },
  };
}
