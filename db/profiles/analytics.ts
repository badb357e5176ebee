/** The queries of analytics: they read counters that triggers keep (db/migrations/002_profiles.ts). */
import type { Database } from "../open.ts";

// What the sweep has still to free is left out: it is before the first bucket that is visible.
const HAS_VISIBLE = (firstBucket: string) =>
  `EXISTS (SELECT 1 FROM app_event e WHERE e.app = t.app AND e.event = t.event AND e.bucket >= ${firstBucket})`;
const SELECT_APPS = `SELECT name FROM app
  WHERE accounts > 0 OR EXISTS (SELECT 1 FROM event_total t WHERE t.app = app.id AND ${HAS_VISIBLE("?1")})
  ORDER BY name`;
const SELECT_ACCOUNTS = `SELECT accounts FROM app WHERE name = ?1`;
const SELECT_FIELDS = `SELECT c.field, c.value, c.accounts FROM json_each(?2) f
  CROSS JOIN app ON app.name = ?1 CROSS JOIN field_count c ON c.app = app.id AND c.field = f.value
  ORDER BY c.field, c.value`;
const OF_TRAIT =
  `app.name = ?1 AND c.field IN (SELECT value FROM json_each(?2)) AND c.field >= '[' AND c.field < '\\'`;
const SELECT_TRAIT = `SELECT c.value, c.accounts FROM app CROSS JOIN field_count c ON c.app = app.id
  WHERE ${OF_TRAIT} ORDER BY c.accounts DESC, c.value LIMIT ?3`;
const COUNT_TRAIT = `SELECT ifnull(sum(c.accounts), 0) FROM app CROSS JOIN field_count c ON c.app = app.id
  WHERE ${OF_TRAIT}`;
const SELECT_RANGES =
  `SELECT f.key, substr(c.value, -4), sum(c.accounts) FROM json_each(?2) f CROSS JOIN app ON app.name = ?1
  CROSS JOIN field_count c ON c.app = app.id AND c.field = f.value ->> 0
    AND c.value >= f.value ->> 1 AND c.value < f.value ->> 2
  GROUP BY 1, 2`;
const SELECT_EVENTS = `SELECT t.event FROM app JOIN event_total t ON t.app = app.id
  WHERE app.name = ?1 AND ${HAS_VISIBLE("?2")} ORDER BY t.event`;
const SELECT_CONTEXTS = `SELECT event, context, n FROM (
    SELECT t.event, t.context, t.n - ifnull((SELECT sum(n) FROM app_context e
        WHERE e.app = t.app AND e.event = t.event AND e.context = t.context AND e.bucket < ?2), 0) AS n
      FROM app JOIN context_total t ON t.app = app.id WHERE app.name = ?1)
  WHERE n > 0 ORDER BY event, context`;
const SELECT_ACTIVE = `SELECT (SELECT ifnull(sum(h.accounts), 0) FROM app JOIN active_hour h ON h.app = app.id
    WHERE app.name = ?1 AND h.hour >= since.value)
  FROM json_each(?2) since ORDER BY since.key`;

/** A range of the values of a field: from `from`, before `to`. */
export type ValueRange = readonly [field: string, from: string, to: string];

/** What is asked about an app. */
export interface CountQuery {
  /** Fields of which each value is counted. */
  readonly fields: readonly string[];
  /** Ranges that are counted by the last four characters of their values. */
  readonly ranges: readonly ValueRange[];
  /** Events in earlier buckets have expired. */
  readonly firstBucket: number;
  /** Hours since the epoch: how many accounts have been active since then? */
  readonly activeSince: readonly number[];
}

/** What the counters of an app say, at one moment. All zero and empty for an app that nobody mentioned. */
export interface AppCounts {
  /** Accounts with a profile. */
  readonly accounts: number;
  readonly fields: readonly (readonly [field: string, value: string, accounts: number])[];
  /** By index of the range. */
  readonly ranges: readonly (readonly [range: number, suffix: string, accounts: number])[];
  /** Names of events, sorted. */
  readonly events: readonly string[];
  readonly contexts: readonly (readonly [event: string, context: string, n: number])[];
  /** For each of `activeSince`. */
  readonly active: readonly number[];
}

/** The queries, bound to a database. */
export type AnalyticsStore = ReturnType<typeof createAnalyticsStore>;

export function createAnalyticsStore({ engine, query }: Database) {
  return {
    /** Names of the apps that have a profile or an event, sorted. */
    async apps(firstBucket: number): Promise<string[]> {
      return (await query(SELECT_APPS, firstBucket)).map(([name]) => name as string);
    },
    /**
     * How many accounts have the commonest `limit` values of these fields, and how many have any: `presence` are the
     * fields with one value that say so.
     */
    async traitCounts(
      app: string,
      fields: readonly string[],
      presence: readonly string[],
      limit: number,
    ): Promise<{ rows: [value: string, accounts: number][]; having: number }> {
      const [rows, having] = await engine.read([
        { sql: SELECT_TRAIT, args: [app, JSON.stringify(fields), limit] },
        { sql: COUNT_TRAIT, args: [app, JSON.stringify(presence)] },
      ]);
      return { rows: rows!.rows as [string, number][], having: having!.rows[0]![0] as number };
    },
    async counts(app: string, { fields, ranges, firstBucket, activeSince }: CountQuery): Promise<AppCounts> {
      const [accounts, values, sums, events, contexts, active] = await engine.read([
        { sql: SELECT_ACCOUNTS, args: [app] },
        { sql: SELECT_FIELDS, args: [app, JSON.stringify(fields)] },
        { sql: SELECT_RANGES, args: [app, JSON.stringify(ranges)] },
        { sql: SELECT_EVENTS, args: [app, firstBucket] },
        { sql: SELECT_CONTEXTS, args: [app, firstBucket] },
        { sql: SELECT_ACTIVE, args: [app, JSON.stringify(activeSince)] },
      ]);
      return {
        accounts: (accounts!.rows[0]?.[0] ?? 0) as number,
        fields: values!.rows as [string, string, number][],
        ranges: sums!.rows as [number, string, number][],
        events: events!.rows.map(([event]) => event as string),
        contexts: contexts!.rows as [string, string, number][],
        active: active!.rows.map(([n]) => n as number),
      };
    },
  };
}
