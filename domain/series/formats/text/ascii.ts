/**
 * Writing text into memory, number by number, without a string for each: what is written goes to a socket as it is.
 * The put functions write at an offset and answer the offset after; whoever calls them has made sure of the room.
 */

/** A first piece is small, because most answers are. */
const FIRST_BYTES = 16 * 1024;
/** A later one is as large as it pays to send. */
export const PIECE_BYTES = 256 * 1024;

/** Bytes that may be read and written beyond what is copied, since that goes by four bytes. */
export const COPIED_BEYOND = 3;

/** Room for the longest number. */
export const NUMBER_BYTES = 32;

const DIGIT_0 = 0x30, MINUS = 0x2d, DOT = 0x2e, QUOTE = 0x22, BACKSLASH = 0x5c, SLASH = 0x2f;

/** The two digits of each number below 100. */
const PAIRS = Uint8Array.from(
  { length: 200 },
  (_, i) => DIGIT_0 + (i % 2 === 0 ? Math.floor(i / 20) : (i >> 1) % 10),
);

const encoder = new TextEncoder();

/** Text under way, handed over in pieces. */
export class Sink {
  /** The piece under way. Read it again after `reserve`. */
  bytes = new Uint8Array(FIRST_BYTES);
  view = new DataView(this.bytes.buffer);
  /** How much of it is written. */
  length = 0;

  /** Makes sure of room for so many bytes; answers the piece so far when a new one had to begin. */
  reserve(bytes: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.length + bytes + COPIED_BEYOND <= this.bytes.length) return undefined;
    const written = this.finish();
    this.bytes = new Uint8Array(Math.max(PIECE_BYTES, bytes + COPIED_BEYOND));
    this.view = new DataView(this.bytes.buffer);
    this.length = 0;
    return written;
  }

  /** How many times there is room for so many bytes. */
  roomFor(bytes: number): number {
    return Math.floor((this.bytes.length - this.length - COPIED_BEYOND) / Math.max(bytes, 1));
  }

  /** The last piece. */
  finish(): Uint8Array<ArrayBuffer> | undefined {
    return this.length > 0 ? this.bytes.subarray(0, this.length) : undefined;
  }
}

/** Text that is written often. */
export class Literal {
  readonly view: DataView;
  /** In bytes. */
  readonly length: number;

  constructor(text: string) {
    const bytes = encoder.encode(text);
    this.length = bytes.length;
    this.view = new DataView(new ArrayBuffer(bytes.length + COPIED_BEYOND));
    new Uint8Array(this.view.buffer).set(bytes);
  }
}

/** Copies bytes, and up to three more: both have room for them. Four at a time, because they are few. */
export function putCopy(view: DataView, at: number, source: DataView, from: number, length: number): number {
  for (let i = 0; i < length; i += 4) view.setUint32(at + i, source.getUint32(from + i, true), true);
  return at + length;
}

/** Writes a literal. */
export function putLiteral(view: DataView, at: number, literal: Literal): number {
  return putCopy(view, at, literal.view, 0, literal.length);
}

/** Writes a text that is ASCII. */
export function putAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
  return at;
}

/** Writes any text as UTF-8; it may take three bytes a character. */
export function putUtf8(bytes: Uint8Array, at: number, text: string): number {
  return at + encoder.encodeInto(text, bytes.subarray(at)).written;
}

/** Writes a whole number of at most 2^53 in size; -0 as 0. */
export function putInteger(bytes: Uint8Array, at: number, value: number): number {
  if (value >= 0) return putDigits(bytes, at, value);
  bytes[at] = MINUS;
  return putDigits(bytes, at + 1, -value);
}

/**
 * Writes a float exactly as pandas' ujson does with double_precision=10: null unless finite; beyond 1e16 and below
 * 1e-15 as C's %.10g; else ten decimals, rounded half to odd or zero, without trailing zeros but for one.
 */
export function putFloat(bytes: Uint8Array, at: number, value: number): number {
  const size = Math.abs(value);
  // A number with at most four decimals, if it is below 2^31 / 10^4: rounding to ten could not show another, because
  // the double is closer than half of a 10^-10 to it.
  const scaled = size * 10_000 + 0.5;
  if (scaled < 0x7fffffff) {
    const integer = scaled | 0;
    if (integer / 10_000 === size) {
      if (value < 0) bytes[at++] = MINUS;
      return putDecimals(bytes, at, integer);
    }
  }
  return putExact(bytes, at, value);
}

/** Writes a finite float as the shortest text that reads back as the same double and as a float: whole ones keep `.0`. */
export function putShortest(bytes: Uint8Array, at: number, value: number): number {
  const size = Math.abs(value), scaled = size * 10_000 + 0.5;
  if (scaled < 0x7fffffff) {
    const integer = scaled | 0;
    // Four decimals and 2^31 are few enough digits for no other text to be shorter.
    if (integer / 10_000 === size) {
      if (value < 0 || Object.is(value, -0)) bytes[at++] = MINUS;
      return putDecimals(bytes, at, integer);
    }
  }
  // From 1e21 on it has an exponent.
  return putAscii(bytes, at, Number.isInteger(value) && size < 1e21 ? `${value}.0` : `${value}`);
}

/** Writes ten-thousandths: 12,345,000 as 1234.5. */
function putDecimals(bytes: Uint8Array, at: number, scaled: number): number {
  const whole = (scaled / 10_000) | 0, fraction = scaled - whole * 10_000;
  at = putSmall(bytes, at, whole);
  const high = (fraction / 100) | 0, low = fraction - high * 100;
  bytes[at] = DOT;
  at = putPair(bytes, at + 1, high);
  if (low !== 0) at = putPair(bytes, at, low);
  else if (high === 0) return at - 1;
  return bytes[at - 1] === DIGIT_0 ? at - 1 : at;
}

/** Any float, by pandas' own steps. */
function putExact(bytes: Uint8Array, at: number, value: number): number {
  const size = Math.abs(value);
  if (!(size <= Number.MAX_VALUE)) return putAscii(bytes, at, "null");
  if (size > 1e16 || (size < 1e-15 && size !== 0)) return putAscii(bytes, at, formatG10(value));
  if (value < 0) bytes[at++] = MINUS;
  let whole = Math.floor(size);
  const scaled = (size - whole) * 1e10;
  let fraction = Math.floor(scaled);
  const rest = scaled - fraction;
  if (rest > 0.5 || (rest === 0.5 && (fraction === 0 || fraction % 2 === 1))) fraction++;
  if (fraction >= 1e10) {
    fraction = 0;
    whole++;
  }
  at = putDigits(bytes, at, whole);
  bytes[at++] = DOT;
  // 32-bit arithmetic is several times faster, so five digits at a time.
  const high = Math.floor(fraction / 1e5) | 0;
  at = putPadded(bytes, at, high, 5);
  at = putPadded(bytes, at, (fraction - high * 1e5) | 0, 5);
  while (bytes[at - 1] === DIGIT_0 && bytes[at - 2] !== DOT) at--;
  return at;
}

function putDigits(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0x80000000) return putSmall(bytes, at, value | 0);
  const high = Math.floor(value / 1e9);
  return putPadded(bytes, putDigits(bytes, at, high), (value - high * 1e9) | 0, 9);
}

/** A whole number below 2^31. */
function putSmall(bytes: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    bytes[at] = DIGIT_0 + value;
    return at + 1;
  }
  if (value < 100) return putPair(bytes, at, value);
  if (value < 1000) {
    const hundreds = (value / 100) | 0;
    bytes[at] = DIGIT_0 + hundreds;
    return putPair(bytes, at + 1, value - hundreds * 100);
  }
  let width = 4;
  for (let limit = 10_000; limit <= value; limit *= 10) width++;
  return putPadded(bytes, at, value, width);
}

/** A whole number below 100 with both digits. */
export function putPair(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = PAIRS[value * 2]!;
  bytes[at + 1] = PAIRS[value * 2 + 1]!;
  return at + 2;
}

/** A whole number below 2^31 with that many digits. */
export function putPadded(bytes: Uint8Array, at: number, value: number, width: number): number {
  let end = at + width;
  for (; end - at >= 2; end -= 2) {
    const hundreds = (value / 100) | 0, pair = (value - hundreds * 100) * 2;
    bytes[end - 1] = PAIRS[pair + 1]!;
    bytes[end - 2] = PAIRS[pair]!;
    value = hundreds;
  }
  if (end > at) bytes[at] = DIGIT_0 + value;
  return at + width;
}

/** C's printf("%.10g") for magnitudes where it uses an exponent. */
function formatG10(value: number): string {
  const [mantissa, exponent] = value.toExponential(9).split("e") as [string, string];
  const digits = mantissa.replace(/\.?0+$/, "");
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

/** Escapes that JSON has a letter for; pandas escapes the slash too. */
const SHORT_ESCAPES = new Map(
  [['"', '\\"'], ["\\", "\\\\"], ["/", "\\/"], ["\b", "\\b"], ["\f", "\\f"], ["\n", "\\n"], ["\r", "\\r"], [
    "\t",
    "\\t",
  ]],
);
// deno-lint-ignore no-control-regex -- control characters are what it is about
const TO_ESCAPE = /["\\/\u0000-\u001f\u0080-\uffff]/g;

/**
 * A JSON string exactly as pandas writes it: `/` as `\/`, everything beyond ASCII and control characters as
 * lower-case \uxxxx.
 */
export function jsonString(text: string): string {
  const escaped = text.replace(
    TO_ESCAPE,
    (char) => SHORT_ESCAPES.get(char) ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

/** Writes a JSON string as pandas does (see jsonString); it may take six bytes a character, and two. */
export function putJsonString(bytes: Uint8Array, start: number, text: string): number {
  let at = start;
  bytes[at++] = QUOTE;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Anything that needs an escape: start again, slowly.
    if (code < 0x20 || code > 0x7f || code === QUOTE || code === BACKSLASH || code === SLASH) {
      return putAscii(bytes, start, jsonString(text));
    }
    bytes[at++] = code;
  }
  bytes[at] = QUOTE;
  return at + 1;
}
