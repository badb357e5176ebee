/** What the dashboard costs the server: each page, and what a hundred open ones take from inserts. */
import { seedAll, type Send } from "../demo/data.ts";
import { createChannel, POST } from "./channel_items.ts";
import type { Benchmark, Comparison, Contestant, Running } from "./harness.ts";
import { cpuMillis, startRunnel, startScript, wrk } from "./processes.ts";
import { temporaryFolder } from "../tests/support/process.ts";

/** Pages that are loaded before those that count, so that their code is compiled. */
const WARM_UP = 150;
const LOADS = 100;
const PASSWORD = "a river runs through it";
/** Milliseconds of CPU time, of all threads of the process. */
const MOST_MILLIS = 5;

const PAGES = [
  "/",
  "/dashboard/channels",
  "/dashboard/channels/weather",
  "/dashboard/series",
  "/dashboard/series/market",
  "/dashboard/series/market/ACME",
  "/dashboard/sessions",
  "/dashboard/apps",
  "/dashboard/apps/coffeeshop",
  "/dashboard/apps/coffeeshop/person7",
  "/dashboard/conversations",
  "/dashboard/operate",
  "/docs",
  "/docs/errors",
] as const;

export const dashboardPages: Benchmark = {
  name: "dashboard-pages",
  about: "CPU time of the server for each page of the dashboard, over the demo's data",
  async *comparisons() {
    await using folder = await temporaryFolder();
    const database = `file:${folder.path}/runnel.db`;
    await using runnel = await startRunnel({ database });
    await seed(runnel.url);
    const headers = { Accept: "text/html", Cookie: `runnel_person=${await logIn(runnel.url, database)}` };
    for (const path of PAGES) yield pageComparison(runnel, path, headers);
  },
};

const OPEN = 100;
const CONNECTIONS = 64;
/** Turns with and without dashboards: single ones differ by more than what is looked for. */
const TURNS = 9;
const OPENER = new URL("./open_dashboards.ts", import.meta.url);
const IDLE_MS = 10_000;

export const dashboardOpen: Benchmark = {
  name: "dashboard-open",
  about: "what 100 open dashboards take from durable inserts",
  needs: { wrk: "wrk" },
  async *comparisons() {
    await using runnel = await startRunnel();
    await createChannel(runnel.url);
    await seed(runnel.url);
    await printIdleCost(runnel);
    const load = { url: `${runnel.url}/channel/bench`, connections: CONNECTIONS, script: POST };
    await wrk(load);
    const measure = async () => (await wrk(load)).requestsPerSecond;
    const contestants: Contestant[] = [
      {
        name: `${OPEN} dashboards open`,
        start: async () => ({ ...await startScript(OPENER, [runnel.url, `${OPEN}`]), measure }),
      },
      // Of the process, which is that of both.
      {
        name: "none open",
        start: () => Promise.resolve({ measure, [Symbol.asyncDispose]: () => Promise.resolve() }),
      },
    ];
    yield {
      title: `durable inserts, ${CONNECTIONS} connections, into the channel that ${
        OPEN * 0.4
      } of them follow`,
      unit: "items/s",
      better: "higher",
      turns: TURNS,
      contestants,
      figures: [{ peer: "none open", bound: 0.95 }],
    };
  },
};

/** What open dashboards cost while nothing comes. */
async function printIdleCost({ url, pid }: { readonly url: string; readonly pid: number }): Promise<void> {
  await using _ = await startScript(OPENER, [url, `${OPEN}`]);
  const before = await cpuMillis(pid);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const share = (await cpuMillis(pid) - before) / IDLE_MS;
  console.log(`  ${OPEN} dashboards, nothing else: ${(100 * share).toFixed(1)} % of a core`);
}

function pageComparison(
  { url, pid }: { readonly url: string; readonly pid: number },
  path: string,
  headers: Record<string, string>,
): Comparison {
  let loads = 0;
  const load = async (times: number) => {
    for (let i = 0; i < times; i++) {
      // Another address each time: pages that many share are made once a second for each.
      const answer = await fetch(`${url}${path}?load=${loads++}`, { headers });
      await answer.body?.cancel();
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
    }
  };
  const start = async (): Promise<Running> => {
    await load(WARM_UP);
    return {
      async measure() {
        const before = await cpuMillis(pid);
        await load(LOADS);
        return (await cpuMillis(pid) - before) / LOADS;
      },
      // The process is that of all pages.
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };
  return {
    title: path,
    unit: "ms of CPU",
    better: "lower",
    contestants: [{ name: "Runnel", start }],
    figures: [{ bound: MOST_MILLIS }],
  };
}

/** What the demo stores before it goes on ticking. */
async function seed(url: string): Promise<void> {
  const send: Send = async (method, path, body, type = "application/json") => {
    const content = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(url + path, { method, headers: { "Content-Type": type }, body: content });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  };
  await seedAll(send);
}

/** The token of a person who reads the demo's chat. */
async function logIn(url: string, database: string): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "main.ts", "users", "add", "mara", "--channels", "ops"],
    env: { DATABASE_URL: database },
    stdin: "piped",
  }).spawn();
  const writer = command.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${PASSWORD}\n`));
  await writer.close();
  if (!(await command.status).success) throw new Error("users add failed");
  const answer = await fetch(`${url}/api/auth`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username: "mara", password: PASSWORD }),
  });
  return (await answer.json()).data.token;
}
