/** The queries of consumers themselves: who reads a channel, and how far. Keys leave SQL as decimal text. */
import { createLookup, type Plan } from "../../batcher.ts";
import type { Row, Statement } from "../../engine/engine.ts";
import type { Database } from "../../open.ts";

const COLUMNS =
  `c.id, c.channel, c.name, c.created_at, c.settings, CAST(c.next_key AS TEXT), c.redelivered, c.given_up`;
const SELECT_BY_NAME = `SELECT ${COLUMNS} FROM json_each(?1) r CROSS JOIN consumer c
  ON c.channel = r.value ->> 0 AND c.name = r.value ->> 1`;
const SELECT_OF_CHANNEL = `SELECT ${COLUMNS} FROM consumer c WHERE c.channel = ?1 ORDER BY c.name`;
const SELECT_ALL = `SELECT ${COLUMNS} FROM consumer c ORDER BY c.id`;
const INSERT = `INSERT INTO consumer (channel, name, created_at, settings, next_key)
  SELECT id, ?2, ?3, ?4, CASE ?5 WHEN -1 THEN last_key + 1 ELSE ?5 END FROM channel WHERE id = ?1
  ON CONFLICT DO NOTHING`;
const UPDATE = `UPDATE consumer SET settings = json_patch(settings, ?2) WHERE id = ?1`;
const DELETE_DELIVERIES = `DELETE FROM delivery WHERE consumer = ?1`;
const DELETE = `DELETE FROM consumer WHERE id = ?1`;

// So many waiting items are counted; a look at a consumer must not read a whole channel.
const MOST_COUNTED = 1_000_000;
const SELECT_STATE = `SELECT
    (SELECT count(*) FROM delivery WHERE consumer = c.id AND until > ?3),
    (SELECT count(*) FROM delivery WHERE consumer = c.id AND until <= ?3),
    (SELECT count(*) FROM delivery WHERE consumer = c.id AND until <= ?3 AND deliveries >= ?4),
    (SELECT CAST(min(key) AS TEXT) FROM delivery WHERE consumer = c.id AND key >= ?2),
    (SELECT CAST(min(key) AS TEXT) FROM item WHERE channel = c.channel AND key >= max(c.next_key, ?2)),
    (SELECT count(*) FROM (SELECT 1 FROM item WHERE channel = c.channel AND key >= max(c.next_key, ?2)
      LIMIT ${MOST_COUNTED + 1}))
  FROM consumer c WHERE c.id = ?1`;

/** A consumer as stored. */
export interface ConsumerRow {
  readonly id: number;
  readonly channel: number;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** JSON object; domain/channels/consumers/settings.ts knows its fields. */
  readonly settings: string;
  /** Items below it were given out, or passed over. */
  readonly nextKey: bigint;
  /** Deliveries beyond the first of an item. */
  readonly redelivered: number;
  /** Items that nobody acknowledged. */
  readonly givenUp: number;
}

/** How far a consumer is. */
export interface ConsumerState {
  /** Items that somebody holds, that wait to be given out again, and those of them that were given out too often. */
  readonly inFlight: number;
  readonly due: number;
  readonly exhausted: number;
  /** The oldest item that was given out and is not acknowledged. */
  readonly oldestGiven: bigint | undefined;
  /** The oldest item that was not given out. */
  readonly oldestWaiting: bigint | undefined;
  /** Items that were not given out, counted up to a million. */
  readonly waiting: number;
  readonly isCounted: boolean;
}

/** The queries, bound to a database. */
export type ConsumerStore = ReturnType<typeof createConsumerStore>;

export function createConsumerStore({ engine, commits, scan }: Database, clock: () => number) {
  const byName = createLookup(engine, planByName);
  return {
    /** The consumer of that name of that channel, or undefined. Coalesced. */
    byName: (channel: number, name: string) => byName({ channel, name }),
    async ofChannel(channel: number): Promise<ConsumerRow[]> {
      return (await scan(SELECT_OF_CHANNEL, channel)).map(toConsumer);
    },
    async all(): Promise<ConsumerRow[]> {
      return (await scan(SELECT_ALL)).map(toConsumer);
    },
    /** Creates a consumer whose next item is `nextKey` or later; -1: what comes from now on. False when the name is taken. */
    async insert(channel: number, name: string, settings: string, nextKey: bigint): Promise<boolean> {
      const [result] = await commits.execute([insertion({ channel, name, settings, nextKey }, clock())]);
      return result!.changes > 0;
    },
    /** Changes the settings that the JSON object names; null takes one away. */
    async update(id: number, changes: string): Promise<void> {
      await commits.execute([{ sql: UPDATE, args: [id, changes] }]);
    },
    /** False when it was gone. */
    async remove(id: number): Promise<boolean> {
      return (await commits.execute(removal(id)))[1]!.changes > 0;
    },
    /** How far a consumer is; undefined when it is gone. `visible` is the first key that can be read. */
    async state(id: number, visible: bigint, maxDeliver: number): Promise<ConsumerState | undefined> {
      const [row] = await scan(SELECT_STATE, id, visible, clock(), maxDeliver);
      return row && {
        inFlight: row[0] as number,
        due: row[1] as number,
        exhausted: row[2] as number,
        oldestGiven: toKey(row[3]!),
        oldestWaiting: toKey(row[4]!),
        waiting: Math.min(row[5] as number, MOST_COUNTED),
        isCounted: (row[5] as number) <= MOST_COUNTED,
      };
    },
  };
}

/** The statement that creates a consumer, for whoever creates one together with something else. */
export function insertion(
  { channel, name, settings, nextKey }: Pick<ConsumerRow, "channel" | "name" | "settings" | "nextKey">,
  now: number,
): Statement {
  return { sql: INSERT, args: [channel, name, now, settings, nextKey] };
}

/** The statements that remove a consumer with what it was given. */
export function removal(id: number): Statement[] {
  return [{ sql: DELETE_DELIVERIES, args: [id] }, { sql: DELETE, args: [id] }];
}

function planByName(ops: { channel: number; name: string }[]): Plan<ConsumerRow | undefined> {
  const asked = new Map(ops.map(({ channel, name }) => [`${channel} ${name}`, [channel, name]]));
  return {
    statements: [{ sql: SELECT_BY_NAME, args: [JSON.stringify([...asked.values()])] }],
    settle([result]) {
      const found = new Map(result!.rows.map((row) => [`${row[1]} ${row[2]}`, toConsumer(row)]));
      return ops.map(({ channel, name }) => found.get(`${channel} ${name}`));
    },
  };
}

function toKey(value: Row[number]): bigint | undefined {
  return value === null ? undefined : BigInt(value as string);
}

function toConsumer(row: Row): ConsumerRow {
  return {
    id: row[0] as number,
    channel: row[1] as number,
    name: row[2] as string,
    createdAt: row[3] as number,
    settings: row[4] as string,
    nextKey: BigInt(row[5] as string),
    redelivered: row[6] as number,
    givenUp: row[7] as number,
  };
}
