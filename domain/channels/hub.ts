/**
 * Tells subscribers what was inserted. A commit only wakes the hub: what it tells is always read from the database
 * after its cursor, so order and completeness are the database's, whichever process inserted.
 */
import type { ChannelStore } from "../../db/channels/channels.ts";
import type { ItemStore } from "../../db/channels/items.ts";
import { type Channels, type Position, positionOf } from "./channels.ts";

/** How often the hub looks for what other processes inserted; the promise is 250 ms. */
const POLL_INTERVAL_MS = 120;
const KEYS_A_READ = 1000;
/** Past this many messages at once, a subscriber gets several lines in one message. */
const CALM_MESSAGES = 2000;
const MAX_PAUSE_MS = 100;

/** Why a subscription ended. */
export type EndReason = "channel-deleted" | "shutdown";

/** Someone who wants to know of each new item. Neither function may throw. */
export interface Subscriber {
  /** New items in order. `crowded`: so much is to be told that several items should go in one message. */
  deliver(items: readonly Position[], crowded: boolean): void;
  end(reason: EndReason): void;
}

/** The subscribers of one channel, each with the key up to which it was told. */
interface Tail {
  readonly channel: number;
  readonly subscribers: Map<Subscriber, bigint>;
  reading: boolean;
  behind: boolean;
}

/** What the hub reads from. */
export interface HubSource {
  readonly channels: Pick<ChannelStore, "lastKeys">;
  readonly items: Pick<ItemStore, "keysAfter">;
}

/** The subscriptions of this process. */
export class Hub {
  readonly #source: HubSource;
  readonly #tails = new Map<number, Tail>();
  readonly #stopListening: () => void;
  #poll: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  constructor(source: HubSource, channels: Pick<Channels, "onAppend">) {
    this.#source = source;
    this.#stopListening = channels.onAppend((channel) => this.#wake(this.#tails.get(channel)));
  }

  /** How many subscribers there are. */
  get size(): number {
    return this.#tails.values().reduce((count, tail) => count + tail.subscribers.size, 0);
  }

  /** Tells the subscriber of every item of the channel after that key; answers how to stop. */
  subscribe(channel: number, after: bigint, subscriber: Subscriber): () => void {
    if (this.#closed) {
      subscriber.end("shutdown");
      return () => {};
    }
    let tail = this.#tails.get(channel);
    if (tail === undefined) {
      tail = { channel, subscribers: new Map(), reading: false, behind: false };
      this.#tails.set(channel, tail);
      this.#startPolling();
    }
    tail.subscribers.set(subscriber, after);
    this.#wake(tail);
    return () => this.#leave(tail, subscriber);
  }

  /** Ends every subscription, also those that are still to come, and stops looking. */
  close(): void {
    this.#closed = true;
    this.#stopListening();
    for (const tail of [...this.#tails.values()]) this.#end(tail, "shutdown");
  }

  #leave(tail: Tail, subscriber: Subscriber): void {
    tail.subscribers.delete(subscriber);
    if (tail.subscribers.size === 0 && this.#tails.get(tail.channel) === tail) this.#remove(tail);
  }

  #end(tail: Tail, reason: EndReason): void {
    this.#remove(tail);
    for (const subscriber of tail.subscribers.keys()) subscriber.end(reason);
    tail.subscribers.clear();
  }

  #remove(tail: Tail): void {
    this.#tails.delete(tail.channel);
    if (this.#tails.size > 0) return;
    clearInterval(this.#poll);
    this.#poll = undefined;
  }

  #startPolling(): void {
    this.#poll ??= setInterval(() => this.#lookAround(), POLL_INTERVAL_MS);
  }

  /** Finds what other processes inserted, and channels that are gone. A failed look is repeated soon anyway. */
  async #lookAround(): Promise<void> {
    const tails = [...this.#tails.values()];
    const lastKeys = await this.#source.channels.lastKeys(tails.map((tail) => tail.channel)).catch(() =>
      undefined
    );
    if (lastKeys === undefined) return;
    for (const tail of tails) {
      const lastKey = lastKeys.get(tail.channel);
      if (lastKey === undefined) this.#end(tail, "channel-deleted");
      else if (lastKey > toldTo(tail)) this.#wake(tail);
    }
  }

  #wake(tail: Tail | undefined): void {
    if (tail === undefined) return;
    tail.behind = true;
    if (!tail.reading) this.#catchUp(tail);
  }

  async #catchUp(tail: Tail): Promise<void> {
    tail.reading = true;
    while (tail.behind && tail.subscribers.size > 0) {
      tail.behind = false;
      const from = toldTo(tail);
      const keys = await this.#source.items.keysAfter(tail.channel, from, KEYS_A_READ).catch(() => []);
      if (keys.length === 0) continue;
      if (keys.length === KEYS_A_READ) tail.behind = true;
      await this.#deliver(tail, from, keys);
    }
    tail.reading = false;
  }

  /** A crowd is told at most a third of the time, so that inserting goes on: what comes meanwhile is told together. */
  async #deliver(tail: Tail, from: bigint, keys: bigint[]): Promise<void> {
    const started = performance.now();
    const positions = keys.map(positionOf);
    const crowded = keys.length > 1 && keys.length * tail.subscribers.size > CALM_MESSAGES;
    for (const [subscriber, told] of tail.subscribers) {
      // Who came during the read and knows less than what it began at is told by the next one.
      const first = told < from ? -1 : told < keys[0]! ? 0 : keys.findIndex((key) => key > told);
      if (first < 0) continue;
      tail.subscribers.set(subscriber, keys.at(-1)!);
      subscriber.deliver(first === 0 ? positions : positions.slice(first), crowded);
    }
    const took = performance.now() - started;
    if (took > 2) await new Promise((resolve) => setTimeout(resolve, Math.min(MAX_PAUSE_MS, 2 * took)));
  }
}

/** The key up to which every subscriber was told. A subscriber may come with an older one than the others have. */
function toldTo({ subscribers }: Tail): bigint {
  let lowest: bigint | undefined;
  for (const told of subscribers.values()) if (lowest === undefined || told < lowest) lowest = told;
  return lowest ?? 0n;
}
