/** The cells of a column of a CSV, each read where it stands, one row after the other. */
import type { Column } from "../../frame/column.ts";
import type { FrameStamps } from "../../frame/frame.ts";
import { halvesOf, isStamp, putStamp, readStamp, stampAt } from "../../frame/stamps.ts";
import { inferColumn, numbersOf } from "./csv_columns.ts";
import { EXACT_POWERS, lastNumber, readNumber } from "./csv_numbers.ts";
import { CsvTable, type CsvText } from "./csv_table.ts";

const NEWLINE = 0x0a, RETURN = 0x0d, QUOTE = 0x22, MINUS = 0x2d, DOT = 0x2e, ZERO = 0x30;
/** As many digits are a 32-bit integer. */
const MOST_DIGITS = 9;

/** A column on its way in. */
interface Cells {
  /** Makes room for so many rows. */
  expect(rows: number): void;
  /** Reads the cell of a row, which begins at `at`, and answers where it ends; negative: it needs a closer look. */
  read(at: number, row: number): number;
}

/** One of the kinds of columns. */
export type PlainCells = StampCells | NumberCells | TextCells;

/** Stamps: ISO 8601 texts, all of them with an offset or none. */
export class StampCells implements Cells {
  readonly #bytes: Uint8Array;
  #stamps = new BigInt64Array();
  #halves = halvesOf(this.#stamps);
  #aware: boolean | undefined;
  /** Bytes of the one before. */
  #length = 0;

  constructor(text: CsvText, readonly separator: number) {
    this.#bytes = text.bytes;
  }

  expect(rows: number): void {
    const larger = new BigInt64Array(rows);
    larger.set(this.#stamps);
    this.#stamps = larger;
    this.#halves = halvesOf(larger);
  }

  read(at: number, row: number): number {
    const bytes = this.#bytes;
    let end = at + this.#length;
    // No separator is part of a stamp, so that one of the same length ends there.
    if (bytes[end] !== this.separator || !stampAt(bytes, at, end)) {
      end = cellEnd(bytes, at, this.separator);
      if (end < 0 || !stampAt(bytes, at, end)) return -1;
      this.#length = end - at;
    }
    if (!isStamp(readStamp) || readStamp.aware !== (this.#aware ??= readStamp.aware)) return -1;
    if (row === this.#stamps.length) this.expect(row * 2);
    putStamp(this.#halves, row, readStamp.day, readStamp.nanos);
    return end;
  }

  finish(rows: number): FrameStamps {
    return { stamps: this.#stamps.slice(0, rows), aware: this.#aware ?? false };
  }
}

/** Numbers and nulls. */
export class NumberCells implements Cells {
  readonly #bytes: Uint8Array;
  #values = new Float64Array();
  #isWhole = true;
  #hasNull = false;

  constructor(readonly text: CsvText, readonly separator: number) {
    this.#bytes = text.bytes;
  }

  expect(rows: number): void {
    const larger = new Float64Array(rows);
    larger.set(this.#values);
    this.#values = larger;
  }

  read(at: number, row: number): number {
    if (row === this.#values.length) this.expect(row * 2);
    const bytes = this.#bytes, isNegative = bytes[at] === MINUS;
    const start = isNegative ? at + 1 : at;
    let end = start, mantissa = 0, point = -1;
    for (;; end++) {
      const byte = bytes[end]!, digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) mantissa = Math.imul(mantissa, 10) + digit | 0;
      else if (byte === DOT && point < 0) point = end;
      else break;
    }
    const digits = end - start - (point < 0 ? 0 : 1), after = bytes[end]!;
    if (digits === 0 || digits > MOST_DIGITS || (after !== this.separator && !isLineEnd(after))) {
      return this.#readOther(at, row);
    }
    // Both are exact, and so the quotient is rounded once.
    const size = point < 0 ? mantissa : mantissa / EXACT_POWERS[end - point - 1]!;
    this.#values[row] = isNegative ? -size : size;
    if (point >= 0) this.#isWhole = false;
    return end;
  }

  #readOther(at: number, row: number): number {
    const end = cellEnd(this.#bytes, at, this.separator);
    if (end < 0 || !isNumberOrNull(this.text, at, end)) return -1;
    if (this.text.isNull(at, end)) {
      this.#values[row] = NaN;
      this.#hasNull = true;
      return end;
    }
    const { value, isWhole } = lastNumber;
    if (isWhole && !Number.isSafeInteger(value)) return -1;
    this.#values[row] = value;
    if (!isWhole) this.#isWhole = false;
    return end;
  }

  finish(name: string, rows: number): Column {
    return numbersOf(name, this.#values.slice(0, rows), this.#isWhole, this.#hasNull);
  }
}

/** Other cells, which become what they are when all of them are known. */
export class TextCells implements Cells {
  readonly #table: CsvTable;

  constructor(readonly text: CsvText, readonly separator: number) {
    this.#table = new CsvTable(text, 1);
  }

  expect(): void {
  }

  read(at: number, row: number): number {
    const end = cellEnd(this.text.bytes, at, this.separator);
    const bounds = this.#table.nextRow(at);
    bounds[row * 2] = at;
    bounds[row * 2 + 1] = end;
    this.#table.rows++;
    return end;
  }

  finish(name: string): Column {
    return inferColumn(name, this.#table, 0);
  }
}

/** Where the cell ends that begins there; negative: a quote stands in it. */
function cellEnd(bytes: Uint8Array, at: number, separator: number): number {
  for (;; at++) {
    const byte = bytes[at]!;
    if (byte === separator || isLineEnd(byte)) return at;
    if (byte === QUOTE) return -1;
  }
}

/** Whether that is how a line ends. */
export function isLineEnd(byte: number): boolean {
  return byte === NEWLINE || byte === RETURN;
}

/** Whether a cell is a number, which is in `lastNumber` then, or a spelling of null. */
export function isNumberOrNull(text: CsvText, start: number, end: number): boolean {
  return (start < end && readNumber(text, start, end)) || text.isNull(start, end);
}
