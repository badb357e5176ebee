/** All sessions, in the order of users. */
import type { StoredSession } from "../../db/sessions/format/chunk.ts";
import { sortedChunk } from "./storage/changes.ts";
import { Cursor, MergedCursor, visiblePages, type Within } from "./storage/cursor.ts";
import { byUser } from "./storage/runs.ts";
import type { Storage } from "./storage/storage.ts";

const EVERY: Within = () => 0;

/** All sessions that can be seen as of now, page by page. Runs that are merged away for good meanwhile: `RunGone`. */
export async function* allSessions(storage: Storage): AsyncGenerator<StoredSession[]> {
  const { changes } = await storage.overlay();
  const { store, userRuns, firstVisible } = storage;
  const told = sortedChunk(changes.map(({ after }) => after), byUser);
  const merged = new MergedCursor(store.runs, [
    Cursor.over(told, 1, EVERY),
    ...userRuns.map(({ id, fences }) => new Cursor(id, { from: 0, to: fences.length }, 1, EVERY)),
  ], byUser);
  yield* visiblePages(merged, firstVisible, (chunk, i) => chunk.session(i));
}
