/**
 * Holds connections of the kinds that cost a server most against a Runnel with few descriptors and counts what a client
 * with a key notices. `deno task hostile [CONNECTIONS] [MINUTES]`, 2,000 and 2 unless given; CONTRIBUTING says more.
 */
import { startProcess, temporaryFolder, type TestProcess } from "../support/process.ts";

const DESCRIPTORS = 1_024, CALM_SECONDS = 10;
/** Time between two requests of the client with a key, and between two drips. */
const PAUSE_MS = 10, DRIP_MS = 2_000;
const LARGE_ITEM = 10 << 20;

const HEAD = "Host: localhost\r\n";
/** What a hostile connection sends at once; a drip is a byte more every two seconds. */
const KINDS: readonly { readonly name: string; readonly send: string; readonly drips?: boolean }[] = [
  { name: "idle", send: "" },
  { name: "half a head", send: `GET / HTTP/1.1\r\n${HEAD}X-A: ` },
  { name: "half a body", send: `POST /api/auth HTTP/1.1\r\n${HEAD}Content-Length: 9999\r\n\r\n{` },
  {
    name: "a drip of a body",
    send: `POST /api/auth HTTP/1.1\r\n${HEAD}Content-Length: 9999\r\n\r\n{`,
    drips: true,
  },
  { name: "never reading", send: "" },
];

const [role, ...args] = Deno.args;
if (role === "attack") await attack(args[0]!, Number(args[1]), args[2]!);
else await trial(Number(role ?? 2_000), Number(args[0] ?? 2));

async function trial(connections: number, minutes: number): Promise<void> {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using runnel = await startProcess({ database, descriptors: DESCRIPTORS });
  const { ask, key, item } = await prepare(runnel, database);
  const calm = await timesOf(ask, CALM_SECONDS);
  console.log(`calm: ${shown(calm)}, ${memoryOf(runnel).toFixed(0)} MiB`);

  const attacker = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, "attack", runnel.url, `${connections}`, readingOf(item, key)],
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  let most = 0;
  const memory = setInterval(() => most = Math.max(most, memoryOf(runnel)), 250);
  const attacked = await timesOf(ask, minutes * 60);
  clearInterval(memory);
  attacker.kill("SIGKILL");
  await attacker.status;
  console.log(`under ${connections} connections for ${minutes} min: ${shown(attacked)}`);
  console.log(`memory at most ${most.toFixed(0)} MiB; alive: ${await isAlive(runnel)}`);
  console.log(runnel.log().trimEnd().split("\n").slice(-8).join("\n"));
}

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** A key, a large item, and a function that asks as a client with that key does. */
async function prepare(runnel: TestProcess, database: string) {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", "keys", "add", "hostile", "--scopes", "admin"],
    cwd: new URL("../../", import.meta.url).pathname,
    env: { DATABASE_URL: database },
  }).output();
  const key = /\S{20,}/.exec(new TextDecoder().decode(stdout))?.[0];
  if (key === undefined) throw new Error("no key was printed");
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
  const fetchWithKey = (path: string, init: RequestInit = {}) =>
    fetch(`${runnel.url}${path}`, {
      ...init,
      client,
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    });
  for (const name of ["large", "small"]) {
    await (await fetchWithKey("/channel", { method: "POST", body: JSON.stringify({ name }) })).text();
  }
  const stored = await fetchWithKey("/channel/large", { method: "POST", body: new Uint8Array(LARGE_ITEM) });
  return { ask: fetchWithKey, key, item: `/channel/large/${(await stored.json()).id}` };
}

function readingOf(path: string, key: string): string {
  return `GET ${path} HTTP/1.1\r\n${HEAD}Authorization: Bearer ${key}\r\n\r\n`;
}

/** How long requests took, in milliseconds, sorted; those that failed took for ever. */
async function timesOf(ask: Ask, seconds: number): Promise<number[]> {
  const times: number[] = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    const began = performance.now();
    const answer = await ask("/channel/small", { method: "POST", body: "x" }).catch(() => undefined);
    await answer?.text().catch(() => {});
    times.push(answer?.status === 201 ? performance.now() - began : Infinity);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return times.sort((a, b) => a - b);
}

function shown(times: readonly number[]): string {
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))]!.toFixed(1);
  const failed = times.filter((time) => time === Infinity).length;
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms of ${times.length} inserts, ${failed} failed`;
}

/** Resident memory of the process, in MiB. */
function memoryOf({ pid }: TestProcess): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

async function isAlive({ url }: TestProcess): Promise<boolean> {
  for (let i = 0; i < 20; i++) {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) }).catch(() =>
      undefined
    );
    await answer?.body?.cancel();
    if (answer?.status === 200) return true;
  }
  return false;
}

/** Keeps so many connections open, each kind as many, and opens another for each that is closed. */
async function attack(url: string, connections: number, reading: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const encoder = new TextEncoder();
  const hold = async (kind: typeof KINDS[number]): Promise<void> => {
    const reads = kind.name !== "never reading";
    const head = reads ? kind.send : reading;
    while (true) {
      const pause = new Promise((resolve) => setTimeout(resolve, 1_000));
      try {
        using connection = await Deno.connect({ hostname, port: Number(port) });
        if (head !== "") await connection.write(encoder.encode(head));
        const drip = kind.drips
          ? setInterval(() => connection.write(encoder.encode("x")).catch(() => {}), DRIP_MS)
          : undefined;
        if (!reads) await new Promise((resolve) => setTimeout(resolve, 45_000));
        while (await connection.read(new Uint8Array(1024)) !== null);
        clearInterval(drip);
      } catch { /* closed, or refused: the next one */ }
      await pause;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, i) => hold(KINDS[i % KINDS.length]!)));
}
