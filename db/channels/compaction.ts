/** Frees the items of compact channels that a newer item with the same key has replaced, and old tombstones. */
import type { Database } from "../open.ts";

// Items that are looked at in one step.
const PAGE = 2_000;
const SELECT_COMPACT = `SELECT id FROM channel WHERE compact = 1 AND (last_key > compacted_key
  OR EXISTS (SELECT 1 FROM item WHERE channel = channel.id AND item_key IS NOT NULL AND length(body) = 0 AND key < ?1))`;
const PAGE_END = `(SELECT max(key) FROM (SELECT i.key FROM item i
  WHERE i.channel = ?1 AND i.key > (SELECT compacted_key FROM channel WHERE id = ?1) ORDER BY i.key LIMIT ${PAGE}))`;
const REPLACED = `item n CROSS JOIN item o ON o.channel = ?1 AND o.item_key = n.item_key AND o.key < n.key
  WHERE n.channel = ?1 AND n.key > (SELECT compacted_key FROM channel WHERE id = ?1) AND n.key <= ${PAGE_END}
    AND n.item_key IS NOT NULL AND o.key >= (SELECT floor_key FROM channel WHERE id = ?1)`;
const FREE_REPLACED = `DELETE FROM item WHERE rowid IN (SELECT o.rowid FROM ${REPLACED} LIMIT ?2)`;
const COUNT_FREED = `UPDATE channel SET item_count = item_count - changes() WHERE id = ?1`;
// Where no item is left to look at, everything was.
const ADVANCE = `UPDATE channel SET compacted_key = ifnull(${PAGE_END}, last_key)
  WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM ${REPLACED})`;
const SELECT_IS_DONE = `SELECT compacted_key >= last_key FROM channel WHERE id = ?1`;
// Only what is the newest of its key, and alive: the others go in other ways.
const FREE_TOMBSTONES = `DELETE FROM item WHERE rowid IN (SELECT rowid FROM item
  WHERE channel = ?1 AND item_key IS NOT NULL AND length(body) = 0 AND key < ?3
    AND key >= (SELECT floor_key FROM channel WHERE id = ?1) ORDER BY key LIMIT ?2)`;

/** The queries, bound to a database. */
export type CompactionStore = ReturnType<typeof createCompactionStore>;

export function createCompactionStore({ commits, scan }: Database) {
  return {
    /** Channels that have something to compact. `before`: tombstones with smaller keys go. */
    async channels(before: bigint): Promise<number[]> {
      return (await scan(SELECT_COMPACT, before)).map(([id]) => id as number);
    },
    /** Frees up to `limit` replaced items; answers how many, and whether nothing is left to look at. */
    async step(channel: number, limit: number): Promise<{ freed: number; isDone: boolean }> {
      const results = await commits.execute([
        { sql: FREE_REPLACED, args: [channel, limit] },
        { sql: COUNT_FREED, args: [channel] },
        { sql: ADVANCE, args: [channel] },
        { sql: SELECT_IS_DONE, args: [channel] },
      ]);
      return { freed: results[0]!.changes, isDone: results[3]!.rows[0]?.[0] !== 0 };
    },
    /** Frees up to `limit` tombstones with smaller keys than `before`, and answers how many. */
    async freeTombstones(channel: number, before: bigint, limit: number): Promise<number> {
      const results = await commits.execute([
        { sql: FREE_TOMBSTONES, args: [channel, limit, before] },
        { sql: COUNT_FREED, args: [channel] },
      ]);
      return results[0]!.changes;
    },
  };
}
