/** The queries of webhooks: what is pushed where, which process pushes, and how it went. */
import type { Row } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { insertion, removal } from "./consumers/consumers.ts";

const COLUMNS = `w.name, w.consumer, w.settings, w.paused, w.last_error, c.channel, n.name`;
const FROM =
  `FROM webhook w CROSS JOIN consumer c ON c.id = w.consumer CROSS JOIN channel n ON n.id = c.channel`;
const SELECT_ONE = `SELECT ${COLUMNS} ${FROM} WHERE w.name = ?1`;
const SELECT_ALL = `SELECT ${COLUMNS} ${FROM} ORDER BY w.name`;
const ANY_ACTIVE = `SELECT EXISTS (SELECT 1 ${FROM} WHERE w.paused = 0)`;
// Only if nobody has the name: the consumer that was inserted just before stands for a webhook that is new.
const INSERT = `INSERT INTO webhook (name, consumer, settings, paused)
  SELECT ?3, id, ?4, ?5 FROM consumer WHERE channel = ?1 AND name = ?2 ON CONFLICT DO NOTHING`;
const UPDATE =
  `UPDATE webhook SET settings = json_patch(settings, ?2), paused = ifnull(?3, paused) WHERE name = ?1`;
const DELETE = `DELETE FROM webhook WHERE name = ?1`;
const HOLD = `UPDATE webhook SET holder = ?2, holder_until = ?3
  WHERE name = ?1 AND paused = 0 AND (holder = ?2 OR holder IS NULL OR holder_until < ?4)`;
const LET_GO = `UPDATE webhook SET holder = NULL WHERE name = ?1 AND holder = ?2`;
const NOTE_ERROR = `UPDATE webhook SET last_error = ?2 WHERE name = ?1`;

/** A webhook as stored. */
export interface WebhookRow {
  readonly name: string;
  /** The consumer whose cursor it is. */
  readonly consumer: number;
  /** JSON object; domain/channels/webhooks/webhooks.ts knows its fields. */
  readonly settings: string;
  readonly isPaused: boolean;
  /** JSON object: what went wrong last, until a delivery succeeds. */
  readonly lastError: string | null;
  readonly channel: number;
  readonly channelName: string;
}

/** A webhook to be. */
export interface NewWebhook {
  readonly name: string;
  readonly channel: number;
  readonly settings: string;
  readonly isPaused: boolean;
  /** Name and settings of its consumer, and the first key that it is given; -1: what comes from now on. */
  readonly consumer: { readonly name: string; readonly settings: string; readonly nextKey: bigint };
}

/** The queries, bound to a database. */
export type WebhookStore = ReturnType<typeof createWebhookStore>;

export function createWebhookStore({ commits, query, scan }: Database, clock: () => number) {
  return {
    async byName(name: string): Promise<WebhookRow | undefined> {
      const [row] = await query(SELECT_ONE, name);
      return row && toWebhook(row);
    },
    async all(): Promise<WebhookRow[]> {
      return (await scan(SELECT_ALL)).map(toWebhook);
    },
    /** Whether there is a webhook that is not paused. */
    async anyActive(): Promise<boolean> {
      const [row] = await query(ANY_ACTIVE);
      return row![0] === 1;
    },
    /** Creates a webhook with its consumer; false when the name is taken or the channel is gone. */
    async insert({ name, channel, settings, isPaused, consumer }: NewWebhook): Promise<boolean> {
      const [, inserted] = await commits.execute([
        insertion({ channel, ...consumer }, clock()),
        { sql: INSERT, args: [channel, consumer.name, name, settings, isPaused ? 1 : 0] },
      ]);
      return inserted!.changes > 0;
    },
    /** Changes the settings that the JSON object names; null takes one away. */
    async update(name: string, changes: string, isPaused: boolean | undefined): Promise<void> {
      const paused = isPaused === undefined ? null : isPaused ? 1 : 0;
      await commits.execute([{ sql: UPDATE, args: [name, changes, paused] }]);
    },
    async remove({ name, consumer }: Pick<WebhookRow, "name" | "consumer">): Promise<void> {
      await commits.execute([{ sql: DELETE, args: [name] }, ...removal(consumer)]);
    },
    /** Makes a process the one that pushes, until a moment; false when another is, or the webhook is paused or gone. */
    async hold(name: string, holder: string, until: number): Promise<boolean> {
      const [result] = await commits.note([{ sql: HOLD, args: [name, holder, until, clock()] }]);
      return result!.changes > 0;
    },
    async letGo(name: string, holder: string): Promise<void> {
      await commits.note([{ sql: LET_GO, args: [name, holder] }]);
    },
    async noteError(name: string, error: string | null): Promise<void> {
      await commits.execute([{ sql: NOTE_ERROR, args: [name, error] }]);
    },
  };
}

function toWebhook(row: Row): WebhookRow {
  return {
    name: row[0] as string,
    consumer: row[1] as number,
    settings: row[2] as string,
    isPaused: row[3] === 1,
    lastError: row[4] as string | null,
    channel: row[5] as number,
    channelName: row[6] as string,
  };
}
