/** Days, weeks, months and hours as the clocks of a time zone show them. */
import { DAY_MS, HOUR_MS, iso } from "../time.ts";

/** What sessions are grouped by, beside their country. */
export type CalendarUnit = "day" | "week" | "month" | "hour_of_day";

/** The calendar of an IANA time zone. Moments are milliseconds since the epoch. */
export class Calendar {
  /** Minutes that the zone is ahead of UTC, by the day (UTC) on which they do not change. */
  readonly #offsets = new Map<number, number | undefined>();

  constructor(readonly zone: string) {}

  get isUtc(): boolean {
    return this.zone === "UTC";
  }

  /** When a day began that is so many days before the one of `now`. */
  dayBefore(now: number, days: number): number {
    const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(this.zone).startOfDay();
    // Nothing is older than the epoch.
    const most = Math.ceil(now / DAY_MS) + 1;
    return Math.max(0, today.subtract({ days: Math.min(days, most) }).epochMilliseconds);
  }

  /** The unit that a moment is in: 2026-01-31, 2026-W05, 2026-01 or 23. */
  nameOf(moment: number, unit: CalendarUnit): string {
    const local = moment + this.#offsetAt(moment);
    const text = iso(local);
    if (unit === "day") return text.slice(0, 10);
    if (unit === "month") return text.slice(0, 7);
    if (unit === "hour_of_day") return text.slice(11, 13);
    return weekOf(local);
  }

  #offsetAt(moment: number): number {
    if (this.isUtc) return 0;
    const day = Math.floor(moment / DAY_MS);
    if (!this.#offsets.has(day)) {
      const first = this.#lookUp(day * DAY_MS), last = this.#lookUp((day + 1) * DAY_MS - 1);
      this.#offsets.set(day, first === last ? first : undefined);
    }
    return this.#offsets.get(day) ?? this.#lookUp(moment);
  }

  #lookUp(moment: number): number {
    return Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(this.zone).offsetNanoseconds /
      1e6;
  }
}

/** A week begins on Monday and belongs to the year that has its Thursday (ISO 8601). */
function weekOf(local: number): string {
  const day = Math.floor(local / DAY_MS), thursday = day - (day + 3) % 7 + 3;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0) / (24 * HOUR_MS)) / 7) + 1;
  return `${year}-W${String(week).padStart(2, "0")}`;
}
