import { invalid, quote, type RunnelError } from "../../../errors.ts";
import { unescapeString } from "./json_string.ts";

/** How deeply arrays and objects may nest, as in pandas' own reader. */
export const MAX_DEPTH = 1024;

/**
 * A JSON value: whole number literals are bigint, other numbers are number, objects are Maps in the order
 * written.
 */
export type JsonValue = null | boolean | string | number | bigint | JsonValue[] | Map<string, JsonValue>;

/** What kind of scalar `readScalar` found; its content stands in the reader's fields. */
export type ScalarKind = "null" | "true" | "false" | "string" | "number" | "big";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a, MINUS = 0x2d, DOT = 0x2e;
const OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d, OPEN_BRACKET = 0x5b, CLOSE_BRACKET = 0x5d;
const ZERO = 0x30, NINE = 0x39;

/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

const INT_MIN = -(2n ** 63n), INT_MAX = 2n ** 64n - 1n;

/**
 * A cursor over a JSON text (RFC 8259, strictly: no NaN, no comments, no trailing commas, no byte order mark,
 * no lone surrogates, nesting to `MAX_DEPTH`). The caller says what it expects next and nothing is built that
 * it does not ask for, so that a frame of a million cells goes straight into typed arrays. Keeps the order of
 * members and exact integers from -2^63 to 2^64-1, which JSON.parse does not.
 *
 * Every method throws RunnelError, naming line and column, when the text is not what was asked for.
 */
export class JsonReader {
  /** Offset of the next character. May be set back to an earlier value to read something twice. */
  position = 0;
  /** The number that readScalar found last ("number"). */
  number = 0;
  /** Whether that number was written without fraction and exponent. */
  integer = false;
  /** The integer that readScalar found last ("big": beyond 2^53). */
  big = 0n;
  /** The string that readScalar found last ("string"). */
  string = "";
  /** Where the key that readKey found last begins, after its quote; -1 if it has escapes. */
  keyStart = -1;
  #first = false;
  #depth = 0;

  constructor(readonly text: string) {
    if (!text.isWellFormed()) {
      throw invalid("The text holds a lone surrogate: send well-formed Unicode.");
    }
  }

  /** Skips white space and returns the next character's code, or -1 at the end. */
  peek(): number {
    const { text } = this;
    for (;;) {
      const code = this.position < text.length ? text.charCodeAt(this.position) : -1;
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.position++;
    }
  }

  /** Whether the next value is an object, an array, or a scalar. */
  kind(): "object" | "array" | "scalar" {
    const code = this.peek();
    return code === OPEN_BRACE ? "object" : code === OPEN_BRACKET ? "array" : "scalar";
  }

  /** Enters an object; then call `more` before each member. */
  openObject(): void {
    this.#open(OPEN_BRACE, "an object");
  }

  /** Enters an array; then call `moreItems` before each item. */
  openArray(): void {
    this.#open(OPEN_BRACKET, "an array");
  }

  /** Whether the object that was entered has another member (then `readKey` is next), or ends here. */
  more(): boolean {
    return this.#more(CLOSE_BRACE, "}");
  }

  /** Whether the array that was entered has another item, or ends here. */
  moreItems(): boolean {
    return this.#more(CLOSE_BRACKET, "]");
  }

  /** Reads a member's key and the colon after it. */
  readKey(): string {
    if (this.peek() !== QUOTE) throw this.error(`expected a key in double quotes, found ${this.#found()}`);
    const start = this.position + 1;
    const key = this.#readString();
    this.keyStart = this.position === start + key.length + 1 ? start : -1;
    if (this.peek() !== COLON) {
      throw this.error(`expected ":" after the key ${quote(key)}, found ${this.#found()}`);
    }
    this.position++;
    return key;
  }

  /**
   * Consumes the next key and its colon if it is written, without escapes, as the `length` characters of `expected` from
   * `from` on; otherwise leaves it there. These must be free of quotes, backslashes and control characters, or must be
   * known to fail later. A key that stood before is compared fastest where it stands (see `keyStart`).
   */
  skipKey(expected: string, from = 0, length = expected.length): boolean {
    if (this.peek() !== QUOTE) return false;
    const { text, position } = this;
    const start = position + 1, end = start + length;
    if (text.charCodeAt(end) !== QUOTE) return false;
    // Faster than startsWith, from the end since neighbouring stamps differ there.
    for (let at = length - 1; at >= 0; at--) {
      if (expected.charCodeAt(from + at) !== text.charCodeAt(start + at)) return false;
    }
    this.position = end + 1;
    if (this.peek() === COLON) {
      this.position++;
      return true;
    }
    this.position = position;
    return false;
  }

  /**
   * Reads a scalar into the reader's fields. The caller must have ruled out objects and arrays (see `kind`).
   */
  readScalar(): ScalarKind {
    const code = this.peek();
    if (code === MINUS || (code >= ZERO && code <= NINE)) return this.#readNumber();
    if (code === QUOTE) {
      this.string = this.#readString();
      return "string";
    }
    for (const word of ["null", "true", "false"] as const) {
      if (this.text.startsWith(word, this.position)) {
        this.position += word.length;
        return word;
      }
    }
    throw this.error(`expected a value, found ${this.#found()}`);
  }

  /** Reads any value into plain data. */
  readValue(): JsonValue {
    const kind = this.kind();
    if (kind === "array") {
      const items: JsonValue[] = [];
      this.openArray();
      while (this.moreItems()) items.push(this.readValue());
      return items;
    }
    if (kind === "object") {
      const members = new Map<string, JsonValue>();
      this.openObject();
      while (this.more()) {
        const key = this.readKey();
        if (members.has(key)) throw this.error(`the key ${quote(key)} stands twice in one object`);
        members.set(key, this.readValue());
      }
      return members;
    }
    const scalar = this.readScalar();
    if (scalar === "string") return this.string;
    if (scalar === "big") return this.big;
    if (scalar === "number") return this.integer ? BigInt(this.number) : this.number;
    return scalar === "null" ? null : scalar === "true";
  }

  /** Throws unless nothing but white space is left. */
  expectEnd(): void {
    if (this.peek() !== -1) throw this.error(`expected the end of the text, found ${this.#found()}`);
  }

  /** An error that says where the cursor is (or `position`), for the caller to throw. */
  error(message: string, position: number = this.position): RunnelError {
    const before = this.text.slice(0, position);
    const line = before.split("\n").length;
    const column = position - before.lastIndexOf("\n");
    return invalid(`JSON at line ${line}, column ${column}: ${message}.`);
  }

  #found(): string {
    if (this.position >= this.text.length) return "the end of the text";
    return quote(String.fromCodePoint(this.text.codePointAt(this.position)!));
  }

  #open(bracket: number, name: string): void {
    if (this.peek() !== bracket) throw this.error(`expected ${name}, found ${this.#found()}`);
    if (++this.#depth > MAX_DEPTH) throw this.error(`nested deeper than ${MAX_DEPTH}`);
    this.position++;
    this.#first = true;
  }

  /** No stack is needed for "is this the first member": whatever is nested has ended before the next call. */
  #more(bracket: number, name: string): boolean {
    const code = this.peek();
    const first = this.#first;
    this.#first = false;
    if (code === bracket) {
      this.position++;
      this.#depth--;
      return false;
    }
    if (first) return true;
    if (code !== COMMA) throw this.error(`expected "," or "${name}", found ${this.#found()}`);
    this.position++;
    if (this.peek() === bracket) throw this.error(`a comma stands before "${name}"`);
    return true;
  }

  #readString(): string {
    const { text } = this;
    const start = this.position + 1;
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.position = at + 1;
        return text.slice(start, at);
      }
      if (code === BACKSLASH) return this.#readEscaped(start, at);
      if (code < 0x20) throw this.error("a control character stands in a string: write it as an escape", at);
    }
    throw this.error("the string that starts here has no end");
  }

  #readEscaped(start: number, firstEscape: number): string {
    const { value, end, wrong } = unescapeString(this.text, start, firstEscape);
    if (wrong) throw this.error(wrong, end);
    this.position = end;
    return value;
  }

  /** Digits from `at`; adds them to `number` and returns where they end, which is after `at`. */
  #readDigits(at: number): number {
    const { text } = this;
    const start = at;
    let value = this.number;
    for (; at < text.length; at++) {
      const digit = text.charCodeAt(at) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    if (at === start) throw this.error("a number needs a digit here", at);
    this.number = value;
    return at;
  }

  #readNumber(): "number" | "big" {
    const { text, position: start } = this;
    const negative = text.charCodeAt(start) === MINUS;
    const whole = negative ? start + 1 : start;
    this.number = 0;
    let at = this.#readDigits(whole);
    if (text.charCodeAt(whole) === ZERO && at > whole + 1) {
      throw this.error("a number may not start with 0", whole);
    }
    let decimals = 0;
    this.integer = true;
    if (text.charCodeAt(at) === DOT) {
      const end = this.#readDigits(at + 1);
      decimals = end - at - 1;
      at = end;
      this.integer = false;
    }
    const mantissa = this.number;
    const exponent = (text.charCodeAt(at) | 0x20) === 0x65;
    if (exponent) {
      const sign = text.charCodeAt(at + 1);
      at = this.#readDigits(sign === 0x2b || sign === MINUS ? at + 2 : at + 1);
      this.integer = false;
    }
    this.position = at;
    if (!exponent && mantissa <= Number.MAX_SAFE_INTEGER && decimals <= 22) {
      // Mantissa and power are both exact, so one division rounds correctly (Clinger 1990, the fast path).
      const value = decimals === 0 ? mantissa : mantissa / POWERS[decimals]!;
      this.number = negative && !(this.integer && value === 0) ? -value : value;
      return "number";
    }
    if (!this.integer) {
      this.number = Number(text.slice(start, at));
      return "number";
    }
    return this.#readBig(start, at);
  }

  #readBig(start: number, end: number): "big" {
    const digits = this.text.slice(start, end);
    // BigInt() takes time that grows with the square of the digits.
    const big = digits.length <= 20 ? BigInt(digits) : null;
    if (big === null || big < INT_MIN || big > INT_MAX) {
      throw this.error(`the integer ${quote(digits)} is outside -2^63 to 2^64-1`, start);
    }
    this.big = big;
    return "big";
  }
}

/**
 * Reads a whole JSON text into plain data that keeps the order of members and exact integers.
 * Throws RunnelError as JsonReader does.
 */
export function parseJson(text: string): JsonValue {
  const reader = new JsonReader(text);
  const value = reader.readValue();
  reader.expectEnd();
  return value;
}
