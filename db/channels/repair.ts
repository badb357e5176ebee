/** Gives items of the future, which a clock that once ran ahead left, keys of now. */
import type { Database } from "../open.ts";

// ?1: channel, ?2: the first key of the future, ?3: the first key of now.
const BASE = `max(?3, 1 + ifnull((SELECT max(key) FROM item WHERE channel = ?1 AND key < ?2), 0))`;
const BEFORE = (key: string) =>
  `(SELECT count(*) FROM item WHERE channel = ?1 AND key >= ?2 AND key < ${key})`;
const OF_CHANNEL = `consumer IN (SELECT id FROM consumer WHERE channel = ?1)`;
const MAP_DELIVERIES = `UPDATE delivery SET key = ${BASE} + ${
  BEFORE("delivery.key")
} WHERE ${OF_CHANNEL} AND key >= ?2`;
const MAP_CONSUMERS = `UPDATE consumer SET next_key = ${BASE} + ${
  BEFORE("next_key")
} WHERE channel = ?1 AND next_key >= ?2`;
const MAP_ANSWERS = `UPDATE idempotency SET last_key = ${BASE} + ${BEFORE("last_key")}
  WHERE channel = ?1 AND last_key >= ?2`;
const MAP_CHANNEL = `UPDATE channel SET
    last_key = ${BASE} + ${BEFORE("last_key + 1")} - 1,
    floor_key = CASE WHEN floor_key >= ?2 THEN ${BASE} + ${BEFORE("floor_key")} ELSE floor_key END,
    gone_key = min(gone_key, ${BASE} - 1),
    compacted_key = min(compacted_key, ${BASE} - 1)
  WHERE id = ?1 AND last_key >= ?2`;
// Last, because the others count by the old keys. The new ones lie below every old one, in the same order.
const MAP_ITEMS = `UPDATE item SET key = ${BASE} + r.place,
    checksum = checksum - key + ${BASE} + r.place FROM
    (SELECT rowid AS id, row_number() OVER (ORDER BY key) - 1 AS place FROM item WHERE channel = ?1 AND key >= ?2) r
  WHERE item.rowid = r.id`;

/** The queries, bound to a database. */
export type RepairStore = ReturnType<typeof createRepairStore>;

export function createRepairStore({ commits }: Database) {
  return {
    /** Moves all items from key `future` on to `now` and after, in order, with what points at them; answers how many. */
    async repair(channel: number, future: bigint, now: bigint): Promise<number> {
      const args = [channel, future, now];
      const statements = [MAP_DELIVERIES, MAP_CONSUMERS, MAP_ANSWERS, MAP_CHANNEL, MAP_ITEMS];
      const results = await commits.execute(statements.map((sql) => ({ sql, args })));
      return results.at(-1)!.changes;
    },
  };
}
