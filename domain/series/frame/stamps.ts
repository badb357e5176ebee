import { invalid, invalidPart, quote } from "../../errors.ts";
import { DAY_MS, iso, readTime, WANTED_TIME } from "../../time.ts";
import { clockEnd, clockNanos, dayAt, dayOf, digitsAt, timeBytes, zoneMinutes } from "../../time/digits.ts";

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

const DASH = 0x2d, PLUS = 0x2b, COMMA = 0x2c, SPACE = 0x20, UPPER_T = 0x54, UPPER_Z = 0x5a;

/** What a text says about a time. Offsets are already taken off, so that it is UTC. */
export interface ParsedStamp {
  /** Days since 1970-01-01, and nanoseconds after its midnight: an offset may lead beyond the day. */
  day: number;
  nanos: number;
  /** Whether the text named its offset (Z or ±HH:MM). */
  aware: boolean;
}

const found: ParsedStamp = { day: 0, nanos: 0, aware: false };
/** What stampAt read last: one object for all rows. */
export const readStamp: Readonly<ParsedStamp> = found;

/**
 * Reads ISO 8601 texts strictly: `YYYY-MM` or `YYYY-MM-DD[T or space HH:MM[:SS[.1 to 9 digits]]]`, after a
 * time also `Z`, `±HH:MM` or `±HHMM`. What pandas merely guesses (01/02/2020, May 2020, now) and days that do
 * not exist are refused. Returns null if the text is not such a text; throws RunnelError if it is, but the
 * time does not fit 64 bits of nanoseconds (1677-09-22 to 2262-04-11). The answer holds until the next call.
 */
export function parseStamp(text: string): Readonly<ParsedStamp> | null {
  const bytes = timeBytes(text);
  if (bytes === undefined || !stampAt(bytes, 0, text.length)) return null;
  if (isStamp(readStamp)) return readStamp;
  throw invalid(`The stamp ${quote(text)} is outside 1677-09-22 to 2262-04-11.`);
}

/** Reads such a text from bytes into `readStamp`. Whether it is one; isStamp says whether it fits. */
export function stampAt(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at === 7) return setStamp(monthAt(bytes, at), 0, false);
  if (end - at < 10) return false;
  const day = dayAt(bytes, at), time = at + 11;
  if (end - at === 10) return setStamp(day, 0, false);
  if (bytes[at + 10] !== UPPER_T && bytes[at + 10] !== SPACE) return false;
  const zone = clockEnd(bytes, time, end);
  if (zone > end || (zone > at + 19 && bytes[at + 19] === COMMA)) return false;
  const nanos = clockNanos(bytes, time, zone);
  if (zone === end) return setStamp(day, nanos, false);
  return setStamp(day, nanos - offsetMinutes(bytes, zone, end) * 60e9, true);
}

function setStamp(day: number, nanos: number, aware: boolean): boolean {
  found.day = day;
  found.nanos = nanos;
  found.aware = aware;
  return day === day && nanos === nanos;
}

function monthAt(bytes: Uint8Array, at: number): number {
  return bytes[at + 4] === DASH ? dayOf(digitsAt(bytes, at, 4), digitsAt(bytes, at + 5, 2), 1) : NaN;
}

/** Minutes east of UTC, in the forms that pandas takes. */
function offsetMinutes(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  const isKnown = first === UPPER_Z || ((first === PLUS || first === DASH) && end - at > 3);
  return isKnown ? zoneMinutes(bytes, at, end) : NaN;
}

/** Nanoseconds since 1970-01-01T00:00:00Z. */
function stampNs({ day, nanos }: Readonly<ParsedStamp>): bigint {
  return BigInt(day) * BigInt(DAY_NS) + BigInt(nanos);
}

/** Low and high halves of each stamp: BigInt arithmetic would cost more than all else that is done with them. */
export function halvesOf(stamps: BigInt64Array): Int32Array {
  return new Int32Array(stamps.buffer, stamps.byteOffset, stamps.length * 2);
}

/** Seconds that are safely within the range of stamps. */
const SAFE_SECONDS = 9_223_372_000;

/** Whether a time fits 64 bits of nanoseconds. */
export function isStamp(parsed: Readonly<ParsedStamp>): boolean {
  if (Math.abs(parsed.day * 86_400 + parsed.nanos / 1e9) <= SAFE_SECONDS) return true;
  const ns = stampNs(parsed);
  return ns >= MIN_STAMP && ns <= MAX_STAMP;
}

/** Writes a stamp, days since 1970 and nanoseconds after, into an array's halves (see halvesOf). */
export function putStamp(halves: Int32Array, row: number, day: number, nanos: number): void {
  const carried = Math.floor(nanos / 1e9);
  const seconds = day * 86_400 + carried;
  // In parts of 16 bits, whose products are exact in doubles.
  const high = Math.floor(seconds / 65_536) * 1e9, low = (seconds & 0xffff) * 1e9 + (nanos - carried * 1e9);
  const upper = Math.floor(high / 65_536), rest = (high - upper * 65_536) * 65_536 + low;
  // Of a number beyond 32 bits the low ones are kept.
  halves[row * 2] = rest;
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
