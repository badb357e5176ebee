/** How many bytes gather before a chunk is due. */
export const CHUNK_BYTES = 64 * 1024;

/** Small answers are many, and large buffers that are soon thrown away make the garbage collector work. */
const FIRST_BYTES = 4096;

/** Room for the longest number or stamp. */
const SLACK = 64;

const DIGIT_0 = 0x30, MINUS = 0x2d, DOT = 0x2e, QUOTE = 0x22;

const encoder = new TextEncoder();

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

/**
 * Writes ASCII text into memory, number by number, without a string for each: what it writes goes to a socket
 * as it is. Grows as needed; the caller takes the bytes when `length` passes CHUNK_BYTES.
 */
export class AsciiWriter {
  /** Bytes written since the last `take`. */
  length = 0;
  #buffer = new Uint8Array(FIRST_BYTES);

  /** Hands over what was written and starts again. */
  take(): Uint8Array<ArrayBuffer> {
    const chunk = this.#buffer.slice(0, this.length);
    this.length = 0;
    return chunk;
  }

  /** Writes one ASCII character. */
  byte(code: number): void {
    this.#room(1);
    this.#buffer[this.length++] = code;
  }

  /** Writes bytes that are ASCII. */
  bytes(ascii: Uint8Array): void {
    this.#room(ascii.length);
    const buffer = this.#buffer;
    let at = this.length;
    for (let i = 0; i < ascii.length; i++) buffer[at++] = ascii[i]!;
    this.length = at;
  }

  /** Writes a text that is ASCII. */
  ascii(text: string): void {
    this.#room(text.length);
    const buffer = this.#buffer;
    let at = this.length;
    for (let i = 0; i < text.length; i++) buffer[at++] = text.charCodeAt(i);
    this.length = at;
  }

  /** Writes any text as UTF-8. */
  utf8(text: string): void {
    this.#room(text.length * 3);
    this.length += encoder.encodeInto(text, this.#buffer.subarray(this.length)).written;
  }

  /** Writes a JSON string as pandas does (see jsonString). */
  string(text: string): void {
    this.#room(text.length + 2);
    const buffer = this.#buffer;
    let at = this.length;
    buffer[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      // Anything that needs an escape: start again, slowly.
      if (code < 0x20 || code > 0x7f || code === QUOTE || code === 0x5c || code === 0x2f) {
        return this.ascii(jsonString(text));
      }
      buffer[at++] = code;
    }
    buffer[at++] = QUOTE;
    this.length = at;
  }

  /** Writes a whole number of at most 2^53 in size; -0 as 0. */
  integer(value: number): void {
    this.#room(SLACK);
    if (value < 0) this.#buffer[this.length++] = MINUS;
    this.#digits(Math.abs(value));
  }

  /**
   * Writes a float exactly as pandas' ujson does with double_precision=10: null unless finite; beyond 1e16
   * and below 1e-15 as C's %.10g; else ten decimals, rounded half to odd or zero, without trailing zeros but
   * for one.
   */
  float(value: number): void {
    const size = Math.abs(value);
    if (!(size <= Number.MAX_VALUE)) return this.ascii("null");
    if (size > 1e16 || (size < 1e-15 && size !== 0)) return this.ascii(formatG10(value));
    this.#room(SLACK);
    if (value < 0) this.#buffer[this.length++] = MINUS;
    let whole = Math.floor(size);
    const scaled = (size - whole) * 1e10;
    let fraction = Math.floor(scaled);
    const rest = scaled - fraction;
    if (rest > 0.5 || (rest === 0.5 && (fraction === 0 || fraction % 2 === 1))) fraction++;
    if (fraction >= 1e10) {
      fraction = 0;
      whole++;
    }
    this.#digits(whole);
    this.#buffer[this.length++] = DOT;
    if (fraction === 0) {
      this.#buffer[this.length++] = DIGIT_0;
      return;
    }
    const high = Math.floor(fraction / 1e5) | 0;
    this.#padded(high, 5);
    this.#padded((fraction - high * 1e5) | 0, 5);
    while (this.#buffer[this.length - 1] === DIGIT_0) this.length--;
  }

  #padded(value: number, width: number): void {
    const buffer = this.#buffer;
    for (let at = this.length + width - 1; at >= this.length; at--) {
      const tenth = (value / 10) | 0;
      buffer[at] = DIGIT_0 + value - tenth * 10;
      value = tenth;
    }
    this.length += width;
  }

  #digits(value: number): void {
    if (value >= 1e9) {
      // 32-bit arithmetic is several times faster, so nine digits at a time.
      const high = Math.floor(value / 1e9);
      this.#digits(high);
      this.#padded((value - high * 1e9) | 0, 9);
      return;
    }
    const small = value | 0;
    let width = 1;
    for (let limit = 10; limit <= small; limit *= 10) width++;
    this.#padded(small, width);
  }

  #room(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.length));
    this.#buffer = larger;
  }
}

/** C's printf("%.10g") for magnitudes where it uses an exponent. */
function formatG10(value: number): string {
  const [mantissa, exponent] = value.toExponential(9).split("e") as [string, string];
  const digits = mantissa.replace(/\.?0+$/, "");
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}
