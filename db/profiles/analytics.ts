/** The queries of analytics: they read counters that triggers keep (db/migrations/002_profiles.ts). */
import type { Database } from "../open.ts";

// What the sweep has still to free is left out: it is before the first bucket that is visible.
const HAS_VISIBLE = (firstBucket: string) =>
  `EXISTS (SELECT 1 FROM app_event e WHERE e.app = t.app AND e.event = t.event AND e.bucket >= ${firstBucket})`;
const SELECT_APPS = `SELECT name FROM app
  WHERE accounts > 0 OR EXISTS (SELECT 1 FROM event_total t WHERE t.app = app.id AND ${HAS_VISIBLE("?1")})
  ORDER BY name`;
const SELECT_ACCOUNTS = `SELECT accounts FROM app WHERE name = ?1`;
// The index of the commonest values leaves dates of birth out, which are read by ranges.
const NO_BIRTH = (field: string) => `substr(${field}, 1, 5) <> 'birth'`;
const SELECT_FIELDS = `SELECT c.field, c.value, c.accounts FROM json_each(?2) f
  CROSS JOIN app ON app.name = ?1 CROSS JOIN field_count c ON c.app = app.id AND c.field = f.value
    AND c.value IN (SELECT x.value FROM field_count x WHERE x.app = app.id AND x.field = f.value
      AND ${NO_BIRTH("x.field")} ORDER BY x.accounts DESC, x.value LIMIT ?3)
  ORDER BY c.field, c.value`;
const SUM_FIELDS = `SELECT t.field, t.accounts FROM json_each(?2) f
  CROSS JOIN app ON app.name = ?1 CROSS JOIN field_total t ON t.app = app.id AND t.field = f.value`;
const SELECT_VALUES = `SELECT c.value, c.accounts FROM app CROSS JOIN field_count c ON c.app = app.id
  WHERE app.name = ?1 AND c.field = ?2 AND c.value > ?3 ORDER BY c.value LIMIT ?4`;
const OF_TRAIT = `app.name = ?1 AND c.field IN (SELECT value FROM json_each(?2)) AND ${NO_BIRTH("c.field")}`;
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
// What has expired and is not swept yet is found by its time: those are few, however many contexts there are.
const EXPIRED = `expired (event, context, n) AS MATERIALIZED (
    SELECT e.event, e.context, sum(e.n) FROM account_event e
      WHERE e.bucket < ?2 AND e.context <> '' AND e.app = (SELECT id FROM app WHERE name = ?1) GROUP BY 1, 2)`;
const VISIBLE =
  `t.n - ifnull((SELECT x.n FROM expired x WHERE x.event = t.event AND x.context = t.context), 0)`;
// Each context that lost expired events may have stood before one that lost none: so many more are looked at.
const SELECT_CONTEXTS = `WITH ${EXPIRED}, candidate (event, context, n) AS (
    SELECT t.event, t.context, ${VISIBLE}
      FROM app CROSS JOIN event_total e ON e.app = app.id CROSS JOIN context_total t
        ON t.app = app.id AND t.event = e.event AND t.context IN (SELECT c.context FROM context_total c
          WHERE c.app = e.app AND c.event = e.event
          ORDER BY c.n DESC, c.context LIMIT ?3 + (SELECT count(*) FROM expired))
      WHERE app.name = ?1)
  SELECT event, context, n FROM (
    SELECT *, row_number() OVER (PARTITION BY event ORDER BY n DESC, context) AS place FROM candidate WHERE n > 0)
  WHERE place <= ?3 ORDER BY event, context`;
const SUM_CONTEXTS = `WITH ${EXPIRED} SELECT t.event,
    t.with_context - ifnull((SELECT sum(x.n) FROM expired x WHERE x.event = t.event), 0)
  FROM app CROSS JOIN event_total t ON t.app = app.id WHERE app.name = ?1`;
const SELECT_CONTEXTS_OF = `WITH ${EXPIRED} SELECT t.context, ${VISIBLE}
  FROM app CROSS JOIN context_total t ON t.app = app.id
  WHERE app.name = ?1 AND t.event = ?3 AND t.context > ?4 ORDER BY t.context LIMIT ?5`;
const SELECT_ACTIVE = `SELECT (SELECT ifnull(sum(h.accounts), 0) FROM app JOIN active_hour h ON h.app = app.id
    WHERE app.name = ?1 AND h.hour >= since.value)
  FROM json_each(?2) since ORDER BY since.key`;

/** A value or a context, and how many have it. */
export type ValueCount = readonly [value: string, n: number];

/** A range of the values of a field: from `from`, before `to`. */
export type ValueRange = readonly [field: string, from: string, to: string];

/** What is asked about an app. */
export interface CountQuery {
  /** Fields of which each value is counted. */
  readonly fields: readonly string[];
  /** The most values of a field, and contexts of an event, that are counted one by one: the commonest. */
  readonly limit: number;
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
  /** By field: accounts that have any value of it. */
  readonly having: ReadonlyMap<string, number>;
  /** By index of the range. */
  readonly ranges: readonly (readonly [range: number, suffix: string, accounts: number])[];
  /** Names of events, sorted. */
  readonly events: readonly string[];
  readonly contexts: readonly (readonly [event: string, context: string, n: number])[];
  /** By event: how many have any context. */
  readonly withContext: ReadonlyMap<string, number>;
  /** For each of `activeSince`. */
  readonly active: readonly number[];
}

/** The queries, bound to a database. */
export type AnalyticsStore = ReturnType<typeof createAnalyticsStore>;

export function createAnalyticsStore({ engine, scan }: Database) {
  return {
    /** Names of the apps that have a profile or an event, sorted. */
    async apps(firstBucket: number): Promise<string[]> {
      return (await scan(SELECT_APPS, firstBucket)).map(([name]) => name as string);
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
      const [rows, having] = await engine.scan([
        { sql: SELECT_TRAIT, args: [app, JSON.stringify(fields), limit] },
        { sql: COUNT_TRAIT, args: [app, JSON.stringify(presence)] },
      ]);
      return { rows: rows!.rows as [string, number][], having: having!.rows[0]![0] as number };
    },
    /** Values of a field that come after one, in their order, with the accounts that have each. */
    async values(app: string, field: string, after: string, limit: number): Promise<ValueCount[]> {
      return await scan(SELECT_VALUES, app, field, after, limit) as unknown[] as ValueCount[];
    },
    /** Contexts of an event that come after one, in their order, with how many events have each; 0: expired. */
    async contexts(
      app: string,
      event: string,
      { after, limit, firstBucket }: { after: string; limit: number; firstBucket: number },
    ): Promise<ValueCount[]> {
      const rows: unknown[] = await scan(SELECT_CONTEXTS_OF, app, firstBucket, event, after, limit);
      return rows as ValueCount[];
    },
    async counts(
      app: string,
      { fields, limit, ranges, firstBucket, activeSince }: CountQuery,
    ): Promise<AppCounts> {
      const names = JSON.stringify(fields);
      const [accounts, values, having, sums, events, contexts, withContext, active] = await engine.scan([
        { sql: SELECT_ACCOUNTS, args: [app] },
        { sql: SELECT_FIELDS, args: [app, names, limit] },
        { sql: SUM_FIELDS, args: [app, names] },
        { sql: SELECT_RANGES, args: [app, JSON.stringify(ranges)] },
        { sql: SELECT_EVENTS, args: [app, firstBucket] },
        { sql: SELECT_CONTEXTS, args: [app, firstBucket, limit] },
        { sql: SUM_CONTEXTS, args: [app, firstBucket] },
        { sql: SELECT_ACTIVE, args: [app, JSON.stringify(activeSince)] },
      ]);
      return {
        accounts: (accounts!.rows[0]?.[0] ?? 0) as number,
        fields: values!.rows as [string, string, number][],
        having: new Map(having!.rows as [string, number][]),
        ranges: sums!.rows as [number, string, number][],
        events: events!.rows.map(([event]) => event as string),
        contexts: contexts!.rows as [string, string, number][],
        withContext: new Map(withContext!.rows as [string, number][]),
        active: active!.rows.map(([n]) => n as number),
      };
    },
  };
}
