/** User sessions: loading, batches over HTTP, and the questions, at ten million events as well. */
import { temporaryFolder } from "../tests/support/process.ts";
import { type Benchmark, type Comparison, type Contestant, quantile, type Running } from "./harness.ts";
import { type Synthetic, syntheticLines } from "./make_sessions.ts";
import { type DuckSessions, openDuckSessions } from "./sessions_duckdb.ts";
import { outputOf, RUN, startRunnel, wrk } from "./processes.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const MILLION = 1_000_000;
const DAY_MS = 86_400_000;
const SMALL = 100_000, LARGE = 10 * MILLION;

export const load: Benchmark = {
  name: "sessions-load",
  about: "runnel load of a million events into an empty database, and questions about them, beside DuckDB",
  async *comparisons() {
    yield {
      title: "load, from an empty database",
      unit: "events/s",
      better: "higher",
      turns: 2,
      contestants: [
        contestant("Runnel", () => loading(MILLION)),
        contestant("DuckDB", () => loading(MILLION, loadIntoDuckDb)),
      ],
      figures: [{ bound: 200_000 }],
    };
    await using folder = await temporaryFolder();
    const path = `${folder.path}/events.jsonl`, filled = { database: `file:${folder.path}/runnel.db` };
    const duckDb = `${folder.path}/duck.db`;
    await writeEvents(path, { events: MILLION, seed: 1 });
    await loadFile(filled.database, path);
    await loadIntoDuckDb(duckDb, path);
    const questions = [
      [QUESTIONS[0]!, (duck: DuckSessions) => duck.lastSessions(BUSY_USER)],
      [QUESTIONS[2]!, (duck: DuckSessions) => duck.metrics()],
    ] as const;
    for (const [[title, path], ask] of questions) {
      yield {
        title: `${title}, a million events`,
        unit: "ms, median",
        better: "lower",
        contestants: [
          contestant("Runnel, over HTTP", () => asking(filled, (url) => medianTime(url + path))),
          contestant("DuckDB, in the process", () => askingDuckDb(duckDb, ask)),
        ],
      };
    }
  },
};

export const batches: Benchmark = {
  name: "sessions-batches",
  about: "batches of 10 events over HTTP, 64 connections",
  needs: { wrk: "wrk" },
  *comparisons() {
    yield {
      title: "batches of 10, 64 connections",
      unit: "events/s",
      better: "higher",
      contestants: [contestant("Runnel", sendingBatches)],
      figures: [{ bound: 120_000 }],
    };
  },
};

export const scale: Benchmark = {
  name: "sessions-scale",
  about:
    "ten million events: loading more, asking meanwhile, and a million starts in one answer (takes minutes)",
  async *comparisons() {
    // A tenth of each comes in the last thirty days; that of the large one is what is measured first.
    await using small = await filled(SMALL * 0.9), large = await filled(LARGE - MILLION);
    await using rest = await loadingInto(small, SMALL * 0.1);
    await rest.measure();
    const once = { better: "lower", turns: 1 } as const;
    const comparison = (title: string, unit: string, run: Contestant, bound: number): Comparison => ({
      ...once,
      title,
      unit,
      contestants: [run],
      figures: [{ bound }],
    });
    const sizes = (measure: (url: string) => Promise<number>) => [
      contestant("10 million events", () => asking(large, measure)),
      contestant("100 thousand events", () => asking(small, measure)),
    ];
    // Also what fills it to ten million.
    const last = contestant("Runnel", () => loadingInto(large, MILLION));
    yield { ...comparison("load at 10 million", "events/s", last, 150_000), better: "higher" };
    for (const [title, path] of QUESTIONS) {
      yield {
        ...once,
        title,
        unit: "ms, median",
        turns: 3,
        contestants: sizes((url) => medianTime(url + path)),
        figures: [{ peer: "100 thousand events", bound: 1.5 }],
      };
    }
    const run = async () => await asking(large, firstByte);
    yield comparison("last-events of a million starts: first byte", "ms", contestant("Runnel", run), 50);
    const resident = contestant("Runnel", () => asking(large, (url, pid) => peakResident(url, pid)));
    yield comparison("last-events of a million starts: resident memory", "MB", resident, 200);
    yield {
      ...comparison(
        "last-events of a million starts",
        "MB/s",
        contestant("Runnel", () => asking(large, speed)),
        20,
      ),
      better: "higher",
    };
    const meanwhile = (name: string, paths: readonly string[]) =>
      contestant(name, () => asking(large, (url) => tailWhileLoading(url, paths)));
    const asked = meanwhile("last-sessions-user", userPaths());
    yield {
      ...comparison("p99 while loading goes on", "ms", asked, 2),
      // What the machine leaves to a question that asks nothing of the database.
      contestants: [asked, meanwhile("/health", ["/health"])],
    };
  },
};

const USER = "/user/last-sessions-user?user_id=", BUSY_USER = "690b97750e868952f06fa0850ec87928";
/** Bounded answers, so that their length is the same whatever is stored. */
const QUESTIONS: readonly [string, string][] = [
  ["last-sessions-user", USER + BUSY_USER],
  ["last-events, 10 of each country", "/user/last-events?days=90&limit=10"],
  ["metrics of 90 days", "/user/metrics?days=90"],
  ["metrics of 90 days in one country", "/user/metrics?days=90&country=US"],
];

interface Filled extends AsyncDisposable {
  readonly database: string;
}

function contestant(name: string, start: () => Promise<Running>): Contestant {
  return { name, start };
}

async function writeEvents(path: string, synthetic: Synthetic): Promise<void> {
  const file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writer = file.writable.getWriter(), encoder = new TextEncoder();
  for (const lines of syntheticLines(synthetic)) {
    if (lines.length > 0) await writer.write(encoder.encode(`${lines.join("\n")}\n`));
  }
  await writer.close();
}

function loadFile(database: string, path: string): Promise<string> {
  return outputOf("env", [
    `DATABASE_URL=${database}`,
    Deno.execPath(),
    "run",
    "-q",
    "-A",
    MAIN,
    "load",
    path,
  ]);
}

function loadIntoDuckDb(database: string, path: string): Promise<string> {
  const script = new URL("./sessions_duckdb.ts", import.meta.url).pathname;
  return outputOf(Deno.execPath(), [...RUN, script, database, path]);
}

async function askingDuckDb(
  database: string,
  ask: (duck: DuckSessions) => Promise<number>,
): Promise<Running> {
  const duck = await openDuckSessions(database);
  return {
    measure: () => medianOf(() => ask(duck)),
    async [Symbol.asyncDispose]() {
      duck[Symbol.dispose]();
      await Promise.resolve();
    },
  };
}

/** Events of the thirty days before the last thirty. */
async function filled(events: number): Promise<Filled> {
  const folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`, path = `${folder.path}/events.jsonl`;
  await writeEvents(path, { events, seed: 1, from: Date.now() - 60 * DAY_MS });
  await loadFile(database, path);
  await Deno.remove(path);
  return { database, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

async function loading(events: number, load?: typeof loadFile): Promise<Running> {
  const folder = await temporaryFolder();
  const database = `${load === undefined ? "file:" : ""}${folder.path}/sessions.db`;
  const running = await loadingInto({ database, ...folder }, events, load);
  return {
    measure: running.measure,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The events of the thirty days after those that are there. */
async function loadingInto({ database }: Filled, events: number, load = loadFile): Promise<Running> {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  await writeEvents(path, { events, seed: Date.now() % 1_000_000 + 2 });
  return {
    async measure() {
      const started = performance.now();
      await load(database, path);
      return events / ((performance.now() - started) / 1000);
    },
    [Symbol.asyncDispose]: () => Deno.remove(path),
  };
}

async function sendingBatches(): Promise<Running> {
  const runnel = await startRunnel();
  const script = `
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    local n, countries = 0, {"US", "DE", "IN", "BR", "FR"}
    math.randomseed(os.time())
    local run, first = math.random(1000000), os.time() - 1000000
    local stamp = function(time) return os.date("!%Y-%m-%dT%H:%M:%S", time) end
    request = function()
      local events, start = {}, first + n / 100
      local from, to = stamp(start), stamp(start + 60 + n % 3600)
      for i = 1, 5 do
        n = n + 1
        local ids = string.format('"user_id":"%032x","session_id":"%08x-1111-2222-3333-%012x"', n * 7919 % 100003, run, n)
        events[#events + 1] = string.format('{%s,"event":"start","ts":"%s","country":"%s"}',
          ids, from, countries[n % 5 + 1])
        events[#events + 1] = string.format('{%s,"event":"end","ts":"%s"}', ids, to)
      end
      return wrk.format(nil, nil, nil, "[" .. table.concat(events, ",") .. "]")
    end`;
  return {
    measure: async () =>
      10 *
      (await wrk({ url: `${runnel.url}/user/batches`, connections: 64, seconds: 5, script }))
        .requestsPerSecond,
    [Symbol.asyncDispose]: () => runnel[Symbol.asyncDispose](),
  };
}

async function asking(
  { database }: Pick<Filled, "database">,
  measure: (url: string, pid: number) => Promise<number>,
): Promise<Running> {
  const runnel = await startRunnel({ database });
  return {
    measure: () => measure(runnel.url, runnel.pid),
    [Symbol.asyncDispose]: () => runnel[Symbol.asyncDispose](),
  };
}

async function timed(url: string): Promise<number> {
  const started = performance.now();
  await (await fetch(url)).bytes();
  return performance.now() - started;
}

function medianTime(url: string): Promise<number> {
  return medianOf(async () => await (await fetch(url)).bytes());
}

async function medianOf(ask: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const started = performance.now();
    await ask();
    times.push(performance.now() - started);
  }
  return quantile(times, 0.5);
}

const STARTS = "/user/last-events?days=90&limit=60000";

async function firstByte(url: string): Promise<number> {
  const started = performance.now();
  const response = await fetch(url + STARTS);
  await response.body!.getReader().read();
  return performance.now() - started;
}

async function speed(url: string): Promise<number> {
  const started = performance.now();
  let bytes = 0;
  for await (const piece of (await fetch(url + STARTS)).body!) bytes += piece.byteLength;
  return bytes / 1e6 / ((performance.now() - started) / 1000);
}

async function peakResident(url: string, pid: number): Promise<number> {
  await speed(url);
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1000;
}

function userPaths(): string[] {
  return Array.from(syntheticLines({ events: 2000 })).flat()
    .map((line) => USER + (JSON.parse(line).user_id as string));
}

/** A second process sends events meanwhile, others each time. */
async function tailWhileLoading(url: string, paths: readonly string[]): Promise<number> {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  await writeEvents(path, { events: SMALL * 3, seed: Date.now() % 1_000_000 + 2 });
  let done = false;
  const loading = outputOf(Deno.execPath(), ["run", "-q", "-A", MAIN, "load", "--url", url, path])
    .finally(() => done = true);
  const times: number[] = [];
  for (let i = 0; !done; i++) times.push(await timed(url + paths[i % paths.length]));
  await loading;
  await Deno.remove(path);
  return quantile(times, 0.99);
}
