import { NUMBER_BYTES, putAscii, putUtf8 } from "./ascii.ts";
import { type OtherCells, widestOf, widthOf } from "./cells.ts";
import type { Cell, Column } from "../frame/column.ts";
import { ColumnBuilder } from "../frame/column_builder.ts";
import { invalid, quote } from "../../errors.ts";
import { type DataFrame, makeFrame } from "../frame/frame.ts";
import { JsonReader } from "./json_reader.ts";
import { readLabels } from "./labels.ts";
import type { ReadOptions } from "./options.ts";
import { STAMP_KEYS } from "./read_rows.ts";
import { rowPass, type WritePass } from "./row_pass.ts";
import { stampCells } from "./stamp_cells.ts";
import { type FrameHead, recordStampKey, stampFormat, type WriteOptions } from "./write_frame.ts";

/** By value; null is an empty cell. */
const CSV_BOOLEANS = ["false", "true", ""];

const COMMA = 0x2c, NEWLINE = 0x0a, QUOTE = 0x22, RETURN = 0x0d;

/** A JSON number that may also stand in a CSV cell. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;
const BOOLEANS: Record<string, boolean> = { true: true, True: true, false: false, False: false };

/** A cell as it stands in the file: `""` and an empty place differ. */
type CsvCell = string | null;

/**
 * Reads CSV (RFC 4180; lines may end in CRLF or LF) with a header line. The first column holds the stamps and
 * is called index, date, datetime, timestamp, or nothing (as pandas' to_csv leaves it). CSV has no types, so
 * each column has the first that holds all its cells, as in pandas' read_csv: numbers, booleans (true, True,
 * false, False), texts exactly as they stand. Empty cells are null. Throws RunnelError naming the line (from
 * 1) and the column.
 */
export function readCsv(text: string, options: ReadOptions = {}): DataFrame {
  if (!text.isWellFormed()) {
    throw invalid("The text holds a lone surrogate: send well-formed Unicode.");
  }
  const lines = new CsvLines(text);
  const header = lines.next();
  if (!header) throw invalid("The body is empty: send CSV with a header line.");
  const [stampKey, ...names] = header.map((cell) => cell ?? "");
  if (stampKey !== "" && !(STAMP_KEYS as readonly string[]).includes(stampKey!)) {
    throw invalid(
      `CSV line 1: the first column is called ${
        quote(stampKey!)
      }; it should hold the stamps and be called one of ` +
        `${STAMP_KEYS.join(", ")}, or nothing.`,
    );
  }
  if (new Set(names).size < names.length) throw invalid("CSV line 1: a column name stands twice.");
  const labels: string[] = [];
  const cells: CsvCell[][] = names.map(() => []);
  for (let line = lines.next(); line; line = lines.next()) {
    if (line.length !== header.length) {
      throw invalid(
        `CSV line ${lines.line}: ${line.length} cells, but the header has ${header.length}.`,
      );
    }
    labels.push(line[0] ?? "");
    for (let at = 0; at < cells.length; at++) cells[at]!.push(line[at + 1]!);
  }
  if (labels.length === 0) throw invalid("The frame has no rows: send at least one.");
  const stamps = readLabels(labels, options.dateUnit);
  return makeFrame(stamps, cells.map((column, at) => inferColumn(names[at]!, column)));
}

function inferColumn(name: string, cells: readonly CsvCell[]): Column {
  const builder = new ColumnBuilder(name, cells.length);
  if (cells.every((cell) => !cell || NUMBER.test(cell))) {
    for (let row = 0; row < cells.length; row++) if (cells[row]) setNumber(builder, row, cells[row]!);
  } else if (cells.every((cell) => !cell || Object.hasOwn(BOOLEANS, cell))) {
    cells.forEach((cell, row) => builder.setCell(row, cell ? BOOLEANS[cell]! : null));
  } else cells.forEach((cell, row) => builder.setCell(row, cell));
  return builder.finish(cells.length);
}

function setNumber(builder: ColumnBuilder, row: number, text: string): void {
  const reader = new JsonReader(text);
  if (reader.readScalar() === "big") builder.setCell(row, reader.big);
  else builder.setNumber(row, reader.number, reader.integer);
}

/** The records of a CSV text, one at each call. */
class CsvLines {
  /** The line on which the record returned last begins, from 1. */
  line = 0;
  #position = 0;
  #nextLine = 1;

  constructor(readonly text: string) {}

  /** The cells of the next record, or undefined at the end. Skips empty lines. */
  next(): CsvCell[] | undefined {
    const { text } = this;
    while (text.startsWith("\n", this.#position) || text.startsWith("\r\n", this.#position)) this.#endLine();
    if (this.#position >= text.length) return undefined;
    this.line = this.#nextLine;
    const cells: CsvCell[] = [];
    for (;;) {
      cells.push(text.charCodeAt(this.#position) === QUOTE ? this.#quoted() : this.#plain());
      if (text.charCodeAt(this.#position) !== COMMA) break;
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
    const { text } = this;
    const start = this.#position;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === COMMA || code === NEWLINE || (code === RETURN && text.charCodeAt(at + 1) === NEWLINE)) {
        break;
      }
      if (code === QUOTE) {
        throw invalid(
          `CSV line ${this.line}: a quote stands inside a cell that does not begin with one.`,
        );
      }
    }
    this.#position = at;
    return at === start ? null : text.slice(start, at);
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
    const ends = this.#position >= text.length || after === COMMA || after === NEWLINE || after === RETURN;
    if (!ends) {
      throw invalid(`CSV line ${this.line}: only a comma or a line end may follow a quoted cell.`);
    }
    return cell;
  }
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

/** In quotes if it must be, and if it is empty, since an empty place is null. */
function csvText(text: string): string {
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
