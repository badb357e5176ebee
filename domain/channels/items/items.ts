/** The items of channels: stored one by one, read one by one, and gone when their time has come. */
import { LRUCache } from "lru-cache";
import type { ChannelRow } from "../../../db/channels/channels.ts";
import type { CompactionStore } from "../../../db/channels/compaction.ts";
import type { ItemContent, ItemRow, ItemStore, WholeItemRow } from "../../../db/channels/items.ts";
import type { RepairStore } from "../../../db/channels/repair.ts";
import type { KeyCheck } from "../../access/key_check.ts";
import { RunnelError } from "../../errors.ts";
import { inShortSteps } from "../../short_steps.ts";
import type { Channels } from "../channels.ts";
import { firstKeyAt, idOfKey, keyOfId } from "../item_id.ts";
import { ClockWatch } from "./clock_watch.ts";
import { compact } from "./compaction.ts";
import {
  firstVisible,
  type Item,
  itemOf,
  losesItems,
  newestVisible,
  type Position,
  positionOf,
  type Reading,
  readingOf,
} from "./visibility.ts";

/** Bytes that a cached item costs beside its body. */
const ITEM_OVERHEAD = 256;

/** What items need and how they are bounded. */
export interface ItemOptions {
  readonly channels: Channels;
  readonly store: ItemStore;
  readonly compaction: CompactionStore;
  readonly repairs: RepairStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Bytes of items kept in memory for readers. */
  readonly cacheBytes: number;
  /** Writes one line of the log. */
  readonly log: (line: string) => void;
}

type AppendListener = (channel: number, key: bigint) => void;

/** The items of all channels. Every read leaves out what has expired, whether it was swept yet or not. */
export class Items {
  readonly #channels: Channels;
  readonly #store: ItemStore;
  readonly #compaction: CompactionStore;
  readonly #repairs: RepairStore;
  readonly #clockWatch: ClockWatch;
  readonly #clock: () => number;
  /** Items that have a successor never change. `channel:id` → item. */
  readonly #cache: LRUCache<string, Item>;
  readonly #listeners = new Set<AppendListener>();
  /** Readings of single items since the start: from memory, and from the database. */
  readonly reads = { hits: 0, misses: 0 };

  constructor({ channels, store, compaction, repairs, clock, cacheBytes, log }: ItemOptions) {
    this.#channels = channels;
    this.#store = store;
    this.#compaction = compaction;
    this.#repairs = repairs;
    this.#clockWatch = new ClockWatch(clock, log, (channel) => channels.nameOf(channel));
    this.#clock = clock;
    this.#cache = new LRUCache({
      maxSize: Math.max(cacheBytes, 1),
      maxEntrySize: Math.max(cacheBytes >> 3, 1),
      sizeCalculation: (item) => item.body.byteLength + ITEM_OVERHEAD,
    });
  }

  /**
   * Stores an item; resolves when it is durable. Unknown channel: `channel-not-found`. With a check of the request's key
   * it is stored only if the check holds; else as `KeyCheck.again`.
   */
  async append(name: string, content: ItemContent, check?: KeyCheck): Promise<Position> {
    while (true) {
      // However old: the commit says when the channel is gone, or keeps only so many items by now.
      const { id, maxItems } = this.#channels.last(name) ?? await this.#channels.read(name);
      const stored = await this.#store.append(
        { channel: id, name, keysMark: check?.mark, trims: maxItems !== null, content },
        content.body.byteLength + ITEM_OVERHEAD,
      );
      if (stored === undefined) {
        this.#channels.forget(name);
        await check?.again();
        continue;
      }
      check?.held();
      if (stored.exceeds) {
        this.#channels.forget(name);
        await this.#store.trim(id);
      }
      this.announce(id, stored.key);
      return positionOf(stored.key);
    }
  }

  /** The item, if it is in memory and nothing about it can have changed. Synchronous: the readers' hot path. */
  cached(name: string, id: string): Reading | undefined {
    const channel = this.#channels.recent(name);
    // Where insertions remove items, only the database knows which are left.
    if (channel === undefined || losesItems(channel)) return undefined;
    const cacheKey = `${channel.id}:${id}`;
    const item = this.#cache.get(cacheKey);
    const reading = item && readingOf(channel, item, this.#clock());
    // The previous item expired since: the item is cached without that link.
    if (reading !== undefined && reading.item !== item) this.#cache.set(cacheKey, reading.item);
    if (reading !== undefined) this.reads.hits++;
    return reading;
  }

  /**
   * Unknown channel: `channel-not-found`. Never there, expired or removed: `item-not-found`. `hold` is told the bytes of
   * a large item before they are read, and may refuse them.
   */
  async read(name: string, id: string, hold: (bytes: number) => void): Promise<Reading> {
    this.reads.misses++;
    const { channel, row } = await this.#rowOf(name, keyOfId(id));
    const whole = row && await this.#whole(channel.id, row, hold);
    const reading = whole && readingOf(channel, itemOf(whole), this.#clock());
    if (reading === undefined) throw new RunnelError("item-not-found", `channel ${name} has no item ${id}`);
    if (reading.item.next !== undefined && !losesItems(channel)) {
      this.#cache.set(`${channel.id}:${id}`, reading.item);
    }
    return reading;
  }

  /** The newest item's id. None: `channel-empty`. */
  async latest(name: string): Promise<string> {
    const newest = await this.newest(name);
    if (newest !== undefined) return newest.id;
    throw emptyChannel(name);
  }

  /** The newest item, or undefined when none can be read. */
  async newest(name: string): Promise<Position | undefined> {
    return newestVisible(await this.#channels.fresh(name), this.#clock());
  }

  /** The oldest item's id. None: `channel-empty`. */
  async earliest(name: string): Promise<string> {
    const channel = await this.#channels.fresh(name);
    const key = await this.#store.firstKey(channel.id, firstVisible(channel, this.#clock()));
    if (key !== undefined) return idOfKey(key);
    throw emptyChannel(name);
  }

  /** Calls back after each commit of an item by this process; answers how to stop. */
  onAppend(listener: AppendListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells listeners of items of a channel up to a key, which this process has committed. */
  announce(channel: number, key: bigint): void {
    this.#clockWatch.look(channel, key);
    for (const listener of this.#listeners) listener(channel, key);
  }

  /**
   * Gives items of the future keys of now, in order, and answers how many. A clock that once ran ahead left them: what is
   * inserted after them bears a wrong time, and outlives its time to live. Unknown: `channel-not-found`.
   */
  async repair(name: string): Promise<number> {
    const { id } = await this.#channels.fresh(name);
    const now = this.#clock();
    const moved = await this.#repairs.repair(id, firstKeyAt(now + 1), firstKeyAt(now));
    this.#channels.forget(name);
    return moved;
  }

  /**
   * Frees the space of items that can no longer be read or were replaced, in short transactions, and answers how many
   * items went. `signal` stops it between two transactions.
   */
  async sweep(signal?: AbortSignal): Promise<number> {
    let expired = 0;
    for (const { channel, firstVisible } of await this.#store.sweepable(this.#clock())) {
      expired += await inShortSteps((limit) => this.#store.sweep(channel, firstVisible, limit), signal);
    }
    expired += await compact(this.#compaction, this.#clock(), signal);
    for (const channel of await this.#store.dropped()) {
      await inShortSteps((limit) => this.#store.sweepDropped(channel, limit), signal);
    }
    return expired;
  }

  async #whole(
    channel: number,
    row: ItemRow,
    hold: (bytes: number) => void,
  ): Promise<WholeItemRow | undefined> {
    if (typeof row.body !== "number") return row as WholeItemRow;
    hold(row.body);
    return await this.#store.whole(channel, row.key);
  }

  /** An item with its channel. Metadata that is too old is read again beside the item. */
  async #rowOf(name: string, key: bigint | undefined) {
    const find = async ({ id }: ChannelRow) =>
      key === undefined ? undefined : await this.#store.get({ channel: id, key });
    const known = this.#channels.recent(name), last = this.#channels.last(name);
    if (known !== undefined) return { channel: known, row: await find(known) };
    const [channel, row] = await Promise.all([this.#channels.read(name), last && find(last)]);
    return { channel, row: channel.id === last?.id ? row : await find(channel) };
  }
}

function emptyChannel(name: string): RunnelError {
  return new RunnelError("channel-empty", `channel ${name} has no items to read`);
}
