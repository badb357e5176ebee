/** Whether a channel's size matters: the same calls in a channel of 10 million items and in one of 10 thousand. */
import { openDatabase } from "../db/open.ts";
import { idOfKey } from "../domain/channels/item_id.ts";
import { temporaryFolder } from "../tests/support/process.ts";
import { createChannel, insertOne } from "./channel_items.ts";
import type { Comparison, Contestant, Running } from "./harness.ts";
import { median } from "./harness.ts";
import { startRunnel } from "./processes.ts";

const CALLS = 1500;
const FIRST_MS = Date.UTC(2026, 0, 1);
const FILL = `INSERT INTO item (channel, key, type, body)
  WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value < ?3 - 1)
  SELECT 1, (?1 + value) << 16, 'text/plain', ?2 FROM n`;
const COUNT =
  `UPDATE channel SET ttl_ms = NULL, item_count = ?1, last_key = (SELECT max(key) FROM item WHERE channel = 1)`;

type Call = (url: string, count: number) => Promise<unknown>;

const CALLS_BY_NAME: Record<string, Call> = {
  insert: (url) => insertOne(url),
  read: (url, count) => drop(`${url}/channel/bench/${randomId(count)}`),
  latest: (url) => drop(`${url}/channel/bench/latest`),
  next: (url, count) => drop(`${url}/channel/bench/${randomId(count - 1)}/next`),
  earliest: (url) => drop(`${url}/channel/bench/earliest`),
};

export function* costComparisons(): Generator<Comparison> {
  const folders = new Map<number, Promise<string>>();
  const filled = (count: number) => {
    if (!folders.has(count)) folders.set(count, fill(count));
    return folders.get(count)!;
  };
  for (const [name, call] of Object.entries(CALLS_BY_NAME)) {
    const contestant = (label: string, count: number): Contestant => ({
      name: label,
      start: async () => measured(await filled(count), (url) => call(url, count)),
    });
    yield {
      title: `${name}: the middle of ${CALLS} calls, one after another`,
      unit: "ms",
      better: "lower",
      contestants: [contestant("10 million items", 10_000_000), contestant("10 thousand items", 10_000)],
      figures: [{ peer: "10 thousand items", bound: 1.3 }],
    };
  }
}

/** A database file with one channel of that many items. */
async function fill(count: number): Promise<string> {
  const folder = await temporaryFolder();
  globalThis.addEventListener("unload", () => Deno.removeSync(folder.path, { recursive: true }));
  const url = `file:${folder.path}/runnel.db`;
  {
    await using runnel = await startRunnel({ database: url });
    await createChannel(runnel.url);
    await runnel.end("SIGTERM");
  }
  const database = await openDatabase({ url });
  const body = new TextEncoder().encode("x".repeat(100));
  const step = 500_000;
  for (let from = 0; from < count; from += step) {
    await database.engine.write([{ sql: FILL, args: [FIRST_MS + from, body, Math.min(step, count - from)] }]);
  }
  await database.engine.write([{ sql: COUNT, args: [count] }]);
  await database.close();
  return url;
}

async function measured(database: string, call: (url: string) => Promise<unknown>): Promise<Running> {
  const runnel = await startRunnel({ database });
  return {
    async measure() {
      const times: number[] = [];
      for (let i = 0; i < CALLS; i++) {
        const started = performance.now();
        await call(runnel.url);
        times.push(performance.now() - started);
      }
      return median(times.slice(CALLS / 10));
    },
    [Symbol.asyncDispose]: () => runnel[Symbol.asyncDispose]() as Promise<void>,
  };
}

function randomId(count: number): string {
  return idOfKey(BigInt(FIRST_MS + Math.floor(Math.random() * count)) << 16n);
}

async function drop(url: string): Promise<void> {
  const response = await fetch(url, { redirect: "manual" });
  await response.body?.cancel();
  if (response.status >= 400) throw new Error(`${url}: ${response.status}`);
}
