/** Ten million events of user sessions: loading more, questions during a load, long answers, and deleting a user. */
import { temporaryFolder } from "../tests/support/process.ts";
import { type Benchmark, type Comparison, type Contestant, quantile, type Running } from "./harness.ts";
import { syntheticLines } from "./make_sessions.ts";
import { outputOf } from "./processes.ts";
import {
  asking,
  contestant,
  type Filled,
  LOAD,
  loadFile,
  loadingInto,
  medianTime,
  MILLION,
  QUESTIONS,
  timed,
  USER,
  writeEvents,
} from "./sessions_setup.ts";

const DAY_MS = 86_400_000;
const SMALL = 100_000, LARGE = 10 * MILLION;

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
    yield comparison(
      "load at 10 million: memory at most",
      "MB",
      contestant("Runnel", () => peakOfLoad(large)),
      500,
    );
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
      figures: [{ peer: "/health", bound: 1.5 }],
    };
    const forgetting = contestant("Runnel", () => asking(large, timeToForget));
    yield { ...once, title: "deleting a user of one session", unit: "ms", contestants: [forgetting] };
  },
};

const STARTS = "/user/last-events?days=90&limit=60000";

/** Events of the thirty days before the last thirty. */
async function filled(events: number): Promise<Filled> {
  const folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`, path = `${folder.path}/events.jsonl`;
  await writeEvents(path, { events, seed: 1, from: Date.now() - 60 * DAY_MS });
  await loadFile(database, path);
  await Deno.remove(path);
  return { database, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** The most memory that loading events takes which are later than those that are there. */
async function peakOfLoad({ database }: Filled): Promise<Running> {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  await writeEvents(path, { events: MILLION / 2, seed: Date.now() % 1_000_000 + 2 });
  return {
    async measure() {
      const args = [...LOAD, path], env = { DATABASE_URL: database };
      const loading = new Deno.Command(Deno.execPath(), { args, env, stdout: "null", stderr: "null" })
        .spawn();
      let peak = 0, hasEnded = false;
      loading.status.then(() => hasEnded = true);
      while (!hasEnded) {
        peak = Math.max(peak, await peakMemory(loading.pid).catch(() => 0));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return peak;
    },
    [Symbol.asyncDispose]: () => Deno.remove(path),
  };
}

/** The most memory that a process has taken so far, in MB. */
async function peakMemory(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1000;
}

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
  return await peakMemory(pid);
}

function userPaths(): string[] {
  return Array.from(syntheticLines({ events: 2000 })).flat()
    .map((line) => USER + (JSON.parse(line).user_id as string));
}

/** A user with one session, deleted while everything else stays. */
async function timeToForget(url: string): Promise<number> {
  const event = {
    user_id: `forget ${Date.now()}`,
    session_id: "1",
    event: "start",
    ts: new Date().toISOString(),
  };
  const stored = await fetch(`${url}/user/batches`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify([event]),
  });
  await stored.body?.cancel();
  const started = performance.now();
  const path = `/user/sessions?user_id=${encodeURIComponent(event.user_id)}`;
  const { sessions } = await (await fetch(url + path, { method: "DELETE" })).json();
  if (sessions !== 1) throw new Error(`${sessions} sessions were deleted`);
  return performance.now() - started;
}

/** A second process loads events, new ones at each call, while the first one is asked. */
async function tailWhileLoading(url: string, paths: readonly string[]): Promise<number> {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  await writeEvents(path, { events: SMALL * 3, seed: Date.now() % 1_000_000 + 2 });
  let done = false;
  const loading = outputOf(Deno.execPath(), [...LOAD, "--url", url, path])
    .finally(() => done = true);
  const times: number[] = [];
  for (let i = 0; !done; i++) times.push(await timed(url + paths[i % paths.length]));
  await loading;
  await Deno.remove(path);
  return quantile(times, 0.99);
}
