/**
 * Two processes on one database: one is killed again and again while items are inserted at both as fast as they go in.
 * Every reader is connected to the one that is killed, over each of the ways to read a channel, and resumes after its
 * last item. What each reader got is compared with what the channel holds. `deno task trial:follow [RECONNECTS]` runs it
 * at length; follow_trial_test.ts runs a few kills.
 */
import { equal, ok } from "../support/assert.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { createChannel } from "../support/http.ts";
import { ACK_WITH_PULL, CONSUMER, isConsumer, Reader, READERS } from "./follow_readers.ts";

/** Connections that insert: half of them at each process. */
const WRITERS = 16;
/** Writers pause while the slowest reader is so many items behind, so that the trial ends. */
const MOST_AHEAD = 4_000;

/** What became of one reader. */
export interface ReaderResult {
  readonly kind: string;
  readonly items: number;
  readonly reconnects: number;
  /** Items that it did not get, got more than once, and got after a later one. */
  readonly missed: number;
  readonly doubled: number;
  readonly disordered: number;
}

/** What a trial counted. */
export interface FollowTrial {
  readonly kills: number;
  readonly stored: number;
  /** Acknowledged inserts that the channel does not hold. */
  readonly lost: number;
  readonly readers: readonly ReaderResult[];
}

/** Runs until the readers have connected again so many times in all. */
export async function followTrial(
  reconnects: number,
  copies: number,
  report = (_line: string) => {},
): Promise<FollowTrial> {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using survivor = await startProcess({ database });
  const channel = await createChannel(survivor.url, "trial");
  let victim = await startProcess({ database });
  const port = new URL(victim.url).port, url = `${victim.url}/channel/trial`;
  const readers = Object.keys(READERS).flatMap((kind) =>
    Array.from({ length: copies }, (_, i) => new Reader(kind, `${kind.replace(/\W/g, "_")}_${i}`, url, true))
  );
  // Some that nothing happens to: a consumer delivers once as long as nothing is killed.
  readers.push(new Reader(CONSUMER, "undisturbed", channel, false));
  readers.push(new Reader(ACK_WITH_PULL, "undisturbed_too", channel, false));
  const writing = new AbortController();
  const acknowledged: string[] = [];
  const reading = readers.map((reader) => reader.run());
  const slowest = () => Math.min(...readers.map(({ count }) => count));
  const storing = Array.from(
    { length: WRITERS },
    (_, i) =>
      store(
        i % 2 === 0 ? channel : url,
        acknowledged,
        () => acknowledged.length - slowest() < MOST_AHEAD,
        writing.signal,
      ),
  );
  const sum = () => readers.reduce((count, reader) => count + reader.reconnects, 0);
  let kills = 0;
  while (sum() < reconnects) {
    await readersReturned(readers, kills);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
    await victim.end("SIGKILL");
    kills++;
    victim = await startProcess({ database, env: { PORT: port } });
    if (kills % 10 === 0) {
      report(`${kills} kills, ${sum()} reconnects, ${acknowledged.length} items acknowledged`);
    }
  }
  writing.abort();
  await Promise.all(storing);
  const held = await everything(channel);
  for (const reader of readers) reader.finishAt(held.at(-1)!);
  await Promise.all(reading);
  await victim.end("SIGTERM");
  const all = new Set(held);
  return {
    kills,
    stored: held.length,
    lost: acknowledged.filter((id) => !all.has(id)).length,
    readers: readers.map((reader) => judge(reader, held)),
  };
}

/** Resolves when each reader that is killed off has connected again since the kill before. */
async function readersReturned(readers: readonly Reader[], kills: number): Promise<void> {
  while (readers.some((reader) => reader.isDisturbed && reader.reconnects < kills)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** One connection: inserts one after another, to a process that may be gone for a while. */
async function store(
  url: string,
  acknowledged: string[],
  mayGoOn: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (!mayGoOn()) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      continue;
    }
    let answer;
    try {
      const response = await fetch(url, {
        method: "POST",
        body: JSON.stringify(acknowledged.length),
        headers: { "Content-Type": "application/json" },
      });
      answer = await response.json();
      equal(response.status, 201, JSON.stringify(answer));
    } catch (error) {
      ok(error instanceof TypeError || error instanceof SyntaxError, String(error));
      await new Promise((resolve) => setTimeout(resolve, 10));
      continue;
    }
    acknowledged.push(answer.id);
  }
}

/** Every id of a channel, in order. */
async function everything(channel: string): Promise<string[]> {
  const ids: string[] = [];
  for (let position = "0000000000000000";;) {
    const { items } = await (await fetch(`${channel}/${position}/next/10000`)).json();
    if (items.length === 0) return ids;
    for (const { id } of items) ids.push(id);
    position = ids.at(-1)!;
  }
}

function judge({ kind, isDisturbed, ids, reconnects }: Reader, held: readonly string[]): ReaderResult {
  const seen = new Set(ids);
  return {
    kind: isDisturbed ? kind : `${kind}, undisturbed`,
    items: seen.size,
    reconnects,
    missed: held.filter((id) => !seen.has(id)).length,
    doubled: ids.length - seen.size,
    disordered: ids.filter((id, i) => i > 0 && id < ids[i - 1]!).length,
  };
}

/** Whether a reader got what was promised: every item; in order and once, but for a consumer whose process was killed. */
export function isKept({ missed, doubled, disordered, ...reader }: ReaderResult): boolean {
  return missed === 0 && (isConsumer(reader) || doubled + disordered === 0);
}

/** One line about a reader. */
export function describe({ kind, items, reconnects, missed, doubled, disordered }: ReaderResult): string {
  return `${
    kind.padEnd(36)
  } ${items} items, ${reconnects} reconnects, missed ${missed}, doubled ${doubled}, ` +
    `out of order ${disordered}`;
}

if (import.meta.main) {
  const trial = await followTrial(Number(Deno.args[0] ?? 1_000), 2, console.log);
  for (const reader of trial.readers) console.log(describe(reader));
  const kept = trial.lost === 0 && trial.readers.every(isKept);
  console.log(
    `${trial.kills} kills, ${trial.stored} items, ${trial.lost} lost: ${
      kept ? "all promises kept" : "FAILED"
    }`,
  );
  Deno.exit(kept ? 0 : 1);
}
