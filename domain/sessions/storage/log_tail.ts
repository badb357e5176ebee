/** What is in the log and in no run yet, in memory: each session once a segment. */
import { Chunk, type StoredSession } from "../../../db/sessions/format/chunk.ts";
import type { Snapshot } from "../../../db/sessions/log_store.ts";
import type { FirstAlive, Gathered } from "../merge.ts";
import { SessionMap } from "../session_map.ts";

/**
 * How far apart the times of receipt in a segment may be. What came for a session before and after it expired is in two
 * segments, unless that is less than this.
 */
const SPAN_MS = 3_600_000;

/** A stretch of the log. */
export interface Segment {
  /** Numbers of the log, both included. */
  readonly from: number;
  upTo: number;
  /** When the first of it was received, in milliseconds since the epoch. */
  readonly since: number;
  /** True once it becomes a run: it grows no more. */
  isClosed: boolean;
  readonly sessions: SessionMap;
}

/** The end of the log, in segments: the last one grows, the others wait to become runs. */
export class LogTail {
  readonly segments: Segment[] = [];
  #last = 0;

  constructor(readonly firstAlive: FirstAlive, readonly segmentSize: number) {}

  /** The last number that is here. */
  get last(): number {
    return this.#last;
  }

  get size(): number {
    return this.segments.reduce((sum, { sessions }) => sum + sessions.size, 0);
  }

  /** The oldest segment, when it is full or `wants` says so; from then on it is closed. */
  close(wants: (segment: Segment) => boolean): Segment | undefined {
    const [first] = this.segments;
    if (first === undefined || !(this.#isFull(first) || wants(first))) return undefined;
    first.isClosed = true;
    return first;
  }

  /** Whether there is something to make a run of. */
  get hasFull(): boolean {
    const [first] = this.segments;
    return first !== undefined && this.#isFull(first);
  }

  /** When the first of it was received that is in no run, not counting one segment; Infinity when there is nothing. */
  since(without?: Segment): number {
    return this.segments.reduce(
      (least, segment) => segment === without ? least : Math.min(least, segment.since),
      Infinity,
    );
  }

  /** Takes what a snapshot has of the log. */
  read(log: Snapshot["log"]): void {
    for (const { number, data } of log) {
      if (number <= this.#last) continue;
      const sessions = new SessionMap(this.firstAlive);
      sessions.addChunk(Chunk.of(data));
      this.#take(number, sessions);
    }
  }

  /** Takes what this process appended, which is not used elsewhere any more; nothing while something before it is unread. */
  appended(number: number, sessions: SessionMap): void {
    if (number === this.#last + 1) this.#take(number, sessions);
  }

  /** Forgets what is in runs now; false where a segment is there in part: then the log must be read again. */
  drop(flushed: number): boolean {
    while (this.segments.length > 0 && this.segments[0]!.upTo <= flushed) this.segments.shift();
    if (this.#last < flushed) this.#last = flushed;
    const [first] = this.segments;
    if (first === undefined || first.from > flushed) return true;
    this.segments.length = 0;
    this.#last = flushed;
    return false;
  }

  /** What the log tells of a user's sessions, in the order of segments. */
  *ofUser(firstKey: number, userId: string): Generator<Gathered> {
    for (const { sessions } of this.segments) yield* sessions.ofUser(firstKey, userId);
  }

  /** What the log tells of a session, in the order in which it came. */
  partsOf({ key, userId, sessionId }: StoredSession): Gathered[] {
    return this.segments.map(({ sessions }) => sessions.get(key, userId, sessionId)).filter((part) =>
      part !== undefined
    );
  }

  /** What the log tells of each session, in the order in which it came. */
  told(): Gathered[][] {
    const all: Gathered[][] = [];
    /** By segment: what is told of the sessions that were seen there first, by their places. */
    const told: { readonly sessions: SessionMap; readonly parts: Map<number, Gathered[]> }[] = [];
    for (const { sessions } of this.segments) {
      const parts = new Map<number, Gathered[]>();
      for (let place = 0; place < sessions.size; place++) {
        const part = sessions.session(place);
        const known = told.map((before) => before.parts.get(before.sessions.placeOf(sessions, place) ?? -1))
          .find((found) => found !== undefined);
        if (known !== undefined) known.push(part);
        else {
          const only = [part];
          parts.set(place, only);
          all.push(only);
        }
      }
      told.push({ sessions, parts });
    }
    return all;
  }

  /** Takes the next commit of the log, whose sessions are not used elsewhere any more. */
  #take(number: number, sessions: SessionMap): void {
    const since = sessions.size === 0 ? 0 : sessions.chunk.received[0]!, last = this.segments.at(-1);
    if (last !== undefined && since - last.since >= SPAN_MS) last.isClosed = true;
    if (last === undefined || this.#isFull(last)) {
      this.segments.push({ from: number, upTo: number, since, isClosed: false, sessions });
    } else {
      last.sessions.adopt(sessions);
      last.upTo = number;
    }
    this.#last = number;
  }

  #isFull({ isClosed, sessions }: Segment): boolean {
    return isClosed || sessions.size >= this.segmentSize;
  }
}
