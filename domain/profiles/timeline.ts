/** Which points a timeline has: the schemas that validate and document its query, and the points themselves. */
import { z } from "zod";
import { BUCKET_MS } from "../../db/profiles/events.ts";
import { DAY_MS, HOUR_MS, isTimeZone, timeIn, TimeOrMillis, WANTED_TIME_OR_MILLIS } from "../time.ts";
import { Context } from "./names.ts";
import { invalidPart } from "../errors.ts";

const MAX_POINTS = 10_000;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: HOUR_MS, d: DAY_MS };
const CALENDAR_UNITS = ["day", "week", "month"] as const;
type CalendarUnit = typeof CALENDAR_UNITS[number];

const WANTED_BUCKET =
  "a number of minutes, hours or days that is a multiple of 5 minutes, such as 5m, 1h or 1d; or day, week or month " +
  "of the calendar";
/** What a point counts: a length in milliseconds, or a unit of the calendar. */
const Bucket = z.string().transform((value, context): number | CalendarUnit => {
  const calendarUnit = CALENDAR_UNITS.find((name) => name === value);
  if (calendarUnit !== undefined) return calendarUnit;
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(value) ?? [];
  const length = Number(count) * (UNITS[unit ?? ""] ?? NaN);
  if (length > 0 && length % BUCKET_MS === 0) return length;
  context.addIssue({ code: "custom", message: WANTED_BUCKET });
  return z.NEVER;
});

/** A time as text, because the query's zone is the one of a text that names none. */
const LocalTime = z.string().superRefine((text, context) => {
  const { error } = TimeOrMillis.safeParse(text);
  for (const { message } of error?.issues ?? []) context.addIssue({ code: "custom", message });
});

/** What the query of a timeline may say. */
export const TimelineOptions = z.object({
  from: LocalTime.optional().meta({
    description: `First moment: ${WANTED_TIME_OR_MILLIS}. 24 hours before \`to\` unless given.`,
  }),
  to: LocalTime.optional().meta({ description: "Last moment, included. Now unless given." }),
  bucket: Bucket.optional().meta({ description: `What a point counts: ${WANTED_BUCKET}. 5m unless given.` }),
  tz: z.string().refine(isTimeZone, "an IANA time zone, such as Europe/Berlin").default("UTC").meta({
    description:
      "Time zone of days, weeks (from Monday) and months, and of a `from` and `to` that name none. Lengths such as 1h " +
      "are counted from the epoch in any zone.",
  }),
  context: Context.optional().meta({ description: "Only events with this context." }),
  points: z.enum(["pairs", "objects"], "pairs or objects").default("pairs").meta({
    description: "How a point is written: `[time, value]` or `{time, value}`.",
  }),
});

/** The points of a timeline, in buckets of five minutes since the epoch. */
export interface Points {
  /** The first bucket of each point, ascending. */
  readonly starts: readonly number[];
  /** Last bucket of the last point. */
  readonly to: number;
  /** Buckets in a point; undefined: as many as its unit of the calendar has. */
  readonly step: number | undefined;
}

/**
 * The points from one moment to another, both included. Those of one length are aligned to the epoch, those of the
 * calendar to its zone. None or too many: `invalid-request`.
 */
export function pointsOf(
  { from, to, bucket = BUCKET_MS, tz = "UTC" }: Partial<
    Pick<z.output<typeof TimelineOptions>, "from" | "to" | "bucket" | "tz">
  >,
  now: number,
): Points {
  const at = (text: string | undefined) =>
    text === undefined ? undefined : /^\d+$/.test(text) ? Number(text) : timeIn(tz, text);
  const wanted = at(from);
  const last = at(to) ?? Math.max(now, wanted ?? now);
  const first = wanted ?? last - DAY_MS;
  if (first > last) throw invalidPart("from", "it is after to");
  return typeof bucket === "number"
    ? stepPoints(first, last, bucket)
    : calendarPoints(first, last, bucket, tz);
}

function stepPoints(first: number, last: number, bucket: number): Points {
  const step = bucket / BUCKET_MS;
  const start = Math.floor(first / bucket) * step;
  const count = Math.floor(last / bucket) - Math.floor(first / bucket) + 1;
  if (count > MAX_POINTS) throw tooMany(count);
  return {
    starts: Array.from({ length: count }, (_, i) => start + i * step),
    to: start + count * step - 1,
    step,
  };
}

function calendarPoints(first: number, last: number, unit: CalendarUnit, tz: string): Points {
  const dayOf = (moment: number) =>
    Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(tz).toPlainDate();
  // Clocks differ from UTC by multiples of five minutes; a zone that once did not begins its day with the next bucket.
  const bucketOf = (day: Temporal.PlainDate) =>
    Math.ceil(day.toZonedDateTime(tz).epochMilliseconds / BUCKET_MS);
  const firstDay = dayOf(first), lastDay = dayOf(last);
  const start = unit === "month"
    ? firstDay.with({ day: 1 })
    : unit === "week"
    ? firstDay.subtract({ days: firstDay.dayOfWeek - 1 })
    : firstDay;
  const passed = start.until(lastDay, { largestUnit: unit })[`${unit}s`];
  if (passed >= MAX_POINTS) throw tooMany(passed + 1);
  const starts = Array.from({ length: passed + 1 }, (_, i) => bucketOf(start.add({ [`${unit}s`]: i })));
  return { starts, to: bucketOf(start.add({ [`${unit}s`]: passed + 1 })) - 1, step: undefined };
}

function tooMany(count: number) {
  return invalidPart(
    "bucket",
    `these are ${count} points, at most ${MAX_POINTS} are allowed: take a larger bucket`,
  );
}
