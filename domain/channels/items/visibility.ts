/** Which items of a channel can be read at a moment, and what of their neighbours is seen. Pure. */
import type { ChannelRow } from "../../../db/channels/channels.ts";
import type { ItemContent, WholeItemRow } from "../../../db/channels/items.ts";
import { expiredUntil, firstAlive } from "../../expiry.ts";
import { firstKeyAt, idOfKey, keyOfId, timeOfKey } from "../item_id.ts";

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

/** The position of a key. */
export function positionOf(key: bigint): Position {
  return { id: idOfKey(key), time: timeOfKey(key) };
}

/** An item as it is stored, whether it can be read or not. */
export function itemOf({ key, previous, next, ...content }: WholeItemRow): Item {
  return {
    ...positionOf(key),
    ...content,
    previous: previous === null ? undefined : positionOf(previous),
    next: next === null ? undefined : positionOf(next),
  };
}

/** The first key of a channel that can be read at `now`. */
export function firstVisible({ ttlMillis, floorKey }: ChannelRow, now: number): bigint {
  const alive = firstKeyAt(firstAlive(ttlMillis, now));
  return alive > floorKey ? alive : floorKey;
}

/** The channel's newest item, if it can be read at `now`. */
export function newestVisible(
  { ttlMillis, floorKey, lastKey }: ChannelRow,
  now: number,
): Position | undefined {
  const isVisible = lastKey > 0n && lastKey >= floorKey && timeOfKey(lastKey) > expiredUntil(ttlMillis, now);
  return isVisible ? positionOf(lastKey) : undefined;
}

/** Whether later insertions remove items before their time. */
export function losesItems({ maxItems, compact }: ChannelRow): boolean {
  return maxItems !== null || compact;
}

/** The item as its channel is at `now`, or undefined when it can no longer be read. */
export function readingOf(channel: ChannelRow, item: Item, now: number): Reading | undefined {
  const { ttlMillis, floorKey } = channel;
  const died = expiredUntil(ttlMillis, now);
  const isGone = ({ id, time }: Position) => time <= died || (floorKey > 0n && keyOfId(id)! < floorKey);
  if (isGone(item)) return undefined;
  const expires = losesItems(channel) ? 0 : ttlMillis === null ? Infinity : item.time + ttlMillis;
  const seen = item.previous !== undefined && isGone(item.previous) ? { ...item, previous: undefined } : item;
  return { item: seen, expires };
}
