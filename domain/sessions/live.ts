/**
 * Starts and ends of sessions as they are stored, by whichever process. A position is the number of a commit in the log
 * and the number of an event in that commit. The log keeps its commits for a while after they became runs.
 */
import { Chunk, type StoredSession } from "../../db/sessions/format/chunk.ts";
import type { RecentPage, RecentStore } from "../../db/sessions/recent.ts";
import { invalidPart } from "../errors.ts";
import { CALM_MESSAGES, type EndReason, Hub } from "../live/hub.ts";
import type { Poll } from "../live/poll.ts";
import type { Storage } from "./storage/storage.ts";

/** Commits that are read at a time, and events that a follower gets at a time. */
const PAGE_COMMITS = 16, MOST_EVENTS = 500;
/** All sessions are one topic. */
const TOPIC = "sessions";

/** A start or an end. Times in microseconds since the epoch. */
export interface LiveEvent {
  readonly event: "start" | "end";
  readonly userId: string;
  readonly sessionId: string;
  readonly ts: number;
  /** Of the session's start; `null` while that is not known. */
  readonly country: string | null;
  /** The position after it. */
  readonly position: string;
}

/** Events were gone before they were read: those after `after`, and up to `before`. Both are positions. */
export interface LiveGap {
  readonly after: string;
  readonly before: string;
}

/** What a follower gets next. */
export interface LiveNews {
  readonly gap: LiveGap | undefined;
  /** None where the position alone moved on. */
  readonly events: readonly LiveEvent[];
  /** The position after this. */
  readonly position: string;
  /** So much is to be told to so many that several events should go in one message. */
  readonly isCrowded: boolean;
}

/** How starts and ends are followed. */
export interface LiveFollowing {
  /** The position before the first event. */
  readonly position: string;
  /** Until `signal`, or until the answered reason. */
  news(signal: AbortSignal): AsyncGenerator<LiveNews, EndReason | undefined>;
}

interface Commit {
  readonly number: number;
  readonly events: readonly LiveEvent[];
}

interface Page extends Omit<RecentPage, "commits"> {
  readonly commits: readonly Commit[];
}

/** Follows the log of sessions. */
export class LiveSessions {
  readonly #hub: Hub<typeof TOPIC>;
  readonly #store: RecentStore;
  readonly #storage: Storage;
  /** Reads under way: followers at one position share one. */
  readonly #reads = new Map<number, Promise<Page>>();

  constructor(store: RecentStore, storage: Storage, poll: Poll) {
    this.#store = store;
    this.#storage = storage;
    this.#hub = new Hub({
      heads: async () => new Map([[TOPIC, BigInt((await store.page(0, 0)).newest)]]),
      onCommit: (listener) => storage.onCommit((number) => listener(TOPIC, BigInt(number))),
    }, poll);
  }

  /**
   * Follows what is stored after a position; `undefined`: from now on, `earliest`: from the first that can be read. Of
   * one country only, if one is given. No position, or one that has not come yet: `invalid-request`.
   */
  async follow(after: string | undefined, country: string | undefined): Promise<LiveFollowing> {
    const given = after === undefined || after === "earliest" ? undefined : readPosition(after);
    const { oldest, newest } = await this.#store.page(0, 0);
    const start = given ?? { number: after === undefined ? newest : oldest - 1 };
    if (start.number > newest) {
      throw invalidPart("after", `${after} has not come yet: the newest position is ${newest}`);
    }
    return { position: textOf(start), news: (signal) => this.#follow(start, country, signal) };
  }

  /** Ends all following. */
  close(): void {
    this.#hub.close();
  }

  async *#follow(
    start: Position,
    country: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<LiveNews, EndReason | undefined> {
    using watch = this.#hub.watch(TOPIC, BigInt(start.number));
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve(), { once: true })
    );
    let at = start;
    while (!signal.aborted) {
      if (watch.ended !== undefined) return watch.ended;
      const { head } = watch, from = at.index === undefined ? at.number + 1 : at.number;
      const { oldest, commits } = await this.#read(from);
      if (oldest > from) {
        const gone = { number: oldest - 1 }, position = textOf(gone);
        yield { gap: { after: textOf(at), before: position }, events: [], position, isCrowded: false };
        at = gone;
      }
      for (const commit of commits) {
        yield* newsOf(commit, at, country, watch);
        at = { number: commit.number };
      }
      if (commits.length === 0) await Promise.race([watch.after(head), aborted]);
    }
    return undefined;
  }

  #read(from: number): Promise<Page> {
    let reading = this.#reads.get(from);
    if (reading === undefined) {
      reading = this.#readPage(from).finally(() => this.#reads.delete(from));
      this.#reads.set(from, reading);
    }
    return reading;
  }

  async #readPage(from: number): Promise<Page> {
    const { commits, ...ends } = await this.#store.page(from, PAGE_COMMITS);
    const chunks = commits.map(({ number, data }) => ({ number, chunk: Chunk.of(data) }));
    const isVisible = ({ received }: StoredSession) => received >= this.#storage.firstVisible;
    const sessions = chunks.map(({ chunk }) =>
      Array.from({ length: chunk.count }, (_, i) => chunk.session(i))
    );
    const ended = sessions.flat().filter(({ country, end }) => country === null && end !== null);
    const countries = ended.length === 0 ? undefined : await this.#storage.countriesOf(ended);
    return {
      ...ends,
      commits: chunks.map(({ number }, n) => ({
        number,
        events: eventsOf(
          number,
          sessions[n]!,
          (session) => session.country ?? countries?.(session) ?? null,
          isVisible,
        ),
      })),
    };
  }
}

/** What a commit tells of a country after a position, some events at a time; `watch` knows how many follow. */
function* newsOf(
  { number, events }: Commit,
  at: Position,
  country: string | undefined,
  watch: { readonly crowd: number },
): Generator<LiveNews> {
  const rest = number === at.number ? events.slice(placeAfter(events, at)) : events;
  for (let i = 0; i < Math.max(1, rest.length); i += MOST_EVENTS) {
    const some = rest.slice(i, i + MOST_EVENTS);
    const wanted = some.filter((event) => country === undefined || event.country === country);
    const isCrowded = wanted.length > 1 && wanted.length * watch.crowd > CALM_MESSAGES;
    yield { gap: undefined, events: wanted, position: some.at(-1)?.position ?? `${number}`, isCrowded };
  }
}

/** A place in the log: after the commit with that number, or after one event of it. */
interface Position {
  readonly number: number;
  readonly index?: number;
}

function readPosition(text: string): Position {
  const [, number, index] = /^(\d{1,15})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  if (number === undefined) {
    throw invalidPart(
      "after",
      `${text} is no position: a position is the id of an event, such as 12 or 12-3`,
    );
  }
  return index === undefined ? { number: Number(number) } : { number: Number(number), index: Number(index) };
}

function textOf({ number, index }: Position): string {
  return index === undefined ? `${number}` : `${number}-${index}`;
}

/** How many events of its commit a position is after. */
function placeAfter(events: readonly LiveEvent[], { index = Infinity }: Position): number {
  const place = events.findIndex(({ position }) => (readPosition(position).index ?? Infinity) > index);
  return place < 0 ? events.length : place;
}

/** An event's place is twice its session's in the commit, one more for an end. The last event ends the commit. */
function eventsOf(
  number: number,
  sessions: readonly StoredSession[],
  countryOf: (session: StoredSession) => string | null,
  isVisible: (session: StoredSession) => boolean,
): LiveEvent[] {
  const events: LiveEvent[] = [];
  for (const [i, session] of sessions.entries()) {
    if (!isVisible(session)) continue;
    const { userId, sessionId, start, end } = session, country = countryOf(session);
    for (const [event, ts, place] of [["start", start, 2 * i], ["end", end, 2 * i + 1]] as const) {
      if (ts !== null) events.push({ event, userId, sessionId, ts, country, position: `${number}-${place}` });
    }
  }
  const last = events.pop();
  return last === undefined ? [] : [...events, { ...last, position: `${number}` }];
}
