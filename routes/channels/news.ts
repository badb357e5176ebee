/** What followers of channels are sent: addresses, or items with their contents; the same over every transport. */
import { encodeBase64 } from "hono/utils/encode";
import type { FollowManyQuery, FollowQuery } from "../../api/channels.ts";
import type { BodyRow } from "../../db/channels/pages.ts";
import type { Channel } from "../../domain/channels/channels.ts";
import { essence, isJsonType, readFilter } from "../../domain/channels/filter.ts";
import { follow, type News, positionAt, type Start } from "../../domain/channels/follow.ts";
import { idOfKey, timeOfKey } from "../../domain/channels/item_id.ts";
import { invalidPart } from "../../domain/errors.ts";
import { iso, readTime } from "../../domain/time.ts";
import type { Bundle, Following, Message } from "../live/sending.ts";
import { baseOf, type Call, param } from "../route.ts";

/** Channels that one follower may name; those with a tag count, too. */
const MAX_CHANNELS = 100;
/** How often channels that got a tag are looked for. */
const TAG_INTERVAL_MS = 1_000;

/** Reads how one channel is followed. Unknown: `channel-not-found`; an option that is none: `invalid-request`. */
export async function followOne(call: Call<typeof FollowQuery>): Promise<Following> {
  const { channels, hub, reader } = call.services;
  const channel = await channels.get(param(call, "name"));
  const filter = readFilter(call.query);
  const start = startOf(call, call.query.after);
  const write = writerOf(call, false);
  return {
    position: idOfKey(positionAt(start, channel)),
    async *bundles(signal) {
      const following = follow({ channels, hub, reader }, channel, start, filter, signal);
      try {
        while (true) {
          const { done, value } = await following.next();
          if (done) return value;
          yield bundleOf(value, write, (id) => id);
        }
      } finally {
        await following.return(undefined);
      }
    },
  };
}

/** The same for many channels: those that are named, and those with a tag, also when they get it later. */
export async function followMany(call: Call<typeof FollowManyQuery>): Promise<Following> {
  const { channels, hub, reader } = call.services;
  const { channels: names = [], tag, after } = call.query;
  if (names.length === 0 && tag === undefined) {
    throw invalidPart("channels", "name channels (channels=a,b), or a tag (tag=t)");
  }
  const given = readPositions(after);
  const filter = readFilter(call.query);
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
  const joining = first.filter((each) => each !== undefined);
  const positions = new Positions(joining.map(({ channel, start }) => [
    channel.name,
    idOfKey(positionAt(start, channel)),
  ]));
  const write = writerOf(call, true);
  return {
    position: positions.text,
    async *bundles(signal) {
      const merged = new Merger<News>(signal);
      const join = (channel: Channel, start: Start) => {
        merged.add(channel.name, follow({ channels, hub, reader }, channel, start, filter, merged.signal));
      };
      for (const { channel, start } of joining) join(channel, start);
      const lookForTag = async () => {
        for (const name of await channels.names(tag).catch(() => [])) {
          if (merged.has(name) || merged.size >= MAX_CHANNELS) continue;
          const channel = await channels.get(name).catch(() => undefined);
          if (channel !== undefined && !merged.has(name)) join(channel, "earliest");
        }
      };
      const looking = tag === undefined ? undefined : setInterval(lookForTag, TAG_INTERVAL_MS);
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
    },
  };
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

/** The positions of several channels, `a:ID,b:ID`; undefined: one position, or none, for all. */
function readPositions(after: string | undefined): ReadonlyMap<string, string> | undefined {
  if (after === undefined || !after.includes(":")) return undefined;
  return new Map(
    after.split(",").map((part): [string, string] => {
      const colon = part.indexOf(":");
      return [part.slice(0, colon), part.slice(colon + 1)];
    }),
  );
}

/** Where following begins. `Last-Event-ID` goes before `after`, as EventSource expects. */
function startOf(call: Call<typeof FollowQuery>, after: string | undefined): Start {
  const { reader, clock } = call.services;
  const { since } = call.query;
  if (after === "earliest") return "earliest";
  if (after !== undefined) return { after: reader.keyOf(after) };
  if (since === undefined) return "now";
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(since) ?? [];
  if (unit !== undefined) return { since: clock() - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS] };
  const time = readTime(since);
  if (time !== undefined) return { since: time.millis };
  throw invalidPart("since", "an ISO 8601 time, or a length of time such as 30s, 5m, 1h or 7d");
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Write = (channel: string, row: BodyRow) => string;

/** The text of an item: its address, or its headers and content. */
function writerOf(call: Call<typeof FollowQuery>, namesChannel: boolean): Write & { readonly says?: true } {
  const base = baseOf(call);
  if (!call.query.content) return (channel, { key }) => `${base}/channel/${channel}/${idOfKey(key)}`;
  const write: Write = (channel, row) =>
    JSON.stringify({
      ...(namesChannel && { channel }),
      ...describeContent(row, `${base}/channel/${channel}`),
    });
  return Object.assign(write, { says: true as const });
}

/** An item with its content, as followers and consumers get it. `channel` is the channel's address. */
export function describeContent(row: BodyRow, channel: string) {
  const id = idOfKey(row.key);
  return {
    id,
    href: `${channel}/${id}`,
    timestamp: iso(timeOfKey(row.key)),
    contentType: row.type,
    ...(row.encoding !== null && { contentEncoding: row.encoding }),
    ...(row.language !== null && { contentLanguage: row.language }),
    ...(row.itemKey !== null && { key: row.itemKey }),
    ...dataOf(row),
  };
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text as it is stored, everything else in base64. */
function dataOf({ type, encoding, body }: BodyRow): { data: string } | { dataBase64: string } {
  if (encoding === null && (isJsonType(type) || essence(type).startsWith("text/"))) {
    try {
      return { data: UTF_8.decode(body) };
    } catch {
      // Not UTF-8 after all.
    }
  }
  return { dataBase64: encodeBase64(body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength)) };
}

/** `positionAfter` tells where a follower stands once it has the item with that id, also in the middle of a bundle. */
function bundleOf(
  { rows, gap, position, isCrowded, channel }: News,
  write: Write & { readonly says?: true },
  positionAfter: (id: string) => string,
): Bundle {
  const messages: Message[] = [];
  // Plain addresses cannot say that something is gone.
  if (gap !== undefined && write.says) {
    messages.push({ kind: "gap", text: JSON.stringify({ gap }), position: positionAfter(gap.after) });
  }
  for (const row of rows) {
    messages.push({ kind: "item", text: write(channel, row), position: positionAfter(idOfKey(row.key)) });
  }
  return { messages, isCrowded, position: positionAfter(idOfKey(position)) };
}

/** Several generators as one, fair to each. A generator goes on when its last value was taken. */
class Merger<T> {
  readonly signal: AbortSignal;
  readonly #names = new Set<string>();
  readonly #ready: { readonly value: T; readonly goOn: () => void }[] = [];
  readonly #ended = new AbortController();
  #news = Promise.withResolvers<void>();

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#ended.signal]);
    this.signal.addEventListener("abort", () => this.#news.resolve(), { once: true });
  }

  get size(): number {
    return this.#names.size;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(name: string, values: AsyncGenerator<T, unknown>): void {
    this.#names.add(name);
    (async () => {
      for await (const value of values) {
        const taken = Promise.withResolvers<void>();
        this.#ready.push({ value, goOn: taken.resolve });
        this.#news.resolve();
        await taken.promise;
      }
    })().catch(() => {}).finally(() => {
      this.#names.delete(name);
      this.#news.resolve();
    });
  }

  /** Until the signal, or, unless more may join, until every generator has ended. */
  async *values(mayGrow: boolean): AsyncGenerator<T> {
    try {
      while (!this.signal.aborted) {
        const next = this.#ready.shift();
        if (next !== undefined) {
          yield next.value;
          next.goOn();
        } else if (this.#names.size === 0 && !mayGrow) {
          return;
        } else {
          this.#news = Promise.withResolvers();
          if (this.#ready.length === 0) await this.#news.promise;
        }
      }
    } finally {
      this.#ended.abort();
      for (const { goOn } of this.#ready) goOn();
    }
  }
}
