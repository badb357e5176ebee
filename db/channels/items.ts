/** The queries of a channel's items. Keys leave SQL as decimal text, because they exceed 2^53. */
import { createLookup, type Plan } from "../batcher.ts";
import type { Damage } from "../checksum.ts";
import type { Row, Statement } from "../engine/engine.ts";
import { SELECT_KEYS_MARK } from "../keys.ts";
import type { Database } from "../open.ts";
import {
  bodyAt,
  checksumAt,
  damagedItem,
  isSound,
  type ItemContent,
  PackedContents,
  selectedChecksum,
} from "./contents.ts";

// Keys are given here, under the write lock: whichever process commits, ids increase in commit order. The floor can
// be ahead of the clock when the clock was set back; an item below it would be stored and never seen.
// What the caller knows of the channel may be old: of another name, it is not meant. ?5 is the mark that API keys must
// have; NULL: any.
const ALLOCATE_KEYS = `UPDATE channel SET
    last_key = max(?3 << 16, last_key + 1, floor_key) + ?2 - 1,
    item_count = item_count + ?2
  WHERE id = ?1 AND name = ?4 AND (?5 IS NULL OR ?5 = (${SELECT_KEYS_MARK}))
  RETURNING CAST(last_key AS TEXT), ifnull(item_count > max_items, 0)`;
/** Stores items with the same headers under the keys that the statement before gave; nothing where it gave none. */
// ?4 holds the place of each content in ?3. changes() is what the statement before did.
export const INSERT_ITEMS = `INSERT INTO item (channel, key, type, encoding, language, body, checksum)
  SELECT c.id, c.last_key - ?2 + 1 + r.key, ?5, ?6, ?7, ${bodyAt("?3", "r.value")},
    ${checksumAt("?3", "r.value")} + c.id + c.last_key - ?2 + 1 + r.key
  FROM channel c, json_each(?4) r WHERE c.id = ?1 AND changes() > 0`;
// None where the channel is gone or has no limit: a LIMIT of NULL is an error.
const EXCESS = `ifnull((SELECT max(0, item_count - max_items) FROM channel WHERE id = ?1), 0)`;
const TRIM_ITEMS = `DELETE FROM item WHERE rowid IN (
    SELECT i.rowid FROM item i JOIN channel c ON c.id = i.channel
    WHERE c.id = ?1 AND i.key >= c.floor_key ORDER BY i.key
    LIMIT ${EXCESS})`;
const NOTE_TRIMMED = `UPDATE channel SET gone_key = max(gone_key, ifnull((SELECT max(key) FROM (
    SELECT i.key FROM item i JOIN channel c ON c.id = i.channel
    WHERE c.id = ?1 AND i.key >= c.floor_key ORDER BY i.key
    LIMIT ${EXCESS})), 0))
  WHERE id = ?1 AND item_count > max_items`;
// The floor follows, so that an item that went is gone from the memory of every process, too.
const TRIM_COUNT = `UPDATE channel SET item_count = min(item_count, max_items),
    floor_key = max(floor_key, ifnull((SELECT min(key) FROM item WHERE channel = ?1 AND key >= floor_key), 0))
  WHERE id = ?1 AND item_count > max_items`;

const NEXT_KEY =
  `(SELECT CAST(n.key AS TEXT) FROM item n WHERE n.channel = ?1 AND n.key > k.value ORDER BY n.key LIMIT 1)`;
/** Bytes from which a body is read by itself, once there is room for it. */
const LARGE = 64 << 10;
const selectItems = (body: string) =>
  `SELECT CAST(k.value AS TEXT), i.type, i.encoding, i.language, ${body},
    (SELECT CAST(p.key AS TEXT) FROM item p WHERE p.channel = ?1 AND p.key < k.value ORDER BY p.key DESC LIMIT 1),
    ${NEXT_KEY}, i.item_key, i.meta, ${selectedChecksum("?1", "k.value")}
  FROM json_each(?2) k CROSS JOIN item i ON i.channel = ?1 AND i.key = k.value`;
const SELECT_ITEMS = selectItems(`CASE WHEN length(i.body) < ${LARGE} THEN i.body ELSE length(i.body) END`);
const SELECT_WHOLE = selectItems("i.body");
const SELECT_FIRST_KEY =
  `SELECT CAST(key AS TEXT) FROM item WHERE channel = ?1 AND key >= ?2 ORDER BY key LIMIT 1`;
const SELECT_SWEEPABLE = `SELECT id, CAST(max(floor_key, ifnull(max(0, ?1 - ttl_ms + 1) << 16, 0)) AS TEXT)
  FROM channel c WHERE EXISTS (SELECT 1 FROM item WHERE channel = c.id
    AND key < max(c.floor_key, ifnull(max(0, ?1 - c.ttl_ms + 1) << 16, 0)))`;
const OLDEST_KEYS = `SELECT key FROM item WHERE channel = ?1 AND key < ?2 ORDER BY key LIMIT ?3`;
const SWEEP_COUNT = `UPDATE channel SET
    item_count = item_count - (SELECT count(*) FROM (${OLDEST_KEYS}) WHERE key >= floor_key),
    floor_key = max(floor_key, 1 + ifnull((SELECT max(key) FROM (${OLDEST_KEYS})), 0)),
    gone_key = max(gone_key, ifnull((SELECT max(key) FROM (${OLDEST_KEYS})), 0))
  WHERE id = ?1`;
const SWEEP_ITEMS = `DELETE FROM item WHERE channel = ?1 AND key IN (${OLDEST_KEYS})`;
const SELECT_DROPPED = `SELECT id FROM dropped_channel`;
const SWEEP_DROPPED = `DELETE FROM item WHERE channel = ?1 AND key IN
  (SELECT key FROM item WHERE channel = ?1 LIMIT ?2)`;
const FORGET_DROPPED = `DELETE FROM dropped_channel WHERE id = ?1
  AND NOT EXISTS (SELECT 1 FROM item WHERE channel = ?1)`;

export type { ItemContent };

/** An item as stored, with the keys of its neighbours (expired ones included). */
export interface ItemRow extends Omit<ItemContent, "body"> {
  /** The bytes of a large one are left to `whole`: here is how many there are. */
  readonly body: Uint8Array<ArrayBuffer> | number;
  readonly key: bigint;
  readonly previous: bigint | null;
  readonly next: bigint | null;
  readonly itemKey: string | null;
  /** Headers that Runnel gave it; `null`: none. */
  readonly meta: Readonly<Record<string, string>> | null;
}

/** An item with its bytes, however many. */
export interface WholeItemRow extends ItemRow {
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An item on its way into a channel. */
export interface Append {
  readonly channel: number;
  /** Name of the channel: of another name, it is not meant. */
  readonly name: string;
  /** The mark that API keys must have; undefined: any. */
  readonly keysMark: string | undefined;
  /** Whether the channel keeps only so many items; the oldest go in the same commit. */
  readonly trims: boolean;
  readonly content: ItemContent;
}

/** An item that is stored. */
export interface Appended {
  readonly key: bigint;
  /** Whether the channel now holds more items than it keeps, because `trims` was false. */
  readonly exceeds: boolean;
}

/** What became of a write. Keys rise by one from `last - count + 1` to `last`. */
export type Written =
  | { readonly outcome: "stored" | "replayed"; readonly last: bigint; readonly count: number }
  | { readonly outcome: "conflict" }
  | { readonly outcome: "not-latest"; readonly last: bigint }
  | { readonly outcome: "no-channel" };

/** The queries, bound to a database. */
export type ItemStore = ReturnType<typeof createItemStore>;

/** `clock` answers the time in milliseconds since the epoch; keys never run behind it. */
export function createItemStore(
  { engine, commits, query, scan, damage }: Database,
  clock: () => number,
) {
  return {
    /** The item with that key in that channel, or undefined. Coalesced. */
    get: createLookup(engine, (ops: Place[]) => planItems(ops, damage)),
    /** The same item with the bytes of a large one. */
    async whole(channel: number, key: bigint): Promise<WholeItemRow | undefined> {
      const [row] = await query(SELECT_WHOLE, channel, `[${key}]`);
      if (row === undefined) return undefined;
      const item = toItem(row);
      if (item === undefined) throw damagedItem(damage, channel, key);
      return item as WholeItemRow;
    },
    /** Stores an item. Undefined: the channel is gone, or the keys have another mark. Committed in groups. */
    append: commits.writer((ops: Append[]) => planAppends(ops, clock())),
    /** Removes the oldest items of a channel that holds more than its maxItems. */
    async trim(channel: number): Promise<void> {
      await commits.execute(trim(channel));
    },
    /** Key of the oldest item at or after `from`. */
    async firstKey(channel: number, from: bigint): Promise<bigint | undefined> {
      const [row] = await query(SELECT_FIRST_KEY, channel, from);
      return row && BigInt(row[0] as string);
    },
    /** Channels that hold rows below what is visible at `now`, with the first visible key. */
    async sweepable(now: number): Promise<{ channel: number; firstVisible: bigint }[]> {
      const rows = await scan(SELECT_SWEEPABLE, now);
      return rows.map(([id, key]) => ({ channel: id as number, firstVisible: BigInt(key as string) }));
    },
    /** Frees up to `limit` rows below `firstVisible`, oldest first, and answers how many. */
    async sweep(channel: number, firstVisible: bigint, limit: number): Promise<number> {
      const args = [channel, firstVisible, limit];
      const results = await commits.execute([{ sql: SWEEP_COUNT, args }, { sql: SWEEP_ITEMS, args }]);
      return results[1]!.changes;
    },
    /** Ids of deleted channels that still have rows. */
    async dropped(): Promise<number[]> {
      return (await scan(SELECT_DROPPED)).map(([id]) => id as number);
    },
    /** Frees up to `limit` rows of a deleted channel, and answers how many. */
    async sweepDropped(channel: number, limit: number): Promise<number> {
      const results = await commits.execute([
        { sql: SWEEP_DROPPED, args: [channel, limit] },
        { sql: FORGET_DROPPED, args: [channel] },
      ]);
      return results[0]!.changes;
    },
  };
}

/** Where an item is. */
interface Place {
  readonly channel: number;
  readonly key: bigint;
}

function planItems(
  ops: readonly Place[],
  damage: Damage,
): Plan<ItemRow | undefined> {
  const channels = Array.from(Map.groupBy(ops.keys(), (i) => ops[i]!.channel));
  return {
    statements: channels.map(([channel, indexes]) => ({
      sql: SELECT_ITEMS,
      args: [channel, `[${[...new Set(indexes.map((i) => ops[i]!.key))].join()}]`],
    })),
    settle(results) {
      const items = new Array<ItemRow | Error | undefined>(ops.length);
      channels.forEach(([channel, indexes], c) => {
        const found = new Map(results[c]!.rows.map((row) => [row[0] as string, row]));
        for (const i of indexes) {
          const { key } = ops[i]!, row = found.get(key.toString());
          if (row !== undefined) items[i] = toItem(row) ?? damagedItem(damage, channel, key);
        }
      });
      return items;
    },
  };
}

interface AppendGroup {
  readonly first: Append;
  readonly indexes: number[];
  bytes: number;
}

/** One pair of statements for all items of a batch that share channel and headers. */
function planAppends(ops: Append[], now: number): Plan<Appended | undefined> {
  const groups = groupAppends(ops);
  const statements: Statement[] = [];
  const allocations: number[] = [];
  for (const group of groups) {
    const { channel, name, keysMark, content, trims } = group.first;
    const count = group.indexes.length;
    const { bytes, places } = pack(ops, group);
    allocations.push(statements.length);
    statements.push(
      { sql: ALLOCATE_KEYS, args: [channel, count, now, name, keysMark ?? null] },
      {
        sql: INSERT_ITEMS,
        args: [channel, count, bytes, places, content.type, content.encoding, content.language],
      },
    );
    if (trims) statements.push(...trim(channel));
  }
  return {
    statements,
    settle(results) {
      const stored = new Array<Appended | undefined>(ops.length);
      groups.forEach(({ indexes, first: { trims } }, g) => {
        const [last, isOver] = results[allocations[g]!]!.rows[0] ?? [];
        if (last === undefined) return;
        const first = BigInt(last as string) - BigInt(indexes.length - 1), exceeds = isOver === 1 && !trims;
        indexes.forEach((index, i) => stored[index] = { key: first + BigInt(i), exceeds });
      });
      return stored;
    },
  };
}

/** Removes what exceeds the channel's maxItems, oldest first. */
export function trim(channel: number): Statement[] {
  return [NOTE_TRIMMED, TRIM_ITEMS, TRIM_COUNT].map((sql) => ({ sql, args: [channel] }));
}

function groupAppends(ops: Append[]): AppendGroup[] {
  const groups = new Map<string, AppendGroup>();
  ops.forEach((op, i) => {
    const { channel, keysMark, content: { type, encoding, language, body } } = op;
    const id = encoding === null && language === null && keysMark === undefined
      ? `${channel} ${type}`
      : JSON.stringify([channel, type, encoding, language, keysMark]);
    let group = groups.get(id);
    if (group === undefined) groups.set(id, group = { first: op, indexes: [], bytes: 0 });
    group.indexes.push(i);
    group.bytes += body.length;
  });
  return [...groups.values()];
}

/** The contents of a group, and their places as JSON. */
function pack(ops: Append[], { indexes, bytes }: AppendGroup) {
  const packed = new PackedContents(indexes.length, bytes);
  let places = "";
  for (const index of indexes) {
    if (places !== "") places += ",";
    places += packed.add(ops[index]!.content);
  }
  return { bytes: packed.bytes, places: `[${places}]` };
}

const toKey = (value: Row[number] | undefined) => typeof value === "string" ? BigInt(value) : null;

/** The item; undefined when it is not as it was stored, which shows in its bytes. */
function toItem(row: Row): ItemRow | undefined {
  const meta = row[8]!;
  const item = {
    key: BigInt(row[0] as string),
    type: row[1] as string,
    encoding: row[2] as string | null,
    language: row[3] as string | null,
    body: row[4] as Uint8Array<ArrayBuffer> | number,
    previous: toKey(row[5]),
    next: toKey(row[6]),
    itemKey: row[7] as string | null,
  };
  if (typeof item.body !== "number" && !isSound({ ...item, body: item.body }, meta, row[9]!)) {
    return undefined;
  }
  return { ...item, meta: meta === null ? null : JSON.parse(meta as string) };
}
