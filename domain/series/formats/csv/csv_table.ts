/** The cells of a CSV body: where each stands in its bytes, so that only texts become texts. */
import { Buffer } from "node:buffer";

const NINE = 0x39, QUOTE = 0x22;

/** What pandas' read_csv takes for null. */
const NULLS = new Set([
  ...["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>"],
  ...["N/A", "NA", "NULL", "NaN", "n/a", "nan", "null"],
]);
const LONGEST_NULL = 8;

/** Text of a cell; null stood there without quotes. */
export type CsvCell = string | null;

/** Whether a text is a spelling of null. */
export function isNull(cell: CsvCell): boolean {
  return cell === null || (cell.length <= LONGEST_NULL && NULLS.has(cell));
}

/** Bytes of cells, as text. */
export class CsvText {
  readonly #buffer: Buffer;

  constructor(readonly bytes: Uint8Array<ArrayBuffer>, readonly isAscii: boolean) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The text of the bytes from `start` to before `end`. */
  slice(start: number, end: number): string {
    return this.#buffer.toString(this.isAscii ? "latin1" : "utf8", start, end);
  }

  /** The text of what stands between two quotes. */
  unquoted(start: number, end: number): string {
    const text = this.slice(start, end);
    return text.includes('"') ? text.replaceAll('""', '"') : text;
  }

  /** Whether the bytes, which stand without quotes, are a spelling of null. */
  isNull(start: number, end: number): boolean {
    if (start === end) return true;
    // Numbers end with a digit, and no spelling of null does.
    return end - start <= LONGEST_NULL && this.bytes[end - 1]! > NINE && NULLS.has(this.slice(start, end));
  }
}

/** Where the cells of some lines stand, all lines with as many. */
export class CsvTable {
  rows = 0;
  #bounds = new Int32Array(1024);

  constructor(readonly text: CsvText, readonly width: number) {}

  /**
   * Begin and end of each cell of all columns, without the quotes around it: cell `row * width + column` is in the bytes
   * from `bounds[cell * 2]` to before `bounds[cell * 2 + 1]`.
   */
  get bounds(): Int32Array {
    return this.#bounds;
  }

  /** The bounds, with room for one row more, which begins at `position`. */
  nextRow(position: number): Int32Array {
    const { length } = this.#bounds, needed = (this.rows + 1) * this.width * 2;
    if (needed > length) {
      // As many as there will be, if the lines to come are as long as those before.
      const expected = Math.ceil(needed * this.text.bytes.length / Math.max(position, 1));
      const more = new Int32Array(Math.max(needed, Math.min(expected, length * 64)));
      more.set(this.#bounds);
      this.#bounds = more;
    }
    return this.#bounds;
  }

  /** The cells of a column. */
  column(at: number): CsvCell[] {
    const { rows, width, text } = this, bounds = this.#bounds;
    return Array.from({ length: rows }, (_, row) => {
      const cell = (row * width + at) * 2, start = bounds[cell]!, end = bounds[cell + 1]!;
      if (this.#isQuoted(start)) return text.unquoted(start, end);
      return text.isNull(start, end) ? null : text.slice(start, end);
    });
  }

  /** Whether the cell that begins there stands in quotes. */
  #isQuoted(start: number): boolean {
    return start > 0 && this.text.bytes[start - 1] === QUOTE;
  }
}
