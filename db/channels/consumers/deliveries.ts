/**
 * What consumers are given, and what becomes of it. Each step is a plan for the shared commit: what it looks at and what it
 * changes is one transaction, so two workers, in one process or in two, never hold the same item.
 */
import type { Plan } from "../../batcher.ts";
import { EngineError, type Result, type Statement } from "../../engine/engine.ts";
import type { Database } from "../../open.ts";
import { type Damage, textChecksum } from "../../checksum.ts";
import { checksumIn, selectedChecksum } from "../contents.ts";
import { trim } from "../items.ts";
import { type BodyRow, SELECT_GONE, toBody } from "../pages.ts";
import { acknowledging, planSettlements, settled, type Settlement, type Which } from "./settlements.ts";

// Before anything changes: the next key, what is gone from there on, and the newest key.
const SELECT_BEFORE = `SELECT CAST(k.next_key AS TEXT),
    (${SELECT_GONE.replaceAll("?2", "(k.next_key - 1)")}), CAST(c.last_key AS TEXT)
  FROM consumer k CROSS JOIN channel c ON c.id = ?1 WHERE k.id = ?2`;
// What expired, was trimmed or compacted is nobody's any more.
const IS_THERE = `EXISTS (SELECT 1 FROM item WHERE channel = ?2 AND key = delivery.key)`;
const DROP_GONE =
  `DELETE FROM delivery WHERE consumer = ?1 AND (key < ?3 OR until <= ?4 AND NOT ${IS_THERE})`;
// One statement for those that come back and for those that nobody had, because changes() tells it what the
// acknowledgement before it changed. With ?10 that must have been something, or nothing is given out.
const GIVE = `INSERT INTO delivery (consumer, key, lease, until, deliveries)
  WITH again AS MATERIALIZED (
    SELECT d.key, length(i.body) AS size, d.deliveries FROM delivery d CROSS JOIN item i ON i.channel = ?2 AND i.key = d.key
    WHERE d.consumer = ?1 AND d.until <= ?4 AND d.key >= ?3 AND d.deliveries < ?8 ORDER BY d.key LIMIT ?7),
  first AS (
    SELECT key, length(body) AS size, 0 AS deliveries FROM item
    WHERE channel = ?2 AND key >= (SELECT max(next_key, ?3) FROM consumer WHERE id = ?1) ORDER BY key
    LIMIT max(0, min(?7 - (SELECT count(*) FROM again), ?9 -
      (SELECT count(*) FROM delivery WHERE consumer = ?1 AND key >= ?3 AND (until > ?4 OR ${IS_THERE})))))
  SELECT ?1, key, ?6, ?5, deliveries + 1 FROM (
    SELECT key, deliveries, sum(size) OVER (ORDER BY key ROWS UNBOUNDED PRECEDING) - size AS before
    FROM (SELECT * FROM again UNION ALL SELECT * FROM first))
  WHERE before < ?11 AND (NOT ?10 OR changes() > 0)
  ON CONFLICT DO UPDATE SET lease = excluded.lease, until = excluded.until, deliveries = excluded.deliveries`;
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
  /** Items that are done: in the same commit, before any are given out. */
  readonly ack: Which | undefined;
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
  /** Items that were acknowledged; undefined: their lease is not held, and nothing was given out. */
  readonly acknowledged: number | undefined;
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

/** After a power failure an item may be given out before its lease has ended. It is given under another lease. */
function planPulls(ops: readonly Pull[], now: number, damage: Damage): Plan<Pulled | undefined> {
  const lists = ops.map((op) => pulling(op, now));
  return {
    statements: lists.flat(),
    mayBeLost: ops.every(({ ack }) => ack === undefined),
    settle(results) {
      let from = 0;
      return ops.map((op, i) => pulled(results.slice(from, from += lists[i]!.length), op, damage));
    },
  };
}

function pulling(op: Pull, now: number): Statement[] {
  const { consumer, channel, visible, max, maxDeliver, maxInFlight, until, lease, ack } = op;
  const mustBeHeld = ack?.lease === undefined ? 0 : 1;
  return [
    { sql: SELECT_BEFORE, args: [channel, consumer, visible] },
    ...(ack === undefined ? [] : [acknowledging(consumer, ack, now)]),
    {
      sql: GIVE,
      args: [
        consumer,
        channel,
        visible,
        now,
        until,
        lease,
        max,
        maxDeliver,
        maxInFlight,
        mustBeHeld,
        MOST_BYTES,
      ],
    },
    { sql: DROP_GONE, args: [consumer, channel, visible, now] },
    { sql: ADVANCE, args: [consumer, visible, lease] },
    { sql: SELECT_GIVEN, args: [consumer, channel, lease, now, maxDeliver] },
  ];
}

function pulled(results: readonly Result[], { channel, ack }: Pull, damage: Damage): Pulled | undefined {
  const before = results[0]!.rows[0];
  if (before === undefined) return undefined;
  const [nextKey, gone, head] = before.map((value) => BigInt((value ?? "0") as string)) as [
    bigint,
    bigint,
    bigint,
  ];
  const [bodies, heads, due, hasExhausted] = results.at(-1)!.rows[0]!;
  return {
    rows: [...givenRows(bodies as Uint8Array<ArrayBuffer> | null, heads as string, channel, damage)],
    nextKey,
    gone: gone > 0n && gone >= nextKey ? gone : undefined,
    due: due === null ? undefined : due as number,
    hasExhausted: hasExhausted === 1,
    head,
    acknowledged: ack === undefined ? 0 : settled(ack, results[1]!),
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
