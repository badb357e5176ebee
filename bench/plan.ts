/**
 * Planning past one machine: measures what an insert, a read and a subscriber's message cost, does the arithmetic of
 * docs/scale.md for a team and for 10, 100 and 1,000 of them, and checks it in a simulation of the busiest thread:
 * `deno run -A --config deno.dev.json bench/plan.ts`.
 */
import { createChannel, insertOne, POST } from "./channel_items.ts";
import { quantile } from "./harness.ts";
import { startScript, wrk } from "./processes.ts";
import { startProcess, temporaryFolder, type TestProcess } from "../tests/support/process.ts";

/** Seconds of a thread for one of a kind. */
interface Cost {
  readonly main: number;
  readonly database: number;
}

/** How many of each kind a second. */
type Rates = Readonly<Record<Kind, number>>;
const KINDS = ["insert", "read", "message"] as const;
type Kind = typeof KINDS[number];

/** Rates of one team: inserts, reads, and messages to fifty subscribers that get each item. */
const TEAM: Rates = { insert: 5, read: 25, message: 250 };
const SIZES = [1, 10, 100, 1_000];
const SECONDS_A_DAY = 86_400;
const TICKS_A_SECOND = 100;

/** Processor seconds so far: of the main thread, and of those that work with the database. */
function processorSeconds({ pid }: TestProcess): Cost {
  let main = 0, database = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const stat = Deno.readTextFileSync(`/proc/${pid}/task/${name}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
    if (Number(name) === pid) main += seconds;
    else if (stat.includes("(worker")) database += seconds;
  }
  return { main, database };
}

/** What one of `count()` things costs, while `work` does them. */
async function costOf(runnel: TestProcess, work: () => Promise<number>): Promise<Cost> {
  const before = processorSeconds(runnel);
  const count = await work();
  const after = processorSeconds(runnel);
  return { main: (after.main - before.main) / count, database: (after.database - before.database) / count };
}

async function measure(): Promise<{ costs: Record<Kind, Cost>; bytes: number }> {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/runnel.db`;
  await using runnel = await startProcess({ database: `file:${file}` });
  await createChannel(runnel.url);
  const channel = `${runnel.url}/channel/bench`;
  const seconds = 4, connections = 64;
  const requests = async (load: { url: string; script?: string }) =>
    (await wrk({ ...load, connections, seconds })).requestsPerSecond * seconds;
  let items = await requests({ url: channel, script: POST });
  const insert = await costOf(runnel, async () => {
    const inserted = await requests({ url: channel, script: POST });
    items += inserted;
    return inserted;
  });
  const id = await insertOne(runnel.url);
  await insertOne(runnel.url);
  await requests({ url: `${channel}/${id}` });
  const read = await costOf(runnel, () => requests({ url: `${channel}/${id}` }));
  const message = await costOf(runnel, () => followed(runnel));
  // Once it is closed, all that was stored is in the file.
  await runnel.end("SIGTERM");
  return { costs: { insert, read, message }, bytes: (await Deno.stat(file)).size / items };
}

/** 100 subscribers get 400 items; the inserts are counted with the messages, a hundredth of them. */
async function followed(runnel: TestProcess): Promise<number> {
  const subscribers = 100, items = 400;
  const url = `${runnel.url.replace("http", "ws")}/channel/bench/ws`;
  await using script = await startScript(new URL("./subscribers.ts", import.meta.url), [
    ...[url, `${subscribers}`, `${items}`],
  ]);
  for (let i = 0; i < items; i++) await insertOne(runnel.url);
  const { lost } = await (await fetch(`http://127.0.0.1:${script.port}/`)).json();
  if (lost > 0) throw new Error(`${lost} messages were lost`);
  return subscribers * items;
}

/** How much of a second of each thread the rates take. */
function utilisation(rates: Rates, costs: Record<Kind, Cost>): Cost {
  const sum = (thread: keyof Cost) =>
    KINDS.reduce((total, kind) => total + rates[kind] * costs[kind][thread], 0);
  return { main: sum("main"), database: sum("database") };
}

/**
 * One thread that takes what arrives at random (Poisson) in order: the share of time that it works, and how long 99 of
 * 100 wait. `seed` makes it repeatable.
 */
function simulate(rates: Rates, costs: Record<Kind, Cost>, events: number, seed = 1) {
  let state = seed;
  // Park and Miller's generator: enough for waiting times.
  const random = () => (state = state * 48_271 % 2_147_483_647) / 2_147_483_647;
  const all = KINDS.reduce((total, kind) => total + rates[kind], 0);
  let now = 0, freeAt = 0, busy = 0;
  const waits: number[] = [];
  for (let i = 0; i < events; i++) {
    now += -Math.log(random()) / all;
    let at = random() * all;
    const kind = KINDS.find((each) => (at -= rates[each]) < 0) ?? "message";
    const start = Math.max(now, freeAt);
    waits.push(start - now);
    freeAt = start + costs[kind].main;
    busy += costs[kind].main;
  }
  return { utilisation: busy / now, p99: quantile(waits, 0.99) };
}

const { costs, bytes } = await measure();
console.log(`${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}\n`);
for (const kind of KINDS) {
  const { main, database } = costs[kind];
  console.log(
    `${kind.padEnd(8)} ${(main * 1e6).toFixed(1).padStart(6)} us of the main thread, ` +
      `${(database * 1e6).toFixed(1).padStart(6)} us of the database's`,
  );
}
console.log(`item     ${bytes.toFixed(0).padStart(6)} bytes of the file\n`);
console.log("teams   main thread   database   GB a day   simulated   99 of 100 wait");
for (const size of SIZES) {
  const rates = Object.fromEntries(KINDS.map((kind) => [kind, TEAM[kind] * size])) as unknown as Rates;
  const { main, database } = utilisation(rates, costs);
  const simulated = simulate(rates, costs, 400_000);
  if (Math.abs(simulated.utilisation / main - 1) > 0.03) {
    throw new Error(`the arithmetic says ${main}, the simulation ${simulated.utilisation}`);
  }
  const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
  console.log([
    String(size).padEnd(7),
    percent(main).padStart(11),
    percent(database).padStart(11),
    (rates.insert * bytes * SECONDS_A_DAY / 1e9).toFixed(1).padStart(10),
    percent(simulated.utilisation).padStart(11),
    (main < 1 ? `${(simulated.p99 * 1000).toFixed(2)} ms` : "ever longer").padStart(16),
  ].join(" "));
}
