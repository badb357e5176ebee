/** Following many channels at once: those that are named, and those that have a tag. */
import { ChannelName, type FollowManyQuery } from "../../../api/channels.ts";
import type { Channel } from "../../../domain/channels/channels.ts";
import { type Filter, readFilter } from "../../../domain/channels/filter.ts";
import { follow, type News, positionAt, type Start } from "../../../domain/channels/follow.ts";
import { idOfKey, keyOfId } from "../../../domain/channels/item_id.ts";
import { invalidPart } from "../../../domain/errors.ts";
import type { Following } from "../../live/sending.ts";
import { check } from "../../request.ts";
import type { Call } from "../../route.ts";
import { Merger } from "./merger.ts";
import { bundleOf, startOf, writerOf } from "./news.ts";

/** Channels that one follower may name; those with a tag count, too. */
const MAX_CHANNELS = 100;
/** How often channels that got or lost a tag are looked for. */
const TAG_INTERVAL_MS = 1_000;

type ManyCall = Call<typeof FollowManyQuery>;

/** A channel that is followed, and from where. */
interface Joining {
  readonly channel: Channel;
  readonly start: Start;
}

/**
 * Reads how many channels are followed: those that are named, and those with a tag, also when they get it later. Unknown:
 * `channel-not-found`; an option that is none: `invalid-request`.
 */
export async function followMany(call: ManyCall): Promise<Following> {
  const { channels: names = [], tag } = call.query;
  if (names.length === 0 && tag === undefined) {
    throw invalidPart("channels", "name channels (channels=a,b), or a tag (tag=t)");
  }
  const filter = readFilter(call.query);
  const given = readPositions(call.query.after);
  const first = await joiningOf(call, given);
  // Also of channels that have lost the tag: they may get it again.
  const positions = new Positions([
    ...given ?? [],
    ...first.map(({ channel, start }) => [channel.name, idOfKey(positionAt(start, channel))] as const),
  ]);
  return {
    position: positions.text,
    bundles: (signal) => bundlesOfMany(call, { first, filter, positions }, signal),
  };
}

/** The channels that there are now, and where each begins. */
async function joiningOf(
  call: ManyCall,
  given: ReadonlyMap<string, string> | undefined,
): Promise<Joining[]> {
  const { channels } = call.services;
  const { channels: names = [], tag, after } = call.query;
  const tagged = tag === undefined ? [] : await channels.names(tag);
  const all = [...new Set([...names, ...tagged])];
  checkCount(all.length);
  const startFor = (name: string): Start => {
    // Whoever comes back did not see a channel that got the tag since.
    if (given !== undefined && !given.has(name) && !names.includes(name)) return "earliest";
    return startOf(call, given === undefined ? after : given.get(name));
  };
  for (const name of given?.keys() ?? [""]) startFor(name);
  const first = await Promise.all(all.map(async (name) => {
    // Between the look for the tag and now, a channel with it may have gone.
    const channel = await channels.get(name).catch((error) => {
      if (names.includes(name)) throw error;
    });
    return channel && { channel, start: startFor(name) };
  }));
  return first.filter((each) => each !== undefined);
}

interface Together {
  readonly first: readonly Joining[];
  readonly filter: Filter;
  readonly positions: Positions;
}

/** What comes in all of them, and in those that get the tag. */
async function* bundlesOfMany(
  call: ManyCall,
  { first, filter, positions }: Together,
  signal: AbortSignal,
): ReturnType<Following["bundles"]> {
  const { channels, hub, reader } = call.services;
  const { tag, channels: named = [] } = call.query;
  const merged = new Merger<News>(signal);
  const join = ({ channel, start }: Joining) =>
    merged.add(channel.name, (leaving) => follow({ channels, hub, reader }, channel, start, filter, leaving));
  for (const joining of first) join(joining);
  const lookForTag = async () => {
    const tagged = await channels.names(tag).catch(() => undefined);
    if (tagged === undefined) return;
    const stay = new Set([...named, ...tagged]);
    for (const name of merged.names) if (!stay.has(name)) merged.remove(name);
    for (const name of tagged) {
      if (merged.has(name) || merged.size >= MAX_CHANNELS) continue;
      const channel = await channels.get(name).catch(() => undefined);
      if (channel !== undefined && !merged.has(name)) join({ channel, start: positions.startOf(name) });
    }
  };
  const looking = tag === undefined ? undefined : setInterval(lookForTag, TAG_INTERVAL_MS);
  const write = writerOf(call, true);
  try {
    for await (const news of merged.values(tag !== undefined)) {
      const others = positions.others(news.channel);
      positions.move(news.channel, idOfKey(news.position));
      yield bundleOf(news, write, (id) => `${others}${news.channel}:${id}`);
    }
    return hub.isClosed ? "shutdown" : "deleted";
  } finally {
    clearInterval(looking);
  }
}

/** A follower's position in each of its channels: `a:ID,b:ID`, as `readPositions` reads it. */
class Positions {
  readonly #ids: Map<string, string>;

  constructor(ids: Iterable<readonly [string, string]>) {
    this.#ids = new Map(ids);
  }

  get text(): string {
    return Array.from(this.#ids, ([name, id]) => `${name}:${id}`).join(",");
  }

  /** Those in all channels but one, ready for that one's to follow. */
  others(channel: string): string {
    return Array.from(this.#ids, ([name, id]) => name === channel ? "" : `${name}:${id},`).join("");
  }

  /** Where a channel begins that joins: after what the follower has of it. */
  startOf(channel: string): Start {
    const key = keyOfId(this.#ids.get(channel) ?? "");
    return key === undefined ? "earliest" : { after: key };
  }

  move(channel: string, id: string): void {
    this.#ids.set(channel, id);
  }
}

function checkCount(count: number): void {
  if (count > MAX_CHANNELS) {
    throw invalidPart(
      "channels",
      `${count} channels are too many to follow at once: at most ${MAX_CHANNELS}`,
    );
  }
}

/** The positions of several channels, `a:ID,b:ID`; undefined: one position, or none, for all. No name: `invalid-request`. */
function readPositions(after: string | undefined): ReadonlyMap<string, string> | undefined {
  if (after === undefined || !after.includes(":")) return undefined;
  return new Map(
    after.split(",").map((part): [string, string] => {
      const colon = part.indexOf(":");
      return [check(part.slice(0, colon), ChannelName), part.slice(colon + 1)];
    }),
  );
}
