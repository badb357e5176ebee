/** Stamps of a CSV that are written as most are: they need no text and no object each. */
import type { FrameStamps } from "../../frame/frame.ts";
import { halvesOf, parseStamp, putStamp } from "../../frame/stamps.ts";
import type { CsvTable } from "./csv_lines.ts";

const DASH = 0x2d, COLON = 0x3a, DOT = 0x2e, SPACE = 0x20, UPPER_T = 0x54, UPPER_Z = 0x5a, ZERO = 0x30;
/** Dates, as `dateDigits` has them, of which every time of day is a stamp. */
const FIRST_DATE = 16_780_101, LAST_DATE = 22_611_231;
const POWERS = Array.from({ length: 10 }, (_, digits) => 10 ** digits);

/**
 * The stamps of a column, if each cell is `YYYY-MM-DD` or `YYYY-MM-DD[T or space]HH:MM:SS[.1 to 9 digits]`, all of them
 * with `Z` after the time or none. Undefined: readLabels has to read them, or to say what is wrong.
 */
export function plainStamps(table: CsvTable, at: number): FrameStamps | undefined {
  const stamps = new BigInt64Array(table.rows), halves = halvesOf(stamps);
  let aware: boolean | undefined, lastDate = NaN, day = 0, hasNull = false;
  const read = (row: number, text: string, start: number, end: number) => {
    const isAware = text.charCodeAt(end - 1) === UPPER_Z;
    if (isAware !== (aware ??= isAware)) return false;
    const date = dateDigits(text, start);
    if (date !== lastDate) {
      if (!(date >= FIRST_DATE && date <= LAST_DATE)) return false;
      const parsed = parseStamp(text.slice(start, start + 10));
      if (parsed === null) return false;
      day = parsed.day;
      lastDate = date;
    }
    const nanos = end === start + 10 ? 0 : nanosOfDay(text, start + 10, isAware ? end - 1 : end);
    if (!(nanos >= 0)) return false;
    putStamp(halves, row, day, nanos);
    return true;
  };
  return table.everyCell(at, read, () => hasNull = true) && !hasNull ? { stamps, aware: aware! } : undefined;
}

/** Year, month and day as one number; NaN unless dashes stand between them. */
function dateDigits(text: string, at: number): number {
  if (text.charCodeAt(at + 4) !== DASH || text.charCodeAt(at + 7) !== DASH) return NaN;
  return two(text, at) * 1e6 + two(text, at + 2) * 1e4 + two(text, at + 5) * 100 + two(text, at + 8);
}

/** Nanoseconds after midnight, from the separator of the date to the end of the seconds; NaN: not so written. */
function nanosOfDay(text: string, at: number, end: number): number {
  const separator = text.charCodeAt(at);
  const isTime = (separator === UPPER_T || separator === SPACE) && text.charCodeAt(at + 3) === COLON &&
    text.charCodeAt(at + 6) === COLON && end >= at + 9;
  if (!isTime) return NaN;
  const hour = two(text, at + 1), minute = two(text, at + 4), second = two(text, at + 7);
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return NaN;
  const whole = (hour * 60 + minute) * 60 + second, digits = end - at - 10;
  if (end === at + 9) return whole * 1e9;
  if (text.charCodeAt(at + 9) !== DOT || digits < 1 || digits > 9) return NaN;
  let fraction = 0;
  for (let i = end - digits; i < end; i++) fraction = fraction * 10 + digit(text, i);
  return whole * 1e9 + fraction * POWERS[9 - digits]!;
}

function two(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - ZERO;
  return value >= 0 && value <= 9 ? value : NaN;
}
