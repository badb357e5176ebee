/** What the benchmarks of sessions share: files of events, databases that are filled, and questions. */
import { type Contestant, quantile, type Running } from "./harness.ts";
import { type Synthetic, syntheticLines } from "./make_sessions.ts";
import { outputOf, startRunnel } from "./processes.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
export const MILLION = 1_000_000;
export const USER = "/user/last-sessions-user?user_id=", BUSY_USER = "690b97750e868952f06fa0850ec87928";
/** Bounded answers, so that their length is the same whatever is stored. */
export const QUESTIONS: readonly [string, string][] = [
  ["last-sessions-user", USER + BUSY_USER],
  ["last-events, 10 of each country", "/user/last-events?days=90&limit=10"],
  ["metrics of 90 days", "/user/metrics?days=90"],
  ["metrics of 90 days in one country", "/user/metrics?days=90&country=US"],
];

/** A database with events. */
export interface Filled extends AsyncDisposable {
  readonly database: string;
}

/** Whatever is started in that way. */
export function contestant(name: string, start: () => Promise<Running>): Contestant {
  return { name, start };
}

/** Writes a file of events. */
export async function writeEvents(path: string, synthetic: Synthetic): Promise<void> {
  const file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writer = file.writable.getWriter(), encoder = new TextEncoder();
  for (const lines of syntheticLines(synthetic)) {
    if (lines.length > 0) await writer.write(encoder.encode(`${lines.join("\n")}\n`));
  }
  await writer.close();
}

/** How `deno task load` runs, with all permissions: heaps of new objects stay small, because few outlive a commit. */
export const LOAD = ["run", "-q", "-A", "--v8-flags=--max-semi-space-size=4", MAIN, "load"];

/** Loads a file of events as `deno task load` does. */
export function loadFile(database: string, path: string): Promise<string> {
  return outputOf("env", [`DATABASE_URL=${database}`, Deno.execPath(), ...LOAD, path]);
}

/** The events of the thirty days after those that are there. */
export async function loadingInto({ database }: Filled, events: number, load = loadFile): Promise<Running> {
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

/** Runnel over a database, and what is measured of it. */
export async function asking(
  { database }: Pick<Filled, "database">,
  measure: (url: string, pid: number) => Promise<number>,
): Promise<Running> {
  const runnel = await startRunnel({ database });
  return {
    measure: () => measure(runnel.url, runnel.pid),
    [Symbol.asyncDispose]: () => runnel[Symbol.asyncDispose](),
  };
}

/** Milliseconds until an answer is there. */
export async function timed(url: string): Promise<number> {
  const started = performance.now();
  await (await fetch(url)).bytes();
  return performance.now() - started;
}

/** The median of that. */
export function medianTime(url: string): Promise<number> {
  return medianOf(async () => await (await fetch(url)).bytes());
}

/** The median of the milliseconds that something takes. */
export async function medianOf(ask: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const started = performance.now();
    await ask();
    times.push(performance.now() - started);
  }
  return quantile(times, 0.5);
}
