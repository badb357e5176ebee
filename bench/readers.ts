/** Whether the longest reads of the areas make a point read wait: profile reads alone, and beside each of them. */
import { openDatabase } from "../db/open.ts";
import { temporaryFolder } from "../tests/support/process.ts";
import { type Benchmark, type Comparison, type Contestant, quantile } from "./harness.ts";
import { startRunnel } from "./processes.ts";

const READS = 1_000;
const NUMBERS = `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?1)`;
const INSERT_CHANNELS =
  `${NUMBERS} INSERT INTO channel (name, created_at, tags) SELECT 'channel' || n, 0, '[]' FROM i`;
const INSERT_CONTEXTS = `${NUMBERS} INSERT INTO account_event (app, account, event, bucket, context, n)
  SELECT account.app, account.id, 'visit', ?2, 'context ' || n, 1 FROM i, account`;
const INSERT_ITEMS = `${NUMBERS} INSERT INTO item (channel, key, type, body)
  SELECT (SELECT max(id) FROM channel), (?2 + n) << 16, 'text/plain', CAST('content' AS BLOB) FROM i`;
const COUNT_ITEMS = `UPDATE channel SET (last_key, item_count) = (SELECT max(key), count(*) FROM item)
  WHERE id = (SELECT max(id) FROM channel)`;

const CHANNELS = 10_000, CONTEXTS = 40_000, ITEMS = 10_000;
const LONG_READS = [
  ["the list of 10,000 channels", "/channel"],
  ["analytics of 40,000 contexts", "/analytics/shop"],
  ["a list of 10,000 items", `/channel/channel${CHANNELS}/latest/${ITEMS}`],
] as const;

export const longReads: Benchmark = {
  name: "long-reads",
  about: "profile reads beside the longest reads against profile reads alone",
  *comparisons() {
    for (const [name, path] of LONG_READS) {
      const comparison: Comparison = {
        title: `99th percentile of ${READS} profile reads, beside ${name}`,
        unit: "ms",
        better: "lower",
        contestants: [contestant("beside", path), contestant("alone")],
        figures: [{ peer: "alone", bound: 5 }],
      };
      yield comparison;
    }
  },
};

/** Profile reads one after another, while one client asks for `beside` all the time. */
function contestant(name: string, beside?: string): Contestant {
  return {
    name,
    async start() {
      const folder = await temporaryFolder();
      const database = `file:${folder.path}/runnel.db`;
      const runnel = await startRunnel({ database });
      await fill(database, runnel.url);
      return {
        async measure() {
          await readProfiles(runnel.url);
          if (beside === undefined) return await readProfiles(runnel.url);
          let isOver = false;
          const asking = (async () => {
            while (!isOver) await read(runnel.url + beside);
          })();
          const p99 = await readProfiles(runnel.url);
          isOver = true;
          await asking;
          return p99;
        },
        async [Symbol.asyncDispose]() {
          await runnel[Symbol.asyncDispose]();
          await folder[Symbol.asyncDispose]();
        },
      };
    },
  };
}

/** The 99th percentile in milliseconds. */
async function readProfiles(url: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < READS; i++) {
    const started = performance.now();
    await read(`${url}/profile/shop/ann`);
    times.push(performance.now() - started);
  }
  return quantile(times, 0.99);
}

async function read(url: string): Promise<void> {
  const response = await fetch(url);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
}

async function fill(url: string, server: string): Promise<void> {
  const body = JSON.stringify({ facebook: { id: "1", gender: "female" } });
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${server}/profile/shop/ann`, { method: "PUT", headers, body });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`filling: ${response.status}`);
  const now = Date.now();
  const database = await openDatabase({ url });
  await database.engine.write([
    { sql: INSERT_CHANNELS, args: [CHANNELS] },
    { sql: INSERT_CONTEXTS, args: [CONTEXTS, Math.floor(now / 300_000)] },
    { sql: INSERT_ITEMS, args: [ITEMS, now - 2 * ITEMS] },
    { sql: COUNT_ITEMS, args: [] },
  ]);
  await database.close();
}
