/**
 * The one way to read many items of a channel: a position, which is a key whether its item still exists or not, and
 * pages from there. Lists, bulk reads, long polls and subscriptions all go through it.
 */
import {
  type BodyRow,
  type HeadRow,
  type KeyRange,
  LAST_KEY,
  type PageStore,
} from "../../db/channels/pages.ts";
import { invalid, RunnelError } from "../errors.ts";
import type { Channels } from "./channels.ts";
import { firstKeyAt, idOfKey, keyAfter, keyOfId } from "./item_id.ts";
import { type Position, positionOf } from "./items/visibility.ts";

/** Contents that are read at once, in bytes. */
const PAGE_BYTES = 1 << 20;
/** Items that are read at once: with their headers, and as lines of JSON, which cost less. */
const PAGE_ITEMS = 1_000, PAGE_LINES = 5_000;
/** Items of a list that are read at once: they cross from the database's thread, and are written, in two or three milliseconds. */
const PAGE_HEADS = 500;
/** Lines that are read and checked in one pass, in bytes; what is longer is checked first, then read. */
const ONE_PASS_BYTES = 4 << 20;

/** An item of a list. */
export interface ListedItem extends Position {
  readonly type: string;
  readonly encoding: string | null;
  readonly itemKey: string | null;
  /** Bytes of the content. */
  readonly length: number;
}

/** Items after a position were gone before it was read on: those up to before `before`, which is the next to come. */
export interface Gap {
  readonly after: string;
  readonly before: string;
}

/** What is wanted of a list: its items, or where it begins and ends, for those who then read its contents. */
export type Wanted = "items" | "ends";

/** A stretch of a channel. */
export interface ItemList {
  /** Those of a short list; of a long one, and where only the ends were wanted, none. */
  readonly items: readonly ListedItem[];
  readonly first: Position | undefined;
  readonly last: Position | undefined;
  /** Whether there are readable items before the first, and after the last. */
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
  readonly gap?: Gap;
}

/** The newest item with an item key. */
export interface KeyedItem extends Position {
  readonly itemKey: string;
}

/** Items with their contents, and what is gone before them. */
export interface ContentPage {
  readonly rows: readonly BodyRow[];
  readonly gap: Gap | undefined;
}

/** Items that a rate counts at most. */
const MOST_COUNTED = 50_000;

/** How many items came, step by step. */
export interface ChannelRate {
  /** From when, in milliseconds since the epoch, and how many. */
  readonly steps: readonly { readonly from: number; readonly items: number }[];
  /** Whether items of the first steps were not counted. */
  readonly isCut: boolean;
}

/** Reads channels by position. */
export class Reader {
  readonly #channels: Channels;
  readonly #pages: PageStore;
  /** Reads under way: followers that stand at one place share one. */
  readonly #underWay = new Map<string, Promise<ContentPage>>();

  constructor(channels: Channels, pages: PageStore) {
    this.#channels = channels;
    this.#pages = pages;
  }

  /** The key of a position. Not an id: `invalid-request`. */
  keyOf(id: string): bigint {
    const key = keyOfId(id);
    if (key !== undefined) return key;
    throw invalid(`${id} is no position: a position is an item's id, 16 characters of 0-9 and A-V`);
  }

  /** Up to `limit` items after a position, or from the channel's beginning, oldest first. */
  async after(
    name: string,
    after: bigint | "beginning",
    limit: number,
    wanted: Wanted = "items",
  ): Promise<ItemList> {
    const { channel, visible } = await this.#channels.window(name);
    const position = after === "beginning" ? 0n : after;
    const from = later(keyAfter(position), visible);
    const [{ hasMore, ...list }, hasEarlier, gone] = await Promise.all([
      this.#look({ channel, from, to: LAST_KEY, limit }, "oldest", wanted),
      this.#hasBetween(channel, visible, from - 1n),
      after === "beginning" ? 0n : this.#pages.gone(channel, position, visible),
    ]);
    const first = list.first && this.keyOf(list.first.id);
    return {
      ...list,
      hasPrevious: first !== undefined && hasEarlier,
      hasNext: hasMore,
      ...(gone > 0n && { gap: gapOf(position, first ?? gone + 1n) }),
    };
  }

  /** Up to `limit` items before a position, oldest first. */
  async before(name: string, before: bigint, limit: number, wanted: Wanted = "items"): Promise<ItemList> {
    const { channel, visible } = await this.#channels.window(name);
    const range = { channel, from: visible, to: before - 1n, limit };
    const [{ hasMore, ...list }, hasLater] = await Promise.all([
      this.#look(range, "newest", wanted),
      before < LAST_KEY && this.#hasBetween(channel, before, LAST_KEY),
    ]);
    return { ...list, hasPrevious: hasMore, hasNext: list.last !== undefined && hasLater };
  }

  /** Up to `limit` items of the channel, the newest, oldest first. */
  newest(name: string, limit: number, wanted: Wanted = "items"): Promise<ItemList> {
    return this.before(name, LAST_KEY, limit, wanted);
  }

  /** Up to `limit` items stored from `from` to before `until` (milliseconds since the epoch), after a position. */
  async between(
    name: string,
    { from, until, after, limit }: { from: number; until: number; after: bigint; limit: number },
    wanted: Wanted = "items",
  ): Promise<ItemList> {
    const { channel, visible } = await this.#channels.window(name);
    const begin = [firstKeyAt(from), keyAfter(after), visible].reduce(later);
    const range = { channel, from: begin, to: firstKeyAt(until) - 1n, limit };
    const { hasMore, ...list } = await this.#look(range, "oldest", wanted);
    return { ...list, hasPrevious: false, hasNext: hasMore };
  }

  /** How many items came in each step of `every` milliseconds, from `from` to before `until`; counts the newest 50,000. */
  async rate(name: string, from: number, until: number, every: number): Promise<ChannelRate> {
    const { channel, visible } = await this.#channels.window(name);
    const first = later(firstKeyAt(from), visible);
    const counts = await this.#pages.steps(channel, first, from, every, MOST_COUNTED);
    const steps = Array.from({ length: Math.ceil((until - from) / every) }, (_, i) => ({
      from: from + i * every,
      items: counts.get(i) ?? 0,
    }));
    const counted = counts.values().reduce((sum, count) => sum + count, 0);
    return { steps, isCut: counted >= MOST_COUNTED };
  }

  /** The items after a position with their contents, as many as make a page. Nothing: an empty page. */
  contents(channel: number, visible: bigint, after: bigint): Promise<ContentPage> {
    const place = `${channel} ${after}`;
    const reading = this.#underWay.get(place);
    if (reading !== undefined) return reading;
    const page = this.#contents(channel, visible, after).finally(() => this.#underWay.delete(place));
    this.#underWay.set(place, page);
    return page;
  }

  /**
   * The items of a list, page by page, as `make` makes something of them. A page is let go of before what was made of it is
   * given: whoever takes that slowly would hold both.
   */
  async *heads<T>(
    name: string,
    list: ItemList,
    make: (items: readonly ListedItem[]) => T,
  ): AsyncGenerator<T> {
    if (list.items.length > 0) return yield make(list.items);
    yield* this.#walk(name, list, this.#pages.forward, (rows) => make(rows.map(listed)));
  }

  /** The contents of a list, in the same way. */
  bulk<T>(name: string, list: ItemList, make: (rows: readonly BodyRow[]) => T): AsyncGenerator<T> {
    return this.#walk(name, list, (range) => this.#pages.bodies(range, PAGE_BYTES), make);
  }

  /**
   * The contents of a list as lines of JSON. An item that is none: `not-acceptable`, before the first line. `onRead`
   * is told how many bytes are held before then, page by page; it may refuse them, or throw because nobody waits any more.
   */
  async lines(
    name: string,
    { first, last }: ItemList,
    onRead: (bytes: number) => void,
  ): Promise<AsyncGenerator<Uint8Array<ArrayBuffer>>> {
    if (first === undefined || last === undefined) return (async function* () {})();
    const { channel } = await this.#channels.window(name);
    const to = this.keyOf(last.id);
    const read: Uint8Array<ArrayBuffer>[] = [];
    let from = this.keyOf(first.id), bytes = 0;
    while (from <= to && bytes < ONE_PASS_BYTES) {
      const page = await this.#pages.lines({ channel, from, to, limit: PAGE_LINES }, PAGE_BYTES);
      refuseNotJson(page?.wrong);
      if (page === undefined) from = to + 1n;
      else {
        read.push(page.text);
        onRead(bytes += page.text.length);
        from = page.last + 1n;
      }
    }
    for (let at = from; at <= to;) {
      const checked = await this.#pages.checkJson({ channel, from: at, to, limit: PAGE_LINES }, PAGE_BYTES);
      refuseNotJson(checked?.wrong);
      onRead(bytes);
      at = (checked?.last ?? to) + 1n;
    }
    return this.#lines(read, channel, from, to);
  }

  /** Up to `limit` item keys after one, in order, each with its newest item; page by page. */
  async itemKeys(name: string, after: string, limit: number): Promise<AsyncGenerator<readonly KeyedItem[]>> {
    const { channel, visible } = await this.#channels.window(name);
    const pages = this.#pages;
    return (async function* () {
      for (let last = after, left = limit; left > 0;) {
        const wanted = Math.min(left, PAGE_HEADS);
        const rows = await pages.itemKeys(channel, last, visible, wanted);
        yield rows.map(({ itemKey, key }) => ({ itemKey, ...positionOf(key) }));
        if (rows.length < wanted) return;
        last = rows.at(-1)!.itemKey;
        left -= rows.length;
      }
    })();
  }

  /** The newest item with an item key. None: `item-not-found`. */
  async newestOf(name: string, itemKey: string): Promise<Position> {
    const { channel, visible } = await this.#channels.window(name);
    const key = await this.#pages.newestOf(channel, itemKey, visible);
    if (key !== undefined) return positionOf(key);
    throw new RunnelError("item-not-found", `channel ${name} has no item with the key ${itemKey}`);
  }

  /** What is made of a list's rows, from its first to its last. */
  async *#walk<Row extends HeadRow, Made>(
    name: string,
    { first, last }: ItemList,
    read: (range: KeyRange) => Promise<Row[]>,
    make: (rows: readonly Row[]) => Made,
  ): AsyncGenerator<Made> {
    if (first === undefined || last === undefined) return;
    const { channel } = await this.#channels.window(name);
    const to = this.keyOf(last.id);
    for (let from = this.keyOf(first.id); from <= to;) {
      const page = await makePage(read({ channel, from, to, limit: PAGE_HEADS }), make);
      if (page === undefined) return;
      from = page.last + 1n;
      yield page.made;
    }
  }

  async *#lines(read: Uint8Array<ArrayBuffer>[], channel: number, from: bigint, to: bigint) {
    // What was sent is not held.
    for (let text = read.shift(); text !== undefined; text = read.shift()) yield text;
    while (from <= to) {
      const page = await this.#pages.lines({ channel, from, to, limit: PAGE_LINES }, PAGE_BYTES);
      if (page === undefined) return;
      yield page.text;
      from = page.last + 1n;
    }
  }

  /** The oldest or the newest items of a range, and whether it has more. */
  async #look(range: KeyRange, side: "oldest" | "newest", wanted: Wanted) {
    if (wanted === "ends" || range.limit > PAGE_HEADS) {
      const ends = await this.#pages.ends(range, side);
      return {
        items: [],
        first: ends && positionOf(ends.first),
        last: ends && positionOf(ends.last),
        hasMore: ends?.hasMore ?? false,
      };
    }
    const { limit } = range, oneMore = { ...range, limit: limit + 1 };
    const rows = side === "oldest" ? await this.#pages.forward(oneMore) : await this.#pages.backward(oneMore);
    const items = (side === "oldest" ? rows.slice(0, limit) : rows.slice(-limit)).map(listed);
    return { items, first: items[0], last: items.at(-1), hasMore: rows.length > limit };
  }

  async #contents(channel: number, visible: bigint, after: bigint): Promise<ContentPage> {
    const from = later(keyAfter(after), visible);
    const range = { channel, from, to: LAST_KEY, limit: PAGE_ITEMS };
    const { rows, gone } = await this.#pages.news(range, PAGE_BYTES, after);
    return { rows, gap: gone > 0n && rows.length > 0 ? gapOf(after, rows[0]!.key) : undefined };
  }

  async #hasBetween(channel: number, from: bigint, to: bigint): Promise<boolean> {
    return from <= to && (await this.#pages.forward({ channel, from, to, limit: 1 })).length > 0;
  }
}

/** A function of its own: a generator that waits keeps all that it has a name for. */
async function makePage<Row extends HeadRow, Made>(
  reading: Promise<Row[]>,
  make: (rows: readonly Row[]) => Made,
): Promise<{ readonly made: Made; readonly last: bigint } | undefined> {
  const rows = await reading;
  return rows.length === 0 ? undefined : { made: make(rows), last: rows.at(-1)!.key };
}

function refuseNotJson(key: bigint | undefined): void {
  if (key === undefined) return;
  throw new RunnelError("not-acceptable", `item ${idOfKey(key)} is no JSON: ask for multipart/mixed`);
}

function gapOf(after: bigint, before: bigint): Gap {
  return { after: idOfKey(after), before: idOfKey(before) };
}

/** An item as a list shows it. */
export function listed({ key, type, encoding, itemKey, length }: HeadRow): ListedItem {
  return { ...positionOf(key), type, encoding, itemKey, length };
}

function later(key: bigint, other: bigint): bigint {
  return key > other ? key : other;
}
