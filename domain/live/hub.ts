/**
 * Wakes followers when there is something new. What they then read comes from the database after their own position, so
 * order and completeness are the database's, whichever process inserted.
 */
import type { Poll } from "./poll.ts";

/** Pauses between two wakes leave time for inserting; the items of a pause go out together. */
const PAUSE_MS_A_FOLLOWER = 0.06, MAX_PAUSE_MS = 100;

/** Past this many messages at once, counted over all followers, several should share one. */
export const CALM_MESSAGES = 2_000;

/** Why following ended: what was followed is gone, or the process ends. */
export type EndReason = "deleted" | "shutdown";

/** Something that is followed by this process, such as a channel. */
interface Tail<Topic> {
  readonly topic: Topic;
  /** The newest key that is known. */
  head: bigint;
  followers: number;
  /** Resolved by the next wake. */
  news: PromiseWithResolvers<void>;
  wokenAt: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  ended: EndReason | undefined;
}

/** How far a follower has come. */
interface Progress<Topic> {
  readonly tail: Tail<Topic>;
  /** The last key that it has taken; undefined: nobody says. */
  taken: bigint | undefined;
  /** When it last began to take what there is, by `performance.now()`. */
  since: number;
}

/** Where the topics of a hub are stored. */
export interface Topics<Topic> {
  /** The newest key of each of these topics; one that is gone is absent. */
  heads(topics: readonly Topic[]): Promise<ReadonlyMap<Topic, bigint>>;
  /** Calls the listener after each commit of this process, with the newest key. Answers how to stop that. */
  onCommit(listener: (topic: Topic, key: bigint) => void): () => void;
  /** When a key was given, in milliseconds since the epoch, where a key says so. */
  timeOf?(key: bigint): number;
}

/** A follower's view of a topic. */
export interface Watch extends Disposable {
  /** Why there will be nothing more; undefined while there may. */
  readonly ended: EndReason | undefined;
  /** How many follow the topic. */
  readonly crowd: number;
  /** The newest key that is known. */
  readonly head: bigint;
  /** Resolves when there is an item after `key`, or when following has ended. */
  after(key: bigint): Promise<void>;
  /** Says that everything up to `key` was taken. */
  taken(key: bigint): void;
}

/** The followers of this process. */
export class Hub<Topic> {
  readonly #topics: Topics<Topic>;
  readonly #tails = new Map<Topic, Tail<Topic>>();
  readonly #progress = new Set<Progress<Topic>>();
  readonly #stopListening: () => void;
  readonly #poll: Poll;
  #leavePoll: (() => void) | undefined;
  #closed = false;

  constructor(topics: Topics<Topic>, poll: Poll) {
    this.#topics = topics;
    this.#poll = poll;
    this.#stopListening = topics.onCommit((topic, key) => this.#moved(this.#tails.get(topic), key));
  }

  /** How many followers there are; a follower of several topics counts in each. */
  get size(): number {
    return this.#tails.values().reduce((count, { followers }) => count + followers, 0);
  }

  /**
   * How much older the newest item is than the last that its follower has taken, or how long that one has been at it,
   * whichever is less; of the follower that is furthest behind.
   */
  get lagMillis(): number {
    const now = performance.now(), { timeOf } = this.#topics;
    return this.#progress.values().reduce((lag, { tail, taken, since }) => {
      if (taken === undefined || tail.head <= taken) return lag;
      const between = timeOf === undefined ? Infinity : timeOf(tail.head) - timeOf(taken);
      return Math.max(lag, Math.min(now - since, between));
    }, 0);
  }

  /** Whether all following has ended for good. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Begins to watch a topic whose newest key is `head` as far as the caller knows. */
  watch(topic: Topic, head: bigint): Watch {
    const tail = this.#tails.get(topic) ?? this.#add(topic, head);
    tail.followers++;
    this.#moved(tail, head);
    const progress: Progress<Topic> = { tail, taken: undefined, since: performance.now() };
    this.#progress.add(progress);
    let isWatching = true;
    return {
      get ended() {
        return tail.ended;
      },
      get crowd() {
        return tail.followers;
      },
      get head() {
        return tail.head;
      },
      async after(key) {
        while (tail.ended === undefined && tail.head <= key) await tail.news.promise;
        progress.since = performance.now();
      },
      taken(key) {
        progress.taken = key;
      },
      [Symbol.dispose]: () => {
        if (!isWatching) return;
        isWatching = false;
        this.#progress.delete(progress);
        if (--tail.followers === 0) this.#remove(tail);
      },
    };
  }

  /** Ends all following, also what is still to come, and stops looking. */
  close(): void {
    this.#closed = true;
    this.#stopListening();
    for (const tail of [...this.#tails.values()]) this.#end(tail, "shutdown");
  }

  #add(topic: Topic, head: bigint): Tail<Topic> {
    const tail: Tail<Topic> = {
      topic,
      head,
      followers: 0,
      news: Promise.withResolvers(),
      wokenAt: 0,
      timer: undefined,
      ended: this.#closed ? "shutdown" : undefined,
    };
    this.#tails.set(topic, tail);
    this.#leavePoll ??= this.#poll.join(() => this.#lookAround());
    return tail;
  }

  #remove(tail: Tail<Topic>): void {
    clearTimeout(tail.timer);
    if (this.#tails.get(tail.topic) === tail) this.#tails.delete(tail.topic);
    if (this.#tails.size > 0) return;
    this.#leavePoll?.();
    this.#leavePoll = undefined;
  }

  #end(tail: Tail<Topic>, reason: EndReason): void {
    tail.ended = reason;
    this.#remove(tail);
    tail.news.resolve();
  }

  /** Finds what other processes inserted, and topics that are gone. A failed look is repeated soon anyway. */
  async #lookAround(): Promise<void> {
    const tails = [...this.#tails.values()];
    const heads = await this.#topics.heads(tails.map(({ topic }) => topic)).catch(() => undefined);
    if (heads === undefined) return;
    for (const tail of tails) {
      const head = heads.get(tail.topic);
      if (head === undefined) this.#end(tail, "deleted");
      else this.#moved(tail, head);
    }
  }

  #moved(tail: Tail<Topic> | undefined, head: bigint): void {
    if (tail === undefined || head <= tail.head) return;
    tail.head = head;
    if (tail.timer !== undefined) return;
    const pause = Math.min(MAX_PAUSE_MS, tail.followers * PAUSE_MS_A_FOLLOWER);
    const wait = tail.wokenAt + pause - performance.now();
    if (wait <= 1) this.#wake(tail);
    else tail.timer = setTimeout(() => this.#wake(tail), wait);
  }

  #wake(tail: Tail<Topic>): void {
    tail.timer = undefined;
    tail.wokenAt = performance.now();
    const { resolve } = tail.news;
    tail.news = Promise.withResolvers();
    resolve();
  }
}
