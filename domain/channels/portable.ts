/** Channels with their items as records. Ids stay what they are, so that addresses and positions go on to be right. */
import { z } from "zod";
import type { NewChannel, PortableStore, RestoredItem } from "../../db/channels/portable.ts";
import type { BodyRow, PageStore } from "../../db/channels/pages.ts";
import { LAST_KEY } from "../../db/channels/pages.ts";
import { invalidPart, RunnelError } from "../errors.ts";
import { isMediaType } from "./media_type.ts";
import { Gatherer, type Portable } from "../operation/portable.ts";
import { iso } from "../time.ts";
import type { Channels } from "./channels.ts";
import { idOfKey, keyOfId } from "./item_id.ts";

/** Items and bytes that are read at once. */
const PAGE_ITEMS = 1_000, PAGE_BYTES = 1 << 20;

const Name = z.string().regex(/^[A-Za-z0-9_]{1,48}$/, "1 to 48 characters of a-z, A-Z, 0-9 and underscore");
const Text = z.string().refine((text) => text.isWellFormed() && !text.includes("\0"), "well-formed text");
/** What a header can say. */
const headerOf = (most: number) =>
  z.string().max(most).regex(/^[\t\x20-\x7e\x80-\xff]*$/, "text that a header can have");
const Header = headerOf(255);
/** Headers that Runnel gave an item: no others, which would go before those that every answer has. */
const Headers = z.record(z.string().regex(/^Dead-Letter-[A-Za-z-]{1,40}$/, "Dead-Letter-…"), headerOf(1024));
const Count = z.int().positive().nullable();

const ChannelRecord = z.strictObject({
  record: z.literal("channel"),
  name: Name,
  created: z.iso.datetime(),
  ttlMillis: Count,
  maxItems: Count,
  description: Text.max(1024).nullable(),
  tags: z.array(Text.min(1).max(48)).max(32),
  owner: Text.max(256).nullable(),
  compact: z.boolean(),
});

const ItemRecord = z.strictObject({
  record: z.literal("item"),
  channel: Name,
  id: z.string().transform((id, context) => {
    const key = keyOfId(id);
    if (key !== undefined && key > 0n) return key;
    context.issues.push({ code: "custom", message: "16 characters of 0-9 and A-V", input: id });
    return z.NEVER;
  }),
  contentType: Header.refine(isMediaType, "a media type"),
  contentEncoding: Header.optional(),
  contentLanguage: Header.optional(),
  key: Header.optional(),
  headers: Headers.optional(),
  data: z.string().optional(),
  dataBase64: z.base64().optional(),
}).refine(
  ({ data, dataBase64 }) => (data === undefined) !== (dataBase64 === undefined),
  { error: "data or dataBase64", path: ["data"] },
);

const Record = z.discriminatedUnion("record", [ChannelRecord, ItemRecord]);

/** What exporting and importing channels needs. */
export interface ChannelPortableOptions {
  readonly channels: Channels;
  readonly pages: PageStore;
  readonly store: PortableStore;
}

export function portableChannels({ channels, pages, store }: ChannelPortableOptions): Portable {
  return {
    async *records() {
      for await (const names of channels.pages()) {
        for (const name of names) {
          const channel = await channels.get(name).catch(unlessGone);
          if (channel === undefined) continue;
          const { createdAt, ttlMillis, maxItems, description, tags, owner, compact } = channel;
          const created = iso(createdAt);
          yield [{
            record: "channel",
            name,
            created,
            ttlMillis,
            maxItems,
            description,
            tags,
            owner,
            compact,
          }];
          const { visible } = await channels.window(name);
          for (let from = visible;;) {
            const range = { channel: channel.id, from, to: LAST_KEY, limit: PAGE_ITEMS };
            const rows = await pages.bodies(range, PAGE_BYTES);
            if (rows.length === 0) break;
            yield rows.map((row) => recordOf(name, row));
            from = rows.at(-1)!.key + 1n;
          }
        }
      }
    },
    importer: () => new ChannelImporter(store),
  };
}

/** A gatherer that knows which channels it made: only those get items, in order. */
class ChannelImporter extends Gatherer<typeof Record> {
  constructor(store: PortableStore) {
    const newest = new Map<string, bigint>();
    super(
      Record,
      async (records) => {
        const taken = await store.restore(
          records.flatMap((record) => record.record === "channel" ? [newChannel(record)] : []),
          records.flatMap((record) => record.record === "item" ? [restored(record)] : []),
        );
        if (taken === undefined) return;
        throw new RunnelError("channel-exists", `a channel named ${taken} exists already: delete it first`);
      },
      (record) => {
        if (record.record === "channel") {
          if (newest.has(record.name)) throw invalidPart("name", `${record.name} came before`);
          newest.set(record.name, 0n);
          return;
        }
        const before = newest.get(record.channel);
        if (before === undefined) {
          throw invalidPart("channel", `no record of channel ${record.channel} came before`);
        }
        if (record.id <= before) throw invalidPart("id", `not after that of the item before it`);
        newest.set(record.channel, record.id);
      },
    );
  }
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function recordOf(channel: string, { key, type, encoding, language, itemKey, meta, body }: BodyRow): object {
  return {
    record: "item",
    channel,
    id: idOfKey(key),
    contentType: type,
    ...(encoding !== null && { contentEncoding: encoding }),
    ...(language !== null && { contentLanguage: language }),
    ...(itemKey !== null && { key: itemKey }),
    ...(meta !== null && { headers: JSON.parse(meta) }),
    ...dataOf(body),
  };
}

/** Text where it is UTF-8, else base64. */
function dataOf(body: Uint8Array): { data: string } | { dataBase64: string } {
  try {
    return { data: UTF_8.decode(body) };
  } catch {
    return { dataBase64: body.toBase64() };
  }
}

function newChannel({ record: _, created, ...settings }: z.output<typeof ChannelRecord>): NewChannel {
  return { ...settings, createdAt: Date.parse(created) };
}

function restored(item: z.output<typeof ItemRecord>): RestoredItem {
  const { channel, id, contentType, contentEncoding, contentLanguage, key, headers, data, dataBase64 } = item;
  return {
    channel,
    key: id,
    content: {
      type: contentType,
      encoding: contentEncoding ?? null,
      language: contentLanguage ?? null,
      itemKey: key ?? null,
      body: data === undefined ? Uint8Array.fromBase64(dataBase64!) : new TextEncoder().encode(data),
    },
    meta: headers === undefined ? null : JSON.stringify(headers),
  };
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof RunnelError && error.code === "channel-not-found")) throw error;
}
