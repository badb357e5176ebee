/** What events tell of sessions, and how that adds up, in whichever order it comes. */
import { Buffer } from "node:buffer";

/** A session as far as one or more events tell. Times in microseconds since the epoch. */
export interface SessionPart {
  readonly userId: string;
  readonly sessionId: string;
  /** Of the start; `null` without one. */
  readonly country: string | null;
  readonly start: number | null;
  readonly end: number | null;
}

type Merged = { -readonly [K in keyof SessionPart]: SessionPart[K] };

/** Each session once: the earliest start and the latest end that its parts have. Ids must not contain NUL. */
export function mergeParts(lists: readonly (readonly SessionPart[])[]): Iterable<SessionPart> {
  const sessions = new Map<string, Merged>();
  for (const parts of lists) {
    for (const part of parts) {
      const name = `${part.userId}\0${part.sessionId}`;
      const known = sessions.get(name);
      if (known === undefined) sessions.set(name, { ...part });
      else merge(known, part);
    }
  }
  return sessions.values();
}

/** The same that session_changes.ts does in SQL with what is stored already. */
function merge(known: Merged, { country, start, end }: SessionPart): void {
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
