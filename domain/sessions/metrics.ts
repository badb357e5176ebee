/** What the kept figures amount to. */
import type { Counts } from "../../db/sessions/figures.ts";
import { SKETCH_ERROR } from "../../db/sessions/sketch.ts";
import { DAY_MS } from "../time.ts";
import { sortsBefore } from "./merge.ts";
import { DURATION_ERROR, middleOf } from "./storage/changes.ts";
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
}

/** How many sessions with a start the figures have. */
export function startedOf({ byTime }: SessionFigures): number {
  return total(byTime.values()).started;
}

/** `users`: how many there are, counted or estimated. Days newest first, countries by sessions. */
export function metricsOf(figures: SessionFigures, users: number, isEstimate: boolean): Metrics {
  const { byTime, byCountry, durations } = figures;
  const { duration, ...sessions } = total(byTime.values());
  const histogram = Array.from(durations, ([bucket, n]) => ({ bucket, n })).filter(({ n }) => n > 0)
    .sort((a, b) => a.bucket - b.bucket);
  const days = Array.from(byTime, ([day, row]) => ({ day, ...counts(row) }));
  const countries = Array.from(byCountry, ([country, row]) => ({ country, ...counts(row) }));
  return {
    sessions,
    users,
    duration_seconds: {
      mean: mean(duration, sessions.completed),
      p50: percentile(histogram, 0.5),
      p90: percentile(histogram, 0.9),
      p99: percentile(histogram, 0.99),
    },
    relative_error: { percentiles: DURATION_ERROR, users: isEstimate ? round(SKETCH_ERROR) : 0 },
    by_country: countries.filter(isAny).sort((a, b) =>
      b.started - a.started || (sortsBefore(a.country, b.country) ? -1 : 1)
    ),
    by_day: days.filter(isAny).sort((a, b) => b.day - a.day)
      .map(({ day, ...row }) => ({ day: new Date(day * DAY_MS).toISOString().slice(0, 10), ...row })),
  };
}

const isAny = ({ started }: StateCounts) => started > 0;

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
