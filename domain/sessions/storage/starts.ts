/** The starts of sessions by country, newest first. */
import type { Chunk, StoredSession } from "../../../db/sessions/format/chunk.ts";
import { type Change, sortedChunk, startsOf } from "./changes.ts";
import { Cursor, MergedCursor, RunGone, visiblePages, type Within } from "./cursor.ts";
import { byStart, placesOfStarts } from "./runs.ts";
import type { Storage } from "./storage.ts";

/** Starts of a country since a time and before another, in microseconds. */
export interface StartsQuery {
  readonly country: string;
  readonly since: number;
  readonly until: number;
}

/** A way through the starts of a country, page by page. */
export type Starts = (query: StartsQuery) => AsyncGenerator<StoredSession[]>;

/**
 * Opens a way through the starts of each country that is asked for, all as of now. Where runs are merged away meanwhile
 * it goes on in those that took their place.
 */
export async function openStarts(storage: Storage): Promise<Starts> {
  const session = (chunk: Chunk, i: number) => chunk.session(i);
  let pagesOf = await startsOfNow(storage, session);
  return async function* (query) {
    // What was told of the time up to which everything was told.
    let last: StoredSession[] = [], until = query.until;
    while (true) {
      try {
        const told = new Set(last.map(({ userId, sessionId }) => `${userId}\0${sessionId}`));
        for await (const all of pagesOf({ ...query, until })) {
          const page = told.size === 0
            ? all
            : all.filter(({ start, userId, sessionId }) =>
              start! + 1 < until || !told.has(`${userId}\0${sessionId}`)
            );
          const end = all.at(-1)?.start ?? 0, atEnd = page.filter(({ start }) => start === end);
          last = last[0]?.start === end ? [...last, ...atEnd] : atEnd;
          if (page.length > 0) yield page;
        }
        return;
      } catch (error) {
        if (!(error instanceof RunGone)) throw error;
        if (last.length > 0) until = last[0]!.start! + 1;
        pagesOf = await startsOfNow(storage, session);
      }
    }
  };
}

/** The starts that changes make, as a chunk of each country. */
type Logged = (country: string) => Chunk | undefined;
/** By the changes they are made of, which are one object until something is stored. */
const known = new WeakMap<readonly Change[], Logged>();

/** Sorts the starts of a country when it is first asked for. */
function loggedIn(changes: readonly Change[]): Logged {
  const found = known.get(changes);
  if (found !== undefined) return found;
  const told = Map.groupBy(startsOf(changes), ({ country }) => country!), chunks = new Map<string, Chunk>();
  const logged: Logged = (country) => {
    const starts = told.get(country);
    if (starts !== undefined) {
      chunks.set(country, sortedChunk(starts, byStart));
      told.delete(country);
    }
    return chunks.get(country);
  };
  known.set(changes, logged);
  return logged;
}

/** Calls `see` with each start of each query: once, or more often where runs are merged away meanwhile. */
export async function eachStart(
  storage: Storage,
  queries: readonly StartsQuery[],
  see: (chunk: Chunk, i: number) => void,
): Promise<void> {
  while (true) {
    try {
      const pagesOf = await startsOfNow(storage, see);
      for (const query of queries) for await (const _ of pagesOf(query));
      return;
    } catch (error) {
      if (!(error instanceof RunGone)) throw error;
    }
  }
}

/** Ways through the starts as of now, which end with `RunGone` where a run is merged away. `take` makes what pages have. */
async function startsOfNow<Taken>(storage: Storage, take: (chunk: Chunk, i: number) => Taken) {
  const { changes, startRuns } = await storage.overlay();
  const { store, firstVisible } = storage;
  const loggedOf = loggedIn(changes);
  return async function* ({ country, since, until }: StartsQuery): AsyncGenerator<Taken[]> {
    const within: Within = (chunk, i) => {
      const other = chunk.country(i)!;
      if (other !== country) return other > country ? -1 : 1;
      return chunk.starts[i]! >= until ? -1 : chunk.starts[i]! < since ? 1 : 0;
    };
    const cursors = startRuns.filter(({ ends }) => (ends.get(country) ?? -1) >= since).map((run) =>
      new Cursor(run.id, placesOfStarts(run, country, since, until), -1, within, run.ends.get(country))
    );
    const logged = loggedOf(country);
    if (logged !== undefined) cursors.unshift(Cursor.over(logged, -1, within));
    const merged = new MergedCursor(store.runs, cursors, byStart);
    yield* visiblePages(merged, firstVisible, take);
  };
}
