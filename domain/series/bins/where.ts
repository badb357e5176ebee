/** Conditions on rows: those that meet all of them are read. */
import { invalid, quote } from "../../errors.ts";
import { cellAt, type Column, type ColumnType } from "../frame/column.ts";

const OPERATORS = [">=", "<=", "!=", ">", "<", "="] as const;

/** A condition, such as close>100. */
export interface Condition {
  readonly column: string;
  readonly operator: typeof OPERATORS[number];
  readonly value: string;
}

/** Reads `close>100`, or several joined by commas, which must all hold. Throws RunnelError naming what it cannot read. */
export function parseWhere(text: string): Condition[] {
  return text.split(",").map((part) => {
    const [, column, operator, value] = /^(.+?)(>=|<=|!=|>|<|=)(.*)$/s.exec(part) ?? [];
    if (column !== undefined) {
      return { column: column.trim(), operator: operator as Condition["operator"], value: value!.trim() };
    }
    throw invalid(
      `where is ${quote(text)}: compare columns with values by ${OPERATORS.join(" ")}, such as close>100.`,
    );
  });
}

/**
 * A test of one cell, for a column of a type. Cells that are null meet no condition. Throws RunnelError for a value that
 * cannot be compared with the column.
 */
export function testOf(
  { column, operator, value }: Condition,
  type: ColumnType,
): (column: Column, row: number) => boolean {
  const wanted = read(column, value, type);
  if (type === "boolean" && operator !== "=" && operator !== "!=") {
    throw invalid(`where: column ${quote(column)} holds booleans: ask with = or !=.`);
  }
  const compare: (cell: NonNullable<ReturnType<typeof cellAt>>) => boolean = {
    ">=": (cell: unknown) => cell as number >= (wanted as number),
    "<=": (cell: unknown) => cell as number <= (wanted as number),
    ">": (cell: unknown) => cell as number > (wanted as number),
    "<": (cell: unknown) => cell as number < (wanted as number),
    // Integers are bigints, which == compares with numbers by value.
    // deno-lint-ignore eqeqeq
    "=": (cell: unknown) => cell == wanted,
    // deno-lint-ignore eqeqeq
    "!=": (cell: unknown) => cell != wanted,
  }[operator];
  return (values, row) => {
    const cell = cellAt(values, row);
    return cell !== null && compare(cell);
  };
}

function read(column: string, value: string, type: ColumnType): string | number | bigint | boolean {
  if (type === "string") return value;
  if (type === "boolean" && (value === "true" || value === "false")) return value === "true";
  if (type === "float" || type === "integer") {
    if (/^[-+]?\d+$/.test(value)) return type === "integer" ? BigInt(value.replace("+", "")) : Number(value);
    if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value)) return Number(value);
  }
  const kind = {
    float: "numbers",
    integer: "numbers",
    boolean: "true and false",
    mixed: "cells of several kinds",
  }[type];
  throw invalid(
    `where: column ${quote(column)} holds ${kind}, which cannot be compared with ${quote(value)}.`,
  );
}
