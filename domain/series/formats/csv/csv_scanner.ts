/** Finds the cells of a CSV body (RFC 4180; lines may end in CRLF, LF or CR, as in pandas) in its bytes. */
import { invalid } from "../../../errors.ts";
import { CsvTable, type CsvText } from "./csv_table.ts";
import { isLineEnd } from "./plain_cells.ts";
import type { Lines } from "./plain_rows.ts";

const COMMA = 0x2c, SEMICOLON = 0x3b, TAB = 0x09, NEWLINE = 0x0a, QUOTE = 0x22, RETURN = 0x0d, SPACE = 0x20;
/** The line with which Excel says what the separator is. */
const SEPARATOR_LINE = /^"?sep=([\t -!#-~])"?(?=[\r\n]|$)/i;

/** The lines of a CSV body. Its separator is that of which the first line has most. Throws RunnelError naming the line. */
export class CsvScanner {
  #position = 0;
  #line = 1;
  readonly #separator: number;
  /** Between the quotes of the cell that was read last, or all of it. */
  #start = 0;
  #end = 0;

  constructor(readonly text: CsvText) {
    const said = SEPARATOR_LINE.exec(text.slice(0, Math.min(16, text.bytes.length)));
    if (said !== null) this.#position = said[0].length;
    this.#separator = said === null ? separatorOf(text.bytes) : said[1]!.charCodeAt(0);
    if (said !== null) this.#endLine();
  }

  /** The lines that were not read yet. */
  get rest(): Lines {
    return { text: this.text, position: this.#position, separator: this.#separator };
  }

  /** The cells of the next line, which stay to be read; undefined: there is none. */
  peek(): string[] | undefined {
    const position = this.#position, line = this.#line;
    const cells = this.header();
    this.#position = position;
    this.#line = line;
    return cells;
  }

  /** The cells of the next line; undefined: there is none. */
  header(): string[] | undefined {
    const names: string[] = [];
    const isThere = this.#readLine((start, end) => names.push(this.text.unquoted(start, end)));
    return isThere ? names : undefined;
  }

  /** The lines that are left, each of which must have that many cells. Empty ones are skipped. */
  table(width: number): CsvTable {
    const table = new CsvTable(this.text, width), { length } = this.text.bytes;
    for (let line = this.#next(); this.#position < length; line = this.#next(), table.rows++) {
      const bounds = table.nextRow(this.#position);
      if (this.#readPlainLine(bounds, table.rows * width * 2, width)) continue;
      let cells = 0;
      this.#readLine((start, end) => {
        if (cells < width) bounds.set([start, end], (table.rows * width + cells) * 2);
        cells++;
      });
      if (cells !== width) throw invalid(`CSV line ${line}: ${cells} cells, but the header has ${width}.`);
    }
    return table;
  }

  /** Reads the next line, if it has so many cells and no quote: the innermost loop of all reading of CSV. */
  #readPlainLine(bounds: Int32Array, to: number, width: number): boolean {
    const { bytes } = this.text, { length } = bytes, separator = this.#separator;
    const last = Math.max(separator, QUOTE), full = to + width * 2;
    let start = this.#position, at = start;
    for (;; at++) {
      const byte = at < length ? bytes[at]! : NEWLINE;
      if (byte > last) continue;
      if (byte === QUOTE) return false;
      const isEnd = isLineEnd(byte);
      if (byte !== separator && !isEnd) continue;
      if (to === full) return false;
      bounds[to++] = start;
      bounds[to++] = at;
      start = at + 1;
      if (isEnd) break;
    }
    if (to !== full) return false;
    this.#position = at;
    this.#endLine();
    return true;
  }

  /** Skips empty lines, and those of blanks only, and answers the number of the one that comes, from 1. */
  #next(): number {
    const { bytes } = this.text;
    for (;;) {
      let at = this.#position;
      while (bytes[at] === SPACE || (bytes[at] === TAB && this.#separator !== TAB)) at++;
      if (at < bytes.length && !isLineEnd(bytes[at]!)) return this.#line;
      this.#position = at;
      if (at >= bytes.length) return this.#line;
      this.#endLine();
    }
  }

  /** Reads the cells of the next line. False: there is none. */
  #readLine(add: (start: number, end: number) => void): boolean {
    const { bytes } = this.text, line = this.#next();
    if (this.#position >= bytes.length) return false;
    for (;;) {
      if (bytes[this.#position] === QUOTE) this.#readQuoted(line);
      else this.#readPlain(line);
      add(this.#start, this.#end);
      if (bytes[this.#position] !== this.#separator) break;
      this.#position++;
    }
    this.#endLine();
    return true;
  }

  /** Goes to the next line, if the body does not end here. */
  #endLine(): void {
    const { bytes } = this.text;
    if (this.#position >= bytes.length) return;
    if (bytes[this.#position++] === RETURN && bytes[this.#position] === NEWLINE) this.#position++;
    this.#line++;
  }

  #readPlain(line: number): void {
    const { bytes } = this.text, separator = this.#separator, { length } = bytes;
    let at = this.#position;
    this.#start = at;
    for (; at < length; at++) {
      const byte = bytes[at]!;
      if (byte === separator || isLineEnd(byte)) break;
      if (byte === QUOTE) {
        throw invalid(`CSV line ${line}: a quote stands inside a cell that does not begin with one.`);
      }
    }
    this.#position = this.#end = at;
  }

  #readQuoted(line: number): void {
    const { bytes } = this.text;
    this.#start = this.#position + 1;
    let end = bytes.indexOf(QUOTE, this.#start);
    while (end >= 0 && bytes[end + 1] === QUOTE) end = bytes.indexOf(QUOTE, end + 2);
    if (end < 0) throw invalid(`CSV line ${line}: a quoted cell has no end.`);
    this.#end = end;
    this.#position = end + 1;
    for (let at = this.#start; at < end; at++) {
      if (bytes[at] === NEWLINE || (bytes[at] === RETURN && bytes[at + 1] !== NEWLINE)) this.#line++;
    }
    const after = bytes[this.#position];
    if (after === undefined || after === this.#separator || isLineEnd(after)) return;
    throw invalid(`CSV line ${line}: only a separator or a line end may follow a quoted cell.`);
  }
}

/** Comma, semicolon or tab: what the first line that is not blank has most of outside quotes. */
function separatorOf(bytes: Uint8Array): number {
  const counts = new Map([[COMMA, 0], [SEMICOLON, 0], [TAB, 0]]);
  let isQuoted = false, isBlank = true;
  for (const byte of bytes) {
    if (byte === QUOTE) isQuoted = !isQuoted;
    if (isLineEnd(byte) && !isQuoted) {
      if (!isBlank) break;
      counts.set(TAB, 0);
      continue;
    }
    isBlank &&= byte === SPACE || byte === TAB;
    const count = counts.get(byte);
    if (count !== undefined && !isQuoted) counts.set(byte, count + 1);
  }
  return [...counts].reduce((most, each) => each[1] > most[1] ? each : most)[0];
}
