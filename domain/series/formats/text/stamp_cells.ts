import {
  COPIED_BEYOND,
  Literal,
  NUMBER_BYTES,
  putAscii,
  putInteger,
  putLiteral,
  putPadded,
  putPair,
} from "./ascii.ts";
import type { Cells } from "./cells.ts";
import { invalid, quote, type RunnelError } from "../../../errors.ts";
import { type DateUnit, DAY_NS, formatStamp, halvesOf, UNIT_NS } from "../../frame/stamps.ts";
import { DAY_MS } from "../../../time.ts";

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

/** Where a stamp stands: as an object's key, as a value, or bare (CSV). */
export type StampPlace = "key" | "value" | "bare";

/** Digits after the second. */
const DECIMALS: Record<DateUnit, number> = { s: 0, ms: 3, us: 6, ns: 9 };

/** Stamps as cells, each between two texts that are the same in every row. */
export function stampCells(
  stamps: BigInt64Array,
  format: StampFormat,
  place: StampPlace,
  before = "",
  after = "",
): Cells {
  const quote = place === "bare" || (place === "value" && format.dateFormat === "epoch") ? "" : '"';
  const [opening, closing] = [before + quote, quote + after];
  return format.dateFormat === "iso"
    ? isoCells(stamps, format, opening, closing)
    : epochCells(stamps, format, place, opening, closing);
}

function epochCells(
  stamps: BigInt64Array,
  { aware, dateUnit }: StampFormat,
  place: StampPlace,
  before: string,
  after: string,
): Cells {
  const unit = UNIT_NS[dateUnit], isSmall = dateUnit === "s" || dateUnit === "ms";
  // pandas takes an aware stamp through Python's datetime, which has only microseconds, and so floors it first.
  const isFloored = place === "value" && aware && dateUnit !== "ns";
  const opening = new Literal(before), closing = new Literal(after);
  return {
    kind: "other",
    widest: opening.length + NUMBER_BYTES + closing.length,
    put({ bytes, view }, at, row) {
      const ns = stamps[row]!;
      // Towards zero, as pandas has it.
      const count = (isFloored ? ns - (((ns % 1000n) + 1000n) % 1000n) : ns) / unit;
      at = putLiteral(view, at, opening);
      at = isSmall ? putInteger(bytes, at, Number(count)) : putAscii(bytes, at, String(count));
      return putLiteral(view, at, closing);
    },
  };
}

/** The texts of all rows, as wide as each other, are made at once; writing one copies it. */
function isoCells(stamps: BigInt64Array, format: StampFormat, before: string, after: string): Cells {
  const decimals = DECIMALS[format.dateUnit], size = 10 ** (9 - decimals);
  const zeros = `0000-00-00T00:00:00${decimals === 0 ? "" : `.${"0".repeat(decimals)}`}${
    format.aware ? "Z" : ""
  }`;
  const template = new Literal(before + zeros + after);
  const width = template.length, start = new Literal(before).length;
  const texts = new Uint8Array(stamps.length * width + COPIED_BEYOND), view = new DataView(texts.buffer);
  const halves = halvesOf(stamps);
  const text = new Uint8Array(template.view.buffer);
  let lastDay = NaN, lastHour = NaN;
  for (let row = 0, at = 0; row < stamps.length; row++, at += width) {
    // Multiples of 2^32 and of a day are exact in a double, and so is what is left after taking the days off.
    const high = halves[row * 2 + 1]! * 4294967296;
    let day = Math.floor(high / DAY_NS);
    let nanos = high - day * DAY_NS + (halves[row * 2]! >>> 0);
    while (nanos < 0) {
      nanos += DAY_NS;
      day--;
    }
    while (nanos >= DAY_NS) {
      nanos -= DAY_NS;
      day++;
    }
    // The template keeps what neighbours share.
    if (day !== lastDay) putDay(text, start, day);
    lastDay = day;
    const seconds = Math.floor(nanos / 1e9), minutes = (seconds / 60) | 0, hour = (minutes / 60) | 0;
    if (hour !== lastHour) putPair(text, start + 11, hour);
    lastHour = hour;
    putPair(text, start + 14, minutes - hour * 60);
    putPair(text, start + 17, seconds - minutes * 60);
    if (decimals > 0) {
      // Floored to the unit.
      const fraction = Math.floor((nanos - seconds * 1e9) / size);
      putPadded(text, start + 20, fraction, decimals);
    }
    putLiteral(view, at, template);
  }
  return { kind: "texts", widest: width, texts: view };
}

function putDay(text: Uint8Array, at: number, day: number): void {
  const date = new Date(day * DAY_MS);
  putPadded(text, at, date.getUTCFullYear(), 4);
  putPadded(text, at + 5, date.getUTCMonth() + 1, 2);
  putPadded(text, at + 8, date.getUTCDate(), 2);
}

/**
 * Throws RunnelError if two neighbouring stamps would be written alike, which would give an object two
 * members of one name. `before` is the stamp ahead of these, where frames come in batches.
 */
export function checkDistinctKeys(stamps: BigInt64Array, format: StampFormat, before?: bigint): void {
  const alike = findAlike(stamps, format, before);
  if (alike === undefined) return;
  if (alike[0] === alike[1]) throw sharedKey(alike[0], format.aware);
  const [first, second] = alike.map((stamp) => formatStamp(stamp, format.aware));
  throw invalid(
    `The stamps ${first} and ${second} are the same in ${
      quote(format.dateUnit)
    }: ask for a finer date_unit (${format.dateUnit === "s" ? "ms, " : ""}us or ns).`,
  );
}

/** The refusal of rows that share a stamp where stamps are keys. */
function sharedKey(stamp: bigint, aware: boolean): RunnelError {
  return invalid(
    `Rows share the stamp ${
      formatStamp(stamp, aware)
    }, so that stamps cannot be keys: ask for orient records, split or ` +
      "table, or for csv, ndjson, arrow or parquet.",
  );
}

/** Two neighbouring stamps that would be written alike. */
export function findAlike(
  stamps: BigInt64Array,
  format: StampFormat,
  before?: bigint,
): readonly [bigint, bigint] | undefined {
  const unit = UNIT_NS[format.dateUnit];
  const written = (ns: bigint) =>
    ns / unit - (format.dateFormat === "iso" && ns < 0n && ns % unit !== 0n ? 1n : 0n);
  // Only stamps closer than two units can meet (around zero, where numbers are cut towards it from both sides). Doubles
  // tell which may be: they are off by less than 1,024 nanoseconds.
  const near = 2 * Number(unit) + 2048;
  const halves = halvesOf(stamps);
  let last = before === undefined ? -Infinity : Number(before);
  for (let row = 0; row < stamps.length; row++) {
    const here = halves[row * 2 + 1]! * 4294967296 + (halves[row * 2]! >>> 0);
    if (here - last < near) {
      const one = row === 0 ? before! : stamps[row - 1]!, other = stamps[row]!;
      if (written(one) === written(other)) return [one, other];
    }
    last = here;
  }
  return undefined;
}
