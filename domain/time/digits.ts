/**
 * The parts of ISO 8601 texts, read from bytes: whatever reads times builds on these. Numbers are NaN where the bytes are
 * no such part. Which forms a place takes beyond that is its own matter.
 */

const ZERO = 0x30, DOT = 0x2e, COMMA = 0x2c, COLON = 0x3a, DASH = 0x2d, PLUS = 0x2b, SPACE = 0x20;
const LOWER_Z = 0x7a, TO_LOWER = 0x20, LAST_ASCII = 0x7f;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const POWERS = Array.from({ length: 10 }, (_, digits) => 10 ** digits);

/** Bytes of the longest time: nine decimals and an offset. */
const LONGEST_TIME = "YYYY-MM-DDThh:mm:ss.fffffffff+hh:mm".length;
const scratch = new Uint8Array(LONGEST_TIME);

/** The bytes of a text that may be a time, until the next call; those behind the text mean nothing. Undefined: it is none. */
export function timeBytes(text: string): Uint8Array | undefined {
  if (text.length > LONGEST_TIME) return undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > LAST_ASCII) return undefined;
    scratch[at] = code;
  }
  return scratch;
}

/** The number in so many digits. */
export function digitsAt(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (const end = at + count; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

let lastDate = NaN, lastDay = NaN;

/** Days from 1970-01-01 to the `YYYY-MM-DD` in ten bytes. A day that does not exist is none. */
export function dayAt(bytes: Uint8Array, at: number): number {
  if (bytes[at + 4] !== DASH || bytes[at + 7] !== DASH) return NaN;
  const year = digitsAt(bytes, at, 4), month = digitsAt(bytes, at + 5, 2), day = digitsAt(bytes, at + 8, 2);
  const date = (year * 100 + month) * 100 + day;
  // Rows of a frame mostly have the day of the row before.
  if (date === lastDate) return lastDay;
  lastDate = date;
  return lastDay = dayOf(year, month, day);
}

/** Days from 1970-01-01 to a day. */
export function dayOf(year: number, month: number, day: number): number {
  // Comparisons with NaN are false.
  const isThere = year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  return isThere ? daysBefore(year, month, day) : NaN;
}

function daysIn(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
  return MONTH_DAYS[month - 1]!;
}

/** Years begin in March, so that the day that may be missing is their last. */
function daysBefore(year: number, month: number, day: number): number {
  const years = month <= 2 ? year - 1 : year, months = (month + 9) % 12;
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  return years * 365 + leapDays + Math.floor((months * 153 + 2) / 5) + day - 719_469;
}

/** Where an `hh:mm[:ss[.f]]` ends that begins at `at`; beyond `end` where that comes too early. A comma may be the point. */
export function clockEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at + 5;
  if (to >= end || bytes[to] !== COLON) return to;
  to += 3;
  if (to >= end || (bytes[to] !== DOT && bytes[to] !== COMMA)) return to;
  do to++; while (to < end && bytes[to]! >= ZERO && bytes[to]! <= ZERO + 9);
  return to;
}

/** Nanoseconds from midnight to the time of day in the bytes from `at` to where `clockEnd` says that it ends. */
export function clockNanos(bytes: Uint8Array, at: number, end: number): number {
  const hour = digitsAt(bytes, at, 2), minute = digitsAt(bytes, at + 3, 2);
  if (!(hour < 24 && minute < 60) || bytes[at + 2] !== COLON) return NaN;
  const minutes = hour * 60 + minute;
  if (end === at + 5) return minutes * 60e9;
  const second = digitsAt(bytes, at + 6, 2);
  if (!(second < 60)) return NaN;
  const whole = (minutes * 60 + second) * 1e9, decimals = end - at - 9;
  if (end === at + 8) return whole;
  if (decimals < 1 || decimals > 9) return NaN;
  return whole + digitsAt(bytes, at + 9, decimals) * POWERS[9 - decimals]!;
}

/** Minutes east of UTC: `Z` in either case, `±hh:mm`, `±hhmm` or `±hh`, where a space counts as `+`; nothing is UTC. */
export function zoneMinutes(bytes: Uint8Array, at: number, end: number): number {
  const length = end - at, first = bytes[at]!;
  if (length === 0 || (length === 1 && (first | TO_LOWER) === LOWER_Z)) return 0;
  if (first !== PLUS && first !== DASH && first !== SPACE) return NaN;
  const hasColon = bytes[at + 3] === COLON;
  if (length !== 3 && length !== (hasColon ? 6 : 5)) return NaN;
  const hour = digitsAt(bytes, at + 1, 2), minute = length === 3 ? 0 : digitsAt(bytes, end - 2, 2);
  if (!(hour < 24 && minute < 60)) return NaN;
  return (first === DASH ? -1 : 1) * (hour * 60 + minute);
}
