/** Columns of a CSV that hold nothing but plain numbers, which most do: they need no patterns. */
import type { Column } from "../../frame/column.ts";
import type { CsvTable } from "./csv_lines.ts";

const MINUS = 0x2d, DOT = 0x2e, ZERO = 0x30;
/** Up to so many digits a whole number is an exact double. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, decimals) => 10 ** decimals);

/** What `readPlain` read last. */
let value = 0, isWhole = true;

/**
 * The column, if each cell is digits, with or without a minus ahead and a point in or after them, or null. Undefined:
 * another cell is among them, or a whole number of more than 15 digits. Integers without null stay integers.
 */
export function numberColumn(name: string, table: CsvTable, at: number): Column | undefined {
  const values = new Float64Array(table.rows);
  let areWhole = true;
  const read = (row: number, text: string, start: number, end: number) => {
    if (!readPlain(text, start, end)) return false;
    values[row] = value;
    areWhole &&= isWhole;
    return true;
  };
  const skip = (row: number) => {
    values[row] = NaN;
    areWhole = false;
  };
  if (!table.everyCell(at, read, skip)) return undefined;
  if (!areWhole) return { name, type: "float", values };
  // Integers have no -0.
  for (let row = 0; row < values.length; row++) values[row] = values[row]! + 0;
  return { name, type: "integer", values };
}

function readPlain(text: string, from: number, to: number): boolean {
  const isNegative = text.charCodeAt(from) === MINUS, start = isNegative ? from + 1 : from;
  let mantissa = 0, point = -1;
  for (let at = start; at < to; at++) {
    const code = text.charCodeAt(at), digit = code - ZERO;
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
    else if (code === DOT && point < 0 && at > start) point = at;
    else return false;
  }
  const digits = to - start - (point < 0 ? 0 : 1);
  if (digits <= 0) return false;
  isWhole = point < 0;
  if (digits <= EXACT_DIGITS) {
    // Both are exact, so one division rounds correctly (Clinger 1990, the fast path).
    const size = isWhole ? mantissa : mantissa / POWERS[to - 1 - point]!;
    value = isNegative ? -size : size;
    return true;
  }
  value = Number(text.slice(from, to));
  return !isWhole;
}
