/** The columns of a CSV table, each with the type that pandas' read_csv gives it. */
import type { Column, FloatColumn, IntegerColumn } from "../../frame/column.ts";
import { columnOf, integerColumn } from "../../frame/column_builder.ts";
import { lastNumber, readNumber } from "./csv_numbers.ts";
import { type CsvTable, isNull } from "./csv_table.ts";

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...[["true", true], ["True", true], ["TRUE", true]] as const,
  ...[["false", false], ["False", false], ["FALSE", false]] as const,
]);
const INT64_LIMIT = 2n ** 63n, UINT64_LIMIT = 2n ** 64n;

/** The column: integers, floats, booleans, else texts exactly as they stand. */
export function inferColumn(name: string, table: CsvTable, at: number): Column {
  return numberColumn(name, table, at) ?? booleanColumn(name, table, at) ?? textColumn(name, table, at);
}

/** The column, if each cell is a number or null. */
function numberColumn(name: string, table: CsvTable, at: number): Column | undefined {
  const { text, bounds, rows, width } = table, values = new Float64Array(rows);
  let areWhole = true, areSafe = true, hasNull = false;
  for (let row = 0, cell = at * 2; row < rows; row++, cell += width * 2) {
    const start = bounds[cell]!, end = bounds[cell + 1]!;
    if (start < end && readNumber(text, start, end)) {
      const { value } = lastNumber;
      values[row] = value;
      areWhole &&= lastNumber.isWhole;
      if (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER) areSafe = false;
    } else if (text.isNull(start, end)) {
      values[row] = NaN;
      hasNull = true;
    } else return undefined;
  }
  if (areWhole && !areSafe) return longIntegers(name, table, at, values);
  return numbersOf(name, values, areWhole, hasNull);
}

/** A column of numbers, of which integers are exact doubles and NaN is null. Integers without null stay integers. */
export function numbersOf(
  name: string,
  values: Float64Array,
  areWhole: boolean,
  hasNull: boolean,
): FloatColumn | IntegerColumn {
  if (!areWhole || hasNull) return { name, type: "float", values };
  // Integers have no -0.
  for (let row = 0; row < values.length; row++) values[row] = values[row]! + 0;
  return { name, type: "integer", values };
}

/**
 * Integers of which some are no exact doubles. What 64 bits cannot hold makes all of them texts. Beside null they are
 * floats, as in pandas, but for those beyond 2^63, which stay what they are.
 */
function longIntegers(name: string, table: CsvTable, at: number, values: Float64Array): Column {
  const cells = table.column(at).map((cell) => isNull(cell) ? null : BigInt(cell!.trim().replace(/^\+/, "")));
  const integers = cells.filter((cell) => cell !== null);
  if (integers.some((each) => each < -INT64_LIMIT || each >= UINT64_LIMIT)) {
    return textColumn(name, table, at);
  }
  if (integers.length === cells.length) return integerColumn(name, integers);
  if (integers.every((each) => each < INT64_LIMIT)) return { name, type: "float", values };
  return { name, type: "mixed", values: cells };
}

/** The column, if each cell is a boolean or null. */
function booleanColumn(name: string, table: CsvTable, at: number): Column | undefined {
  const { text, bounds, rows, width } = table, cells: (boolean | null)[] = [];
  for (let row = 0, cell = at * 2; row < rows; row++, cell += width * 2) {
    const start = bounds[cell]!, end = bounds[cell + 1]!;
    const value = end - start > "False".length ? undefined : BOOLEANS.get(text.slice(start, end));
    if (value === undefined && !text.isNull(start, end)) return undefined;
    cells.push(value ?? null);
  }
  return columnOf(name, "boolean", cells);
}

function textColumn(name: string, table: CsvTable, at: number): Column {
  return { name, type: "string", values: table.column(at) };
}
