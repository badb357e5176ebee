/** The cells of a CSV text (RFC 4180; lines may end in CRLF or LF), found without a text of each. */
import { invalid } from "../../../errors.ts";

const COMMA = 0x2c, SEMICOLON = 0x3b, TAB = 0x09, NEWLINE = 0x0a, QUOTE = 0x22, RETURN = 0x0d, NINE = 0x39;

/** What pandas' read_csv takes for null. */
const NULLS = new Set([
  ...["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>"],
  ...["N/A", "NA", "NULL", "NaN", "n/a", "nan", "null"],
]);
const LONGEST_NULL = 8;
/** Where a cell ends that is null. */
const NULL_END = -1;

/** Text of a cell; null stood there without quotes. */
export type CsvCell = string | null;

/** Whether a cell is null, or would be without its quotes. */
export function isNull(cell: CsvCell): boolean {
  return cell === null || (cell.length <= LONGEST_NULL && NULLS.has(cell));
}

/** Where the cells of some lines stand, all lines with as many. */
export class CsvTable {
  rows = 0;
  /** Begin and end of each cell, line by line. */
  #bounds = new Int32Array(1024);
  #length = 0;
  /** Cells that stand in quotes, by their number. */
  readonly #quoted = new Map<number, string>();

  constructor(readonly text: string, readonly width: number) {}

  /** Adds the next cell; `quoted`: what stands between its quotes. */
  add(start: number, end: number, quoted: string | undefined): void {
    if (quoted !== undefined) this.#quoted.set(this.#length >> 1, quoted);
    if (this.#length === this.#bounds.length) {
      const more = new Int32Array(this.#length * 2);
      more.set(this.#bounds);
      this.#bounds = more;
    }
    this.#bounds[this.#length++] = start;
    this.#bounds[this.#length++] = end;
  }

  /** The cells of a column. */
  column(at: number): CsvCell[] {
    return Array.from({ length: this.rows }, (_, row) => {
      const cell = row * this.width + at, quoted = this.#quoted.get(cell);
      if (quoted !== undefined) return quoted;
      const end = this.#bounds[cell * 2 + 1]!;
      return end === NULL_END ? null : this.text.slice(this.#bounds[cell * 2], end);
    });
  }

  /**
   * Whether `read` takes every cell of a column that is not null. `read` gets the whole text, and where the cell begins
   * and ends in it; `skip` is called for each null.
   */
  everyCell(
    at: number,
    read: (row: number, text: string, start: number, end: number) => boolean,
    skip: (row: number) => void,
  ): boolean {
    const { text, width, rows } = this, bounds = this.#bounds, quoted = this.#quoted;
    for (let row = 0, cell = at; row < rows; row++, cell += width) {
      const inQuotes = quoted.size > 0 ? quoted.get(cell) : undefined;
      const end = bounds[cell * 2 + 1]!;
      if (inQuotes !== undefined) {
        if (!read(row, inQuotes, 0, inQuotes.length)) return false;
      } else if (end === NULL_END) skip(row);
      else if (!read(row, text, bounds[cell * 2]!, end)) return false;
    }
    return true;
  }
}

/** The lines of a CSV text. Its separator is that of which the first line has most. Throws RunnelError naming the line. */
export class CsvLines {
  #position = 0;
  #line = 1;
  readonly #separator: number;
  /** The cell that was read last. */
  #start = 0;
  #end = 0;
  #quoted: string | undefined;

  constructor(readonly text: string) {
    this.#separator = separatorOf(text);
  }

  /** The cells of the first line; undefined: there is none. */
  header(): string[] | undefined {
    const names: string[] = [];
    const isThere = this.#readLine((start, end, quoted) => {
      names.push(quoted ?? (end === NULL_END ? "" : this.text.slice(start, end)));
    });
    return isThere ? names : undefined;
  }

  /** How many cells the next line has; 0: there is none. */
  width(): number {
    const position = this.#position, line = this.#line;
    let cells = 0;
    this.#readLine(() => cells++);
    this.#position = position;
    this.#line = line;
    return cells;
  }

  /** The lines that are left, each of which must have that many cells. Empty ones are skipped. */
  table(width: number): CsvTable {
    const table = new CsvTable(this.text, width);
    let cells = 0;
    const add = (start: number, end: number, quoted: string | undefined) => {
      cells++;
      table.add(start, end, quoted);
    };
    for (let line = this.#next(); this.#readLine(add); line = this.#next(), cells = 0, table.rows++) {
      if (cells === width) continue;
      throw invalid(`CSV line ${line}: ${cells} cells, but the header has ${width}.`);
    }
    return table;
  }

  /** Skips empty lines, and answers the number of the one that comes, from 1. */
  #next(): number {
    const { text } = this;
    while (text.startsWith("\n", this.#position) || text.startsWith("\r\n", this.#position)) this.#endLine();
    return this.#line;
  }

  /** Reads the cells of the next line. False: there is none. */
  #readLine(add: (start: number, end: number, quoted: string | undefined) => void): boolean {
    const { text } = this, line = this.#next();
    if (this.#position >= text.length) return false;
    for (;;) {
      if (text.charCodeAt(this.#position) === QUOTE) this.#readQuoted(line);
      else this.#readPlain(line);
      add(this.#start, this.#end, this.#quoted);
      if (text.charCodeAt(this.#position) !== this.#separator) break;
      this.#position++;
    }
    if (this.#position < text.length) this.#endLine();
    return true;
  }

  #endLine(): void {
    if (this.text.charCodeAt(this.#position) === RETURN) this.#position++;
    this.#position++;
    this.#line++;
  }

  #readPlain(line: number): void {
    const { text } = this, separator = this.#separator;
    const start = this.#position;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (
        code === separator || code === NEWLINE || (code === RETURN && text.charCodeAt(at + 1) === NEWLINE)
      ) {
        break;
      }
      if (code === QUOTE) {
        throw invalid(`CSV line ${line}: a quote stands inside a cell that does not begin with one.`);
      }
    }
    this.#position = at;
    this.#start = start;
    this.#quoted = undefined;
    // Numbers end with a digit, and no spelling of null does.
    const mayBeNull = at - start <= LONGEST_NULL && (at === start || text.charCodeAt(at - 1) > NINE);
    this.#end = mayBeNull && NULLS.has(text.slice(start, at)) ? NULL_END : at;
  }

  #readQuoted(line: number): void {
    const { text } = this;
    let cell = "", from = this.#position + 1;
    for (;;) {
      const end = text.indexOf('"', from);
      if (end < 0) throw invalid(`CSV line ${line}: a quoted cell has no end.`);
      cell += text.slice(from, end);
      if (text.charCodeAt(end + 1) !== QUOTE) {
        this.#position = end + 1;
        break;
      }
      cell += '"';
      from = end + 2;
    }
    this.#line += cell.split("\n").length - 1;
    const after = text.charCodeAt(this.#position);
    const ends = this.#position >= text.length || after === this.#separator || after === NEWLINE ||
      after === RETURN;
    if (!ends) throw invalid(`CSV line ${line}: only a separator or a line end may follow a quoted cell.`);
    this.#quoted = cell;
  }
}

/** Comma, semicolon or tab: what the first line has most of outside quotes. */
function separatorOf(text: string): number {
  const start = /[^\r\n]|$/.exec(text)!.index;
  const counts = new Map([[COMMA, 0], [SEMICOLON, 0], [TAB, 0]]);
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at), count = counts.get(code);
    if (code === QUOTE) quoted = !quoted;
    else if (!quoted && code === NEWLINE) break;
    else if (!quoted && count !== undefined) counts.set(code, count + 1);
  }
  return [...counts].reduce((most, each) => each[1] > most[1] ? each : most)[0];
}
