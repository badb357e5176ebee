/** What workers say of items that they hold: done, to be given out again, or held longer. */
import type { Plan } from "../../batcher.ts";
import type { Result, Statement } from "../../engine/engine.ts";

// Which rows it is about: ?2 is a JSON array of keys, or the greatest key.
const BY_KEYS = `consumer = ?1 AND key IN (SELECT value FROM json_each(?2))`;
const BY_GREATEST = `consumer = ?1 AND key <= ?2`;
// With a lease, all of them must be held, or nothing happens. ?4: the lease, ?5: now, ?6: how many keys.
const HELD_KEYS = `?6 = (SELECT count(*) FROM json_each(?2) r CROSS JOIN delivery d
  ON d.consumer = ?1 AND d.key = r.value WHERE d.lease = ?4 AND d.until > ?5)`;
const HELD_TO_GREATEST =
  `lease = ?4 AND (SELECT min(until) FROM delivery WHERE ${BY_GREATEST} AND lease = ?4) > ?5`;
const ACTIONS = {
  ack: `DELETE FROM delivery`,
  nack: `UPDATE delivery SET until = ?3, lease = ''`,
  extend: `UPDATE delivery SET until = ?3`,
} as const;

/** Items that a worker was given: those with these keys, which are not none, or all up to one. */
export interface Which {
  readonly keys?: readonly bigint[] | undefined;
  readonly upTo?: bigint | undefined;
  /** All of them must be held under it. */
  readonly lease?: string | undefined;
}

/** What a worker says of items. */
export interface Settlement extends Which {
  readonly action: keyof typeof ACTIONS;
  readonly consumer: number;
  /** Until when they stay away (nack) or are held (extend), in milliseconds since the epoch. */
  readonly until: number;
}

/** Plans settlements; each is answered as `settled` says. */
export function planSettlements(ops: readonly Settlement[], now: number): Plan<number | undefined> {
  return {
    statements: ops.map((op) => settling(op, now)),
    settle: (results) => ops.map((op, i) => settled(op, results[i]!)),
  };
}

/** The statement that acknowledges items, for whoever does it together with something else. */
export function acknowledging(consumer: number, which: Which, now: number): Statement {
  return settling({ ...which, action: "ack", consumer, until: 0 }, now);
}

/** How many items that was, or undefined when the lease is not held; then nothing changed. */
export function settled({ lease }: Which, { changes }: Result): number | undefined {
  return lease !== undefined && changes === 0 ? undefined : changes;
}

function settling({ action, consumer, keys, upTo, lease, until }: Settlement, now: number): Statement {
  const rows = keys === undefined ? BY_GREATEST : BY_KEYS;
  const which = keys === undefined ? upTo ?? -1n : `[${keys.join()}]`;
  if (lease === undefined) {
    const args = [consumer, which, ...(action === "ack" ? [] : [until])];
    return { sql: `${ACTIONS[action]} WHERE ${rows}`, args };
  }
  const held = keys === undefined ? HELD_TO_GREATEST : HELD_KEYS;
  const args = [consumer, which, until, lease, now, ...(keys === undefined ? [] : [keys.length])];
  return { sql: `${ACTIONS[action]} WHERE ${rows} AND ${held}`, args };
}
