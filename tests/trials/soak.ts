/**
 * `deno task soak [MINUTES] [PAGE]`: writes and reads all areas at a moderate rate for an hour unless told otherwise, and
 * draws memory, file, latency and descriptors into a page. What is written expires within a minute or is written over,
 * so nothing may grow. Ends with 1 when memory, the file or descriptors of the last quarter pass those of the second.
 */
import { median, quantile } from "../../bench/harness.ts";
import { createChannel, send } from "../support/http.ts";
import { openFiles, residentBytes } from "../support/measure.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const LOOK_MS = 2_000, ROUND_MS = 100, TTL_MILLIS = 30_000;
const MIB = 1 << 20;
/** How much a curve of the last quarter may be above that of the second. */
const MOST_GROWTH = 1.3;

/** A figure over time. */
interface Curve {
  readonly name: string;
  readonly unit: string;
  readonly values: number[];
  /** Whether it must not grow; the latency of a shared machine decides nothing. */
  readonly isJudged: boolean;
}

const minutes = Number(Deno.args[0] ?? 60);
const page = Deno.args[1] ?? await Deno.makeTempFile({ prefix: "runnel-soak-", suffix: ".html" });
await using folder = await temporaryFolder();
const file = `${folder.path}/runnel.db`;
await using runnel = await startProcess({
  database: `file:${file}`,
  env: { CACHE_BYTES: `${4 * MIB}`, KEEP_REVISIONS: "1m" },
});
const { url, pid } = runnel;
await createChannel(url, "soak", { ttlMillis: TTL_MILLIS });

const memory: Curve = { name: "memory", unit: "MiB", values: [], isJudged: true };
const size: Curve = { name: "database file and log", unit: "MiB", values: [], isJudged: true };
const descriptors: Curve = { name: "descriptors", unit: "", values: [], isJudged: true };
const latency: Curve = { name: "99th percentile of latency", unit: "ms", values: [], isJudged: false };
const curves = [memory, size, descriptors, latency];

let latencies: number[] = [], requests = 0, refused = 0;
const startedAt = performance.now();
const isOver = () => performance.now() - startedAt > minutes * 60_000;
await Promise.all([load(), look()]);
const grown = curves.filter(({ values, isJudged }) => isJudged && growthOf(values) > MOST_GROWTH);
await Deno.writeTextFile(page, pageOf());
for (const { name, unit, values } of curves) {
  console.log(
    `${name}: ${values.at(-1)?.toFixed(1)} ${unit} at the end, ${
      growthOf(values).toFixed(2)
    } x the second quarter`,
  );
}
console.log(`${requests} requests in ${minutes} minutes, ${refused} refused; the curves: ${page}`);
if (grown.length > 0) console.log(`GREW: ${grown.map(({ name }) => name).join(", ")}`);
// Not Deno.exit: the process under trial must be ended first.
Deno.exitCode = grown.length === 0 && refused === 0 ? 0 : 1;

/** One request of each area after another. */
async function load(): Promise<void> {
  for (let n = 0; !isOver(); n++) {
    const account = `account${n % 100}`, day = new Date(1577836800000 + (n % 365) * 86_400_000).toISOString();
    const session = {
      user_id: `user${n % 100}`,
      session_id: `session${n % 100}`,
      event: "end",
      ts: "2026-01-02T03:14:05",
    };
    const message = { id: `${n % 100}`, username: "ann", message: "The disk of db-3 is full." };
    await Promise.all([
      timed(() => fetch(`${url}/channel/soak`, { method: "POST", body: "x".repeat(1_000) })),
      timed(() => fetch(`${url}/channel/soak/latest`)),
      timed(() => send("PUT", `${url}/profile/app/${account}`, { twitter: { id: `${n % 100}` } })),
      timed(() => fetch(`${url}/profile/app/${account}`)),
      timed(() => send("POST", `${url}/user/batches`, [session])),
      timed(() => send("PUT", `${url}/api/store/SOAK/ONE`, { close: { [day]: n } })),
      timed(() => fetch(`${url}/api/store/SOAK/ONE?tail=10`)),
      timed(() => send("POST", `${url}/api/conversations/soak/messages`, [message])),
    ]);
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
  }
}

async function timed(ask: () => Promise<Response>): Promise<void> {
  const began = performance.now();
  const answer = await ask();
  await answer.body?.cancel();
  latencies.push(performance.now() - began);
  requests++;
  // Before the first account has a profile, and when all items have expired, 404 is right.
  if (answer.status >= 400 && answer.status !== 404) refused++;
}

async function look(): Promise<void> {
  while (!isOver()) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    memory.values.push(residentBytes(pid) / MIB);
    size.values.push((sizeOf(file) + sizeOf(`${file}-wal`)) / MIB);
    descriptors.values.push(openFiles(pid));
    latency.values.push(quantile(latencies, 0.99) ?? 0);
    latencies = [];
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

function growthOf(values: readonly number[]): number {
  const quarter = Math.max(1, values.length >> 2);
  return median(values.slice(-quarter)) / median(values.slice(quarter, 2 * quarter));
}

function pageOf(): string {
  const told = `${minutes} minutes, ${requests} requests, ${
    new Date().toISOString()
  }, Deno ${Deno.version.deno}`;
  return `<!doctype html><meta charset="utf-8"><title>Runnel: soak</title><style>body{font:14px sans-serif;margin:2rem}svg{display:block;width:100%;max-width:60rem;height:12rem;border-bottom:1px solid}</style><h1>Soak</h1><p>${told}</p>\n${
    curves.map(drawn).join("\n")
  }\n`;
}

function drawn({ name, unit, values }: Curve): string {
  const top = Math.max(...values, 1);
  const points = values.map((value, i) =>
    `${(1000 * i / Math.max(1, values.length - 1)).toFixed(1)},${(200 - 190 * value / top).toFixed(1)}`
  );
  return `<h2>${name}: ${values.at(-1)?.toFixed(1)} ${unit}, at most ${
    top.toFixed(1)
  }</h2><svg viewBox="0 0 1000 200" preserveAspectRatio="none"><polyline fill="none" stroke="#06c" stroke-width="2" points="${
    points.join(" ")
  }"/></svg>`;
}
