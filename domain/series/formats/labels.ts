import { invalid, quote, type RunnelError } from "../../errors.ts";
import type { FrameStamps } from "../frame/frame.ts";
import {
  DATE_UNITS,
  type DateUnit,
  halvesOf,
  MAX_STAMP,
  MIN_STAMP,
  parseStamp,
  putStamp,
  UNIT_NS,
} from "../frame/stamps.ts";

/** Numbers up to this are not taken for times, as in pandas (its `_MIN_STAMPS`, one year of seconds). */
const LEAST_NUMBER = 31_536_000n;

const NUMBER = /^(-?)(\d{1,19})(?:\.(\d{1,30}))?$/;

/**
 * Turns row labels into stamps: all ISO 8601 texts (see parseStamp), or all numbers (as JSON numbers or as
 * texts). Texts name their offset all or none.
 *
 * Numbers follow pandas' read_json: each must exceed 31536000, and the unit is the first of s, ms, us, ns in
 * which all fit 64 bits of nanoseconds. With `unit` that unit is taken and any number is a time. Throws
 * RunnelError naming the row (counted from 0) and its label.
 */
export function readLabels(labels: readonly string[], unit?: DateUnit): FrameStamps {
  return NUMBER.test(labels[0] ?? "") ? readNumbers(labels, unit) : readTexts(labels);
}

function readTexts(labels: readonly string[]): FrameStamps {
  const stamps = new BigInt64Array(labels.length), halves = halvesOf(stamps);
  let aware = false;
  for (let row = 0; row < labels.length; row++) {
    const parsed = parseStamp(labels[row]!);
    if (!parsed) throw unreadable(labels[row]!, row);
    putStamp(halves, row, parsed.day, parsed.nanos);
    if (row === 0) aware = parsed.aware;
    else if (parsed.aware !== aware) throw unlike(labels[row]!, row, aware);
  }
  return { stamps, aware };
}

function unlike(label: string, row: number, aware: boolean): RunnelError {
  return invalid(
    `Row ${row}: the label ${quote(label)} names ${aware ? "no offset" : "an offset"}, but the first label ${
      aware ? "does" : "does not"
    }: send all stamps with Z or an offset, or none.`,
  );
}

function unreadable(label: string, row: number): RunnelError {
  if (NUMBER.test(label)) {
    return invalid(
      `Row ${row}: the label ${quote(label)} is a number, but the first label is a text.`,
    );
  }
  return invalid(
    `Row ${row}: the label ${
      quote(label)
    } is not a time. Use ISO 8601, such as 2020-01-31 or 2020-01-31T09:30:00.000Z, ` +
      `or numbers since 1970 throughout.`,
  );
}

function readNumbers(labels: readonly string[], unit: DateUnit | undefined): FrameStamps {
  const wholes = new Array<bigint>(labels.length), fractions = new Array<string>(labels.length);
  let largest = 0n;
  for (let row = 0; row < labels.length; row++) {
    const match = NUMBER.exec(labels[row]!);
    if (!match) throw mixed(labels[row]!, row);
    const [, sign, digits, fraction] = match;
    const size = BigInt(digits!);
    if (unit === undefined && (sign === "-" || size < LEAST_NUMBER || (size === LEAST_NUMBER && !fraction))) {
      throw tooSmall(labels[row]!, row);
    }
    if (size > largest) largest = size;
    wholes[row] = sign === "-" ? -size : size;
    fractions[row] = fraction ? sign + fraction : "";
  }
  const factor = unitOf(largest, unit);
  const stamps = new BigInt64Array(labels.length);
  for (let row = 0; row < labels.length; row++) {
    const ns = wholes[row]! * factor + fractionNs(fractions[row]!, factor, labels[row]!, row);
    if (ns < MIN_STAMP || ns > MAX_STAMP) throw outOfRange(labels[row]!, row);
    stamps[row] = ns;
  }
  return { stamps, aware: false, undecided: true };
}

/**
 * Turns labels that are whole numbers into stamps, as readLabels does, without a text of each. Undefined where readLabels
 * has to say what is wrong.
 */
export function readCounts(counts: ArrayLike<number | bigint>, unit?: DateUnit): FrameStamps | undefined {
  let least = counts[0]!, most = least;
  for (let row = 1; row < counts.length; row++) {
    const count = counts[row]!;
    if (count < least) least = count;
    if (count > most) most = count;
  }
  const first = BigInt(least), last = BigInt(most);
  if (unit === undefined && first <= LEAST_NUMBER) return undefined;
  const factor = unitOf(last, unit);
  if (first * factor < MIN_STAMP || last * factor > MAX_STAMP) return undefined;
  const isExact = factor === 1n && counts instanceof BigInt64Array;
  const stamps = isExact ? counts : BigInt64Array.from(counts, (count) => BigInt(count) * factor);
  return { stamps, aware: false, undecided: true };
}

/** Nanoseconds in the unit of numbers of which that is the largest. */
function unitOf(largest: bigint, unit: DateUnit | undefined): bigint {
  return UNIT_NS[unit ?? DATE_UNITS.find((each) => largest * UNIT_NS[each] <= MAX_STAMP) ?? "ns"];
}

/** The nanoseconds in a signed decimal fraction of a unit; exact, or refused. */
function fractionNs(fraction: string, factor: bigint, label: string, row: number): bigint {
  if (fraction === "") return 0n;
  const negative = fraction.startsWith("-");
  const digits = negative ? fraction.slice(1) : fraction;
  const scale = 10n ** BigInt(digits.length);
  const scaled = BigInt(digits) * factor;
  if (scaled % scale !== 0n) {
    throw invalid(`Row ${row}: the label ${quote(label)} is finer than a nanosecond.`);
  }
  return negative ? -scaled / scale : scaled / scale;
}

function mixed(label: string, row: number): RunnelError {
  return invalid(
    `Row ${row}: the label ${quote(label)} is not a plain decimal number, but the first label is one.`,
  );
}

function tooSmall(label: string, row: number): RunnelError {
  return invalid(
    `Row ${row}: the label ${
      quote(label)
    } is not a time. Numbers must exceed ${LEAST_NUMBER}, as in pandas, ` +
      `or name their unit with date_unit (s, ms, us or ns).`,
  );
}

function outOfRange(label: string, row: number): RunnelError {
  return invalid(`Row ${row}: the label ${quote(label)} is outside 1677-09-22 to 2262-04-11.`);
}
