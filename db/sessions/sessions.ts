/** The queries of user sessions. Ids leave SQL as decimal text, because they exceed 2^53. */
import { setImmediate } from "node:timers/promises";
import { createLookup, type Plan } from "../batcher.ts";
import type { Row } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { dayFigures, durationFigures, FORGET_EMPTY, removeExpired, SessionsWrite } from "./changes.ts";
import { firstIdAt, hashOf } from "./keys.ts";
import { PartsMerger, type SessionPart } from "./parts.ts";
import { DAY_MS } from "../day.ts";

const SELECT_LAST_SESSIONS =
  `SELECT s.session_id, s.country, s.start, s.end FROM user_session u CROSS JOIN session s ON s.id = u.id
  WHERE u.user_key = ?1 AND u.is_ranked = 1 AND u.id >= ?3 AND s.user_id = ?2
  ORDER BY u.place DESC, s.session_id LIMIT ?4`;
const SELECT_COUNTRIES = `SELECT country FROM session_country ORDER BY country`;
const SELECT_LAST_ID = `SELECT CAST(ifnull(max(id), 0) AS TEXT) FROM session`;

const TIME = `strftime('%Y-%m-%dT%H:%M:%S', start / 1000000, 'unixepoch') ||
  iif(start % 1000000 = 0, '', '.' || rtrim(printf('%06d', start % 1000000), '0'))`;
const FIRST_PAGE = `FROM session WHERE country = ?1 AND start >= ?2 AND id BETWEEN ?3 AND ?4`;
const NEXT_PAGE = `${FIRST_PAGE} AND (start, user_key, key, id) < (?6, ?7, ?8, ?9)`;
const NEWEST_FIRST = `ORDER BY start DESC, user_key DESC, key DESC, id DESC`;
// group_concat takes the rows as the inner SELECT orders them; the server's parser has no ORDER BY inside an aggregate.
const starts = (rows: string) =>
  `SELECT group_concat(text, ','), count(*) FROM (SELECT '{"session_id":' || json_quote(session_id) ||
    ',"user_id":' || json_quote(user_id) || ',"ts":"' || ${TIME} || '"}' AS text
    ${rows} ${NEWEST_FIRST} LIMIT ?5)`;
// Where a full page ends. A window function that numbers the rows would cost more than all the rest.
const lastStart = (rows: string) =>
  `SELECT start, user_key, key, CAST(id AS TEXT) ${rows} ${NEWEST_FIRST} LIMIT 1 OFFSET ?5 - 1`;
const SELECT_FIRST_STARTS = [starts(FIRST_PAGE), lastStart(FIRST_PAGE)];
const SELECT_MORE_STARTS = [starts(NEXT_PAGE), lastStart(NEXT_PAGE)];

const DAY_MICROS = DAY_MS * 1000;
// What is kept, less what has expired since the last sweep. ?1: the first day; ?2: a country or NULL; ?3: the first id
// that has not expired.
const EXPIRED = `session WHERE id < ?3 AND start >= ?1 * ${DAY_MICROS} AND (?2 IS NULL OR country = ?2)`;
const KEPT = `FROM (SELECT day, country, open, completed, inconsistent, duration FROM session_day
      WHERE day >= ?1 AND (?2 IS NULL OR country = ?2)
    UNION ALL ${dayFigures(EXPIRED, "", -1)})`;
const SUMS = `sum(open), sum(completed), sum(inconsistent), total(duration) ${KEPT}`;
const NOT_EMPTY = `HAVING sum(open) + sum(completed) + sum(inconsistent) > 0`;
const COUNT_STARTED = `SELECT sum(open) + sum(completed) + sum(inconsistent) ${KEPT}`;
const SELECT_BY_DAY = `SELECT day, ${SUMS} GROUP BY day ${NOT_EMPTY} ORDER BY day DESC`;
const SELECT_BY_COUNTRY = `SELECT country, ${SUMS} GROUP BY country ${NOT_EMPTY}
  ORDER BY sum(open) + sum(completed) + sum(inconsistent) DESC, country`;
// Added up by the caller: sorting them here by bucket costs twice as much.
const SELECT_DURATIONS = `SELECT json_group_array(bucket), json_group_array(n) FROM (
    SELECT bucket, n FROM session_duration WHERE country = ifnull(?2, '') AND day >= ?1
    UNION ALL SELECT bucket, n FROM (${durationFigures(EXPIRED, "", -1)}))`;

// Country by country, because a range of starts is one stretch of the index only within a country.
const OF_COUNTRIES = `FROM session_country c CROSS JOIN session s
  ON s.country = c.country AND s.start >= ?1 * ${DAY_MICROS} AND s.id >= ?3`;
const COUNT_USERS = `SELECT count(DISTINCT s.user_key) ${OF_COUNTRIES} WHERE ?2 IS NULL OR c.country = ?2`;
const COUNT_SAMPLED_USERS =
  `SELECT count(DISTINCT s.user_key) FROM session_country c CROSS JOIN json_each(?4) l
  CROSS JOIN session s ON s.country = c.country AND s.sample = l.value AND s.sample >= 4
    AND s.start >= ?1 * ${DAY_MICROS} AND s.id >= ?3
  WHERE ?2 IS NULL OR c.country = ?2`;
/** The sample that is kept in an index: one user of 2^4. */
const FIRST_LEVEL = 4;
const LAST_LEVEL = 47;

/** A complete session. Times in microseconds since the epoch. */
export interface SessionRow {
  readonly sessionId: string;
  readonly country: string;
  readonly start: number;
  readonly end: number;
}

/** Which sessions are asked for, and how many at most. */
export interface LastSessionsQuery {
  readonly userId: string;
  readonly limit: number;
}

/** The starts of a country since a time in microseconds, among ids up to `lastId`. */
export interface StartsQuery {
  readonly country: string;
  readonly since: number;
  readonly lastId: bigint;
}

/** Where a page of starts ends. */
export type StartsCursor = readonly [start: number, userKey: number, key: number, id: bigint];

/** A page of starts: JSON objects separated by commas, how many, and where it ends; absent: nothing follows. */
export interface StartsPage {
  readonly text: string;
  readonly count: number;
  readonly cursor?: StartsCursor;
}

/** Sessions with a start, by state. */
export interface SessionCounts {
  readonly open: number;
  readonly completed: number;
  readonly inconsistent: number;
  /** Microseconds, of all completed ones together. */
  readonly duration: number;
}

/** From which day (days since the epoch, UTC) and, unless null, of which country. */
export interface FiguresQuery {
  readonly firstDay: number;
  readonly country: string | null;
}

/** Kept figures of one moment. Days newest first, countries by sessions, buckets by duration. */
export interface SessionFigures {
  readonly byDay: readonly (SessionCounts & { readonly day: number })[];
  readonly byCountry: readonly (SessionCounts & { readonly country: string })[];
  /** How many completed sessions each bucket of the histogram holds; see `middleOf`. */
  readonly durations: readonly { readonly bucket: number; readonly n: number }[];
}

/** Sessions that are packed before others have their turn, a fraction of a millisecond apart. */
const PACKED_A_TURN = 32;
/** About what a part occupies while it waits. */
const PART_BYTES = 200;

/** The queries, bound to a database. */
export type SessionStore = ReturnType<typeof createSessionStore>;

/** Milliseconds since the epoch: `clock` answers the time; what was received before `firstAlive` is gone. */
export function createSessionStore(
  { engine, commits, query }: Database,
  clock: () => number,
  firstAlive: () => number,
) {
  const firstVisible = () => firstIdAt(firstAlive());
  const statementsOf = (write: SessionsWrite) => write.statements(firstIdAt(clock()), firstVisible());
  const storeTogether = commits.writer((ops: (readonly SessionPart[])[]): Plan<void> => {
    const merger = new PartsMerger(), write = new SessionsWrite();
    for (const parts of ops) for (const part of parts) merger.add(part);
    for (const session of merger.sessions()) write.add(session);
    return { statements: statementsOf(write), settle: () => ops.map(() => undefined) };
  });
  return {
    /** Stores parts of sessions, those of one call all or none. What waits is merged and committed together. */
    store: (parts: readonly SessionPart[]): Promise<void> => storeTogether(parts, parts.length * PART_BYTES),
    /**
     * Stores what was gathered in transactions of `size` sessions, in the order of their keys: the more there are, the
     * closer together are the places that a transaction changes, and the less is written. The first begins when `after`
     * is done. `onStored` hears of each transaction. When it fails, some may be stored.
     */
    async storeInPieces(
      gathered: PartsMerger,
      size: number,
      after: Promise<void> | undefined,
      onStored: (sessions: number) => void,
    ): Promise<void> {
      let write = new SessionsWrite(), storing = after, packed = 0;
      const flush = async () => {
        // One piece is packed while the one before is stored.
        await storing;
        const { size } = write;
        storing = commits.execute(statementsOf(write), size * PART_BYTES).then(() => onStored(size));
        storing.catch(() => {});
        write = new SessionsWrite();
      };
      for (const session of gathered.sessions()) {
        write.add(session);
        if (write.size === size) await flush();
        if (++packed % PACKED_A_TURN === 0) await setImmediate();
      }
      if (write.size > 0) await flush();
      await storing;
    },
    /** The user's complete sessions, latest end first. Coalesced. */
    lastSessions: createLookup(engine, (ops: LastSessionsQuery[]): Plan<SessionRow[]> => ({
      statements: ops.map(({ userId, limit }) => ({
        sql: SELECT_LAST_SESSIONS,
        args: [hashOf(userId), userId, firstVisible(), limit],
      })),
      settle: (results) => results.map(({ rows }) => rows.map(toSession)),
    })),
    /** Every country that was ever seen, in order. */
    async countries(): Promise<string[]> {
      return (await query(SELECT_COUNTRIES)).map(([country]) => country as string);
    },
    /** The newest session's id; 0 when there is none. */
    async lastId(): Promise<bigint> {
      const [row] = await query(SELECT_LAST_ID);
      return BigInt(row![0] as string);
    },
    /** The next `limit` starts after the cursor, newest first; undefined when there are no more. */
    async starts(
      { country, since, lastId }: StartsQuery,
      limit: number,
      after?: StartsCursor,
    ): Promise<StartsPage | undefined> {
      const args = [country, since, firstVisible(), lastId, limit];
      const [page, end] = await engine.read(
        after === undefined
          ? SELECT_FIRST_STARTS.map((sql) => ({ sql, args }))
          : SELECT_MORE_STARTS.map((sql) => ({ sql, args: [...args, ...after] })),
      );
      const [text, count] = page!.rows[0]!;
      if (text === null) return undefined;
      const [last] = end!.rows;
      if (last === undefined) return { text: text as string, count: count as number };
      const [start, userKey, key, id] = last;
      const cursor = [start as number, userKey as number, key as number, BigInt(id as string)] as const;
      return { text: text as string, count: count as number, cursor };
    },
    /** How many sessions with a start there are. */
    async count(): Promise<number> {
      return (await query(COUNT_STARTED, 0, null, firstVisible()))[0]![0] as number | null ?? 0;
    },
    /** The kept figures; their cost does not grow with the number of sessions. */
    async figures({ firstDay, country }: FiguresQuery): Promise<SessionFigures> {
      const args = [firstDay, country, firstVisible()];
      const [days, countries, durations] = await engine.read(
        [SELECT_BY_DAY, SELECT_BY_COUNTRY, SELECT_DURATIONS].map((sql) => ({ sql, args })),
      );
      return {
        byDay: days!.rows.map((row) => ({ day: row[0] as number, ...toCounts(row) })),
        byCountry: countries!.rows.map((row) => ({ country: row[0] as string, ...toCounts(row) })),
        durations: histogramOf(durations!.rows[0]!),
      };
    },
    /** How many users started sessions: counted, or with a level n estimated from one user of 2^n (n at least 4). */
    async users({ firstDay, country }: FiguresQuery, level: number | undefined): Promise<number> {
      const args = [firstDay, country, firstVisible()];
      if (level === undefined) return (await query(COUNT_USERS, ...args))[0]![0] as number;
      const first = Math.max(level, FIRST_LEVEL);
      const levels = Array.from({ length: LAST_LEVEL - first + 1 }, (_, i) => first + i);
      const [row] = await query(COUNT_SAMPLED_USERS, ...args, JSON.stringify(levels));
      return (row![0] as number) * 2 ** first;
    },

    /** Frees up to `limit` expired sessions, oldest first, and answers how many. */
    async sweep(limit: number): Promise<number> {
      const [staged] = await commits.execute(removeExpired(firstVisible(), limit));
      return staged!.changes;
    },
    /** Frees the figures of days that hold nothing any more. */
    async forgetEmpty(): Promise<void> {
      await commits.execute(FORGET_EMPTY);
    },
  };
}

/** Adds up what the same bucket holds on several days. */
function histogramOf([buckets, counts]: Row): SessionFigures["durations"] {
  const sums = new Map<number, number>(), ns: number[] = JSON.parse(counts as string);
  for (const [i, bucket] of (JSON.parse(buckets as string) as number[]).entries()) {
    sums.set(bucket, (sums.get(bucket) ?? 0) + ns[i]!);
  }
  return Array.from(sums, ([bucket, n]) => ({ bucket, n })).filter(({ n }) => n > 0)
    .sort((a, b) => a.bucket - b.bucket);
}

function toSession([sessionId, country, start, end]: Row): SessionRow {
  return {
    sessionId: sessionId as string,
    country: country as string,
    start: start as number,
    end: end as number,
  };
}

function toCounts([, open, completed, inconsistent, duration]: Row): SessionCounts {
  return {
    open: open as number,
    completed: completed as number,
    inconsistent: inconsistent as number,
    duration: duration as number,
  };
}
