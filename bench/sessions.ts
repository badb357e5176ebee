/** User sessions: loading and the questions beside DuckDB, and batches over HTTP. */
import { temporaryFolder } from "../tests/support/process.ts";
import type { Benchmark, Running } from "./harness.ts";
import { outputOf, RUN, startRunnel, wrk } from "./processes.ts";
import { type DuckSessions, openDuckSessions } from "./sessions_duckdb.ts";
import {
  asking,
  BUSY_USER,
  contestant,
  loadFile,
  loadingInto,
  medianOf,
  medianTime,
  MILLION,
  QUESTIONS,
  writeEvents,
} from "./sessions_setup.ts";

const SINK = "the same, storing nothing", SINK_SCRIPT = "bench/sessions_sink.ts";

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
      contestants: [
        contestant("Runnel", () => sendingBatches()),
        contestant(SINK, () => sendingBatches(["run", "-q", "-A", SINK_SCRIPT])),
      ],
      figures: [{ bound: 120_000 }, { peer: SINK, bound: 0.6 }],
    };
  },
};

function loadIntoDuckDb(database: string, path: string): Promise<string> {
  const script = new URL("./sessions_duckdb.ts", import.meta.url).pathname;
  return outputOf(Deno.execPath(), [...RUN, script, database, path]);
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

async function sendingBatches(args?: readonly string[]): Promise<Running> {
  const runnel = await startRunnel(args === undefined ? {} : { args });
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
