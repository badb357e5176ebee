/** Days as people in a time zone have them: some have 23 or 25 hours. */

/** A day of a time zone: from its first moment to before `end`, in milliseconds since the epoch. */
export interface LocalDay {
  /** Such as 2026-01-02. */
  readonly day: string;
  readonly start: number;
  readonly end: number;
}

/** The day of a moment, and so many days before it, ascending. */
export function localDays(timezone: string, moment: number, before: number): LocalDay[] {
  const last = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timezone).toPlainDate();
  const startOf = (date: Temporal.PlainDate) => date.toZonedDateTime(timezone).startOfDay().epochMilliseconds;
  return Array.from({ length: before + 1 }, (_, index) => {
    const date = last.subtract({ days: before - index });
    return { day: date.toString(), start: startOf(date), end: startOf(date.add({ days: 1 })) };
  });
}
