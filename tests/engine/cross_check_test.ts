/** Many keys that two processes wrote, each read through both of them: on every engine an answer belongs to its key. */
import { deepEqual } from "../support/assert.ts";
import { type EngineName, startEngine } from "../support/engines.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const HAS_SERVER = Deno.build.os === "linux" && Deno.build.arch === "x86_64";
/** Of each kind; `CROSS_CHECK_ITEMS`, a multiple of 90, makes it a longer trial. */
const ITEMS = Number(Deno.env.get("CROSS_CHECK_ITEMS") ?? 9_000), ACCOUNTS = 800, FRAMES = 200;
/** Items that are sent in one request. */
const BULK = 90;
const AT_ONCE = 16;
/** How long a process may take to show what another one wrote. */
const PATIENCE_MS = 60_000;

/** Two processes over one database, as that engine joins them. */
async function startTwo(engine: EngineName, folder: string) {
  await using started = new AsyncDisposableStack();
  const { options, sharedUrl } = started.use(await startEngine(engine, folder));
  const env: Record<string, string> = { CACHE_BYTES: "0" };
  if (options.syncUrl !== undefined) env.DATABASE_SYNC_URL = options.syncUrl;
  const other = engine === "replica" ? `file:${folder}/other.db` : sharedUrl;
  const urls: string[] = [];
  for (const database of [options.url, other]) {
    urls.push(started.use(await startProcess({ database, env })).url);
  }
  const stack = started.move();
  return { urls, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Calls `work` for each number below `count`, some at once, in an order that looks random. */
async function each(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    // A prime number that divides no count, so each number comes once.
    while (next < count) await work((next++ * 7919) % count);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** What a call answers in the end: a busy machine may answer 503 first, and every call here may be repeated. */
async function answer(url: string, init: RequestInit = {}): Promise<string> {
  for (const deadline = Date.now() + PATIENCE_MS;;) {
    const response = await fetch(url, init), text = await response.text();
    if (response.ok) return text;
    if (response.status !== 503 || Date.now() > deadline) {
      throw new Error(`${url}: ${response.status} ${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers.get("retry-after"))));
  }
}

const JSON_BODY = { "Content-Type": "application/json" };

async function put(url: string, body: unknown): Promise<void> {
  await answer(url, { method: "PUT", headers: JSON_BODY, body: JSON.stringify(body) });
}

/** Waits until `reader` shows what `writer` writes now: then it shows all that was acknowledged before. */
async function catchUp(reader: string, writer: string): Promise<void> {
  const path = `/channel/seen_${crypto.randomUUID().replaceAll("-", "_")}`;
  await put(writer + path, {});
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
    const response = await fetch(reader + path);
    await response.body?.cancel();
    if (response.ok) return;
  }
  throw new Error(`${reader} does not show what ${writer} wrote`);
}

/** Writes through both processes in turns; answers the items' ids. */
async function writeAll(urls: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  const writer = (i: number) => urls[i % urls.length]!;
  await put(`${urls[0]}/channel/cross`, {});
  await catchUp(urls[1]!, urls[0]!);
  await each(ITEMS / BULK, async (i) => {
    const numbers = Array.from({ length: BULK }, (_, k) => i * BULK + k);
    const body = numbers.map((n) => JSON.stringify(`item ${n}`)).join("\n");
    const headers = { "Content-Type": "application/x-ndjson", "Idempotency-Key": `bulk ${i}` };
    const stored = await answer(`${writer(i)}/channel/cross/bulk`, { method: "POST", headers, body });
    const { ids: given } = JSON.parse(stored);
    for (const [k, n] of numbers.entries()) ids[n] = given[k];
  });
  await each(ACCOUNTS, (i) => {
    const profile = { twitter: { id: `${i}`, location: `Town ${i}` } };
    return put(`${writer(i)}/profile/app/account${i}`, profile);
  });
  await each(FRAMES, (i) => put(`${writer(i)}/api/store/cross/s${i}`, { a: { "2020-01-01": i } }));
  return ids;
}

/** Reads each key through one of the processes; answers those answered with anything but what was written there. */
async function wrongKeys(urls: readonly string[], ids: readonly string[]): Promise<string[]> {
  const wrong: string[] = [];
  const expect = async (i: number, path: string, wanted: string) => {
    // Half of the keys come from the process that did not write them.
    const url = urls[(i >> 1) % urls.length]!;
    const text = await answer(url + path);
    if (!text.includes(wanted)) wrong.push(`${url}${path}: ${text}`);
  };
  await each(ITEMS, (i) => expect(i, `/channel/cross/${ids[i]}`, `"item ${i}"`));
  await each(ACCOUNTS, (i) => expect(i, `/profile/app/account${i}`, `"Town ${i}"`));
  await each(FRAMES, (i) => expect(i, `/api/store/cross/s${i}?date_format=epoch`, `{"1577836800000":${i}}`));
  return wrong;
}

for (const engine of ["file", "server", "replica", "read-replica"] as const) {
  Deno.test({
    name: `${ITEMS + ACCOUNTS + FRAMES} keys that two processes wrote are answered right by both (${engine})`,
    ignore: engine !== "file" && !HAS_SERVER,
    async fn() {
      await using folder = await temporaryFolder();
      await using two = await startTwo(engine, folder.path);
      const [one, other] = two.urls as [string, string];
      const ids = await writeAll(two.urls);
      await catchUp(one, other);
      await catchUp(other, one);
      deepEqual(await wrongKeys(two.urls, ids), []);
    },
  });
}
