import type { AsciiWriter } from "./ascii_writer.ts";
import { quote, SeriesError } from "./error.ts";
import { type DateUnit, DAY_NS, formatStamp, UNIT_NS } from "./stamps.ts";

/** How stamps are written, as pandas' `date_format`: ISO 8601 texts, or numbers since 1970. */
export const DATE_FORMATS = ["iso", "epoch"] as const;
/** One of DATE_FORMATS. */
export type DateFormat = typeof DATE_FORMATS[number];

/** How to write stamps. */
export interface StampFormat {
  dateFormat: DateFormat;
  dateUnit: DateUnit;
  /** Whether ISO texts end in Z. */
  aware: boolean;
}

const QUOTE = 0x22;

/** Digits after the second. */
const DECIMALS: Record<DateUnit, number> = { s: 0, ms: 3, us: 6, ns: 9 };

/**
 * Writes the stamps of one frame. Works in doubles, since BigInt arithmetic would cost more than all the
 * rest.
 */
export class StampWriter {
  readonly #writer: AsciiWriter;
  readonly #format: StampFormat;
  readonly #halves: Int32Array;
  readonly #stamps: BigInt64Array;
  readonly #decimals: number;
  #day = NaN;
  /** The text of the stamp written last; only what changes is set again. */
  readonly #text: Uint8Array;

  constructor(writer: AsciiWriter, stamps: BigInt64Array, format: StampFormat) {
    this.#writer = writer;
    this.#format = format;
    this.#stamps = stamps;
    this.#halves = new Int32Array(stamps.buffer, stamps.byteOffset, stamps.length * 2);
    this.#decimals = DECIMALS[format.dateUnit];
    const decimals = this.#decimals === 0 ? "" : `.${"0".repeat(this.#decimals)}`;
    this.#text = new TextEncoder().encode(`0000-00-00T00:00:00${decimals}${format.aware ? "Z" : ""}`);
  }

  /** Writes the stamp of a row as an object key: in quotes. */
  key(row: number): void {
    this.#writer.byte(QUOTE);
    if (this.#format.dateFormat === "iso") this.#iso(row);
    else this.#epoch(this.#stamps[row]!);
    this.#writer.byte(QUOTE);
  }

  /** Writes the stamp of a row as a value: ISO in quotes, epoch as a number. */
  value(row: number): void {
    if (this.#format.dateFormat === "iso") return this.key(row);
    const ns = this.#stamps[row]!;
    // pandas takes an aware stamp through Python's datetime, which has only microseconds, and so floors it
    // first.
    const coarse = this.#format.aware && this.#format.dateUnit !== "ns";
    this.#epoch(coarse ? ns - (((ns % 1000n) + 1000n) % 1000n) : ns);
  }

  /** Writes the stamp of a row bare (CSV). */
  plain(row: number): void {
    if (this.#format.dateFormat === "iso") this.#iso(row);
    else this.#epoch(this.#stamps[row]!);
  }

  /** Towards zero, as pandas has it. */
  #epoch(ns: bigint): void {
    const { dateUnit } = this.#format;
    const count = ns / UNIT_NS[dateUnit];
    if (dateUnit === "s" || dateUnit === "ms") this.#writer.integer(Number(count));
    else this.#writer.ascii(String(count));
  }

  /** Floored to the unit. */
  #iso(row: number): void {
    const decimals = this.#decimals;
    const high = this.#halves[row * 2 + 1]! * 4294967296;
    // Multiples of 2^32 and of a day are exact in a double, and so is what is left after taking the days off.
    let day = Math.floor(high / DAY_NS);
    let nanos = high - day * DAY_NS + (this.#halves[row * 2]! >>> 0);
    while (nanos < 0) {
      nanos += DAY_NS;
      day--;
    }
    while (nanos >= DAY_NS) {
      nanos -= DAY_NS;
      day++;
    }
    if (day !== this.#day) this.#setDay(day);
    const seconds = Math.floor(nanos / 1e9), fraction = nanos - seconds * 1e9;
    const minutes = (seconds / 60) | 0, hours = (minutes / 60) | 0;
    const text = this.#text;
    setDigits(text, 11, 2, hours);
    setDigits(text, 14, 2, minutes - hours * 60);
    setDigits(text, 17, 2, seconds - minutes * 60);
    if (decimals > 0) setDigits(text, 20, decimals, Math.floor(fraction / 10 ** (9 - decimals)) | 0);
    this.#writer.bytes(text);
  }

  #setDay(day: number): void {
    this.#day = day;
    const date = new Date(day * 86_400_000);
    setDigits(this.#text, 0, 4, date.getUTCFullYear());
    setDigits(this.#text, 5, 2, date.getUTCMonth() + 1);
    setDigits(this.#text, 8, 2, date.getUTCDate());
  }
}

/** Writes a number as `width` digits at `at`. */
function setDigits(text: Uint8Array, at: number, width: number, value: number): void {
  for (let end = at + width - 1; end >= at; end--) {
    const tenth = (value / 10) | 0;
    text[end] = 0x30 + value - tenth * 10;
    value = tenth;
  }
}

/**
 * Throws SeriesError if two neighbouring stamps would be written alike, which would give an object two
 * members of one name. `before` is the stamp ahead of these, where frames come in batches.
 */
export function checkDistinctKeys(stamps: BigInt64Array, format: StampFormat, before?: bigint): void {
  const unit = UNIT_NS[format.dateUnit];
  if (unit === 1n) return;
  const written = (ns: bigint) =>
    ns / unit - (format.dateFormat === "iso" && ns < 0n && ns % unit !== 0n ? 1n : 0n);
  let last = before;
  for (const here of stamps) {
    // Only stamps closer than two units can meet (around zero, where numbers are cut towards it from both
    // sides).
    if (last !== undefined && here - last < 2n * unit && written(here) === written(last)) {
      throw new SeriesError(
        `The stamps ${formatStamp(last, format.aware)} and ${
          formatStamp(here, format.aware)
        } are the same in ` +
          `${quote(format.dateUnit)}: ask for a finer date_unit (${
            format.dateUnit === "s" ? "ms, " : ""
          }us or ns).`,
      );
    }
    last = here;
  }
}
