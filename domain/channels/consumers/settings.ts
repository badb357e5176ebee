/** What can be set of a consumer, and where it begins. */
import type { ConsumerRow } from "../../../db/channels/consumers/consumers.ts";
import { invalidPart } from "../../errors.ts";
import { readTime } from "../../time.ts";
import type { FilterOptions } from "../filter.ts";
import { firstKeyAt, keyAfter, keyOfId } from "../item_id.ts";

/** How a consumer is set up. Times are milliseconds. */
export interface ConsumerSettings {
  /** `latest`, `earliest`, an item's id or an ISO 8601 time, as it was given. */
  readonly start: string;
  readonly ackWait: number;
  readonly maxDeliver: number;
  readonly maxInFlight: number;
  /** Name of the channel for items that nobody acknowledged; undefined: they are dropped. */
  readonly deadLetter?: string;
  readonly filter?: FilterOptions;
}

/** Settings to change: what is absent stays, null takes away. */
export type ConsumerChanges = {
  readonly [K in keyof ConsumerSettings]?: ConsumerSettings[K] | null | undefined;
};

/** Settings that nobody gave. */
export const DEFAULTS = { start: "latest", ackWait: 30_000, maxDeliver: 5, maxInFlight: 1_000 } as const;

/** A consumer's settings as they are stored. */
export function settingsOf({ settings }: Pick<ConsumerRow, "settings">): ConsumerSettings {
  const { filter, ...rest } = JSON.parse(settings);
  return { ...rest, ...(filter !== undefined && { filter: JSON.parse(filter) }) };
}

/**
 * Changes as the database keeps them. A filter is a text there, so that it replaces the one before instead of being merged
 * with it (RFC 7396).
 */
export function patchOf({ filter, ...changes }: ConsumerChanges): string {
  return JSON.stringify({
    ...changes,
    ...(filter !== undefined && { filter: filter === null ? null : JSON.stringify(filter) }),
  });
}

/** The first key after a start; -1: what comes from now on. None of both: `invalid-request`. */
export function startKey(start: string): bigint {
  if (start === "latest") return -1n;
  if (start === "earliest") return 0n;
  const key = keyOfId(start);
  if (key !== undefined) return keyAfter(key);
  const time = readTime(start);
  if (time !== undefined) return firstKeyAt(time.millis);
  throw invalidPart("start", "latest, earliest, an item's id (what comes after it), or an ISO 8601 time");
}
