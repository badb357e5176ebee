/** What no app and no person may cost others: the largest persons joined and divided, and an app with many contexts. */
import { openDatabase } from "../db/open.ts";
import { temporaryFolder } from "../tests/support/process.ts";
import { type Benchmark, type Contestant, median, type Running } from "./harness.ts";
import { startRunnel } from "./processes.ts";

/** Accounts of two persons, and one that joins them: as many as a person may have. */
const LEFT = 500, RIGHT = 499;
const ROUNDS = 9;
const CONTEXTS = 50_000;
/** Requests that fill the database at a time. */
const AT_ONCE = 64;
const JSON_TYPE = { "Content-Type": "application/json" };

export const profileLimits: Benchmark = {
  name: "profiles-limits",
  about: "joining and dividing persons of a thousand accounts, analytics of an app with 50,000 contexts",
  *comparisons() {
    const common = { unit: "ms, median", better: "lower", turns: 1 } as const;
    const bound = (ms: number) => [{ bound: ms }];
    yield {
      ...common,
      title: `an update that joins ${LEFT} and ${RIGHT} accounts`,
      contestants: [persons("Runnel", join)],
      figures: bound(10),
    };
    yield {
      ...common,
      title: `a split of a person of ${LEFT + RIGHT + 1} accounts`,
      contestants: [persons("Runnel", split)],
      figures: bound(10),
    };
    yield {
      ...common,
      title: `analytics of an app with ${CONTEXTS.toLocaleString("en")} contexts`,
      contestants: [contestantWithContexts("Runnel", CONTEXTS), contestantWithContexts("100 contexts", 100)],
      figures: bound(10),
    };
  },
};

async function send(method: string, url: string, body: unknown): Promise<void> {
  const response = await fetch(url, { method, headers: JSON_TYPE, body: JSON.stringify(body) });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${answer}`);
}

async function timed(ask: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await ask();
  return performance.now() - started;
}

/** Each round has two persons of its own, joined and divided by one account. */
function persons(name: string, pick: (round: Round) => number): Contestant {
  return {
    name,
    async start(): Promise<Running> {
      const runnel = await startRunnel();
      return {
        async measure() {
          const times: number[] = [];
          for (let i = 0; i < ROUNDS; i++) times.push(pick(await joinAndSplit(runnel.url, i)));
          return median(times);
        },
        [Symbol.asyncDispose]: () => runnel[Symbol.asyncDispose](),
      };
    },
  };
}

interface Round {
  readonly join: number;
  readonly split: number;
}
const join = (round: Round) => round.join;
const split = (round: Round) => round.split;

async function joinAndSplit(url: string, round: number): Promise<Round> {
  const profile = (name: string) => `${url}/profile/app${name.length % 3}/${name}`;
  const accounts = [
    ...Array.from({ length: LEFT }, (_, i) => [`left${round}-${i}`, `left${round}`] as const),
    ...Array.from({ length: RIGHT }, (_, i) => [`right${round}-${i}`, `right${round}`] as const),
  ];
  for (let from = 0; from < accounts.length; from += AT_ONCE) {
    const some = accounts.slice(from, from + AT_ONCE);
    await Promise.all(some.map(([name, id], i) => send("PUT", profile(name), bodyOf(name, id, from + i))));
  }
  const bridge = profile(`bridge${round}`);
  await send("PUT", bridge, { facebook: { id: `left${round}` } });
  return {
    join: await timed(() => send("PUT", bridge, { shop: { id: `right${round}` } })),
    split: await timed(() => send("POST", `${bridge}/split`, { service: "shop" })),
  };
}

function bodyOf(name: string, id: string, i: number) {
  return {
    [id.startsWith("left") ? "facebook" : "shop"]: { id },
    facebook: {
      ...(id.startsWith("left") && { id }),
      gender: i % 2 === 0 ? "male" : "female",
      location: { name: `place ${i % 50}` },
      birthday: `07/23/19${50 + i % 50}`,
    },
    crm: { id: name, plan: `plan ${i % 5}` },
  };
}

const INSERT_CONTEXTS = `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?1)
  INSERT INTO account_event (app, account, event, bucket, context, n)
  SELECT account.app, account.id, 'visit', ?2, 'context ' || n, 1 + n % 10 FROM i, account`;

function contestantWithContexts(name: string, contexts: number): Contestant {
  return {
    name,
    async start(): Promise<Running> {
      const folder = await temporaryFolder(), url = `file:${folder.path}/runnel.db`;
      const runnel = await startRunnel({ database: url });
      await send("PUT", `${runnel.url}/profile/shop/ann`, { facebook: { id: "1", gender: "female" } });
      const database = await openDatabase({ url });
      await database.engine.write([
        { sql: INSERT_CONTEXTS, args: [contexts, Math.floor(Date.now() / 300_000)] },
      ]);
      await database.close();
      return {
        async measure() {
          const times: number[] = [];
          for (let i = 0; i < 60; i++) {
            const time = await timed(async () => {
              const response = await fetch(`${runnel.url}/analytics/shop/`);
              const { contexts: { visit } } = await response.json();
              if (visit.other === undefined && contexts > 100) throw new Error("no context was left over");
            });
            if (i >= 20) times.push(time);
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
