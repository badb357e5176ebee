/** The queries of channels' metadata. Keys leave SQL as decimal text, because they exceed 2^53. */
import { createLookup, type Plan } from "../batcher.ts";
import type { Result, Row } from "../engine/engine.ts";
import type { Database } from "../open.ts";

const CHANNEL_COLUMNS = `id, name, created_at, ttl_ms, max_items, description, tags,
  CAST(last_key AS TEXT), CAST(floor_key AS TEXT), item_count, owner, compact`;
const SELECT_BY_NAME =
  `SELECT ${CHANNEL_COLUMNS} FROM channel WHERE name IN (SELECT value FROM json_each(?1))`;
// ?1: a tag, or NULL for all channels.
const HAS_TAG = `(?1 IS NULL OR EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?1))`;
const SELECT_NAMES = `SELECT name FROM channel WHERE name > ?2 AND ${HAS_TAG} ORDER BY name LIMIT ?3`;
const SELECT_NEWEST = `SELECT name FROM channel WHERE ${HAS_TAG} ORDER BY last_key DESC, name LIMIT ?2`;
// The items that a channel counts, less those that have expired since the last sweep.
const SELECT_SUMMARY = `SELECT count(*), ifnull(sum(item_count - (SELECT count(*) FROM item
    WHERE channel = c.id AND key >= c.floor_key AND key < max(0, ?1 - c.ttl_ms + 1) << 16)), 0) FROM channel c`;
const SELECT_ITEMS = `SELECT item_count - (SELECT count(*) FROM item
    WHERE channel = c.id AND key >= c.floor_key AND key < max(0, ?2 - c.ttl_ms + 1) << 16) FROM channel c
  WHERE name = ?1`;
const INSERT_CHANNEL =
  `INSERT INTO channel (name, created_at, ttl_ms, max_items, description, tags, owner, compact)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (name) DO NOTHING RETURNING ${CHANNEL_COLUMNS}`;
// What has expired under the old time to live stays gone when the new one is longer.
const KEEP_EXPIRED = `UPDATE channel SET
    item_count = item_count - (SELECT count(*) FROM item
      WHERE channel = channel.id AND key >= floor_key AND key < max(0, ?2 - ttl_ms + 1) << 16),
    floor_key = max(floor_key, max(0, ?2 - ttl_ms + 1) << 16)
  WHERE id = ?1 AND ttl_ms IS NOT NULL`;
// ?2 is a JSON object of what changes, so that two callers who change different settings both have their way.
const CHANGED = (column: string, path: string) =>
  `${column} = CASE WHEN json_type(?2, '${path}') IS NULL THEN ${column} ELSE ?2 ->> '${path}' END`;
const UPDATE_CHANNEL = `UPDATE channel SET ${CHANGED("ttl_ms", "$.ttlMillis")}, ${
  CHANGED("max_items", "$.maxItems")
},
  ${CHANGED("description", "$.description")}, ${CHANGED("tags", "$.tags")},
  ${CHANGED("owner", "$.owner")}, ${CHANGED("compact", "$.compact")} WHERE id = ?1`;
// A lower max_items moves the floor at once; the sweep frees what fell below it. OFFSET can name no outer column.
const KEEP_NEWEST = `UPDATE channel SET
    floor_key = ifnull((SELECT key FROM item WHERE channel = channel.id AND key >= floor_key
      ORDER BY key DESC LIMIT 1 OFFSET (SELECT max_items - 1 FROM channel WHERE id = ?1)), floor_key),
    item_count = min(item_count, max_items)
  WHERE id = ?1 AND item_count > max_items`;
const SELECT_BY_ID = `SELECT ${CHANNEL_COLUMNS} FROM channel WHERE id = ?1`;
const DELETE_DELIVERIES =
  `DELETE FROM delivery WHERE consumer IN (SELECT id FROM consumer WHERE channel = ?1)`;
const DELETE_WEBHOOKS = `DELETE FROM webhook WHERE consumer IN (SELECT id FROM consumer WHERE channel = ?1)`;
const DELETE_CONSUMERS = `DELETE FROM consumer WHERE channel = ?1`;
const DELETE_CHANNEL = `DELETE FROM channel WHERE id = ?1 RETURNING id`;
const INSERT_DROPPED = `INSERT OR IGNORE INTO dropped_channel VALUES (?1)`;

const SELECT_NAME = `SELECT name FROM channel WHERE id = ?1`;
const SELECT_LAST_KEYS =
  `SELECT id, CAST(last_key AS TEXT) FROM channel WHERE id IN (SELECT value FROM json_each(?1))`;

/** What may be set on a channel. `null`: no expiry, no limit, no description. */
export interface ChannelSettings {
  readonly ttlMillis: number | null;
  readonly maxItems: number | null;
  readonly description: string | null;
  readonly tags: readonly string[];
  /** Who answers for it; `null`: not said. */
  readonly owner: string | null;
  /** Whether only the newest item of each item key is kept. */
  readonly compact: boolean;
}

/** Settings to change; what is absent or undefined stays. */
export type ChannelChanges = { readonly [K in keyof ChannelSettings]?: ChannelSettings[K] | undefined };

/** A channel as stored. */
export interface ChannelRow extends ChannelSettings {
  readonly id: number;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Key of the newest item ever stored, 0 when there was none. */
  readonly lastKey: bigint;
  /** Items with a smaller key are gone. */
  readonly floorKey: bigint;
  /** Items at or above the floor, expired ones that are not swept yet included. */
  readonly itemCount: number;
}

/** The queries, bound to a database. */
export type ChannelStore = ReturnType<typeof createChannelStore>;

/** `clock` answers the time in milliseconds since the epoch. */
export function createChannelStore({ engine, commits, query, scan }: Database, clock: () => number) {
  return {
    /** The channel of that name, or undefined. Coalesced. */
    byName: createLookup(engine, planByName),
    /** Up to `limit` names after one, in order; those with a tag, if one is given. */
    async names(tag: string | null, after: string, limit: number): Promise<string[]> {
      return (await scan(SELECT_NAMES, tag, after, limit)).map(([name]) => name as string);
    },
    /** Up to `limit` names, those that an item was stored in last first; all channels are looked through. */
    async newest(tag: string | null, limit: number): Promise<string[]> {
      return (await scan(SELECT_NEWEST, tag, limit)).map(([name]) => name as string);
    },
    async summary(): Promise<{ channels: number; items: number }> {
      const [row] = await scan(SELECT_SUMMARY, clock());
      return { channels: row![0] as number, items: row![1] as number };
    },
    /** How many items of a channel can be read; undefined where there is no such channel. */
    async items(name: string): Promise<number | undefined> {
      const [row] = await query(SELECT_ITEMS, name, clock());
      return row?.[0] as number | undefined;
    },
    /** The new channel, or undefined when the name is taken. */
    async insert(name: string, settings: ChannelSettings): Promise<ChannelRow | undefined> {
      const { ttlMillis, maxItems, description, tags, owner, compact } = settings;
      const set = [ttlMillis, maxItems, description, JSON.stringify(tags), owner, compact ? 1 : 0];
      const args = [name, clock(), ...set];
      return firstChannel(await commits.execute([{ sql: INSERT_CHANNEL, args }]), 0);
    },
    /** The channel with those settings changed, or undefined when it is gone. */
    async update(id: number, changes: ChannelChanges): Promise<ChannelRow | undefined> {
      const results = await commits.execute([
        { sql: KEEP_EXPIRED, args: [id, clock()] },
        { sql: UPDATE_CHANNEL, args: [id, JSON.stringify(changes)] },
        { sql: KEEP_NEWEST, args: [id] },
        { sql: SELECT_BY_ID, args: [id] },
      ]);
      return firstChannel(results, 3);
    },
    /** Removes a channel with its consumers and webhooks; its items are unreachable at once and freed by the sweep. False when it was gone. */
    async remove(id: number): Promise<boolean> {
      const [deleted] = await commits.execute([
        { sql: DELETE_CHANNEL, args: [id] },
        { sql: INSERT_DROPPED, args: [id] },
        { sql: DELETE_DELIVERIES, args: [id] },
        { sql: DELETE_WEBHOOKS, args: [id] },
        { sql: DELETE_CONSUMERS, args: [id] },
      ]);
      return deleted!.changes > 0;
    },
    /** The name of the channel with that number, or undefined. */
    async nameOf(id: number): Promise<string | undefined> {
      const [row] = await query(SELECT_NAME, id);
      return row && row[0] as string;
    },
    /** The newest key of each of these channels; a deleted one is absent. */
    async lastKeys(channels: readonly number[]): Promise<Map<number, bigint>> {
      const rows = await query(SELECT_LAST_KEYS, JSON.stringify(channels));
      return new Map(rows.map(([id, key]) => [id as number, BigInt(key as string)]));
    },
  };
}

function planByName(names: string[]): Plan<ChannelRow | undefined> {
  return {
    statements: [{ sql: SELECT_BY_NAME, args: [JSON.stringify([...new Set(names)])] }],
    settle([result]) {
      const found = new Map(result!.rows.map((row) => [row[1] as string, toChannel(row)]));
      return names.map((name) => found.get(name));
    },
  };
}

function firstChannel(results: readonly Result[], index: number): ChannelRow | undefined {
  const row = results[index]!.rows[0];
  return row && toChannel(row);
}

function toChannel(row: Row): ChannelRow {
  return {
    id: row[0] as number,
    name: row[1] as string,
    createdAt: row[2] as number,
    ttlMillis: row[3] as number | null,
    maxItems: row[4] as number | null,
    description: row[5] as string | null,
    tags: JSON.parse(row[6] as string),
    lastKey: BigInt(row[7] as string),
    floorKey: BigInt(row[8] as string),
    itemCount: row[9] as number,
    owner: row[10] as string | null,
    compact: row[11] === 1,
  };
}
