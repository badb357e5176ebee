/** What events tell of sessions, and how that adds up, in whichever order it comes. */
import { Buffer } from "node:buffer";
import type { StoredSession } from "../../db/sessions/chunk.ts";
import { firstKeyOfUser, sessionKey } from "../../db/sessions/keys.ts";

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

/** A session among others that were gathered. */
export interface Gathered extends StoredSession, Known {
  country: string | null;
  start: number | null;
  end: number | null;
  received: number;
  /** When the latest part came. */
  last: number;
  /** Another session of the same key. */
  next: Gathered | undefined;
}

/** Sessions in memory, each once. */
export class SessionMap {
  readonly #byKey = new Map<number, Gathered>();
  /** By the first key of the user; made when it is first asked for. */
  #byUser: Map<number, Gathered[]> | undefined;
  #size = 0;
  /** Start and end of a session often come one after the other: then neither id is hashed again. */
  #latest: Gathered | undefined;

  constructor(readonly firstAlive: FirstAlive) {}

  /** How many sessions there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds what was received at a time, in milliseconds since the epoch. */
  add(part: SessionPart, received: number): void {
    const { userId, sessionId } = part, latest = this.#latest;
    if (latest?.sessionId === sessionId && latest.userId === userId) {
      this.#absorb(latest, part, received, received);
    } else this.#latest = this.#add(sessionKey(userId, sessionId), part, received, received);
  }

  /** Adds what another map has gathered. */
  addAll(sessions: Iterable<StoredSession & { readonly last?: number }>): void {
    for (const session of sessions) {
      this.#add(session.key, session, session.received, session.last ?? session.received);
    }
  }

  /** Adds what another map has gathered, which loses it: nobody else may change or read it any more. */
  adopt(sessions: readonly Gathered[]): void {
    for (const session of sessions) {
      const { key, userId, sessionId, received, last } = session;
      const known = this.get(key, userId, sessionId);
      if (known === undefined) this.#insert(session);
      else this.#absorb(known, session, received, last);
    }
  }

  get(key: number, userId: string, sessionId: string): Gathered | undefined {
    let known = this.#byKey.get(key);
    while (known !== undefined && (known.sessionId !== sessionId || known.userId !== userId)) {
      known = known.next;
    }
    return known;
  }

  *sessions(): Generator<Gathered> {
    for (const first of this.#byKey.values()) yield* chain(first);
  }

  ofUser(firstKey: number, userId: string): Gathered[] {
    if (this.#byUser === undefined) {
      this.#byUser = new Map();
      for (const session of this.sessions()) this.#index(session);
    }
    return this.#byUser.get(firstKey)?.filter((session) => session.userId === userId) ?? [];
  }

  #add(key: number, part: SessionPart, received: number, at: number): Gathered {
    const { userId, sessionId, country, start, end } = part;
    const known = this.get(key, userId, sessionId);
    if (known !== undefined) {
      this.#absorb(known, part, received, at);
      return known;
    }
    const added = { key, userId, sessionId, country, start, end, received, last: at, next: undefined };
    this.#insert(added);
    return added;
  }

  #absorb(known: Gathered, { country, start, end }: SessionPart, received: number, at: number): void {
    absorb(known, { country, start, end, received }, at, this.firstAlive);
    if (at > known.last) known.last = at;
  }

  #insert(session: Gathered): void {
    session.next = this.#byKey.get(session.key);
    this.#byKey.set(session.key, session);
    this.#size++;
    if (this.#byUser !== undefined) this.#index(session);
  }

  #index(session: Gathered): void {
    const user = firstKeyOfUser(session.key), known = this.#byUser!.get(user);
    if (known === undefined) this.#byUser!.set(user, [session]);
    else known.push(session);
  }
}

function* chain(first: Gathered): Generator<Gathered> {
  for (let session: Gathered | undefined = first; session !== undefined; session = session.next) {
    yield session;
  }
}
