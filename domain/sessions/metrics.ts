/** What the kept figures amount to. */
import { DURATION_ERROR, middleOf } from "../../db/sessions/changes.ts";
import type { SessionCounts, SessionFigures } from "../../db/sessions/sessions.ts";
import { DAY_MS } from "../time.ts";

/** Users of up to so many sessions are counted; of more, a sample of at most so many sessions is. */
const COUNTED_SESSIONS = 32_768, SAMPLED_SESSIONS = 16_384;

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

/** Which sample of users to count: one of 2^level; undefined: all. */
export function sampleLevel({ byDay }: SessionFigures): number | undefined {
  const started = total(byDay).started;
  return started <= COUNTED_SESSIONS
    ? undefined
    : Math.max(4, Math.ceil(Math.log2(started / SAMPLED_SESSIONS)));
}

/** `users`: how many there are, or as the sample of that level has it. */
export function metricsOf(figures: SessionFigures, users: number, level: number | undefined): Metrics {
  const { byDay, byCountry, durations } = figures;
  const { duration, ...sessions } = total(byDay);
  return {
    sessions,
    users,
    duration_seconds: {
      mean: mean(duration, sessions.completed),
      p50: percentile(durations, 0.5),
      p90: percentile(durations, 0.9),
      p99: percentile(durations, 0.99),
    },
    relative_error: {
      percentiles: DURATION_ERROR,
      users: level === undefined || users === 0 ? 0 : round(Math.sqrt((2 ** level - 1) / users)),
    },
    by_country: byCountry.map((row) => ({ country: row.country, ...counts(row) })),
    by_day: byDay.map((row) => ({
      day: new Date(row.day * DAY_MS).toISOString().slice(0, 10),
      ...counts(row),
    })),
  };
}

function total(rows: readonly SessionCounts[]): StateCounts & { duration: number } {
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

function counts({ open, completed, inconsistent, duration }: SessionCounts) {
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
function percentile(durations: SessionFigures["durations"], share: number): number | null {
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
