/**
 * `deno task fuzz [--seed N] [--requests N] [--seconds N] [--memory FACTOR]`: sends a real process what /openapi.json allows, what it just
 * does not, and what nobody should send. Ends with 1 when an answer is 5xx (but 503), does not fit the reference or does
 * not come, and when memory has grown after warming up. The same seed makes the same requests.
 */
import fc from "fast-check";
import { parseArgs } from "node:util";
import { startProcess, temporaryFolder, type TestProcess } from "../../support/process.ts";
import { residentBytes } from "../../support/measure.ts";
import { attack, ATTACKS } from "./handmade.ts";
import { faultOf } from "./judge.ts";
import { type OpenApi, requestsFor, type WireRequest } from "./requests.ts";
import { textOf, Wire } from "./wire.ts";
import { createWorld, type World } from "./world.ts";

const CONNECTIONS = 24;
/** Requests of one sub-seed. */
const BATCH = 100;
/** Attacks by hand that are under way at once. */
const ATTACKERS = 4;
/** Milliseconds from one restoring of the world to the next. */
const RESTORE_EVERY_MS = 2_000;
/** The share of the time, or of the requests, that is warming up. */
const WARM_UP = 1 / 3;
/** How long after a connection was lost the process may be found to have ended. */
const LAST_WORDS_MS = 300;
/** Faults that are shown; all are counted. */
const SHOWN = 40;
const MIB = 1 << 20;
/** How long memory may take to be given back, in milliseconds. */
const QUIET_MS = 20_000;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    requests: { type: "string" },
    seconds: { type: "string" },
    memory: { type: "string", default: "1.3" },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const most = Number(values.requests ?? (values.seconds === undefined ? 20_000 : Infinity));
const seconds = Number(values.seconds ?? Infinity);
const memoryFactor = Number(values.memory);

/** What was counted. */
class Tally {
  readonly statuses = new Map<number | string, number>();
  readonly kinds = new Map<string, number>();
  faults = 0;
  requests = 0;
  attacks = 0;

  fault(kind: string, shown: string): void {
    this.faults++;
    const count = (this.kinds.get(kind) ?? 0) + 1;
    this.kinds.set(kind, count);
    // One of a kind shows enough.
    if (count === 1 && this.kinds.size <= SHOWN) console.log(`FAULT ${shown}`);
  }
}

const tally = new Tally();
let startedAt = performance.now();
/** 0 at the beginning, 1 at the end. */
let hasEnded = false;
/** What was under way: when the process ends, one of them has ended it. */
const underWay = new Set<string>();
const progress = () =>
  hasEnded ? 1 : Math.max(tally.requests / most, (performance.now() - startedAt) / 1000 / seconds);

console.log(`seed ${seed}`);
await using folder = await temporaryFolder();
const database = `file:${folder.path}/runnel.db`;
await using runnel = await startProcess({
  database,
  env: { CACHE_BYTES: `${4 * MIB}`, WEBHOOK_PRIVATE: "true" },
});
runnel.ended.then(() => hasEnded = true);
const world = await createWorld(runnel, database);
const document: OpenApi = await (await fetch(`${runnel.url}/openapi.json`)).json();
startedAt = performance.now();
const warm = await fuzz(runnel, world, document);
if (hasEnded) {
  const requests = [...underWay].map((request) => `\n  ${request}`).join("");
  tally.fault(
    "the process ended",
    `the process ended:\n${runnel.log().slice(-3_000)}\nunder way:${requests}`,
  );
} else await judgeMemory(runnel, warm);
report();
// Not Deno.exit: the process under trial must be ended first.
Deno.exitCode = tally.faults === 0 ? 0 : 1;

/** Sends everything; answers the bytes of memory after warming up. */
async function fuzz({ url, pid }: TestProcess, world: World, document: OpenApi): Promise<number> {
  const queue = batches(requestsFor(document, world));
  let warm: number | undefined;
  const sender = async () => {
    using wire = new Wire(url);
    while (true) {
      const { done, value } = await queue.next();
      if (done) return;
      await one(wire, value);
      if (!hasEnded && progress() > WARM_UP) warm ??= residentBytes(pid);
    }
  };
  await Promise.all([
    ...Array.from({ length: CONNECTIONS }, sender),
    ...Array.from({ length: ATTACKERS }, (_, i) => attackAll(url, i)),
    keepRestoring(world),
  ]);
  return warm ?? (hasEnded ? 0 : residentBytes(pid));
}

async function keepRestoring(world: World): Promise<void> {
  while (progress() < 1) {
    await world.restore().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, RESTORE_EVERY_MS));
  }
}

async function* batches(requests: fc.Arbitrary<WireRequest>): AsyncGenerator<WireRequest> {
  for (let batch = 0; progress() < 1; batch++) {
    for (const request of fc.sample(requests, { seed: seed + batch, numRuns: BATCH })) {
      if (progress() >= 1) return;
      tally.requests++;
      yield request;
    }
  }
}

async function one(wire: Wire, request: WireRequest): Promise<void> {
  const shown = () => `${JSON.stringify(textOf(request).slice(0, 3_000))}`;
  let outcome;
  const sent = shown();
  if (!hasEnded) underWay.add(sent);
  try {
    outcome = await wire.send(request);
    if (outcome === "no answer") await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
    if (!hasEnded) underWay.delete(sent);
    else if (outcome === "no answer") return;
  } catch (error) {
    // What the end of the process leaves behind is no fault of each request.
    if (hasEnded) return;
    return tally.fault(`cannot connect`, `${error}\n  ${shown()}`);
  }
  const status = typeof outcome === "string" ? outcome : outcome.status;
  tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
  if (outcome === "waited") return;
  const why = typeof outcome === "string" ? outcome : await faultOf(request, outcome);
  if (why !== undefined) {
    tally.fault(`${request.method} ${kindOf(request.target)} ${kindOf(why)}`, `${why}\n  ${shown()}`);
  }
}

/** Every attack by hand in turn, again and again; the short run makes each once. */
async function attackAll(url: string, first: number): Promise<void> {
  for (let i = first; !hasEnded && (progress() < 1 || i < ATTACKS.length); i += ATTACKERS) {
    const one = ATTACKS[i % ATTACKS.length]!;
    tally.attacks++;
    underWay.add(one.name);
    const why = await attack(url, one).catch((error) => String(error));
    if (hasEnded) return;
    underWay.delete(one.name);
    if (why !== undefined) tally.fault(`${one.name}`, `${one.name}: ${why}`);
  }
}

/** Texts without what differs from one fault of a kind to the next. */
function kindOf(text: string): string {
  return text.split("?", 1)[0]!.replace(/→ \d+|[0-9a-f-]{36}/g, "").split("/").slice(0, 3).join("/").slice(
    0,
    120,
  );
}

/** Memory when all is quiet again, against that after warming up. */
async function judgeMemory({ pid, url }: TestProcess, warm: number): Promise<void> {
  let end = residentBytes(pid);
  // A heap is given back piece by piece, while small requests come.
  const deadline = performance.now() + QUIET_MS;
  while (end > memoryFactor * warm && performance.now() < deadline) {
    await (await fetch(`${url}/health`)).body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 50));
    end = residentBytes(pid);
  }
  const told = `memory ${Math.round(end / MIB)} MiB at the end, ${
    Math.round(warm / MIB)
  } MiB after warming up: ${(end / warm).toFixed(2)} x`;
  console.log(told);
  if (end > memoryFactor * warm) tally.fault("memory", told);
}

/** Ends with the line of a test's summary, which CI counts. */
function report(): void {
  const took = (performance.now() - startedAt) / 1000;
  const statuses = [...tally.statuses].sort(([a], [b]) => `${a}`.localeCompare(`${b}`)).map((
    [status, count],
  ) => `${status}: ${count}`);
  console.log(statuses.join(", "));
  for (const [kind, count] of tally.kinds) console.log(`  ${count} x ${kind}`);
  console.log(
    `${
      tally.faults === 0 ? "ok | 1 passed | 0" : "FAILED | 0 passed | 1"
    } failed: ${tally.requests} requests and ${tally.attacks} attacks by hand in ${
      Math.round(took)
    } s, ${tally.faults} faults, seed ${seed}`,
  );
}
