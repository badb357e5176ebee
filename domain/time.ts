/** Time as people and programs write it: one reader for every parameter and body. Frames read their labels themselves. */
import { z } from "zod";
import { DAY_MS } from "../db/day.ts";
export { DAY_MS };

/** An hour, in milliseconds. */
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

const padded = (length: number, values: number) =>
  Array.from({ length: values }, (_, value) => `${value}`.padStart(length, "0"));
const TWO = padded(2, 60), THREE = padded(3, 1000);
/** What follows the `T`. */
const CLOCK_CHARACTERS = "hh:mm:ss.mmmZ".length;
let lastDay = NaN, lastDate = "";

/** ISO 8601 in UTC with milliseconds, of milliseconds since the epoch: an eighth of the time of `toISOString` within a day. */
export function iso(millis: number): string {
  const day = Math.floor(millis / DAY_MS), rest = millis - day * DAY_MS;
  const date = day === lastDay ? lastDate : new Date(millis).toISOString().slice(0, -CLOCK_CHARACTERS);
  lastDay = day;
  lastDate = date;
  const minutes = Math.floor(rest / MINUTE_MS), seconds = Math.floor(rest / 1000);
  const hour = TWO[Math.floor(minutes / 60)], minute = TWO[minutes % 60], second = TWO[seconds % 60];
  return `${date}${hour}:${minute}:${second}.${THREE[Math.floor(rest % 1000)]}Z`;
}

/** What a refusal says: the same words wherever a time is taken. */
export const WANTED_TIME = "an ISO 8601 date or time, such as 2026-01-02 or 2026-01-02T03:04:05Z";
/** The words where milliseconds since the epoch are taken, too. */
export const WANTED_TIME_OR_MILLIS = `${WANTED_TIME}, or milliseconds since the epoch`;

/** A moment: whole milliseconds since the epoch, and the nanoseconds (below a million) after them. */
export interface Moment {
  readonly millis: number;
  readonly nanos: number;
  /** The text names a day without a time of day: the moment is its midnight. */
  readonly isDay: boolean;
}

const DOT = 0x2e,
  COMMA = 0x2c,
  COLON = 0x3a,
  DASH = 0x2d,
  PLUS = 0x2b,
  SPACE = 0x20,
  LOWER_T = 0x74,
  LOWER_Z = 0x7a;
const TO_LOWER = 0x20;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads `YYYY-MM-DD`, or that with `T` or a space, `HH:MM[:SS[.1 to 9 digits]]` and a zone: `Z`, `±HH:MM`, `±HHMM`,
 * `±HH`, or none, which is UTC. Letters may be in either case. A `+` that no client encoded comes as a space, and is
 * read as `+`. Undefined for every other text, and for days that do not exist.
 */
export function readTime(text: string): Moment | undefined {
  const year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  // Comparisons with NaN are false.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return undefined;
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return undefined;
  const midnight = daysBefore(year, month, day) * DAY_MS;
  if (text.length === 10) return { millis: midnight, nanos: 0, isDay: true };
  const separator = text.charCodeAt(10), hour = digits(text, 11, 2), minute = digits(text, 14, 2);
  if ((separator | TO_LOWER) !== LOWER_T && separator !== SPACE) return undefined;
  if (!(hour < 24 && minute < 60) || text.charCodeAt(13) !== COLON) return undefined;
  let second = 0, fraction = 0, end = 16;
  if (text.charCodeAt(16) === COLON) {
    second = digits(text, 17, 2);
    if (!(second < 60)) return undefined;
    end = 19;
    const point = text.charCodeAt(19);
    if (point === DOT || point === COMMA) {
      end = fractionEnd(text);
      const length = end - 20;
      if (length < 1 || length > 9) return undefined;
      fraction = digits(text, 20, length) * 10 ** (9 - length);
    }
  }
  const zone = zoneMinutes(text, end);
  if (Number.isNaN(zone)) return undefined;
  const seconds = (hour * 60 + minute - zone) * 60 + second;
  const millis = Math.floor(fraction / 1e6);
  return { millis: midnight + seconds * 1000 + millis, nanos: fraction - millis * 1e6, isDay: false };
}

/** Minutes east of UTC that the text names from `at` to its end; NaN when that is no zone. */
function zoneMinutes(text: string, at: number): number {
  const length = text.length - at, first = text.charCodeAt(at);
  if (length === 0 || (length === 1 && (first | TO_LOWER) === LOWER_Z)) return 0;
  if (first !== PLUS && first !== DASH && first !== SPACE) return NaN;
  const hasColon = text.charCodeAt(at + 3) === COLON;
  if (length !== 3 && length !== (hasColon ? 6 : 5)) return NaN;
  const hour = digits(text, at + 1, 2), minute = length === 3 ? 0 : digits(text, text.length - 2, 2);
  if (!(hour < 24 && minute < 60)) return NaN;
  return (first === DASH ? -1 : 1) * (hour * 60 + minute);
}

/** The number in so many digits; NaN where there are others than digits. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (const end = at + count; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

function fractionEnd(text: string): number {
  let at = 20;
  while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
  return at;
}

function daysIn(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
  return MONTH_DAYS[month - 1]!;
}

/** Days from 1970-01-01 to a day. Years begin in March, so that the day that may be missing is their last. */
function daysBefore(year: number, month: number, day: number): number {
  const years = month <= 2 ? year - 1 : year, months = (month + 9) % 12;
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  return years * 365 + leapDays + Math.floor((months * 153 + 2) / 5) + day - 719_469;
}

/** Which times an area keeps: from the first to before `end`, in milliseconds since the epoch. */
export interface TimeBounds {
  readonly first: number;
  readonly end: number;
  /** Milliseconds since the epoch are taken, too: as a number, or as a text of digits. */
  readonly takesMillis?: boolean;
}

/** A schema of times within the bounds: what was written becomes what `keep` makes of the moment. */
export function timeWithin<T>({ first, end, takesMillis = false }: TimeBounds, keep: (moment: Moment) => T) {
  const wanted = takesMillis ? WANTED_TIME_OR_MILLIS : WANTED_TIME;
  const day = (millis: number) => iso(millis).slice(0, 10);
  const within = `a time from ${day(first)} to ${day(end - 1)}`;
  const type = takesMillis ? z.union([z.string(), z.number()], wanted) : z.string(wanted);
  return type.transform((value: string | number, context): T => {
    const moment = takesMillis ? readTimeOrMillis(value) : readTime(String(value));
    if (moment !== undefined && moment.millis >= first && moment.millis < end) return keep(moment);
    context.issues.push({ code: "custom", message: moment === undefined ? wanted : within, input: value });
    return z.NEVER;
  });
}

function readTimeOrMillis(value: string | number): Moment | undefined {
  const isMillis = typeof value === "number" || /^\d{1,15}$/.test(value);
  if (!isMillis) return readTime(value);
  return Number.isSafeInteger(Number(value)) ? { millis: Number(value), nanos: 0, isDay: false } : undefined;
}

/** How far a stored time may lie ahead of the clock, in milliseconds: machines of one network differ by less. */
export const CLOCK_LEEWAY_MS = 10_000;

const FROM_1970 = { first: 0, end: Date.UTC(10_000, 0) };
/** A time from 1970 on, as milliseconds since the epoch; a finer fraction is cut. */
export const Time = timeWithin(FROM_1970, ({ millis }) => millis);
/** The same, or milliseconds since the epoch. */
export const TimeOrMillis = timeWithin({ ...FROM_1970, takesMillis: true }, ({ millis }) => millis);

/** Whether that is an IANA time zone that this machine knows, such as Europe/Berlin. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/**
 * The moment at which the clocks of a time zone show a time, both in milliseconds since 1970. Of a time that comes twice
 * the first is meant; one that is skipped is as much later as the clocks skip.
 */
export function momentIn(timezone: string, local: number): number {
  return Temporal.Instant.fromEpochMilliseconds(local).toZonedDateTimeISO("UTC").toPlainDateTime()
    .toZonedDateTime(timezone).epochMilliseconds;
}

/**
 * The moment of a text that `Time` reads, in milliseconds since the epoch; without a zone of its own it is local in that
 * time zone, as in `momentIn`.
 */
export function timeIn(timezone: string, text: string): number {
  const millis = Time.parse(text);
  if (text.length > 10 && /[Zz+ -]/.test(text.slice(16))) return millis;
  return momentIn(timezone, millis);
}
