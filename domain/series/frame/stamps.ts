import { invalid, invalidPart, quote } from "../../errors.ts";
import { DAY_MS, iso, readTime, WANTED_TIME } from "../../time.ts";

/** The units in which stamps are read and written as numbers, as pandas' `date_unit`. */
export const DATE_UNITS = ["s", "ms", "us", "ns"] as const;
/** One of DATE_UNITS. */
export type DateUnit = typeof DATE_UNITS[number];

/** Nanoseconds in one unit. */
export const UNIT_NS: Record<DateUnit, bigint> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, ns: 1n };

/** Nanoseconds in a day; a number, because it and every time of day are exact in a double. */
export const DAY_NS = DAY_MS * 1e6;

/** The first and the last stamp, in nanoseconds since 1970. -2^63 itself is pandas' "not a time". */
export const MIN_STAMP = -(2n ** 63n) + 1n, MAX_STAMP = 2n ** 63n - 1n;

const DASH = 0x2d, COLON = 0x3a, PLUS = 0x2b, DOT = 0x2e, SPACE = 0x20, UPPER_T = 0x54, UPPER_Z = 0x5a;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** What a text says about a time. Offsets are already taken off, so that it is UTC. */
export interface ParsedStamp {
  /** Days since 1970-01-01, and nanoseconds after its midnight: an offset may lead beyond the day. */
  day: number;
  nanos: number;
  /** Whether the text named its offset (Z or ±HH:MM). */
  aware: boolean;
  /** How much the text leaves open: "month" for 2020-01, "day" for 2020-01-02, "time" otherwise. */
  precision: "month" | "day" | "time";
}

/**
 * Reads ISO 8601 texts strictly: `YYYY-MM` or `YYYY-MM-DD[T or space HH:MM[:SS[.1 to 9 digits]]]`, after a
 * time also `Z`, `±HH:MM` or `±HHMM`. What pandas merely guesses (01/02/2020, May 2020, now) and days that do
 * not exist are refused. Returns null if the text is not such a text; throws RunnelError if it is, but the
 * time does not fit 64 bits of nanoseconds (1677-09-22 to 2262-04-11).
 */
export function parseStamp(text: string): ParsedStamp | null {
  const year = digits(text, 0, 4), month = digits(text, 5, 2);
  if (year < 0 || month < 1 || month > 12 || text.charCodeAt(4) !== DASH) return null;
  if (text.length === 7) return stamp(text, Date.UTC(year, month - 1) / DAY_MS, 0, false, "month");
  const day = digits(text, 8, 2);
  if (text.charCodeAt(7) !== DASH || day < 1 || day > daysIn(year, month)) return null;
  // Date.UTC takes the years 0 to 99 for 1900 to 1999; all of them are out of range.
  const epochDay = year < 100 ? -1e6 : Date.UTC(year, month - 1, day) / DAY_MS;
  if (text.length === 10) return stamp(text, epochDay, 0, false, "day");
  const separator = text.charCodeAt(10), hour = digits(text, 11, 2), minute = digits(text, 14, 2);
  if (separator !== UPPER_T && separator !== SPACE) return null;
  if (hour < 0 || hour > 23 || text.charCodeAt(13) !== COLON || minute < 0 || minute > 59) return null;
  let at = 16, nanos = (hour * 60 + minute) * 60e9;
  if (text.charCodeAt(at) === COLON) {
    const second = digits(text, 17, 2);
    if (second < 0 || second > 59) return null;
    nanos += second * 1e9;
    at = 19;
    if (text.charCodeAt(at) === DOT) {
      const end = fractionEnd(text, at + 1);
      if (end === at + 1 || end > at + 10) return null;
      nanos += digits(text, at + 1, end - at - 1) * 10 ** (9 - (end - at - 1));
      at = end;
    }
  }
  if (at === text.length) return stamp(text, epochDay, nanos, false, "time");
  const offset = offsetMinutes(text, at);
  return offset === null ? null : stamp(text, epochDay, nanos - offset * 60e9, true, "time");
}

/** Minutes east of UTC that the text names from `at` to its end, or null. */
function offsetMinutes(text: string, at: number): number | null {
  const sign = text.charCodeAt(at);
  if (sign === UPPER_Z) return text.length === at + 1 ? 0 : null;
  if (sign !== PLUS && sign !== DASH) return null;
  const minuteAt = text.charCodeAt(at + 3) === COLON ? at + 4 : at + 3;
  const hour = digits(text, at + 1, 2), minute = digits(text, minuteAt, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || text.length !== minuteAt + 2) return null;
  return (sign === PLUS ? 1 : -1) * (hour * 60 + minute);
}

/** Nanoseconds since 1970-01-01T00:00:00Z. */
function stampNs({ day, nanos }: ParsedStamp): bigint {
  return BigInt(day) * BigInt(DAY_NS) + BigInt(nanos);
}

/** Low and high halves of each stamp: BigInt arithmetic would cost more than all else that is done with them. */
export function halvesOf(stamps: BigInt64Array): Int32Array {
  return new Int32Array(stamps.buffer, stamps.byteOffset, stamps.length * 2);
}

/** Seconds that are safely within the range of stamps. */
const SAFE_SECONDS = 9_223_372_000;

/** Writes a stamp, days since 1970 and nanoseconds after, into an array's halves (see halvesOf). */
export function putStamp(halves: Int32Array, row: number, day: number, nanos: number): void {
  const carried = Math.floor(nanos / 1e9);
  const seconds = day * 86_400 + carried;
  // In parts of 16 bits, whose products are exact in doubles.
  const high = Math.floor(seconds / 65_536) * 1e9, low = (seconds & 0xffff) * 1e9 + (nanos - carried * 1e9);
  const upper = Math.floor(high / 65_536), rest = (high - upper * 65_536) * 65_536 + low;
  halves[row * 2] = rest % 4_294_967_296;
  halves[row * 2 + 1] = upper + Math.floor(rest / 4_294_967_296);
}

/** Whether every stamp is a whole number of the unit. */
export function areWhole(stamps: BigInt64Array, unit: DateUnit): boolean {
  const size = Number(UNIT_NS[unit]), halves = halvesOf(stamps);
  // Products of remainders stay exact in doubles.
  const carry = 4294967296 % size;
  for (let row = 0; row < stamps.length; row++) {
    const rest = (halves[row * 2 + 1]! % size) * carry + (halves[row * 2]! >>> 0);
    if (rest % size !== 0) return false;
  }
  return true;
}

function stamp(
  text: string,
  day: number,
  nanos: number,
  aware: boolean,
  precision: ParsedStamp["precision"],
): ParsedStamp {
  const parsed = { day, nanos, aware, precision };
  if (Math.abs(day * 86_400 + nanos / 1e9) > SAFE_SECONDS) {
    const ns = stampNs(parsed);
    if (ns < MIN_STAMP || ns > MAX_STAMP) {
      throw invalid(`The stamp ${quote(text)} is outside 1677-09-22 to 2262-04-11.`);
    }
  }
  return parsed;
}

/** The number in `count` digits from `at`, or -1. */
function digits(text: string, at: number, count: number): number {
  const end = at + count;
  let value = 0;
  for (; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function fractionEnd(text: string, at: number): number {
  while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
  return at;
}

function daysIn(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
  return MONTH_DAYS[month - 1]!;
}

/** Reads a time of a query: the first nanosecond that the text names. Throws RunnelError for what is no time. */
export function parseTime(text: string, path: string): bigint {
  return readBound(text, path).ns;
}

/** Reads the `start` of a range: the first nanosecond that the text names. Throws RunnelError for what is no time. */
export function parseRangeStart(text: string): bigint {
  return readBound(text, "start").ns;
}

/**
 * Reads the `end` of a range, inclusive: the last nanosecond of the day or month that the text names, or the
 * instant. Throws RunnelError for what is no time.
 */
export function parseRangeEnd(text: string): bigint {
  const { ns, isDay, isMonth } = readBound(text, "end");
  if (!isDay) return ns;
  const date = new Date(Number(ns / UNIT_NS.ms));
  if (isMonth) date.setUTCMonth(date.getUTCMonth() + 1);
  else date.setUTCDate(date.getUTCDate() + 1);
  const last = BigInt(date.getTime()) * UNIT_NS.ms - 1n;
  return last > MAX_STAMP ? MAX_STAMP : last;
}

/** A time as all areas read it, or a month. */
function readBound(text: string, path: string) {
  const isMonth = /^\d{4}-\d\d$/.test(text);
  const moment = readTime(isMonth ? `${text}-01` : text);
  if (moment === undefined) throw invalidPart(path, WANTED_TIME);
  const ns = BigInt(moment.millis) * UNIT_NS.ms + BigInt(moment.nanos);
  if (ns < MIN_STAMP || ns > MAX_STAMP) throw invalidPart(path, "a time from 1677-09-22 to 2262-04-11");
  return { ns, isDay: moment.isDay, isMonth };
}

/**
 * Writes one stamp in full: ISO 8601 with nanoseconds only where they are not zero, `Z` if aware. For
 * messages and lists; frames are written by stampCells.
 */
export function formatStamp(ns: bigint, aware: boolean): string {
  const ms = ns >= 0n || ns % UNIT_NS.ms === 0n ? ns / UNIT_NS.ms : ns / UNIT_NS.ms - 1n;
  const rest = Number(ns - ms * UNIT_NS.ms);
  const fine = rest === 0 ? "" : String(rest).padStart(6, "0").replace(/^(\d{3})000$/, "$1");
  return iso(Number(ms)).slice(0, 23) + fine + (aware ? "Z" : "");
}
