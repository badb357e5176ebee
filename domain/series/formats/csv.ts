import { NUMBER_BYTES, putAscii, putUtf8 } from "./ascii.ts";
import { type OtherCells, widestOf, widthOf } from "./cells.ts";
import type { Cell, Column } from "../frame/column.ts";
import { columnOf, integerColumn } from "../frame/column_builder.ts";
import { invalid, quote, RunnelError } from "../../errors.ts";
import { type DataFrame, type FrameStamps, makeFrame } from "../frame/frame.ts";
import { readLabels } from "./labels.ts";
import type { ReadOptions } from "./options.ts";
import { rowPass, type WritePass } from "./row_pass.ts";
import { stampCells } from "./stamp_cells.ts";
import { type FrameHead, recordStampKey, stampFormat, type WriteOptions } from "./write_frame.ts";

/** By value; null is an empty cell. */
const CSV_BOOLEANS = ["false", "true", ""];

const COMMA = 0x2c, SEMICOLON = 0x3b, TAB = 0x09, NEWLINE = 0x0a, QUOTE = 0x22, RETURN = 0x0d;

/** What pandas' read_csv takes for a number: an integer, or a float, which has a point or an exponent or is infinite. */
const INTEGER = /^[ \t]*[-+]?\d+[ \t]*$/;
const FLOAT = /^[ \t]*[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?|inf|infinity)[ \t]*$/i;
const BOOLEANS: Record<string, boolean> = {
  ...{ true: true, True: true, TRUE: true },
  ...{ false: false, False: false, FALSE: false },
};
/** What pandas' read_csv takes for null. */
const NULLS = new Set([
  ...["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>"],
  ...["N/A", "NA", "NULL", "NaN", "n/a", "nan", "null"],
]);
const LONGEST_NULL = 8;
const NINE = 0x39;

/** The names, in any case, of a column that holds the stamps. */
export const STAMP_NAMES: ReadonlySet<string> = new Set([
  ...["date", "datetime", "time", "timestamp", "ts", "t", "index"],
]);

/** Whether a column of that name holds the stamps, unless another is named. */
export function isStampName(name: string): boolean {
  return STAMP_NAMES.has(name.trim().toLowerCase());
}

/** Text of a cell; null stood there without quotes. */
type CsvCell = string | null;

/**
 * Reads CSV (RFC 4180; lines may end in CRLF or LF) with a header line, whose commonest separator of comma, semicolon
 * and tab is that of the file. The stamps are in the column `options.index`, else in the first that is called date,
 * datetime, time, timestamp, ts, t or index, else in the first. CSV has no types, so each column has the one that
 * pandas' read_csv gives it: integers, floats, booleans, else texts exactly as they stand. A spelling of null in quotes
 * is a text in a column of texts. Throws RunnelError naming the line (from 1) and the column.
 */
export function readCsv(text: string, options: ReadOptions = {}): DataFrame {
  if (!text.isWellFormed()) {
    throw invalid("The text holds a lone surrogate: send well-formed Unicode.");
  }
  const lines = new CsvLines(text);
  let names = lines.next()?.map((cell) => cell ?? "");
  if (!names) throw invalid("The body is empty: send CSV with a header line.");
  let line = lines.next();
  // R's write.table gives the names of rows no header.
  if (line?.length === names.length + 1) names = ["", ...names];
  if (new Set(names).size < names.length) throw invalid("CSV line 1: a column name stands twice.");
  const cells: CsvCell[][] = names.map(() => []);
  for (; line; line = lines.next()) {
    if (line.length !== names.length) {
      throw invalid(
        `CSV line ${lines.line}: ${line.length} cells, but the header has ${names.length}.`,
      );
    }
    for (let at = 0; at < cells.length; at++) cells[at]!.push(line[at]!);
  }
  if (cells[0]!.length === 0) throw invalid("The frame has no rows: send at least one.");
  const place = stampColumn(names, options.index);
  const stamps = readStamps(names, cells, place, options.dateUnit);
  const columns = cells.map((column, at) => at === (place ?? 0) ? [] : inferColumn(names[at]!, column));
  return makeFrame(stamps, columns.flat(), options.duplicates);
}

/** The place of the column that is named for its stamps, if any is. */
function stampColumn(names: readonly string[], wanted: string | undefined): number | undefined {
  if (wanted === undefined) {
    const at = names.findIndex(isStampName);
    return at < 0 ? undefined : at;
  }
  const at = names.indexOf(wanted);
  if (at < 0) throw invalid(`CSV line 1: there is no column ${quote(wanted)}, which index names.`);
  return at;
}

function readStamps(
  names: readonly string[],
  cells: readonly CsvCell[][],
  place: number | undefined,
  unit: ReadOptions["dateUnit"],
): FrameStamps {
  const labels = cells[place ?? 0]!.map((cell) => cell ?? "");
  try {
    return readLabels(labels, unit);
  } catch (error) {
    if (place !== undefined || !(error instanceof RunnelError)) throw error;
    throw invalid(
      `No column is called ${[...STAMP_NAMES].join(", ")}, and the first, ${
        quote(names[0]!)
      }, does not hold stamps: ${error.message} Name the column with ?index=.`,
    );
  }
}

const isNull = (cell: CsvCell) => cell === null || (cell.length <= LONGEST_NULL && NULLS.has(cell));

function inferColumn(name: string, cells: readonly CsvCell[]): Column {
  let hasNull = false, isInteger = true, isNumber = true, isBoolean = true;
  for (const cell of cells) {
    if (isNull(cell)) hasNull = true;
    else {
      isInteger &&= INTEGER.test(cell!);
      isNumber &&= isInteger || INTEGER.test(cell!) || FLOAT.test(cell!);
      isBoolean &&= Object.hasOwn(BOOLEANS, cell!);
      if (!isNumber && !isBoolean) break;
    }
  }
  if (isInteger && cells.some((cell) => !isNull(cell) && isLong(cell!))) {
    return { name, type: "string", values: cells };
  }
  if (isInteger && !hasNull) return integers(name, cells as readonly string[]);
  if (isNumber) {
    return {
      name,
      type: "float",
      values: Float64Array.from(cells, (cell) => isNull(cell) ? NaN : toFloat(cell!)),
    };
  }
  if (isBoolean) {
    return columnOf(
      name,
      "boolean",
      cells.map((cell) => isNull(cell) ? null : BOOLEANS[cell!]!),
    );
  }
  return { name, type: "string", values: cells };
}

function toFloat(cell: string): number {
  const value = Number(cell);
  // Number knows infinity under another name only.
  return Number.isNaN(value) ? cell.includes("-") ? -Infinity : Infinity : value;
}

const exactly = (cell: string) => BigInt(cell.trim().replace(/^\+/, ""));

/** Whether an integer does not fit 64 bits, with or without a sign. */
function isLong(cell: string): boolean {
  if (cell.length < 19) return false;
  const value = exactly(cell);
  return value < -(2n ** 63n) || value >= 2n ** 64n;
}

/** The smallest array that is exact. */
function integers(name: string, cells: readonly string[]): Column {
  const values = Float64Array.from(cells, Number);
  if (!values.every(Number.isSafeInteger)) return integerColumn(name, cells.map(exactly));
  // Integers have no -0.
  return { name, type: "integer", values: values.map((value) => value + 0) };
}

/** The records of a CSV text, one at each call. */
class CsvLines {
  /** The line on which the record returned last begins, from 1. */
  line = 0;
  #position = 0;
  #nextLine = 1;

  readonly #separator: number;

  constructor(readonly text: string) {
    this.#separator = separatorOf(text);
  }

  /** The cells of the next record, or undefined at the end. Skips empty lines. */
  next(): CsvCell[] | undefined {
    const { text } = this;
    while (text.startsWith("\n", this.#position) || text.startsWith("\r\n", this.#position)) this.#endLine();
    if (this.#position >= text.length) return undefined;
    this.line = this.#nextLine;
    const cells: CsvCell[] = [];
    for (;;) {
      cells.push(text.charCodeAt(this.#position) === QUOTE ? this.#quoted() : this.#plain());
      if (text.charCodeAt(this.#position) !== this.#separator) break;
      this.#position++;
    }
    if (this.#position < text.length) this.#endLine();
    return cells;
  }

  #endLine(): void {
    if (this.text.charCodeAt(this.#position) === RETURN) this.#position++;
    this.#position++;
    this.#nextLine++;
  }

  #plain(): CsvCell {
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
        throw invalid(
          `CSV line ${this.line}: a quote stands inside a cell that does not begin with one.`,
        );
      }
    }
    this.#position = at;
    if (at === start) return null;
    const cell = text.slice(start, at);
    // Numbers end with a digit, and no spelling of null does.
    return at - start <= LONGEST_NULL && text.charCodeAt(at - 1) > NINE && NULLS.has(cell) ? null : cell;
  }

  #quoted(): string {
    const { text } = this;
    let cell = "", from = this.#position + 1;
    for (;;) {
      const end = text.indexOf('"', from);
      if (end < 0) throw invalid(`CSV line ${this.line}: a quoted cell has no end.`);
      cell += text.slice(from, end);
      if (text.charCodeAt(end + 1) !== QUOTE) {
        this.#position = end + 1;
        break;
      }
      cell += '"';
      from = end + 2;
    }
    this.#nextLine += cell.split("\n").length - 1;
    const after = text.charCodeAt(this.#position);
    const ends = this.#position >= text.length || after === this.#separator || after === NEWLINE ||
      after === RETURN;
    if (!ends) {
      throw invalid(`CSV line ${this.line}: only a separator or a line end may follow a quoted cell.`);
    }
    return cell;
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

/**
 * The pass that writes CSV (RFC 4180, but lines end in LF, as pandas' to_csv has it): a header that begins
 * with index, stamps as in JSON, floats in the shortest form that reads back as the same double, null as an
 * empty cell. Throws RunnelError if a column is called "index".
 */
export function csvPass(head: FrameHead, options: WriteOptions = {}): WritePass {
  const names = [
    recordStampKey(head, { ...options, includeIndex: true })!,
    ...head.columns.map(({ name }) => name),
  ];
  const format = stampFormat(head.aware, options);
  const pass = rowPass({
    columns: head.columns.map((_, at) => at),
    stamps: (stamps) => stampCells(stamps, format, "bare"),
    keys: head.columns.map(() => ","),
    cells: csvCells,
    end: "\n",
    separator: "",
  });
  return { ...pass, open: `${names.map(csvText).join(",")}\n` };
}

function csvCells(column: Column): OtherCells {
  const { type, values } = column;
  if (type === "boolean") {
    return {
      kind: "other",
      widest: NUMBER_BYTES,
      put: ({ bytes }, at, row) => putAscii(bytes, at, CSV_BOOLEANS[values[row]!]!),
    };
  }
  const isInteger = type === "integer";
  const put: OtherCells["put"] = ({ bytes }, at, row) => putUtf8(bytes, at, csvCell(values[row]!, isInteger));
  if (type !== "string" && type !== "mixed") return { kind: "other", widest: NUMBER_BYTES, put };
  // Quotes are doubled, and a character beyond ASCII takes up to three bytes.
  return { kind: "other", widest: widestOf(values, 3), widthAt: (row) => widthOf(values[row]!, 3), put };
}

function csvCell(value: Cell, isInteger: boolean): string {
  if (value === null) return "";
  if (typeof value === "string") return csvText(value);
  if (typeof value !== "number" || isInteger) return String(value);
  if (!Number.isFinite(value)) return "";
  // A template has no sign for it.
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : `${value}`;
}

/** In quotes if it must be, and if without them it would be null. */
function csvText(text: string): string {
  return isNull(text) || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
