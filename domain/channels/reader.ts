/**
 * The one way to read many items of a channel: a position, which is a key whether its item still exists or not, and
 * pages from there. Lists, bulk reads, long polls and subscriptions all go through it.
 */
import { type BodyRow, type HeadRow, LAST_KEY, type PageStore } from "../../db/channels/pages.ts";
import { RunnelError } from "../errors.ts";
import { type Channels, type Position, positionOf } from "./channels.ts";
import { firstKeyAt, idOfKey, keyOfId } from "./item_id.ts";

/** Contents that are read at once, in bytes. */
const PAGE_BYTES = 1 << 20;
/** Items that are read at once. */
const PAGE_ITEMS = 1_000;

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

/** A stretch of a channel. */
export interface ItemList {
  readonly items: readonly ListedItem[];
  /** Whether there are readable items before the first, and after the last. */
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
  readonly gap?: Gap;
}

/** Items with their contents, and what is gone before them. */
export interface ContentPage {
  readonly rows: readonly BodyRow[];
  readonly gap: Gap | undefined;
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
    throw new RunnelError(
      "invalid-request",
      `${id} is no position: a position is an item's id, 16 characters of 0-9 and A-V`,
    );
  }

  /** Up to `limit` items after a position, oldest first. */
  async after(name: string, after: bigint, limit: number): Promise<ItemList> {
    const { channel, visible } = await this.#channels.window(name);
    const from = after + 1n > visible ? after + 1n : visible;
    const [rows, gone] = await Promise.all([
      this.#pages.forward({ channel, from, to: LAST_KEY, limit: limit + 1 }),
      after > 0n ? this.#pages.gone(channel, after, visible) : 0n,
    ]);
    return {
      items: rows.slice(0, limit).map(listed),
      hasPrevious: rows.length > 0 && await this.#hasBetween(channel, visible, rows[0]!.key - 1n),
      hasNext: rows.length > limit,
      ...(gone > 0n && { gap: gapOf(after, rows[0]?.key ?? gone + 1n) }),
    };
  }

  /** Up to `limit` items before a position, oldest first. */
  async before(name: string, before: bigint, limit: number): Promise<ItemList> {
    const { channel, visible } = await this.#channels.window(name);
    const rows = await this.#pages.backward({ channel, from: visible, to: before - 1n, limit: limit + 1 });
    const last = rows.at(-1);
    return {
      items: rows.slice(-limit).map(listed),
      hasPrevious: rows.length > limit,
      hasNext: last !== undefined && await this.#hasBetween(channel, last.key + 1n, LAST_KEY),
    };
  }

  /** Up to `limit` items of the channel, the newest, oldest first. */
  newest(name: string, limit: number): Promise<ItemList> {
    return this.before(name, LAST_KEY, limit);
  }

  /** Up to `limit` items stored from `from` to before `until` (milliseconds since the epoch), after a position. */
  async between(name: string, from: number, until: number, after: bigint, limit: number): Promise<ItemList> {
    const { channel, visible } = await this.#channels.window(name);
    const begin = [firstKeyAt(from), after + 1n, visible].reduce((a, b) => a > b ? a : b);
    const range = { channel, from: begin, to: firstKeyAt(until) - 1n, limit: limit + 1 };
    const rows = await this.#pages.forward(range);
    return { items: rows.slice(0, limit).map(listed), hasPrevious: false, hasNext: rows.length > limit };
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

  /** The contents of a list, page by page. */
  async *bulk(name: string, items: readonly Position[]): AsyncGenerator<readonly BodyRow[]> {
    if (items.length === 0) return;
    const { channel } = await this.#channels.window(name);
    const last = this.keyOf(items.at(-1)!.id);
    let from = this.keyOf(items[0]!.id);
    while (from <= last) {
      const { rows } = await this.#pages.bodies(
        { channel, from, to: last, limit: PAGE_ITEMS },
        PAGE_BYTES,
        LAST_KEY,
      );
      if (rows.length === 0) return;
      yield rows;
      from = rows.at(-1)!.key + 1n;
    }
  }

  /** The contents of a list as lines of JSON. An item that is none: `not-acceptable`, before the first line. */
  async lines(name: string, items: readonly Position[]): Promise<AsyncGenerator<string>> {
    const { channel } = await this.#channels.window(name);
    if (items.length === 0) return (async function* () {})();
    const from = this.keyOf(items[0]!.id), to = this.keyOf(items.at(-1)!.id);
    const wrong = await this.#pages.notJson({ channel, from, to, limit: items.length });
    if (wrong !== undefined) {
      throw new RunnelError("not-acceptable", `item ${idOfKey(wrong)} is no JSON: ask for multipart/mixed`);
    }
    return this.#lines(channel, from, to);
  }

  /** Up to `limit` item keys after one, in order, each with its newest item. */
  async itemKeys(name: string, after: string, limit: number) {
    const { channel, visible } = await this.#channels.window(name);
    const rows = await this.#pages.itemKeys(channel, after, visible, limit + 1);
    return {
      keys: rows.slice(0, limit).map(({ itemKey, key }) => ({ itemKey, ...positionOf(key) })),
      hasNext: rows.length > limit,
    };
  }

  /** The newest item with an item key. None: `item-not-found`. */
  async newestOf(name: string, itemKey: string): Promise<Position> {
    const { channel, visible } = await this.#channels.window(name);
    const key = await this.#pages.newestOf(channel, itemKey, visible);
    if (key !== undefined) return positionOf(key);
    throw new RunnelError("item-not-found", `channel ${name} has no item with the key ${itemKey}`);
  }

  async *#lines(channel: number, from: bigint, to: bigint): AsyncGenerator<string> {
    while (from <= to) {
      const page = await this.#pages.lines({ channel, from, to, limit: PAGE_ITEMS }, PAGE_BYTES);
      if (page === undefined) return;
      yield `${page.text}\n`;
      from = page.last + 1n;
    }
  }

  async #contents(channel: number, visible: bigint, after: bigint): Promise<ContentPage> {
    const from = after + 1n > visible ? after + 1n : visible;
    const range = { channel, from, to: LAST_KEY, limit: PAGE_ITEMS };
    const { rows, gone } = await this.#pages.bodies(range, PAGE_BYTES, after);
    return { rows, gap: gone > 0n && rows.length > 0 ? gapOf(after, rows[0]!.key) : undefined };
  }

  async #hasBetween(channel: number, from: bigint, to: bigint): Promise<boolean> {
    return from <= to && (await this.#pages.forward({ channel, from, to, limit: 1 })).length > 0;
  }
}

function gapOf(after: bigint, before: bigint): Gap {
  return { after: idOfKey(after), before: idOfKey(before) };
}

/** An item as a list shows it. */
export function listed({ key, type, encoding, itemKey, length }: HeadRow): ListedItem {
  return { ...positionOf(key), type, encoding, itemKey, length };
}
