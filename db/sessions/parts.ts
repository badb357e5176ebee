/** What events tell of sessions, and how that adds up, in whichever order it comes. */
import { Buffer } from "node:buffer";
import { hashOf, sessionKey } from "./keys.ts";

/** A session as far as one or more events tell. Times in microseconds since the epoch. */
export interface SessionPart {
  readonly userId: string;
  readonly sessionId: string;
  /** Of the start; `null` without one. */
  readonly country: string | null;
  readonly start: number | null;
  readonly end: number | null;
}

/** A session as far as its parts tell. */
export interface MergedSession {
  readonly key: number;
  readonly userKey: number;
  readonly userId: string;
  readonly sessionId: string;
  country: string | null;
  start: number | null;
  end: number | null;
  /** Another session of the same key. */
  readonly next: MergedSession | undefined;
}

/** Gathers parts: each session once, with the earliest start and the latest end. */
export class PartsMerger {
  readonly #byKey = new Map<number, MergedSession>();
  #size = 0;

  /** How many sessions there are. */
  get size(): number {
    return this.#size;
  }

  add(part: SessionPart): void {
    const { userId, sessionId, country, start, end } = part;
    const userKey = hashOf(userId), key = sessionKey(userKey, sessionId);
    const first = this.#byKey.get(key);
    for (let known = first; known !== undefined; known = known.next) {
      if (known.sessionId === sessionId && known.userId === userId) return merge(known, part);
    }
    this.#byKey.set(key, { key, userKey, userId, sessionId, country, start, end, next: first });
    this.#size++;
  }

  /** In the order of their keys. */
  *sessions(): Generator<MergedSession> {
    for (const key of Float64Array.from(this.#byKey.keys()).sort()) {
      for (let session = this.#byKey.get(key); session !== undefined; session = session.next) yield session;
    }
  }
}

/** The same that session_changes.ts does in SQL with what is stored already. */
function merge(known: MergedSession, { country, start, end }: SessionPart): void {
  if (end !== null && (known.end === null || end > known.end)) known.end = end;
  if (start === null) return;
  if (known.start === null || start < known.start) {
    known.start = start;
    known.country = country;
  } else if (start === known.start && sortsBefore(country!, known.country!)) known.country = country;
}

/** By UTF-8, as SQL compares. */
function sortsBefore(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}
