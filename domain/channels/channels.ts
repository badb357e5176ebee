/** Append-only channels of opaque items: who may see which item, and where it stands among its neighbours. */
import { LRUCache } from "lru-cache";
import type { ChannelChanges, ChannelRow, ChannelStore } from "../../db/channels/channels.ts";
import type { ItemContent, ItemRow, ItemStore, WholeItemRow } from "../../db/channels/items.ts";
import type { CompactionStore } from "../../db/channels/compaction.ts";
import type { RepairStore } from "../../db/channels/repair.ts";
import type { KeyCheck } from "../access/key_check.ts";
import { RunnelError } from "../errors.ts";
import { inShortSteps } from "../short_steps.ts";
import { ClockWatch } from "./clock_watch.ts";
import { compact } from "./compaction.ts";
import { firstKeyAt, idOfKey, keyOfId, timeOfKey } from "./item_id.ts";
import { Remembered } from "./remembered.ts";
import { withDefaults } from "./settings.ts";
import { expiredUntil, firstAlive } from "../expiry.ts";

/** Bytes that a cached item costs beside its body. */
const ITEM_OVERHEAD = 256;

/** What channels need and how they are bounded. */
export interface ChannelOptions {
  readonly channels: ChannelStore;
  readonly items: ItemStore;
  readonly compaction: CompactionStore;
  readonly repairs: RepairStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Bytes of items kept in memory for readers. */
  readonly cacheBytes: number;
  /** Writes one line of the log. */
  readonly log: (line: string) => void;
}

/** Where an item stands in its channel. */
export interface Position {
  readonly id: string;
  /** When it was stored, in milliseconds since the epoch. */
  readonly time: number;
}

/** An item as a reader sees it, with the neighbours that can be read. Once it has a successor it stays the same object. */
export interface Item extends Position, ItemContent {
  readonly previous: Position | undefined;
  readonly next: Position | undefined;
  readonly itemKey: string | null;
  /** Headers that Runnel gave it, such as why it is in a dead-letter channel. */
  readonly meta: Readonly<Record<string, string>> | null;
}

/** An item that can be read. */
export interface Reading {
  readonly item: Item;
  /** Until when that is certain, in milliseconds since the epoch; 0: later insertions may remove it at any time. */
  readonly expires: number;
}

/** A channel with what its readers see of its items. */
export interface Channel extends ChannelRow {
  /** When the newest item that can still be read was stored; undefined when there is none. */
  readonly lastUpdate: number | undefined;
}

/** So many names cross from the database's thread in a millisecond or two, for which no other request is answered. */
const NAMES_A_PAGE = 1_000;

/** Which names. */
export interface NamePage {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

type AppendListener = (channel: number, key: bigint) => void;

/** All channels of a database. Every read leaves out what has expired, whether it was swept yet or not. */
export class Channels {
  readonly #channels: ChannelStore;
  readonly #items: ItemStore;
  readonly #compaction: CompactionStore;
  readonly #repairs: RepairStore;
  readonly #clockWatch: ClockWatch;
  readonly #clock: () => number;
  readonly #metadata = new Remembered<ChannelRow>(10_000);
  /** Items that have a successor never change. `channel:id` → item. */
  readonly #cache: LRUCache<string, Item>;
  readonly #listeners = new Set<AppendListener>();
  /** Readings of single items since the start: from memory, and from the database. */
  readonly reads = { hits: 0, misses: 0 };

  constructor({ channels, items, compaction, repairs, clock, cacheBytes, log }: ChannelOptions) {
    this.#channels = channels;
    this.#items = items;
    this.#compaction = compaction;
    this.#repairs = repairs;
    this.#clockWatch = new ClockWatch(clock, log, (channel) => this.nameOf(channel));
    this.#clock = clock;
    this.#cache = new LRUCache({
      maxSize: Math.max(cacheBytes, 1),
      maxEntrySize: Math.max(cacheBytes >> 3, 1),
      sizeCalculation: (item) => item.body.byteLength + ITEM_OVERHEAD,
    });
  }

  /** Names in order, of all channels or those with a tag. */
  async names(tag?: string): Promise<string[]> {
    return (await Array.fromAsync(this.pages(tag))).flat();
  }

  /** The same page by page; at most `limit` of them, after a name. */
  async *pages(tag?: string, { after = "", limit = Infinity }: NamePage = {}): AsyncGenerator<string[]> {
    for (let last = after, left = limit; left > 0;) {
      const wanted = Math.min(left, NAMES_A_PAGE);
      const names = await this.#channels.names(tag ?? null, last, wanted);
      if (names.length > 0) yield names;
      if (names.length < wanted) return;
      last = names.at(-1)!;
      left -= names.length;
    }
  }

  /** How many channels and items there are (expired items that are not swept yet included). */
  summary(): Promise<{ channels: number; items: number }> {
    return this.#channels.summary();
  }

  /** How many items of a channel can be read. Unknown: `channel-not-found`. */
  async count(name: string): Promise<number> {
    const items = await this.#channels.items(name);
    if (items === undefined) throw unknownChannel(name);
    return items;
  }

  /** The name of the channel with that number, or undefined when it is gone. */
  nameOf(channel: number): Promise<string | undefined> {
    return this.#channels.nameOf(channel);
  }

  /** The channel as the database has it now. Unknown: `channel-not-found`. */
  async get(name: string): Promise<Channel> {
    return this.#view(await this.#fresh(name));
  }

  /** Taken already: `channel-exists`. */
  async create(name: string, settings: ChannelChanges): Promise<Channel> {
    const row = await this.#channels.insert(name, withDefaults(settings));
    if (row === undefined) throw new RunnelError("channel-exists", `a channel named ${name} exists already`);
    return this.#view(row);
  }

  /** Creates the channel, or changes the settings that are given: the others stay, as the Data Hub's clients expect. */
  async put(name: string, settings: ChannelChanges): Promise<{ created: boolean; channel: Channel }> {
    while (true) {
      const created = await this.#channels.insert(name, withDefaults(settings));
      if (created !== undefined) return { created: true, channel: this.#view(created) };
      try {
        return { created: false, channel: await this.change(name, settings) };
      } catch (error) {
        // Removed since the insert found it: now there is room for a new one.
        if (!(error instanceof RunnelError) || error.code !== "channel-not-found") throw error;
      }
    }
  }

  /** Changes the settings that are given. Unknown: `channel-not-found`. */
  async change(name: string, changes: ChannelChanges): Promise<Channel> {
    const { id } = await this.#fresh(name);
    const row = await this.#channels.update(id, changes);
    this.#metadata.forget(name);
    if (row === undefined) throw unknownChannel(name);
    return this.#view(row);
  }

  /** Removes the channel and its items. Unknown: `channel-not-found`. */
  async remove(name: string): Promise<void> {
    const { id } = await this.#fresh(name);
    const removed = await this.#channels.remove(id);
    this.#metadata.forget(name);
    if (!removed) throw unknownChannel(name);
  }

  /**
   * Stores an item; resolves when it is durable. Unknown channel: `channel-not-found`. With a check of the request's key
   * it is stored only if the check holds; else as `KeyCheck.again`.
   */
  async append(name: string, content: ItemContent, check?: KeyCheck): Promise<Position> {
    while (true) {
      // However old: the commit says when the channel is gone, or keeps only so many items by now.
      const { id, maxItems } = this.#metadata.last(name) ?? await this.#require(name);
      const stored = await this.#items.append(
        { channel: id, name, keysMark: check?.mark, trims: maxItems !== null, content },
        content.body.byteLength + ITEM_OVERHEAD,
      );
      if (stored === undefined) {
        this.#metadata.forget(name);
        await check?.again();
        continue;
      }
      check?.held();
      if (stored.exceeds) {
        this.#metadata.forget(name);
        await this.#items.trim(id);
      }
      this.announce(id, stored.key);
      return positionOf(stored.key);
    }
  }

  /** The item, if it is in memory and nothing about it can have changed. Synchronous: the readers' hot path. */
  cached(name: string, id: string): Reading | undefined {
    const channel = this.#metadata.recent(name);
    // Where insertions remove items, only the database knows which are left.
    if (channel === undefined || losesItems(channel)) return undefined;
    const cacheKey = `${channel.id}:${id}`;
    const item = this.#cache.get(cacheKey);
    const reading = item && this.#read(channel, item);
    // The previous item expired since: the item is cached without that link.
    if (reading !== undefined && reading.item !== item) this.#cache.set(cacheKey, reading.item);
    if (reading !== undefined) this.reads.hits++;
    return reading;
  }

  /**
   * Unknown channel: `channel-not-found`. Never there, expired or removed: `item-not-found`. `hold` is told the bytes of
   * a large item before they are read, and may refuse them.
   */
  async item(name: string, id: string, hold: (bytes: number) => void): Promise<Reading> {
    this.reads.misses++;
    const { channel, row } = await this.#itemRow(name, keyOfId(id));
    const whole = row && await this.#whole(channel.id, row, hold);
    const reading = whole && this.#read(channel, itemOf(whole));
    if (reading === undefined) throw new RunnelError("item-not-found", `channel ${name} has no item ${id}`);
    if (reading.item.next !== undefined && !losesItems(channel)) {
      this.#cache.set(`${channel.id}:${id}`, reading.item);
    }
    return reading;
  }

  /** A channel's number, the first key that can be read, and whether it keeps only so many items. Unknown: `channel-not-found`. */
  async window(name: string): Promise<{ channel: number; visible: bigint; trims: boolean }> {
    const channel = this.#metadata.recent(name) ?? await this.#require(name);
    return { channel: channel.id, visible: this.#firstVisible(channel), trims: channel.maxItems !== null };
  }

  /**
   * Gives items of the future keys of now, in order, and answers how many. A clock that once ran ahead left them: what is
   * inserted after them bears a wrong time, and outlives its time to live. Unknown: `channel-not-found`.
   */
  async repair(name: string): Promise<number> {
    const { id } = await this.#fresh(name);
    const now = this.#clock();
    const moved = await this.#repairs.repair(id, firstKeyAt(now + 1), firstKeyAt(now));
    this.#metadata.forget(name);
    return moved;
  }

  /** Tells listeners of items of a channel up to a key, which this process has committed. */
  announce(channel: number, key: bigint): void {
    this.#clockWatch.look(channel, key);
    for (const listener of this.#listeners) listener(channel, key);
  }

  /** The first key of a channel that can be read. Unknown: `channel-not-found`. */
  async firstVisible(name: string): Promise<bigint> {
    return this.#firstVisible(this.#metadata.recent(name) ?? await this.#require(name));
  }

  /** The newest item's id. None: `channel-empty`. */
  async latest(name: string): Promise<string> {
    const newest = await this.newest(name);
    if (newest !== undefined) return newest.id;
    throw emptyChannel(name);
  }

  /** The newest item, or undefined when none can be read. */
  async newest(name: string): Promise<Position | undefined> {
    const channel = await this.#fresh(name);
    const { lastKey } = channel;
    return this.#isVisible(channel, lastKey, timeOfKey(lastKey)) ? positionOf(lastKey) : undefined;
  }

  /** The oldest item's id. None: `channel-empty`. */
  async earliest(name: string): Promise<string> {
    const channel = await this.#fresh(name);
    const key = await this.#items.firstKey(channel.id, this.#firstVisible(channel));
    if (key !== undefined) return idOfKey(key);
    throw emptyChannel(name);
  }

  /** Calls back after each commit of an item by this process; answers how to stop. */
  onAppend(listener: AppendListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Frees the space of items that can no longer be read or were replaced, in short transactions, and answers how many
   * items went. `signal` stops it between two transactions.
   */
  async sweep(signal?: AbortSignal): Promise<number> {
    let expired = 0;
    for (const { channel, firstVisible } of await this.#items.sweepable(this.#clock())) {
      expired += await inShortSteps((limit) => this.#items.sweep(channel, firstVisible, limit), signal);
    }
    expired += await compact(this.#compaction, this.#clock(), signal);
    for (const channel of await this.#items.dropped()) {
      await inShortSteps((limit) => this.#items.sweepDropped(channel, limit), signal);
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
    return await this.#items.whole(channel, row.key);
  }

  /** An item with its channel. Metadata that is too old is read again beside the item. */
  async #itemRow(name: string, key: bigint | undefined) {
    const find = async ({ id }: ChannelRow) =>
      key === undefined ? undefined : await this.#items.get({ channel: id, key });
    const known = this.#metadata.recent(name), last = this.#metadata.last(name);
    if (known !== undefined) return { channel: known, row: await find(known) };
    const [channel, row] = await Promise.all([this.#require(name), last && find(last)]);
    return { channel, row: channel.id === last?.id ? row : await find(channel) };
  }

  #require(name: string): Promise<ChannelRow> {
    return this.#metadata.read(name, () => this.#fresh(name));
  }

  async #fresh(name: string): Promise<ChannelRow> {
    const channel = await this.#channels.byName(name);
    if (channel === undefined) throw unknownChannel(name);
    return channel;
  }

  #firstVisible({ ttlMillis, floorKey }: ChannelRow): bigint {
    const alive = firstKeyAt(firstAlive(ttlMillis, this.#clock()));
    return alive > floorKey ? alive : floorKey;
  }

  #isVisible({ ttlMillis, floorKey }: ChannelRow, key: bigint, time: number): boolean {
    return key > 0n && key >= floorKey && time > expiredUntil(ttlMillis, this.#clock());
  }

  #view(row: ChannelRow): Channel {
    const time = timeOfKey(row.lastKey);
    return { ...row, lastUpdate: this.#isVisible(row, row.lastKey, time) ? time : undefined };
  }

  /** The item as its channel is now, or undefined when it can no longer be read. */
  #read(channel: ChannelRow, item: Item): Reading | undefined {
    const { ttlMillis, floorKey } = channel;
    const died = expiredUntil(ttlMillis, this.#clock());
    const isGone = ({ id, time }: Position) => time <= died || (floorKey > 0n && keyOfId(id)! < floorKey);
    if (isGone(item)) return undefined;
    const expires = losesItems(channel) ? 0 : ttlMillis === null ? Infinity : item.time + ttlMillis;
    const seen = item.previous !== undefined && isGone(item.previous)
      ? { ...item, previous: undefined }
      : item;
    return { item: seen, expires };
  }
}

/** The position of a key. */
export function positionOf(key: bigint): Position {
  return { id: idOfKey(key), time: timeOfKey(key) };
}

function itemOf({ key, previous, next, ...content }: WholeItemRow): Item {
  return {
    ...positionOf(key),
    ...content,
    previous: previous === null ? undefined : positionOf(previous),
    next: next === null ? undefined : positionOf(next),
  };
}

/** Whether later insertions remove items before their time. */
function losesItems({ maxItems, compact }: ChannelRow): boolean {
  return maxItems !== null || compact;
}

function unknownChannel(name: string): RunnelError {
  return new RunnelError("channel-not-found", `there is no channel named ${name}`);
}

function emptyChannel(name: string): RunnelError {
  return new RunnelError("channel-empty", `channel ${name} has no items to read`);
}
