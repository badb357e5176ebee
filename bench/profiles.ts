/** Profiles, events and analytics against the published description's own stack, and against their own size. */
import { openDatabase } from "../db/open.ts";
import { temporaryFolder } from "../tests/support/process.ts";
import { type Benchmark, type Comparison, type Contestant, median, type Running } from "./harness.ts";
import { startPeer, startRunnel, wrk } from "./processes.ts";

/** Debian's own, which python3-flask and python3-redis belong to. */
const PYTHON = "/usr/bin/python3";
const PEER = new URL("./profiles_peer.py", import.meta.url).pathname;
const PEER_NAME = "Flask and Redis, not durable";
const CONNECTIONS = 64;
const ACCOUNTS = 1000;
const DAY_OF_BUCKETS = 288;

// 1,000 accounts in turns, four events, three contexts.
const RECORD = `local i = 0
request = function()
  i = i + 1
  local path = string.format("/event/bench/account%d/event%d/?context=c%d", i % ${ACCOUNTS}, i % 4, i % 3)
  return wrk.format("PUT", path)
end`;
const READ = `local i = 0
request = function()
  i = i + 1
  return wrk.format("GET", string.format("/profile/bench/account%d/", i % ${ACCOUNTS}))
end`;
const PROFILE = { facebook: { id: "1", gender: "male", locale: "en_US", location: { name: "Chicago" } } };

export const profiles: Benchmark = {
  name: "profiles-load",
  about: "events and profile reads against Flask and Redis",
  needs: { wrk: "wrk", "redis-server": "redis-server", [PYTHON]: "python3-flask python3-redis" },
  *comparisons() {
    yield loadComparison("events recorded", RECORD, false);
    yield loadComparison("profiles read", READ, true);
  },
};

export const profileSizes: Benchmark = {
  name: "profiles-sizes",
  about: "analytics of a million accounts and a timeline of 10 million events against smaller ones",
  *comparisons() {
    yield analyticsComparison();
    yield timelineComparison();
  },
};

function loadComparison(title: string, script: string, filled: boolean): Comparison {
  const contestant = (name: string, open: () => Promise<AsyncDisposable & { readonly url: string }>) => ({
    name,
    async start(): Promise<Running> {
      const server = await open();
      if (filled) await fill(server.url);
      return {
        async measure() {
          return (await wrk({ url: server.url, connections: CONNECTIONS, script })).requestsPerSecond;
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() as Promise<void>,
      };
    },
  });
  return {
    title: `${title}, ${CONNECTIONS} connections`,
    unit: "requests/s",
    better: "higher",
    contestants: [contestant("Runnel", startRunnel), contestant(PEER_NAME, startFlask)],
    figures: [{ peer: PEER_NAME, bound: 5 }],
  };
}

async function startFlask(): Promise<AsyncDisposable & { readonly url: string }> {
  const folder = await temporaryFolder();
  const redis = await startPeer("redis-server", (port) => [
    ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder.path, "--save", ""],
  ]);
  const flask = await startPeer(PYTHON, (port) => [PEER, `${port}`, `${redis.port}`]);
  return {
    url: `http://127.0.0.1:${flask.port}`,
    async [Symbol.asyncDispose]() {
      await flask[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function fill(url: string): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  for (let i = 0; i < ACCOUNTS; i++) {
    const body = JSON.stringify({ ...PROFILE, facebook: { ...PROFILE.facebook, id: `${i}` } });
    const response = await fetch(`${url}/profile/bench/account${i}/`, { method: "PUT", headers, body });
    await response.body?.cancel();
    if (response.status !== 200) throw new Error(`filling: ${response.status}`);
  }
}

const INSERT_APP = `INSERT INTO app (id, name) VALUES (1, 'bench')`;
const INSERT_ACCOUNTS =
  `WITH RECURSIVE i(n) AS (SELECT ?1 + 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?1 + ?2)
  INSERT INTO account (id, app, name, person, last_hour) SELECT n, 1, 'account' || n, n, ?3 - n % 1000 FROM i`;
const insertField = (field: string, value: string) =>
  `INSERT INTO person_field (person, field, value, number, account)
  SELECT id, '${field}', ${value}, id, id FROM account WHERE id > ?1`;
const INSERT_EVENTS = `INSERT INTO account_event (app, account, event, bucket, context, n)
  SELECT 1, account.id, 'open', ?1 - b.value, 'x', ?2 FROM account, json_each(?3) b`;
const INSERT_FIELDS = [
  insertField("gender", "'g' || id % 3"),
  insertField("location", "'place ' || id % 200"),
  insertField("birthYear", "1950 + id % 60"),
  insertField("birthMonth", "format('%02d-%d', 1 + id * 7 % 12, 1950 + id % 60)"),
  insertField("birthDay", "format('%02d-%02d-%d', 1 + id * 7 % 12, 1 + id * 11 % 28, 1950 + id % 60)"),
];

/** Rows of the database, as that many accounts with profiles make them; triggers keep the counters. */
async function storeAccounts(url: string, count: number): Promise<void> {
  const database = await openDatabase({ url });
  const hour = Math.floor(Date.now() / 3_600_000), step = 100_000;
  await database.engine.write([{ sql: INSERT_APP, args: [] }]);
  for (let from = 0; from < count; from += step) {
    await database.engine.write([
      { sql: INSERT_ACCOUNTS, args: [from, Math.min(step, count - from), hour] },
      ...INSERT_FIELDS.map((sql) => ({ sql, args: [from] })),
    ]);
  }
  await database.engine.write([{ sql: `UPDATE app SET accounts = ?1`, args: [count] }]);
  await database.close();
}

/** `perBucket` events of 100 accounts in each five minutes of the days before now. */
async function storeEvents(url: string, days: number, perBucket: number): Promise<void> {
  await storeAccounts(url, 100);
  const database = await openDatabase({ url });
  const now = Math.floor(Date.now() / 300_000);
  for (let day = 0; day < days; day++) {
    const buckets = Array.from({ length: DAY_OF_BUCKETS }, (_, i) => day * DAY_OF_BUCKETS + i);
    await database.engine.write([{
      sql: INSERT_EVENTS,
      args: [now, perBucket / 100, JSON.stringify(buckets)],
    }]);
  }
  await database.close();
}

/**
 * Median time of one request in milliseconds, one after the other, over a database that `store` made. Each answer
 * must hold the wanted text.
 */
function timed(
  name: string,
  path: string,
  wanted: string,
  store: (url: string) => Promise<void>,
): Contestant {
  return {
    name,
    async start() {
      const folder = await temporaryFolder();
      const database = `file:${folder.path}/runnel.db`;
      await store(database);
      const runnel = await startRunnel({ database });
      return {
        async measure() {
          const times: number[] = [];
          for (let i = 0; i < 300; i++) {
            const started = performance.now();
            const answer = await (await fetch(runnel.url + path)).text();
            if (i >= 100) times.push(performance.now() - started);
            if (!answer.includes(wanted)) throw new Error(`${path} answered ${answer.slice(0, 200)}`);
          }
          return median(times);
        },
        async [Symbol.asyncDispose]() {
          await runnel[Symbol.asyncDispose]();
          await folder[Symbol.asyncDispose]();
        },
      };
    },
  };
}

function analyticsComparison(): Comparison {
  const analytics = (name: string, accounts: number) =>
    timed(name, "/analytics/bench/", `"accounts":${accounts}`, (url) => storeAccounts(url, accounts));
  return {
    title: "analytics of an app",
    unit: "ms",
    better: "lower",
    contestants: [
      analytics("Runnel, 1,000,000 accounts", 1_000_000),
      analytics("Runnel, 1,000 accounts", 1000),
    ],
    figures: [{ peer: "Runnel, 1,000 accounts", bound: 2 }],
    turns: 1,
  };
}

function timelineComparison(): Comparison {
  const timeline = (name: string, days: number, perBucket: number) =>
    timed(name, "/event/bench/open/", `,${perBucket}]`, (url) => storeEvents(url, days, perBucket));
  const tenMillion = 34_800;
  return {
    title: "timeline of an app over 24 hours",
    unit: "ms",
    better: "lower",
    contestants: [
      timeline("Runnel, 10 million events a day for 10 days", 10, tenMillion),
      timeline("Runnel, 10 million events in the day alone", 1, tenMillion),
    ],
    figures: [{ bound: 20 }, { peer: "Runnel, 10 million events in the day alone", bound: 1.5 }],
    turns: 1,
  };
}
