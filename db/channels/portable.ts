/** The statements that bring channels back as they were: with their times, and items with the keys that they had. */
import type { Statement } from "../engine/engine.ts";
import { textChecksum } from "../checksum.ts";
import type { Database } from "../open.ts";
import type { ChannelSettings } from "./channels.ts";
import { bodyAt, checksumAt, PackedContents, type StoredContent } from "./contents.ts";

const INSERT_CHANNEL =
  `INSERT INTO channel (name, created_at, ttl_ms, max_items, description, tags, owner, compact)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`;
const SELECT_TAKEN = `SELECT name FROM channel WHERE name IN (SELECT value FROM json_each(?1)) LIMIT 1`;
// ?2: contents, ?3: [[place, type, encoding, language, item key, key, headers, their checksum], …]
const INSERT_ITEMS =
  `INSERT INTO item (channel, key, type, encoding, language, body, item_key, meta, checksum)
  SELECT c.id, CAST(r.value ->> 5 AS INTEGER), r.value ->> 1, r.value ->> 2, r.value ->> 3,
    ${bodyAt("?2", "(r.value ->> 0)")}, r.value ->> 4, r.value ->> 6,
    ${checksumAt("?2", "(r.value ->> 0)")} + (r.value ->> 7) + c.id + CAST(r.value ->> 5 AS INTEGER)
  FROM json_each(?3) r CROSS JOIN channel c ON c.name = ?1`;
const NOTE_ITEMS =
  `UPDATE channel SET item_count = item_count + changes(), last_key = max(last_key, ?2) WHERE name = ?1`;

/** A channel as it was. */
export interface NewChannel extends ChannelSettings {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** An item as it was. */
export interface RestoredItem {
  readonly channel: string;
  readonly key: bigint;
  readonly content: StoredContent;
  /** Headers that Runnel gave it, as JSON. */
  readonly meta: string | null;
}

/** The queries, bound to a database. */
export type PortableStore = ReturnType<typeof createPortableStore>;

export function createPortableStore({ commits, query }: Database) {
  return {
    /** Makes channels, then stores items in them, ascending; all or nothing. Answers a name that is taken, if one is. */
    async restore(
      channels: readonly NewChannel[],
      items: readonly RestoredItem[],
    ): Promise<string | undefined> {
      const names = JSON.stringify(channels.map(({ name }) => name));
      const [taken] = await query(SELECT_TAKEN, names);
      if (taken !== undefined) return taken[0] as string;
      const byChannel = Map.groupBy(items, ({ channel }) => channel);
      await commits.execute([
        ...channels.map(insertion),
        ...byChannel.entries().flatMap(([channel, own]) => insertions(channel, own)),
      ], items.reduce((bytes, { content }) => bytes + content.body.length, 0));
      return undefined;
    },
  };
}

function insertion(channel: NewChannel): Statement {
  const { name, createdAt, ttlMillis, maxItems, description, tags, owner, compact } = channel;
  const settings = [ttlMillis, maxItems, description, JSON.stringify(tags), owner, compact ? 1 : 0];
  return { sql: INSERT_CHANNEL, args: [name, createdAt, ...settings] };
}

function insertions(channel: string, items: readonly RestoredItem[]): Statement[] {
  const { bytes, places } = PackedContents.of(items.map(({ content }) => content));
  const rows = items.map(({ key, content, meta }, i) => {
    const { type, encoding, language, itemKey = null } = content;
    const sum = meta === null ? 0 : textChecksum(meta);
    return [places[i], type, encoding, language, itemKey, `${key}`, meta, sum];
  });
  return [
    { sql: INSERT_ITEMS, args: [channel, bytes, JSON.stringify(rows)] },
    { sql: NOTE_ITEMS, args: [channel, items.at(-1)!.key] },
  ];
}
