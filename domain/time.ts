/** Time as people and programs write it: one reader for every parameter and body. Frames read their labels themselves. */
import { z } from "zod";
import { DAY_MS } from "../db/day.ts";
import { clockEnd, clockNanos, dayAt, timeBytes, zoneMinutes } from "./time/digits.ts";
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

const DATE_CHARACTERS = "YYYY-MM-DD".length;
const SPACE = 0x20, LOWER_T = 0x74, TO_LOWER = 0x20;

/**
 * Reads `YYYY-MM-DD`, or that with `T` or a space, `HH:MM[:SS[.1 to 9 digits]]` and a zone: `Z`, `±HH:MM`, `±HHMM`,
 * `±HH`, or none, which is UTC. Letters may be in either case. A `+` that no client encoded comes as a space, and is
 * read as `+`. Undefined for every other text, and for days that do not exist.
 */
export function readTime(text: string): Moment | undefined {
  const bytes = timeBytes(text);
  return bytes === undefined ? undefined : readTimeAt(bytes, 0, text.length);
}

/** The same of ASCII characters, from one place of the bytes to before another. */
export function readTimeAt(bytes: Uint8Array, from: number, to: number): Moment | undefined {
  const length = to - from;
  if (length < DATE_CHARACTERS) return undefined;
  const midnight = dayAt(bytes, from) * DAY_MS, separator = bytes[from + DATE_CHARACTERS]!;
  if (Number.isNaN(midnight)) return undefined;
  if (length === DATE_CHARACTERS) return { millis: midnight, nanos: 0, isDay: true };
  if ((separator | TO_LOWER) !== LOWER_T && separator !== SPACE) return undefined;
  const start = from + DATE_CHARACTERS + 1, end = clockEnd(bytes, start, to);
  if (end > to) return undefined;
  const clock = clockNanos(bytes, start, end), zone = zoneMinutes(bytes, end, to);
  if (Number.isNaN(clock) || Number.isNaN(zone)) return undefined;
  const millis = Math.floor(clock / 1e6);
  return { millis: midnight + millis - zone * MINUTE_MS, nanos: clock - millis * 1e6, isDay: false };
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
