/** What the kept figures amount to. */
import type { Counts } from "../../db/sessions/figures.ts";
import { SKETCH_ERROR } from "../../db/sessions/format/sketch.ts";
import type { Calendar, CalendarUnit } from "./calendar.ts";
import { sortsBefore } from "./merge.ts";
import { DURATION_ERROR, middleOf } from "./storage/figure_sums.ts";
import type { SessionFigures } from "./storage/questions.ts";

/** Users of up to so many sessions are counted; of more they are estimated. */
export const COUNTED_SESSIONS = 4_096;

/** Sessions by state. `open`: without an end. `inconsistent`: with an end before the start. */
export interface StateCounts {
  /** All that have a start. */
  readonly started: number;
  readonly completed: number;
  readonly open: number;
  readonly inconsistent: number;
}

/** The answer of /user/metrics. Durations in seconds, of completed sessions; `null` without any. */
export interface Metrics {
  readonly sessions: StateCounts;
  readonly users: number;
  readonly duration_seconds: {
    readonly mean: number | null;
    readonly p50: number | null;
    readonly p90: number | null;
    readonly p99: number | null;
  };
  /** How far the estimates may be off, as a share: percentiles at most, users with 68 % probability (0: counted). */
  readonly relative_error: { readonly percentiles: number; readonly users: number };
  readonly by_country: readonly (StateCounts & { country: string; mean_duration_seconds: number | null })[];
  readonly by_day: readonly (StateCounts & { day: string; mean_duration_seconds: number | null })[];
  /** How many completed sessions lasted how long, where that was asked for. */
  readonly durations?: readonly DurationClass[];
  /** What was asked for with `by`. `users`: null where they are neither counted nor estimated. */
  readonly groups?: readonly Group[];
}

/** Sessions of a country, or of a time as the calendar names it. */
export interface Group extends StateCounts {
  readonly group: string;
  readonly mean_duration_seconds: number | null;
  readonly users: number | null;
}

/** Completed sessions that lasted longer than the class before, and at most so long; null: longer than any class. */
export interface DurationClass {
  readonly up_to_seconds: number | null;
  readonly sessions: number;
}

/** Where classes of durations end, in seconds: as people would divide them. */
const CLASSES = [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** How users were found out: all together, and of each group. */
export interface Users {
  readonly all: number;
  readonly isEstimate: boolean;
  readonly groups: ReadonlyMap<string, number> | undefined;
}

/** What sessions may be grouped by. */
export const UNITS = ["country", "day", "week", "month", "hour_of_day"] as const;
export type Unit = typeof UNITS[number];

/** How many sessions with a start the figures have. */
export function startedOf({ byTime }: SessionFigures): number {
  return total(byTime.values()).started;
}

/** How figures are shown. */
export interface Shape {
  readonly calendar: Calendar;
  readonly by: Unit | undefined;
  readonly durations: boolean;
}

/**
 * Days newest first, countries by sessions. `slotMillis`: how long a slot of `figures.byTime` is, in milliseconds.
 */
export function metricsOf(
  figures: SessionFigures,
  slotMillis: number,
  users: Users,
  { calendar, by, durations: isHistogramWanted }: Shape,
): Metrics {
  const { duration, ...sessions } = total(figures.byTime.values());
  const histogram = Array.from(figures.durations, ([bucket, n]) => ({ bucket, n })).filter(({ n }) => n > 0)
    .sort((a, b) => a.bucket - b.bucket);
  const nameOf = (slot: number, unit: CalendarUnit) => calendar.nameOf(slot * slotMillis, unit);
  const groupsOf = (unit: Unit) => rowsOf(unit, figures, nameOf);
  return {
    sessions,
    users: users.all,
    duration_seconds: {
      mean: mean(duration, sessions.completed),
      p50: percentile(histogram, 0.5),
      p90: percentile(histogram, 0.9),
      p99: percentile(histogram, 0.99),
    },
    ...(isHistogramWanted && { durations: classesOf(histogram) }),
    relative_error: { percentiles: DURATION_ERROR, users: users.isEstimate ? round(SKETCH_ERROR) : 0 },
    by_country: groupsOf("country").map(({ group, ...row }) => ({ country: group, ...row })),
    by_day: groupsOf("day").map(({ group, ...row }) => ({ day: group, ...row })),
    ...(by !== undefined && {
      groups: groupsOf(by).map((row) => ({ ...row, users: users.groups?.get(row.group) ?? null })),
    }),
  };
}

/** The groups of a unit that have a session, in its order. */
function rowsOf(
  unit: Unit,
  { byTime, byCountry }: SessionFigures,
  nameOf: (slot: number, unit: CalendarUnit) => string,
) {
  const groups = unit === "country" ? byCountry : grouped(byTime, (slot) => nameOf(slot, unit));
  return Array.from(groups, ([group, row]) => ({ group, ...counts(row) }))
    .filter(({ started }) => started > 0).sort(ORDERS[unit]);
}

type Row = StateCounts & { readonly group: string };
const ascending = (a: Row, b: Row) => sortsBefore(a.group, b.group) ? -1 : 1;
const newestFirst = (a: Row, b: Row) => ascending(b, a);
const ORDERS: Record<Unit, (a: Row, b: Row) => number> = {
  country: (a, b) => b.started - a.started || ascending(a, b),
  day: newestFirst,
  week: newestFirst,
  month: newestFirst,
  hour_of_day: ascending,
};

function grouped(rows: ReadonlyMap<number, Counts>, nameOf: (slot: number) => string): Map<string, Counts> {
  const groups = new Map<string, Counts>();
  for (const [slot, { open, completed, inconsistent, duration }] of rows) {
    const name = nameOf(slot),
      known = groups.get(name) ?? { open: 0, completed: 0, inconsistent: 0, duration: 0 };
    known.open += open;
    known.completed += completed;
    known.inconsistent += inconsistent;
    known.duration += duration;
    groups.set(name, known);
  }
  return groups;
}

function total(rows: Iterable<Counts>): StateCounts & { duration: number } {
  const sum = { started: 0, completed: 0, open: 0, inconsistent: 0, duration: 0 };
  for (const { open, completed, inconsistent, duration } of rows) {
    sum.started += open + completed + inconsistent;
    sum.completed += completed;
    sum.open += open;
    sum.inconsistent += inconsistent;
    sum.duration += duration;
  }
  return sum;
}

function counts({ open, completed, inconsistent, duration }: Counts) {
  return {
    started: open + completed + inconsistent,
    completed,
    open,
    inconsistent,
    mean_duration_seconds: mean(duration, completed),
  };
}

function classesOf(durations: readonly { bucket: number; n: number }[]): DurationClass[] {
  const sessions = new Array<number>(CLASSES.length + 1).fill(0);
  for (const { bucket, n } of durations) {
    const at = CLASSES.findIndex((end) => middleOf(bucket) <= end * 1e6);
    sessions[at < 0 ? CLASSES.length : at]! += n;
  }
  return sessions.map((n, i) => ({ up_to_seconds: CLASSES[i] ?? null, sessions: n }));
}

function mean(micros: number, count: number): number | null {
  return count === 0 ? null : round(micros / count / 1e6);
}

/** The duration that this share of the completed sessions does not exceed, in seconds. */
function percentile(durations: readonly { bucket: number; n: number }[], share: number): number | null {
  let rank = Math.ceil(share * durations.reduce((sum, { n }) => sum + n, 0));
  for (const { bucket, n } of durations) {
    rank -= n;
    if (rank <= 0) return round(middleOf(bucket) / 1e6);
  }
  return null;
}

/** To six digits, which is more than the histogram tells. */
function round(value: number): number {
  return Number(value.toPrecision(6));
}
