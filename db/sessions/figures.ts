/** The figures that are kept: sessions by country and time of their start, and how long they took. */
import type { Result, Row, Statement, Value } from "../engine/engine.ts";

const COLUMNS = "open, completed, inconsistent, duration";
// Of the last day only the quarters count that have come.
const KEPT = `(SELECT country, slot AS day, ${COLUMNS} FROM session_figure
    WHERE is_quarter = 0 AND slot >= ?1 AND slot < ?2 AND (?4 IS NULL OR country = ?4)
  UNION ALL SELECT f.country, slot / 96, ${COLUMNS} FROM session_country c CROSS JOIN session_figure f
    ON f.is_quarter = 1 AND f.country = c.country AND f.slot >= max(?1, ?2) * 96 AND f.slot < ?3
    WHERE ?4 IS NULL OR c.country = ?4)`;
const SUMS = `sum(open), sum(completed), sum(inconsistent), total(duration)`;
const SELECT_BY_DAY = `SELECT day, ${SUMS} FROM ${KEPT} GROUP BY day`;
const SELECT_BY_COUNTRY = `SELECT country, ${SUMS} FROM ${KEPT} GROUP BY country`;
// Country by country, because a range of slots is one stretch of the index only within a country.
const QUARTERS = `FROM session_country c CROSS JOIN session_figure f
  ON f.is_quarter = 1 AND f.country = c.country AND f.slot >= ?1 AND f.slot < ?2
  WHERE ?3 IS NULL OR c.country = ?3`;
const SELECT_BY_QUARTER = `SELECT slot, ${SUMS} ${QUARTERS} GROUP BY slot`;
const SELECT_QUARTERS_BY_COUNTRY = `SELECT f.country, ${SUMS} ${QUARTERS} GROUP BY f.country`;
// Added up by the caller: sorting them here by bucket costs twice as much.
const SELECT_DURATIONS = `SELECT json_group_array(bucket), json_group_array(n) FROM session_duration
  WHERE country = ifnull(?3, '') AND day >= ?1 AND day <= ?2`;
const SELECT_EXPIRED =
  `SELECT id, data FROM session_ledger WHERE first_received < ?1 ORDER BY first_received`;
const SELECT_SOME_EXPIRED = `${SELECT_EXPIRED} LIMIT ?2`;

const ADD_FIGURES = `INSERT INTO session_figure
  SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM json_each(?1) WHERE true
  ON CONFLICT DO UPDATE SET open = open + excluded.open, completed = completed + excluded.completed,
    inconsistent = inconsistent + excluded.inconsistent, duration = duration + excluded.duration`;
const ADD_DURATIONS = `INSERT INTO session_duration
  SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1) WHERE true
  ON CONFLICT DO UPDATE SET n = n + excluded.n`;
const INSERT_LEDGER = `INSERT INTO session_ledger (first_received, data) VALUES (?1, ?2)`;
const DELETE_LEDGER = `DELETE FROM session_ledger WHERE id IN (SELECT value FROM json_each(?1))`;
/** Rows that hold nothing any more are found by a reader, so that the search keeps no writer waiting. */
const emptyRows = (table: string, key: string, isEmpty: string) => ({
  select: `SELECT ${key} FROM ${table} WHERE ${isEmpty} LIMIT ?1`,
  forget: `DELETE FROM ${table} WHERE (${key}) IN
    (SELECT value->>0, value->>1, value->>2 FROM json_each(?1)) AND ${isEmpty}`,
});
const EMPTY = [
  emptyRows("session_figure", "is_quarter, country, slot", "open = 0 AND completed = 0 AND inconsistent = 0"),
  emptyRows("session_duration", "country, day, bucket", "n = 0"),
];

/** Sessions with a start, by state. */
export interface Counts {
  open: number;
  completed: number;
  inconsistent: number;
  /** Microseconds, of all completed ones together. */
  duration: number;
}

/** A row of figures: whether of a quarter of an hour or of a day, its country, and which one since the epoch. */
export type FigureRow = readonly [isQuarter: 0 | 1, country: string, slot: number, ...counts: number[]];
/** A row of the histogram. */
export type DurationRow = readonly [country: string, day: number, bucket: number, n: number];

/** Quarters of an hour since the epoch, from one to before another, and a country or null for all. */
export interface FigureRange {
  readonly from: number;
  readonly to: number;
  readonly country: string | null;
}

const QUARTERS_A_DAY = 96;
const plain = (sql: string, ...args: Value[]): Statement => ({ sql, args });

/** Statements that read figures; `byTime` groups by days or quarters. */
export function selectFigures({ from, to, country }: FigureRange, byTime: "day" | "quarter"): Statement[] {
  const firstDay = Math.floor(from / QUARTERS_A_DAY), lastDay = Math.floor(to / QUARTERS_A_DAY);
  return [
    ...(byTime === "day"
      ? [SELECT_BY_DAY, SELECT_BY_COUNTRY].map((sql) => plain(sql, firstDay, lastDay, to, country))
      : [SELECT_BY_QUARTER, SELECT_QUARTERS_BY_COUNTRY].map((sql) => plain(sql, from, to, country))),
    plain(SELECT_DURATIONS, firstDay, lastDay, country),
  ];
}

/** What expired and is still in the figures: entries of the ledger that have something before a time, at most so many. */
export const selectExpired = (firstAlive: number, limit?: number): Statement =>
  limit === undefined ? plain(SELECT_EXPIRED, firstAlive) : plain(SELECT_SOME_EXPIRED, firstAlive, limit);
export const ledgerOf = ({ rows }: Result) =>
  rows.map(([id, data]) => ({ id: id as number, data: data as Uint8Array }));

/** Statements that add to the figures; what is added may be negative. */
export const addFigures = (figures: readonly FigureRow[], durations: readonly DurationRow[]): Statement[] => [
  plain(ADD_FIGURES, JSON.stringify(figures)),
  plain(ADD_DURATIONS, JSON.stringify(durations)),
];
export const addToLedger = (firstReceived: number, data: Uint8Array): Statement =>
  plain(INSERT_LEDGER, firstReceived, data);
export const takeFromLedger = (ids: readonly number[]): Statement =>
  plain(DELETE_LEDGER, JSON.stringify(ids));
/** By table: the statement that finds up to `limit` rows of figures which hold nothing any more, and the one that frees them. */
export const EMPTY_ROWS = EMPTY.map(({ select, forget }) => ({
  select: (limit: number) => plain(select, limit),
  forget: (rows: readonly Row[]) => plain(forget, JSON.stringify(rows)),
}));

/** Counts by their first column. */
export function countsOf<Key>({ rows }: Result): Map<Key, Counts> {
  return new Map(rows.map(([key, open, completed, inconsistent, duration]: Row) => [
    key as Key,
    {
      open: open as number,
      completed: completed as number,
      inconsistent: inconsistent as number,
      duration: duration as number,
    },
  ]));
}

/** Sessions by bucket, of all days together. */
export function histogramOf({ rows: [row] }: Result): Map<number, number> {
  const [buckets, counts] = row!.map((text) => JSON.parse(text as string) as number[]);
  const sums = new Map<number, number>();
  for (const [i, bucket] of buckets!.entries()) sums.set(bucket, (sums.get(bucket) ?? 0) + counts![i]!);
  return sums;
}
