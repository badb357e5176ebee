/**
 * How sessions are written: set by set, never row by row. What a write changes is first put side by side, before and
 * after, in `session_change`; the rows and every kept figure then follow from it, in the same transaction.
 */
import type { Statement } from "../engine/engine.ts";
import { sampleOf, SESSION_PART } from "./keys.ts";
import type { MergedSession } from "./parts.ts";
import { DAY_MS } from "../day.ts";

/** Relative error of a duration that is read from the histogram. */
export const DURATION_ERROR = 0.01;
const GAMMA = (1 + DURATION_ERROR) / (1 - DURATION_ERROR);
const DAY_MICROS = DAY_MS * 1000;

// A session travels as one text, numbers at fixed places and then the ids: json_each over plain texts costs a fraction
// of nested arrays.
const WIDTHS = { key: 15, userKey: 15, start: 17, end: 17, sample: 2, userLength: 3, countryLength: 2 };
const IDS_AT = Object.values(WIDTHS).reduce((sum, width) => sum + width) + 1;

function field(name: keyof typeof WIDTHS): string {
  let from = 1;
  for (const [other, width] of Object.entries(WIDTHS)) {
    if (other === name) break;
    from += width;
  }
  return `CAST(nullif(substr(value, ${from}, ${WIDTHS[name]}), '${" ".repeat(WIDTHS[name])}') AS INTEGER)`;
}

const PARTS = `SELECT key AS ordinal, ${field("key")} AS key, ${field("userKey")} AS user_key,
    ${field("sample")} AS sample, ${field("start")} AS start, ${field("end")} AS end,
    substr(value, ${IDS_AT}, ${field("userLength")}) AS user_id,
    nullif(substr(value, ${IDS_AT} + ${field("userLength")}, ${field("countryLength")}), '') AS country,
    substr(value, ${IDS_AT} + ${field("userLength")} + ${field("countryLength")}) AS session_id
  FROM json_each(?1)`;

// A session that has expired but is not swept yet counts as absent: the new one takes its place.
const PAIRS = `SELECT n.*, o.id AS old_id, iif(o.id >= ?3, o.id, NULL) AS live_id,
    o.country AS old_country, o.start AS old_start, o.end AS old_end,
    iif(o.id >= ?3, o.country, NULL) AS live_country, iif(o.id >= ?3, o.start, NULL) AS live_start,
    iif(o.id >= ?3, o.end, NULL) AS live_end
  FROM (${PARTS}) n
  LEFT JOIN session o ON o.id = (SELECT s.id FROM user_session u CROSS JOIN session s ON s.id = u.id
    WHERE u.user_key = n.user_key AND u.is_ranked = 0 AND u.place = n.key % ${SESSION_PART}
      AND s.user_id = n.user_id AND s.session_id = n.session_id)`;

// The earlier start and the later end stay, in whichever order they come. Of two starts at the same time the country
// that sorts first stays, so that this does not depend on the order either.
const MERGED = `SELECT *,
    min(ifnull(start, live_start), ifnull(live_start, start)) AS new_start,
    max(ifnull(end, live_end), ifnull(live_end, end)) AS new_end,
    CASE WHEN live_start IS NULL OR start < live_start THEN country
      WHEN start = live_start THEN min(country, live_country) ELSE live_country END AS new_country
  FROM (${PAIRS})`;

// ?2: the first id that this millisecond allows. ?3: the first id that has not expired.
const STAGE = `INSERT INTO session_change
  SELECT ifnull(live_id, max(?2, ifnull((SELECT max(id) FROM session), 0) + 1) + ordinal), old_id,
    key, user_key, sample, user_id, session_id, new_country, new_start, new_end,
    old_country, old_start, old_end
  FROM (${MERGED})
  WHERE live_id IS NULL OR new_start IS NOT live_start OR new_end IS NOT live_end
    OR new_country IS NOT live_country`;
const STAGE_EXPIRED = `INSERT INTO session_change (old_id, key, user_key, old_country, old_start, old_end)
  SELECT id, key, user_key, country, start, end FROM session WHERE id < ?1 ORDER BY id LIMIT ?2`;

const GONE = `old_id IS NOT NULL AND id IS NOT old_id`, CAME = `id IS NOT NULL AND id IS NOT old_id`;
const REMOVE = `DELETE FROM session WHERE id IN (SELECT old_id FROM session_change WHERE ${GONE})`;
const INSERT = `INSERT INTO session (id, key, user_key, sample, user_id, session_id, country, start, end)
  SELECT id, key, user_key, sample, user_id, session_id, country, start, end FROM session_change
  WHERE ${CAME}`;
const UPDATE = `UPDATE session SET country = c.country, start = c.start, end = c.end
  FROM session_change c WHERE session.id = c.old_id AND c.id = c.old_id`;

// Where the sessions are in user_session. A complete session stays so, but its end may move.
const RANK_STAYS = `ifnull(old_end >= old_start AND id = old_id AND end = old_end, 0)`;
const PLACES = `DELETE FROM user_session WHERE (user_key, is_ranked, place, id) IN`;
const REMOVE_PLACES =
  `${PLACES} (SELECT user_key, 0, key % ${SESSION_PART}, old_id FROM session_change WHERE ${GONE})`;
const REMOVE_RANKS = `${PLACES} (SELECT user_key, 1, old_end, old_id FROM session_change
  WHERE old_end >= old_start AND NOT ${RANK_STAYS})`;
const INSERT_PLACES = `INSERT INTO user_session
  SELECT user_key, 0, key % ${SESSION_PART}, id FROM session_change WHERE ${CAME}
  UNION ALL SELECT user_key, 1, end, id FROM session_change
    WHERE end >= start AND NOT ${RANK_STAYS}`;

/** Logarithmic buckets: all durations of one bucket lie within DURATION_ERROR of its middle. 0 has its own. */
const bucket = (start: string, end: string) =>
  `CAST(CASE WHEN ${end} = ${start} THEN -1 ELSE ceil(ln(${end} - ${start}) / ${
    Math.log(GAMMA)
  }) END AS INTEGER)`;
/** The middle of a bucket, in microseconds. */
export const middleOf = (index: number): number => index < 0 ? 0 : 2 * GAMMA ** index / (GAMMA + 1);

/** What sessions add to their days' figures, times `sign`. */
export const dayFigures = (from: string, prefix: string, sign: 1 | -1): string => {
  const start = `${prefix}start`, end = `${prefix}end`;
  return `SELECT ${start} / ${DAY_MICROS} AS day, ${prefix}country AS country,
      ${sign} * (${end} IS NULL) AS open, ${sign} * ifnull(${end} >= ${start}, 0) AS completed,
      ${sign} * ifnull(${end} < ${start}, 0) AS inconsistent,
      ${sign} * iif(${end} >= ${start}, ${end} - ${start}, 0) AS duration
    FROM ${from} AND ${start} IS NOT NULL`;
};
/** What sessions add to the histogram, times `sign`. */
export const durationFigures = (from: string, prefix: string, sign: 1 | -1): string => {
  const start = `${prefix}start`, end = `${prefix}end`;
  return `SELECT ${prefix}country AS country, ${start} / ${DAY_MICROS} AS day,
      ${bucket(start, end)} AS bucket, ${sign} AS n
    FROM ${from} AND ${end} >= ${start}`;
};

const AFTER = `session_change WHERE id IS NOT NULL`, BEFORE = `session_change WHERE old_id IS NOT NULL`;
const COUNT_DAYS = `INSERT INTO session_day
  SELECT day, country, sum(open), sum(completed), sum(inconsistent), sum(duration)
  FROM (${dayFigures(AFTER, "", 1)} UNION ALL ${dayFigures(BEFORE, "old_", -1)})
  WHERE true GROUP BY day, country
  ON CONFLICT DO UPDATE SET open = open + excluded.open, completed = completed + excluded.completed,
    inconsistent = inconsistent + excluded.inconsistent, duration = duration + excluded.duration`;
// Computed once, counted twice: for its country, and for all of them together.
const COUNT_DURATIONS = `INSERT INTO session_duration
  WITH change AS MATERIALIZED (
    SELECT country, day, bucket, sum(n) AS n
    FROM (${durationFigures(AFTER, "", 1)} UNION ALL ${durationFigures(BEFORE, "old_", -1)})
    GROUP BY country, day, bucket HAVING sum(n) <> 0)
  SELECT country, day, bucket, n FROM change
  UNION ALL SELECT '', day, bucket, sum(n) FROM change WHERE true GROUP BY day, bucket
  ON CONFLICT DO UPDATE SET n = n + excluded.n`;
const CLEAR = `DELETE FROM session_change`;
const INSERT_COUNTRIES = `INSERT OR IGNORE INTO session_country SELECT value FROM json_each(?1)`;

const plain = (sql: string): Statement => ({ sql, args: [] });
const FIGURES = [COUNT_DAYS, COUNT_DURATIONS, CLEAR].map(plain);

const FORGET_DAYS = `DELETE FROM session_day WHERE open = 0 AND completed = 0 AND inconsistent = 0`;
const FORGET_DURATIONS = `DELETE FROM session_duration WHERE n = 0`;
/** Frees the figures of days that hold nothing any more. */
export const FORGET_EMPTY: readonly Statement[] = [FORGET_DAYS, FORGET_DURATIONS].map(plain);

/** Gathers sessions into one write. They must come in the order of their keys: so each page is changed at one go. */
export class SessionsWrite {
  readonly #texts: string[] = [];
  readonly #countries = new Set<string>();

  get size(): number {
    return this.#texts.length;
  }

  add(session: MergedSession): void {
    this.#texts.push(pack(session));
    if (session.country !== null) this.#countries.add(session.country);
  }

  /** `now` and `firstVisible`: the ids that these times stand for. */
  statements(now: bigint, firstVisible: bigint): Statement[] {
    return [
      { sql: INSERT_COUNTRIES, args: [JSON.stringify([...this.#countries])] },
      { sql: STAGE, args: [JSON.stringify(this.#texts), now, firstVisible] },
      ...[REMOVE, INSERT, UPDATE, REMOVE_PLACES, REMOVE_RANKS, INSERT_PLACES].map(plain),
      ...FIGURES,
    ];
  }
}

/** Removes up to `limit` sessions below `firstVisible`, oldest first. The first result says how many. */
export function removeExpired(firstVisible: bigint, limit: number): Statement[] {
  return [
    { sql: STAGE_EXPIRED, args: [firstVisible, limit] },
    ...[REMOVE, REMOVE_PLACES, REMOVE_RANKS].map(plain),
    ...FIGURES,
  ];
}

function pack({ key, userKey, userId, sessionId, country, start, end }: MergedSession): string {
  const number = (value: number | null, width: number) => String(value ?? "").padStart(width);
  return number(key, WIDTHS.key) + number(userKey, WIDTHS.userKey) +
    number(start, WIDTHS.start) + number(end, WIDTHS.end) + number(sampleOf(userKey), WIDTHS.sample) +
    number(codePoints(userId), WIDTHS.userLength) +
    number(country === null ? 0 : codePoints(country), WIDTHS.countryLength) +
    userId + (country ?? "") + sessionId;
}

/** Characters as SQL counts them. */
function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xFC00) === 0xD800) count--;
  return count;
}
