/** What events tell of sessions, and how that adds up, in whichever order it comes. */
import { Buffer } from "node:buffer";
import type { StoredSession } from "../../db/sessions/format/chunk.ts";

/** A session as far as one or more events tell. Times in microseconds since the epoch. */
export interface SessionPart {
  readonly userId: string;
  readonly sessionId: string;
  /** Of the start; `null` without one. */
  readonly country: string | null;
  readonly start: number | null;
  readonly end: number | null;
}

/** A session as it was, and when it was received, in milliseconds since the epoch. */
export interface RestoredSession {
  readonly part: SessionPart;
  readonly received: number;
}

/** What changes of a session as more is told of it. */
export interface Known {
  country: string | null;
  start: number | null;
  end: number | null;
  /** When the first event was received, in milliseconds since the epoch. */
  received: number;
}

/** The first time of receipt that has not expired at a moment, both in milliseconds since the epoch. */
export type FirstAlive = (now: number) => number;

/**
 * The rule of merging. The earlier start and the later end stay; of two starts at the same time the country that sorts
 * first does. A session that had expired when the part came, at `at`, is forgotten for it.
 */
export function absorb(known: Known, part: Readonly<Known>, at: number, firstAlive: FirstAlive): void {
  const { country, start, end, received } = part;
  if (known.received < firstAlive(at)) {
    Object.assign(known, { country, start, end, received });
    return;
  }
  if (received < known.received) known.received = received;
  if (end !== null && (known.end === null || end > known.end)) known.end = end;
  if (start === null) return;
  if (known.start === null || start < known.start) {
    known.start = start;
    known.country = country;
  } else if (start === known.start && sortsBefore(country!, known.country!)) known.country = country;
}

/** By code points, as their UTF-8 sorts. */
export function sortsBefore(a: string, b: string): boolean {
  return a !== b && Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}

/** A session as parts of it told, and when the latest of them came, in milliseconds since the epoch. */
export interface Gathered extends StoredSession {
  readonly last: number;
}
