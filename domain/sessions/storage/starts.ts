/** The starts of sessions by country, newest first. */
import type { StoredSession } from "../../../db/sessions/chunk.ts";
import { sortedChunk, startsOf } from "./changes.ts";
import { Cursor, MergedCursor, RunGone, type Within } from "./cursor.ts";
import { byStart, placesOfStarts } from "./runs.ts";
import type { Storage } from "./storage.ts";

/** Starts in one piece of an answer. */
const PAGE = 512;

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
  let pagesOf = await startsOfNow(storage);
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
        pagesOf = await startsOfNow(storage);
      }
    }
  };
}

async function startsOfNow(storage: Storage): Promise<Starts> {
  const { changes, startRuns } = await storage.overlay();
  const { store, firstVisible } = storage;
  const told = Map.groupBy(startsOf(changes), ({ country }) => country!);
  return async function* ({ country, since, until }) {
    const within: Within = (chunk, i) => {
      const other = chunk.country(i)!;
      if (other !== country) return other > country ? -1 : 1;
      return chunk.starts[i]! >= until ? -1 : chunk.starts[i]! < since ? 1 : 0;
    };
    const cursors = startRuns.filter(({ ends }) => (ends.get(country) ?? -1) >= since).map((run) =>
      new Cursor(run.id, placesOfStarts(run, country, since, until), -1, within, run.ends.get(country))
    );
    const logged = told.get(country);
    if (logged !== undefined) cursors.unshift(Cursor.over(sortedChunk(logged, byStart), -1, within));
    const merged = new MergedCursor(store, cursors, byStart);
    while (await merged.load()) {
      let page: StoredSession[] = [];
      while (merged.next()) {
        const { chunk, i } = merged;
        if (chunk.received[i]! >= firstVisible) page.push(chunk.session(i));
        if (page.length < PAGE) continue;
        yield page;
        page = [];
      }
      if (page.length > 0) yield page;
    }
  };
}
