/** The queries of events, which are counted by account and five minutes. */
import type { Plan } from "../batcher.ts";
import type { AccountName } from "./links.ts";
import type { Database } from "../open.ts";

// ?1: [[app, account, event, bucket, context, n, id], …], ?2 when ids were received that still count, ?3 now
const INSERT_APPS = `INSERT INTO app (name) SELECT DISTINCT value ->> 0 FROM json_each(?1) WHERE true
  ON CONFLICT DO NOTHING`;
const IS_NEW = `(r.value ->> 6 IS NULL OR NOT EXISTS (
    SELECT 1 FROM account known JOIN event_id i ON i.account = known.id AND i.id = r.value ->> 6 AND i.at > ?2
    WHERE known.app = app.id AND known.name = r.value ->> 1))`;
const INSERT_ACCOUNTS = `INSERT INTO account (app, name, last_hour)
  SELECT app.id, r.value ->> 1, (r.value ->> 3) / 12
    FROM json_each(?1) r CROSS JOIN app ON app.name = r.value ->> 0 WHERE ${IS_NEW}
  ON CONFLICT (app, name) DO UPDATE SET last_hour = excluded.last_hour
    WHERE excluded.last_hour > ifnull(last_hour, -1)`;
const COUNT_EVENTS = `INSERT INTO account_event (app, account, event, bucket, context, n)
  SELECT app.id, a.id, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5
    FROM json_each(?1) r CROSS JOIN app ON app.name = r.value ->> 0
      CROSS JOIN account a ON a.app = app.id AND a.name = r.value ->> 1
    WHERE ${IS_NEW}
  ON CONFLICT (account, event, bucket, context) DO UPDATE SET n = n + excluded.n`;
const KEEP_IDS = `INSERT INTO event_id (account, id, at)
  SELECT a.id, r.value ->> 6, ?3 FROM json_each(?1) r CROSS JOIN app ON app.name = r.value ->> 0
    CROSS JOIN account a ON a.app = app.id AND a.name = r.value ->> 1
    WHERE r.value ->> 6 IS NOT NULL
  ON CONFLICT (account, id) DO UPDATE SET at = excluded.at WHERE at <= ?2`;

// ?1 app, ?2 event, ?3 first and ?4 last bucket, ?5 buckets a point or [first bucket of each point, …], ?6 context or
// account, ?7 context
const APP = `app JOIN app_event e ON e.app = app.id WHERE app.name = ?1`;
const CONTEXT = `app JOIN app_context e ON e.app = app.id WHERE app.name = ?1 AND e.context = ?6`;
const ACCOUNT = `app JOIN account a ON a.app = app.id JOIN account_event e ON e.account = a.id
  WHERE app.name = ?1 AND a.name = ?6 AND (?7 IS NULL OR e.context = ?7)`;
/** By length of the points: all the same, or from the start of each to the next. */
const timelineOf = (events: string) => ({
  steps: `SELECT bucket / ?5 * ?5, sum(n) FROM ${events}
    AND e.event = ?2 AND e.bucket BETWEEN ?3 AND ?4 GROUP BY 1`,
  spans: `WITH point (start, next) AS MATERIALIZED (
      SELECT value, lead(value, 1, ?4 + 1) OVER (ORDER BY value) FROM json_each(?5))
    SELECT point.start, sum(n) FROM point CROSS JOIN ${events}
    AND e.event = ?2 AND e.bucket >= max(?3, point.start) AND e.bucket < point.next GROUP BY 1`,
});
const APP_TIMELINE = timelineOf(APP),
  CONTEXT_TIMELINE = timelineOf(CONTEXT),
  ACCOUNT_TIMELINE = timelineOf(ACCOUNT);

const SELECT_NEWEST = `SELECT app.name, e.event, e.bucket, e.n
  FROM app_event e INDEXED BY app_event_by_bucket CROSS JOIN app ON app.id = e.app
  WHERE e.bucket BETWEEN ?1 AND ?2 ORDER BY e.bucket DESC, e.app DESC, e.event DESC LIMIT ?3`;

const SWEEP_EVENTS = `DELETE FROM account_event WHERE (account, event, bucket, context) IN
  (SELECT account, event, bucket, context FROM account_event WHERE bucket < ?1 ORDER BY bucket LIMIT ?2)`;
const SWEEP_ACCOUNTS = `UPDATE account SET last_hour = NULL WHERE id IN
  (SELECT id FROM account WHERE last_hour < ?1 / 12 ORDER BY last_hour LIMIT ?2)
  AND NOT EXISTS (SELECT 1 FROM account_event WHERE account = account.id)`;
const SWEEP_IDS = `DELETE FROM event_id WHERE (account, id) IN
  (SELECT account, id FROM event_id WHERE at <= ?1 ORDER BY at LIMIT ?2)`;

/** Length of a bucket, in milliseconds. */
export const BUCKET_MS = 300_000;

/** An event, or equal ones within one bucket. */
export interface EventCount extends AccountName {
  /** Counts once for its account while it is kept; undefined: none. */
  readonly id: string | undefined;
  readonly event: string;
  /** Five minutes, since the epoch. */
  readonly bucket: number;
  /** Empty: none. */
  readonly context: string;
  readonly n: number;
}

/** Events of one caller. Times are milliseconds since the epoch. */
export interface EventRecord {
  readonly events: readonly EventCount[];
  readonly now: number;
  /** Ids received at this time or before count no longer. */
  readonly idsUntil: number;
}

/** How often an app had an event within five minutes. */
export interface AppEventCount extends Pick<EventCount, "app" | "event" | "bucket"> {
  readonly count: number;
}

/** Whose events are asked for, and when. */
export interface TimelineQuery {
  readonly app: string;
  readonly event: string;
  /** Of this account alone. */
  readonly account?: string | undefined;
  /** With this context alone. */
  readonly context?: string | undefined;
  /** First and last bucket, both included. */
  readonly from: number;
  readonly to: number;
  /** How many buckets each point has, or the first bucket of each, ascending. */
  readonly points: number | readonly number[];
}

/** The queries, bound to a database. */
export type EventStore = ReturnType<typeof createEventStore>;

export function createEventStore({ commits, scan }: Database) {
  return {
    /** Counts events, all of them or none, but for those whose id is known. Committed in groups. */
    record: commits.writer(planEvents),
    /** Counts by the first bucket of their point; points without events are absent. */
    async timeline(
      { app, event, account, context, from, to, points }: TimelineQuery,
    ): Promise<Map<number, number>> {
      const isEven = typeof points === "number", kind = isEven ? "steps" : "spans";
      const common = [app, event, from, to, isEven ? points : JSON.stringify(points)];
      const rows = account !== undefined
        ? await scan(ACCOUNT_TIMELINE[kind], ...common, account, context ?? null)
        : context !== undefined
        ? await scan(CONTEXT_TIMELINE[kind], ...common, context)
        : await scan(APP_TIMELINE[kind], ...common);
      return new Map(rows as [number, number][]);
    },
    /** Up to `limit` counts of all apps from bucket `from` to `to`, both included, the newest first. */
    async newest(from: number, to: number, limit: number): Promise<AppEventCount[]> {
      return (await scan(SELECT_NEWEST, from, to, limit)).map(([app, event, bucket, count]) => ({
        app: app as string,
        event: event as string,
        bucket: bucket as number,
        count: count as number,
      }));
    },
    /** Frees up to `limit` counts of buckets before `first`, and answers how many. */
    async sweep(first: number, limit: number): Promise<number> {
      const [result] = await commits.execute([{ sql: SWEEP_EVENTS, args: [first, limit] }]);
      return result!.changes;
    },
    /** Frees up to `limit` ids of events that were received at `until` or before, and answers how many. */
    async sweepIds(until: number, limit: number): Promise<number> {
      const [result] = await commits.execute([{ sql: SWEEP_IDS, args: [until, limit] }]);
      return result!.changes;
    },
    /** Forgets, for up to `limit` accounts, that their newest event was before `first`, and answers how many. */
    async sweepAccounts(first: number, limit: number): Promise<number> {
      const [result] = await commits.execute([{ sql: SWEEP_ACCOUNTS, args: [first, limit] }]);
      return result!.changes;
    },
  };
}

function planEvents(ops: EventRecord[]): Plan<void> {
  const rows = withoutRepeats(ops.flatMap(({ events }) => events)).map((
    { app, account, event, bucket, context, n, id },
  ) => [app, account, event, bucket, context, n, id]);
  // The calls of one commit came within moments.
  const { idsUntil, now } = ops.at(-1)!;
  const events = JSON.stringify(rows);
  const statements = [
    { sql: INSERT_APPS, args: [events] },
    { sql: INSERT_ACCOUNTS, args: [events, idsUntil] },
    { sql: COUNT_EVENTS, args: [events, idsUntil] },
  ];
  const haveIds = rows.some(([, , , , , , id]) => id !== undefined);
  return {
    statements: haveIds ? [...statements, { sql: KEEP_IDS, args: [events, idsUntil, now] }] : statements,
    settle: () => ops.map(() => undefined),
  };
}

/** The first event of each account and id: the statements look for ids that were there before. */
function withoutRepeats(events: EventCount[]): EventCount[] {
  const seen = new Set<string>();
  return events.filter(({ app, account, id }) => {
    if (id === undefined) return true;
    const key = JSON.stringify([app, account, id]);
    return !seen.has(key) && seen.add(key);
  });
}
