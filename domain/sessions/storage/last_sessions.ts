/** The last complete sessions of a user, picked from chunks by their numbers: ids are looked at only where it matters. */
import { Buffer } from "node:buffer";
import { type Chunk, compareIds, type StoredSession } from "../../../db/sessions/format/chunk.ts";
import { MAX_ID_BYTES, packId } from "../../../db/sessions/format/ids.ts";
import { endOfUser, sessionKey, userKey } from "../../../db/sessions/format/keys.ts";
import { type FirstAlive, type Gathered, sortsBefore } from "../merge.ts";
import { changeOf } from "./changes.ts";

/** Whose complete sessions are asked for, and how many at most. */
export interface LastSessionsQuery {
  readonly userId: string;
  readonly limit: number;
  /** Starts before this time, in microseconds. */
  readonly until: number;
}

/** A session with start and end. */
export interface CompleteSession extends StoredSession {
  readonly country: string;
  readonly start: number;
  readonly end: number;
}

/** The same with what the log tells of the user's sessions, by their ids. */
export interface Wanted extends LastSessionsQuery {
  readonly told: ReadonlyMap<string, readonly Gathered[]>;
  readonly firstAlive: FirstAlive;
  readonly firstVisible: number;
}

/** Of sessions as runs have them. */
export function lastOf(stored: Iterable<StoredSession>, wanted: Wanted): CompleteSession[] {
  const all = new Map(Array.from(stored, (session) => [session.sessionId, session]));
  for (const [sessionId, parts] of wanted.told) {
    all.set(sessionId, changeOf(all.get(sessionId), parts, wanted.firstAlive).after);
  }
  return latest([...all.values()], wanted);
}

/** Of the chunks of runs that may have some, the newest run's first. */
export function lastOfRuns(runs: readonly (readonly Chunk[])[], wanted: Wanted): CompleteSession[] {
  const { userId, limit, until, told, firstVisible } = wanted;
  const scratch = new Uint8Array(MAX_ID_BYTES), user = scratch.subarray(0, packId(userId, scratch, 0));
  const first = userKey(userId), end = endOfUser(first);
  let found: Place[] = [], least = -Infinity;
  for (const [r, chunks] of runs.entries()) {
    for (const chunk of chunks) {
      const { keys, starts, ends, received } = chunk;
      for (let i = chunk.placeOf(first); i < chunk.count && keys[i]! < end; i++) {
        // NaN, where there is no start or no end, is no more than anything.
        if (!(ends[i]! >= starts[i]!) || ends[i]! < least) continue;
        if (starts[i]! >= until || received[i]! < firstVisible) continue;
        if (Buffer.compare(chunk.ids(i).subarray(0, chunk.middle(i)), user) !== 0) continue;
        if (runs.slice(0, r).some((newer) => hasSession(newer, chunk, i))) continue;
        if (told.size > 0 && told.has(chunk.sessionId(i))) continue;
        found.push({ chunk, i });
        if (found.length < 4 * limit) continue;
        found = found.sort(laterFirst).slice(0, limit);
        least = found.at(-1)!.chunk.ends[found.at(-1)!.i]!;
      }
    }
  }
  const changed = Array.from(
    told,
    ([sessionId, parts]) =>
      changeOf(newestOf(runs.flat(), { userId, sessionId }), parts, wanted.firstAlive).after,
  );
  return latest([...found.map(({ chunk, i }) => chunk.session(i)), ...changed], wanted);
}

/** The newest state of a session, in chunks of which the newest run's come first. */
export function newestOf(
  chunks: readonly Chunk[],
  { userId, sessionId }: Pick<StoredSession, "userId" | "sessionId">,
): StoredSession | undefined {
  const key = sessionKey(userId, sessionId);
  for (const chunk of chunks) {
    for (let i = chunk.placeOf(key); i < chunk.count && chunk.keys[i] === key; i++) {
      if (chunk.sessionId(i) === sessionId && chunk.userId(i) === userId) return chunk.session(i);
    }
  }
  return undefined;
}

/** A session in a chunk. */
interface Place {
  readonly chunk: Chunk;
  readonly i: number;
}

/** By end, and those that end together by their ids, as in the answer. */
function laterFirst(a: Place, b: Place): number {
  const difference = b.chunk.ends[b.i]! - a.chunk.ends[a.i]!;
  if (difference !== 0) return difference;
  return sortsBefore(a.chunk.sessionId(a.i), b.chunk.sessionId(b.i)) ? -1 : 1;
}

function hasSession(run: readonly Chunk[], chunk: Chunk, i: number): boolean {
  const key = chunk.keys[i]!;
  return run.some((other) => {
    for (let j = other.placeOf(key); j < other.count && other.keys[j] === key; j++) {
      if (compareIds(other, j, chunk, i) === 0) return true;
    }
    return false;
  });
}

function latest(
  sessions: readonly StoredSession[],
  { limit, until, firstVisible }: Wanted,
): CompleteSession[] {
  return sessions.filter(isComplete)
    .filter(({ start, received }) => start < until && received >= firstVisible)
    .sort((a, b) => b.end - a.end || (sortsBefore(a.sessionId, b.sessionId) ? -1 : 1)).slice(0, limit);
}

function isComplete(session: StoredSession): session is CompleteSession {
  return session.start !== null && session.end !== null && session.end >= session.start;
}
