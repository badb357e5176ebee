/** Numbers as pandas' read_csv takes them, read from bytes as exact doubles. */
import type { CsvText } from "./csv_table.ts";

const MINUS = 0x2d, PLUS = 0x2b, DOT = 0x2e, ZERO = 0x30, SPACE = 0x20, TAB = 0x09, LOWER_E = 0x65;
const TO_LOWER = 0x20;
/** Powers of ten that are exact doubles. */
export const EXACT_POWERS = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
const INFINITY = /^[-+]?inf(inity)?$/i;

/** What readNumber read last: one object for all cells. */
export interface ReadNumber {
  value: number;
  /** It was written without point and exponent. */
  isWhole: boolean;
}

const found: ReadNumber = { value: 0, isWhole: true };
/** What readNumber read last. */
export const lastNumber: Readonly<ReadNumber> = found;

/**
 * Reads digits with or without a point in, ahead of or after them, a sign, an exponent, and blanks around them, or
 * infinity, into `lastNumber`. False: the cell is none of these.
 */
export function readNumber(text: CsvText, from: number, to: number): boolean {
  const { bytes } = text;
  if (isBlank(bytes[from]!) || isBlank(bytes[to - 1]!)) return readTrimmed(text, from, to);
  const sign = bytes[from]!;
  let at = sign === MINUS || sign === PLUS ? from + 1 : from;
  const start = at;
  let mantissa = 0, point = -1;
  for (; at < to; at++) {
    const byte = bytes[at]!, digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
    else if (byte === DOT && point < 0) point = at;
    else break;
  }
  const digits = at - start - (point < 0 ? 0 : 1);
  if (digits <= 0) return readInfinity(text, from, to);
  let power = point < 0 ? 0 : point + 1 - at;
  found.isWhole = point < 0 && at === to;
  if (at < to) {
    power += exponentAt(bytes, at, to);
    if (power !== power) return false;
  }
  const size = sizeOf(mantissa, power);
  if (size !== size) found.value = Number(text.slice(from, to));
  else found.value = sign === MINUS ? -size : size;
  return true;
}

/** The mantissa times ten to that power; NaN unless one operation of exact doubles has it (Clinger 1990, the fast path). */
function sizeOf(mantissa: number, power: number): number {
  if (mantissa > Number.MAX_SAFE_INTEGER) return NaN;
  if (power === 0) return mantissa;
  const scale = EXACT_POWERS[power < 0 ? -power : power];
  if (scale === undefined) return NaN;
  return power < 0 ? mantissa / scale : mantissa * scale;
}

/** The exponent in the bytes from its letter on; NaN: there is another. */
function exponentAt(bytes: Uint8Array, at: number, to: number): number {
  if ((bytes[at]! | TO_LOWER) !== LOWER_E) return NaN;
  const sign = bytes[at + 1]!;
  at += sign === MINUS || sign === PLUS ? 2 : 1;
  if (at >= to) return NaN;
  let exponent = 0;
  for (; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    exponent = exponent * 10 + digit;
  }
  return sign === MINUS ? -exponent : exponent;
}

function readTrimmed(text: CsvText, from: number, to: number): boolean {
  while (from < to && isBlank(text.bytes[from]!)) from++;
  while (to > from && isBlank(text.bytes[to - 1]!)) to--;
  return from < to && readNumber(text, from, to);
}

function readInfinity(text: CsvText, from: number, to: number): boolean {
  if (to - from > "-infinity".length || !INFINITY.test(text.slice(from, to))) return false;
  found.value = text.bytes[from] === MINUS ? -Infinity : Infinity;
  found.isWhole = false;
  return true;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}
