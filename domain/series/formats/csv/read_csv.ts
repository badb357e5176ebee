/** Reading CSV as people have it. */
import { isAscii, isUtf8 } from "node:buffer";
import { invalid, quote, RunnelError } from "../../../errors.ts";
import { type DataFrame, type FrameStamps, makeFrame } from "../../frame/frame.ts";
import { parseStamp } from "../../frame/stamps.ts";
import { readLabels } from "../labels.ts";
import type { ReadOptions } from "../options.ts";
import { inferColumn } from "./csv_columns.ts";
import { CsvScanner } from "./csv_scanner.ts";
import { plainStamps } from "./csv_stamps.ts";
import { type CsvTable, CsvText } from "./csv_table.ts";
import { type PlainRows, readPlainRows } from "./plain_rows.ts";

/** The names, in any case, of a column that holds the stamps. */
export const STAMP_NAMES: ReadonlySet<string> = new Set([
  ...["date", "datetime", "time", "timestamp", "ts", "t", "index"],
]);
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const NUMBER = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;

/** Whether a column of that name holds the stamps, unless another is named. */
export function isStampName(name: string): boolean {
  return STAMP_NAMES.has(name.trim().toLowerCase());
}

/**
 * Reads CSV (RFC 4180; lines may end in CRLF, LF or CR) whose commonest separator of comma, semicolon and tab is that of
 * the file, unless its first line says `sep=`. A header line is wanted, or with `options.header` none, no one: columns are
 * called by their places then. The stamps are in the column `options.index`, else in the first that is called date,
 * datetime, time, timestamp, ts, t or index, else in the first. CSV has no types, so each column has the one that
 * pandas' read_csv gives it: integers, floats, booleans, else texts exactly as they stand. A spelling of null in quotes
 * is a text in a column of texts. Throws RunnelError naming the line (from 1) and the column.
 */
export function readCsv(bytes: Uint8Array<ArrayBuffer>, options: ReadOptions = {}): DataFrame {
  if (!isUtf8(bytes)) throw invalid("The body is not UTF-8.");
  const hasMark = BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte);
  const body = hasMark ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
  const scanner = new CsvScanner(new CsvText(body, isAscii(body)));
  const names = columnNames(scanner, options);
  const place = stampColumn(names, options.index);
  const { stamps, columns } = readPlainRows(scanner.rest, names, place ?? 0) ??
    readRows(scanner.table(names.length), names, place, options.dateUnit);
  return makeFrame(stamps, columns, options.duplicates);
}

/** Rows of whatever cells. */
function readRows(
  table: CsvTable,
  names: readonly string[],
  place: number | undefined,
  unit: ReadOptions["dateUnit"],
): PlainRows {
  if (table.rows === 0) throw invalid("The frame has no rows: send at least one.");
  const stamps = readStamps(names, table, place, unit);
  const columns = names.flatMap((name, at) => at === (place ?? 0) ? [] : inferColumn(name, table, at));
  return { stamps, columns };
}

function columnNames(scanner: CsvScanner, { header, index }: ReadOptions): string[] {
  const first = scanner.peek();
  if (!first) throw invalid("The body is empty: send CSV with a header line.");
  if (header === "none") return first.map((_, place) => `${place}`);
  scanner.header();
  if (new Set(first).size < first.length) throw invalid("CSV line 1: a column name stands twice.");
  // R's write.table gives the names of rows no header.
  const names = scanner.peek()?.length === first.length + 1 ? ["", ...first] : first;
  checkHeader(names, index);
  return names;
}

/** Throws RunnelError if a header is a row: the values of a row would be lost. */
function checkHeader(names: readonly string[], index: string | undefined): void {
  if (index !== undefined || names.some(isStampName)) return;
  const isRow = parseStamp(names[0]!) !== null || names.every((name) => NUMBER.test(name));
  if (!isRow) return;
  throw invalid(
    `CSV line 1: ${
      quote(names[0]!)
    } is a value, not the name of a column. Send a header line, or ?header=none.`,
  );
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
  table: CsvTable,
  place: number | undefined,
  unit: ReadOptions["dateUnit"],
): FrameStamps {
  const at = place ?? 0;
  try {
    return plainStamps(table, at) ?? readLabels(table.column(at).map((cell) => cell ?? ""), unit);
  } catch (error) {
    if (place !== undefined || !(error instanceof RunnelError)) throw error;
    throw invalid(
      `No column is called ${[...STAMP_NAMES].join(", ")}, and the first, ${
        quote(names[0]!)
      }, does not hold stamps: ${error.message} Name the column with ?index=.`,
    );
  }
}
