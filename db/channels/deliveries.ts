/**
 * What consumers are given, and what becomes of it. Each step is a plan for the shared commit: what it looks at and what it
 * changes is one transaction, so two workers, in one process or in two, never hold the same item.
 */
import type { Plan } from "../batcher.ts";
import { EngineError, type Result, type Statement } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { type Damage, textChecksum } from "../checksum.ts";
import { checksumIn, selectedChecksum } from "./contents.ts";
import { trim } from "./items.ts";
import { type BodyRow, SELECT_GONE, toBody } from "./pages.ts";

// Before anything changes: the next key, what is gone from there on, and the newest key.
const SELECT_BEFORE = `SELECT CAST(k.next_key AS TEXT),
    (${SELECT_GONE.replaceAll("?2", "(k.next_key - 1)")}), CAST(c.last_key AS TEXT)
  FROM consumer k CROSS JOIN channel c ON c.id = ?1 WHERE k.id = ?2`;
// What expired, was trimmed or compacted is nobody's any more.
const DROP_GONE = `DELETE FROM delivery WHERE consumer = ?1 AND (key < ?3
    OR until <= ?4 AND NOT EXISTS (SELECT 1 FROM item WHERE channel = ?2 AND key = delivery.key))`;
const AGAIN = `UPDATE delivery SET lease = ?6, until = ?5, deliveries = deliveries + 1
  WHERE consumer = ?1 AND key IN (SELECT key FROM (
    SELECT d.key, sum(length(i.body)) OVER (ORDER BY d.key) - length(i.body) AS before
    FROM delivery d CROSS JOIN item i ON i.channel = ?2 AND i.key = d.key
    WHERE d.consumer = ?1 AND d.until <= ?4 AND d.deliveries < ?8 ORDER BY d.key LIMIT ?7)
    WHERE before < ?3)`;
const FIRST_TIME = `INSERT INTO delivery (consumer, key, lease, until, deliveries)
  SELECT ?1, key, ?6, ?5, 1 FROM (
    SELECT key, sum(size) OVER (ORDER BY key ROWS UNBOUNDED PRECEDING) - size AS before FROM (
      SELECT key, length(body) AS size FROM item
      WHERE channel = ?2 AND key >= (SELECT max(next_key, ?3) FROM consumer WHERE id = ?1) ORDER BY key
      LIMIT max(0, min(?7 - (SELECT count(*) FROM delivery WHERE consumer = ?1 AND lease = ?6),
        ?4 - (SELECT count(*) FROM delivery WHERE consumer = ?1)))))
  WHERE before < ?8`;
const OF_LEASE = `FROM delivery WHERE consumer = ?1 AND lease = ?3`;
const ADVANCE = `UPDATE consumer SET
    redelivered = redelivered + (SELECT count(*) ${OF_LEASE} AND deliveries > 1),
    next_key = max(next_key, ?2, 1 + ifnull((SELECT max(key) FROM delivery WHERE consumer = ?1), 0))
  WHERE id = ?1 AND (next_key < ?2 OR EXISTS (SELECT 1 ${OF_LEASE}))`;
// One row whatever was given: its bodies end to end, and as JSON what else `toBody` reads and how often it was given. A row
// an item costs three times as much.
const SELECT_GIVEN = `SELECT CAST(group_concat(body, '') AS BLOB),
    json_group_array(json_array(head_key, type, encoding, language, item_key, size, meta, checksum, deliveries)),
    (SELECT min(until) FROM delivery WHERE consumer = ?1 AND deliveries < ?5),
    EXISTS (SELECT 1 FROM delivery WHERE consumer = ?1 AND until <= ?4 AND deliveries >= ?5)
  FROM (SELECT CAST(d.key AS TEXT) AS head_key, i.type, i.encoding, i.language, i.item_key, length(i.body) AS size,
      i.body, i.meta, ${selectedChecksum("?2", "d.key")} AS checksum, d.deliveries
    FROM delivery d CROSS JOIN item i ON i.channel = ?2 AND i.key = d.key
    WHERE d.consumer = ?1 AND d.lease = ?3 ORDER BY d.key)`;

// Which rows a worker's answer is about: ?2 is a JSON array of keys, or the greatest key.
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

const SELECT_EXHAUSTED = `SELECT CAST(d.key AS TEXT), d.deliveries FROM delivery d
  CROSS JOIN item i ON i.channel = ?2 AND i.key = d.key
  WHERE d.consumer = ?1 AND d.until <= ?3 AND d.deliveries >= ?4 ORDER BY d.key LIMIT ?5`;
const SELECT_METAS = `SELECT CAST(key AS TEXT), meta FROM item
  WHERE channel = ?1 AND key IN (SELECT value FROM json_each(?2)) AND meta IS NOT NULL`;
// Somebody else may have been faster: only what is still given up moves. ?2: JSON array of [key, headers, by how much
// their checksum is more than that of the headers before].
const STILL = `json_each(?2) r CROSS JOIN delivery d
  ON d.consumer = ?1 AND d.key = r.value ->> 0 AND d.until <= ?3 AND d.deliveries >= ?4
  CROSS JOIN item i ON i.channel = ?5 AND i.key = d.key`;
const ALLOCATE = `UPDATE channel SET item_count = item_count + (SELECT count(*) FROM ${STILL}),
    last_key = max(?3 << 16, last_key + 1, floor_key) + (SELECT count(*) FROM ${STILL}) - 1
  WHERE id = ?6 AND EXISTS (SELECT 1 FROM ${STILL})`;
const BURY = `INSERT INTO item (channel, key, type, encoding, language, body, item_key, meta, checksum)
  SELECT c.id, c.last_key + 1 - row_number() OVER (ORDER BY d.key DESC), i.type, i.encoding, i.language, i.body, i.item_key,
    r.value ->> 1,
    ${
  checksumIn("?5", "d.key")
} + (r.value ->> 2) + c.id + c.last_key + 1 - row_number() OVER (ORDER BY d.key DESC)
  FROM channel c CROSS JOIN ${STILL} WHERE c.id = ?6 AND changes() > 0`;
const GIVE_UP = `DELETE FROM delivery WHERE consumer = ?1 AND until <= ?3 AND deliveries >= ?4
  AND key IN (SELECT value ->> 0 FROM json_each(?2)) AND (?5 IS NULL OR EXISTS (SELECT 1 FROM channel WHERE id = ?5))`;
const COUNT_GIVEN_UP = `UPDATE consumer SET given_up = given_up + changes() WHERE id = ?1 AND changes() > 0`;
const SELECT_LAST = `SELECT CAST(last_key AS TEXT) FROM channel WHERE id = ?1`;
const SWEEP_ORPHANS = `DELETE FROM delivery WHERE (consumer, key) IN (SELECT d.consumer, d.key FROM delivery d
  LEFT JOIN consumer c ON c.id = d.consumer
  WHERE NOT EXISTS (SELECT 1 FROM item WHERE channel = c.channel AND key = d.key) LIMIT ?1)`;

/** Contents that are given out at once, in bytes; one item in any case. */
const MOST_BYTES = 4 << 20;

/** What a worker asks for. */
export interface Pull {
  readonly consumer: number;
  readonly channel: number;
  /** The first key that can be read. */
  readonly visible: bigint;
  /** At most so many items. */
  readonly max: number;
  readonly maxDeliver: number;
  readonly maxInFlight: number;
  /** Until when the worker holds them, in milliseconds since the epoch. */
  readonly until: number;
  /** A new one for each pull. */
  readonly lease: string;
}

/** An item that a worker was given. */
export interface GivenRow extends BodyRow {
  /** How often the item was given out by now. */
  readonly deliveries: number;
}

/** What a worker gets. */
export interface Pulled {
  readonly rows: readonly GivenRow[];
  /** The next key before this pull, and the greatest key from there on that was gone, if any. */
  readonly nextKey: bigint;
  readonly gone: bigint | undefined;
  /** When the next item that was given out comes back, in milliseconds since the epoch. */
  readonly due: number | undefined;
  /** Whether items wait to be given up. */
  readonly hasExhausted: boolean;
  /** The newest key of the channel. */
  readonly head: bigint;
}

/** What a worker says of items that it was given: those with these keys, or all up to one. */
export interface Settlement {
  readonly action: keyof typeof ACTIONS;
  readonly consumer: number;
  readonly keys: readonly bigint[] | undefined;
  readonly upTo: bigint | undefined;
  readonly lease: string | undefined;
  /** Until when they stay away (nack) or are held (extend), in milliseconds since the epoch. */
  readonly until: number;
}

/** Items that were given out too often, each with the headers that it bears in the dead-letter channel. */
export interface Burial {
  readonly consumer: number;
  readonly channel: number;
  readonly maxDeliver: number;
  readonly items: readonly { readonly key: bigint; readonly headers: Readonly<Record<string, string>> }[];
  /** Undefined: they are dropped. */
  readonly deadLetter: number | undefined;
}

/** The queries, bound to a database. */
export type DeliveryStore = ReturnType<typeof createDeliveryStore>;

export function createDeliveryStore({ commits, query, scan, damage }: Database, clock: () => number) {
  return {
    /** Gives out what is due again, then what comes next. Undefined when the consumer or its channel is gone. */
    pull: commits.writer((ops: Pull[]) => planPulls(ops, clock(), damage)),
    /** Answers how many items that was, or undefined when the lease is no longer held; then nothing changed. */
    settle: commits.writer((ops: Settlement[]) => planSettlements(ops, clock())),
    /** Items that were given out too often. */
    async exhausted(
      { consumer, channel, maxDeliver }: Pick<Pull, "consumer" | "channel" | "maxDeliver">,
      limit: number,
    ) {
      const rows = await scan(SELECT_EXHAUSTED, consumer, channel, clock(), maxDeliver, limit);
      return rows.map(([key, deliveries]) => ({
        key: BigInt(key as string),
        deliveries: deliveries as number,
      }));
    },
    /** Moves them to the dead-letter channel in one transaction; answers how many, and that channel's newest key. */
    async bury({ consumer, channel, maxDeliver, items, deadLetter }: Burial) {
      const keys = items.map(({ key }) => key);
      const before = new Map(await query(SELECT_METAS, channel, `[${keys}]`) as [string, string][]);
      const rows = `[${
        items.map(({ key, headers }) => {
          const meta = JSON.stringify(headers), old = before.get(`${key}`);
          const more = textChecksum(meta) - (old === undefined ? 0 : textChecksum(old));
          return `[${key},${JSON.stringify(meta)},${more}]`;
        })
      }]`;
      const now = clock();
      const still = [consumer, rows, now, maxDeliver];
      const into = deadLetter === undefined ? [] : [
        { sql: ALLOCATE, args: [...still, channel, deadLetter] },
        { sql: BURY, args: [...still, channel, deadLetter] },
        ...trim(deadLetter),
      ];
      const results = await commits.execute([
        ...into,
        { sql: GIVE_UP, args: [...still, deadLetter ?? null] },
        { sql: COUNT_GIVEN_UP, args: [consumer] },
        { sql: SELECT_LAST, args: [deadLetter ?? null] },
      ]);
      const head = results.at(-1)!.rows[0]?.[0];
      return { count: results.at(-3)!.changes, head: typeof head === "string" ? BigInt(head) : undefined };
    },
    /** Forgets up to `limit` deliveries of items or consumers that are gone, and answers how many. */
    async sweep(limit: number): Promise<number> {
      return (await commits.execute([{ sql: SWEEP_ORPHANS, args: [limit] }]))[0]!.changes;
    },
  };
}

const PULL_STATEMENTS = 6;

/** After a power failure an item may be given out before its lease has ended. It is given under another lease. */
function planPulls(ops: readonly Pull[], now: number, damage: Damage): Plan<Pulled | undefined> {
  return {
    statements: ops.flatMap((op) => pulling(op, now)),
    mayBeLost: true,
    settle: (results) =>
      ops.map(({ channel }, i) =>
        pulled(results.slice(i * PULL_STATEMENTS, (i + 1) * PULL_STATEMENTS), channel, damage)
      ),
  };
}

function pulling(op: Pull, now: number): Statement[] {
  const { consumer, channel, visible, max, maxDeliver, maxInFlight, until, lease } = op;
  return [
    { sql: SELECT_BEFORE, args: [channel, consumer, visible] },
    { sql: DROP_GONE, args: [consumer, channel, visible, now] },
    { sql: AGAIN, args: [consumer, channel, MOST_BYTES, now, until, lease, max, maxDeliver] },
    { sql: FIRST_TIME, args: [consumer, channel, visible, maxInFlight, until, lease, max, MOST_BYTES] },
    { sql: ADVANCE, args: [consumer, visible, lease] },
    { sql: SELECT_GIVEN, args: [consumer, channel, lease, now, maxDeliver] },
  ];
}

function pulled(results: readonly Result[], channel: number, damage: Damage): Pulled | undefined {
  const before = results[0]!.rows[0];
  if (before === undefined) return undefined;
  const [nextKey, gone, head] = before.map((value) => BigInt((value ?? "0") as string)) as [
    bigint,
    bigint,
    bigint,
  ];
  const [bodies, heads, due, hasExhausted] = results[5]!.rows[0]!;
  return {
    rows: [...givenRows(bodies as Uint8Array<ArrayBuffer> | null, heads as string, channel, damage)],
    nextKey,
    gone: gone > 0n && gone >= nextKey ? gone : undefined,
    due: due === null ? undefined : due as number,
    hasExhausted: hasExhausted === 1,
    head,
  };
}

/** The items of SELECT_GIVEN. What is damaged no worker gets: in the end it is given up. */
function* givenRows(
  bodies: Uint8Array<ArrayBuffer> | null,
  heads: string,
  channel: number,
  damage: Damage,
): Generator<GivenRow> {
  let at = 0;
  for (const [key, type, encoding, language, itemKey, size, meta, sum, deliveries] of JSON.parse(heads)) {
    const body = bodies?.subarray(at, at += size) ?? null;
    const item = toBody([key, type, encoding, language, itemKey, size, body, meta, sum], channel, damage);
    if (!(item instanceof EngineError)) yield { ...item, deliveries };
  }
}

function planSettlements(ops: readonly Settlement[], now: number): Plan<number | undefined> {
  return {
    statements: ops.map((op) => settling(op, now)),
    settle: (results) =>
      ops.map(({ lease }, i) => {
        const { changes } = results[i]!;
        return lease !== undefined && changes === 0 ? undefined : changes;
      }),
  };
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
