import type { Column } from "../../frame/column.ts";
import { columnOf, integerColumn } from "../../frame/column_builder.ts";
import { invalid, quote, RunnelError } from "../../../errors.ts";
import { type DataFrame, type FrameStamps, makeFrame } from "../../frame/frame.ts";
import { type CsvCell, CsvLines, type CsvTable, isNull } from "./csv_lines.ts";
import { numberColumn } from "./csv_numbers.ts";
import { plainStamps } from "./csv_stamps.ts";
import { readLabels } from "../labels.ts";
import type { ReadOptions } from "../options.ts";

/** What pandas' read_csv takes for a number: an integer, or a float, which has a point or an exponent or is infinite. */
const INTEGER = /^[ \t]*[-+]?\d+[ \t]*$/;
const FLOAT = /^[ \t]*[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?|inf|infinity)[ \t]*$/i;
const BOOLEANS: Record<string, boolean> = {
  ...{ true: true, True: true, TRUE: true },
  ...{ false: false, False: false, FALSE: false },
};
/** The names, in any case, of a column that holds the stamps. */
export const STAMP_NAMES: ReadonlySet<string> = new Set([
  ...["date", "datetime", "time", "timestamp", "ts", "t", "index"],
]);

/** Whether a column of that name holds the stamps, unless another is named. */
export function isStampName(name: string): boolean {
  return STAMP_NAMES.has(name.trim().toLowerCase());
}

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
  let names = lines.header();
  if (!names) throw invalid("The body is empty: send CSV with a header line.");
  // R's write.table gives the names of rows no header.
  if (lines.width() === names.length + 1) names = ["", ...names];
  if (new Set(names).size < names.length) throw invalid("CSV line 1: a column name stands twice.");
  const table = lines.table(names.length);
  if (table.rows === 0) throw invalid("The frame has no rows: send at least one.");
  const place = stampColumn(names, options.index);
  const stamps = readStamps(names, table, place, options.dateUnit);
  const columns = names.flatMap((name, at) => at === (place ?? 0) ? [] : inferColumn(name, table, at));
  return makeFrame(stamps, columns, options.duplicates);
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

function inferColumn(name: string, table: CsvTable, at: number): Column {
  return numberColumn(name, table, at) ?? inferByPattern(name, table.column(at));
}

function inferByPattern(name: string, cells: readonly CsvCell[]): Column {
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
