/** Events as programs mostly write them, read from the bytes of a line: in a fifth of the time that JSON and a schema take. */
import { readTimeAt } from "../../time.ts";
import { eventMicros, MAX_COUNTRY, MAX_ID, type SessionEvent } from "../event.ts";

/** A longer line is read as JSON. */
const LONGEST_LINE = 2_048;
const QUOTE = 0x22, BACKSLASH = 0x5C, SPACE = 0x20, DELETE = 0x7F;
const OPEN = 0x7B, CLOSE = 0x7D, COLON = 0x3A, COMMA = 0x2C;

/** The fields, as bits: each comes once at most, and all but the country must come. */
const USER = 1, SESSION = 2, EVENT = 4, TIME = 8, COUNTRY = 16, NEEDED = USER | SESSION | EVENT | TIME;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const FIELDS = [USER, SESSION, EVENT, TIME, COUNTRY];
const NAMES = ["user_id", "session_id", "event", "ts", "country"].map(bytesOf);
const START = bytesOf("start"), END = bytesOf("end");

/**
 * An event in a line of JSON. Whatever is written in another way than programs mostly do is left to the general reader,
 * which reads the same from what both can read.
 */
export class PlainEvent {
  bytes: Uint8Array = new Uint8Array();
  userFrom = 0;
  userTo = 0;
  sessionFrom = 0;
  sessionTo = 0;
  isStart = false;
  /** Microseconds since the epoch. */
  ts = 0;
  country: string | undefined;
  /** Countries by their bytes as a number: few, and each comes often. */
  readonly #countries = new Map<number, string>();
  /** Where the value that was read last ends. */
  #at = 0;

  /** Reads the line from one place of the bytes to before another; false leaves it to the general reader. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from > LONGEST_LINE || bytes[from] !== OPEN) return false;
    this.bytes = bytes;
    this.country = undefined;
    this.#at = from + 1;
    let seen = 0;
    while (true) {
      const field = this.#field(to);
      if (field === 0 || (seen & field) !== 0 || !this.#value(field, to)) return false;
      seen |= field;
      const next = bytes[this.#at++];
      if (next === CLOSE) break;
      if (next !== COMMA) return false;
    }
    return this.#at === to && (seen & NEEDED) === NEEDED;
  }

  /** The same as an object of its own. */
  toEvent(): SessionEvent {
    const { bytes, isStart, ts, country } = this;
    return {
      user_id: textOf(bytes, this.userFrom, this.userTo),
      session_id: textOf(bytes, this.sessionFrom, this.sessionTo),
      event: isStart ? "start" : "end",
      ts,
      country,
    };
  }

  /** The field whose name comes next, up to its value's quote; 0 where something else comes. */
  #field(end: number): number {
    const from = this.#openQuote(end), to = from < 0 ? -1 : closingQuote(this.bytes, from, end);
    if (to < 0 || this.bytes[to + 1] !== COLON) return 0;
    this.#at = to + 2;
    for (let i = 0; i < NAMES.length; i++) if (isAt(this.bytes, from, to, NAMES[i]!)) return FIELDS[i]!;
    return 0;
  }

  /** Reads a value, and whether it is one that the field may have. */
  #value(field: number, end: number): boolean {
    const from = this.#openQuote(end), to = from < 0 ? -1 : closingQuote(this.bytes, from, end);
    if (to < 0) return false;
    this.#at = to + 1;
    const length = to - from;
    if (field === USER) {
      this.userFrom = from;
      this.userTo = to;
      return length >= 1 && length <= MAX_ID;
    }
    if (field === SESSION) {
      this.sessionFrom = from;
      this.sessionTo = to;
      return length >= 1 && length <= MAX_ID;
    }
    if (field === TIME) return !Number.isNaN(this.ts = eventMicros(readTimeAt(this.bytes, from, to)));
    if (field === COUNTRY) return (this.country = this.#country(from, to)) !== undefined;
    this.isStart = isAt(this.bytes, from, to, START);
    return this.isStart || isAt(this.bytes, from, to, END);
  }

  /** Where the text begins whose quote comes next, after a space perhaps; -1 where something else comes. */
  #openQuote(end: number): number {
    if (this.bytes[this.#at] === SPACE) this.#at++;
    return this.#at < end && this.bytes[this.#at] === QUOTE ? this.#at + 1 : -1;
  }

  #country(from: number, to: number): string | undefined {
    if (to === from || to - from > MAX_COUNTRY) return undefined;
    let number = 0;
    for (let at = from; at < to; at++) {
      if (!isPlain(this.bytes[at]!)) return undefined;
      number = number << 8 | this.bytes[at]!;
    }
    if (to - from > 4) return textOf(this.bytes, from, to);
    let country = this.#countries.get(number);
    if (country === undefined) this.#countries.set(number, country = textOf(this.bytes, from, to));
    return country;
  }
}

/** Capital letters and digits. */
const isPlain = (byte: number) => (byte >= 0x41 && byte <= 0x5A) || (byte >= 0x30 && byte <= 0x39);

/** Where a text ends that has neither escapes nor anything but printable ASCII; -1: another one. */
function closingQuote(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at;
    if (byte < SPACE || byte >= DELETE || byte === BACKSLASH) return -1;
  }
  return -1;
}

function isAt(bytes: Uint8Array, from: number, to: number, text: Uint8Array): boolean {
  if (to - from !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false;
  return true;
}

const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));
