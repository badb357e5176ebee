/** Following channels: what is there after a position, then what comes, without a gap and without a double. */
import type { BodyRow } from "../../db/channels/pages.ts";
import { type Channel, type Channels } from "./channels.ts";
import type { Filter } from "./filter.ts";
import { CALM_MESSAGES, type EndReason, type Hub } from "../live/hub.ts";
import { firstKeyAt } from "./item_id.ts";
import type { Gap, Reader } from "./reader.ts";

/** What a follower gets next: items of one channel in order, after what is gone before them. */
export interface News {
  readonly channel: string;
  readonly gap: Gap | undefined;
  /** Those that the filter lets through; none where the position alone moved on. */
  readonly rows: readonly BodyRow[];
  /** The position after this. */
  readonly position: bigint;
  /** So much is to be told to so many that several items should go in one message. */
  readonly isCrowded: boolean;
}

/**
 * Where following begins: after a key, at a time (milliseconds since the epoch), with the first item that can be read, or
 * with what is inserted from now on.
 */
export type Start = { readonly after: bigint } | { readonly since: number } | "earliest" | "now";

/** What following needs. */
export interface FollowOptions {
  readonly channels: Channels;
  readonly hub: Hub<number>;
  readonly reader: Reader;
}

/** Follows one channel until `signal`, or until the answered reason. A follower reads on when it asks for more. */
export async function* follow(
  { channels, hub, reader }: FollowOptions,
  channel: Channel,
  start: Start,
  filter: Filter,
  signal: AbortSignal,
): AsyncGenerator<News, EndReason | undefined> {
  using watch = hub.watch(channel.id, channel.lastKey);
  const aborted = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
  let position = positionAt(start, channel);
  // From the earliest on, nothing was missed that is gone.
  let isTold = start !== "earliest";
  while (!signal.aborted) {
    watch.taken(position);
    if (watch.ended !== undefined) return watch.ended;
    const visible = await channels.firstVisible(channel.name).catch(() => undefined);
    if (visible === undefined) return "deleted";
    const { head } = watch;
    const page = await reader.contents(channel.id, visible, position);
    const { rows } = page, gap = isTold ? page.gap : undefined;
    if (rows.length === 0) {
      // Not after the position: what was between may have expired, and would wake this for ever.
      await Promise.race([watch.after(head), aborted]);
      continue;
    }
    position = rows.at(-1)!.key;
    isTold = true;
    const wanted = filter === undefined ? rows : rows.filter(filter);
    const isCrowded = wanted.length > 1 && wanted.length * watch.crowd > CALM_MESSAGES;
    yield { channel: channel.name, gap, rows: wanted, position, isCrowded };
  }
  return undefined;
}

/** The position of a follower before it was sent anything. */
export function positionAt(start: Start, { lastKey }: Channel): bigint {
  if (start === "now") return lastKey;
  if (start === "earliest") return 0n;
  if ("after" in start) return start.after;
  const key = firstKeyAt(start.since);
  return key > 0n ? key - 1n : 0n;
}
