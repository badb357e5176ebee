/**
 * `deno task overload [MINUTES]`: inserts at the best rate, then from four times as many connections for some minutes.
 * Ends with 1 when less than 80 % of the best rate is stored, memory passes 400 MiB, the process ends, or an insert
 * afterwards takes a second. wrk sends as fast as answers come, so the load is counted in connections.
 */
import { outputOf } from "../../bench/processes.ts";
import { createChannel, insert } from "../support/http.ts";
import { limitMemory, residentBytes } from "../support/measure.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const CONNECTIONS = 64, TIMES = 4;
const BEST_SECONDS = 10, WARM_UP_SECONDS = 5;
const LIMIT_MIB = 512, MOST_MIB = 400, LEAST_GOODPUT = 0.8, MOST_RECOVERY_MS = 1_000;
const MIB = 1 << 20;
const SCRIPT = `wrk.method = "POST"\nwrk.body = string.rep("x", 100)\n`;

const minutes = Number(Deno.args[0] ?? 5);
await using folder = await temporaryFolder();
await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
using limit = limitMemory(runnel.pid, LIMIT_MIB * MIB);
console.log(
  limit === undefined
    ? "no memory limit can be set here: memory is measured only"
    : `memory is limited to ${LIMIT_MIB} MiB by a cgroup`,
);
const script = `${folder.path}/insert.lua`;
await Deno.writeTextFile(script, SCRIPT);
const channel = await createChannel(runnel.url, "overload", { maxItems: 100_000 });

await stored(CONNECTIONS, WARM_UP_SECONDS);
const best = await stored(CONNECTIONS, BEST_SECONDS);
console.log(`best: ${Math.round(best.rate)} inserts a second from ${CONNECTIONS} connections`);
let most = 0, hasEnded = false;
runnel.ended.then(() => hasEnded = true);
const looking = setInterval(() => hasEnded || (most = Math.max(most, residentBytes(runnel.pid))), 500);
const load = await stored(CONNECTIONS * TIMES, Math.round(minutes * 60));
const endedAt = performance.now();
const recovery = await insert(channel, "after").then(() => performance.now() - endedAt, () => Infinity);
clearInterval(looking);

const share = load.rate / best.rate;
const figures: readonly (readonly [told: string, isReached: boolean])[] = [
  [
    `goodput ${Math.round(load.rate)} a second, ${
      (share * 100).toFixed(0)
    } % of the best; ${load.refused} refused`,
    share >= LEAST_GOODPUT,
  ],
  [`memory ${Math.round(most / MIB)} MiB at most`, most < MOST_MIB * MIB],
  [`an insert ${Math.round(recovery)} ms after the load`, recovery < MOST_RECOVERY_MS],
  [hasEnded ? `the process ended: ${runnel.log()}` : "the process was not killed", !hasEnded],
];
for (const [told, isReached] of figures) console.log(`${isReached ? "reached" : "MISSED "}  ${told}`);
// Not Deno.exit: the process under trial must be ended first.
Deno.exitCode = figures.every(([, isReached]) => isReached) ? 0 : 1;

/** Inserts from so many connections: how many a second were stored, and how many in all were refused. */
async function stored(connections: number, seconds: number): Promise<{ rate: number; refused: number }> {
  const text = await outputOf("wrk", [
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    "--timeout",
    "10s",
    "-s",
    script,
    channel,
  ]);
  const [, count, time] = /(\d+) requests in ([\d.]+)(?:s|m)/.exec(text)!;
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
  const took = / requests in [\d.]+m/.test(text) ? Number(time) * 60 : Number(time);
  return { rate: (Number(count) - refused) / took, refused };
}
