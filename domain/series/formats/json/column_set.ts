import type { Column } from "../../frame/column.ts";
import { ColumnBuilder } from "../../frame/column_builder.ts";
import { quote } from "../../../errors.ts";
import { checkCells } from "../../frame/frame.ts";
import type { JsonReader } from "./json_reader.ts";

/** Names that JsonReader.skipKey can compare with what is written. */
// deno-lint-ignore no-control-regex -- control characters are what it is about
const PLAIN = /^[^"\\\u0000-\u001f]*$/;

/**
 * The columns of a frame that comes row by row, in the order first seen. Rows usually name them in the same
 * order, so the next one is guessed before it is looked up.
 */
export class ColumnSet {
  readonly builders: ColumnBuilder[] = [];
  readonly #byName = new Map<string, number>();
  readonly #plain: boolean[] = [];
  #expected = 0;

  /** Begins a row: the first column is expected next. Throws RunnelError if there are too many cells. */
  beginRow(row: number): void {
    checkCells(row + 1, this.builders.length);
    this.#expected = 0;
  }

  /** Adds a column and returns its builder. The name must be new. */
  add(name: string): ColumnBuilder {
    const builder = new ColumnBuilder(name);
    this.#byName.set(name, this.builders.push(builder) - 1);
    this.#plain.push(PLAIN.test(name));
    return builder;
  }

  /** Whether there is a column of that name. */
  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Consumes the key of the column that is expected next, if it is the next key. */
  skipExpected(reader: JsonReader): ColumnBuilder | null {
    const at = this.#expected;
    const builder = this.builders[at];
    if (!builder || !this.#plain[at] || !reader.skipKey(builder.name)) return null;
    this.#expected++;
    return builder;
  }

  /** The column of that name, if there is one; the one after it is expected next. */
  find(name: string): ColumnBuilder | undefined {
    const at = this.#byName.get(name);
    if (at === undefined) return undefined;
    this.#expected = at + 1;
    return this.builders[at]!;
  }

  /**
   * The column of that name, made if it is new in this row. Throws RunnelError if there are too many cells.
   */
  findOrAdd(name: string, row: number): ColumnBuilder {
    const found = this.find(name);
    if (found) return found;
    checkCells(row + 1, this.builders.length + 1);
    return this.add(name);
  }

  /** The columns, each with `rows` rows. Throws RunnelError if there are too many cells. */
  finish(rows: number): Column[] {
    checkCells(rows, this.builders.length);
    return this.builders.map((builder) => builder.finish(rows));
  }
}

/**
 * Reads one cell into a column. Throws RunnelError, naming column and row (its label or number), if the cell
 * is nested or the column had one.
 */
export function readCell(
  reader: JsonReader,
  builder: ColumnBuilder,
  row: number,
  label: string | number,
): void {
  if (builder.lastRow === row) {
    throw reader.error(`column ${quote(builder.name)} stands twice in row ${label}`);
  }
  if (reader.kind() !== "scalar") {
    throw reader.error(
      `column ${
        quote(builder.name)
      }, row ${label}: the cell is an array or object, where a number, text, boolean or null ` +
        `should be`,
    );
  }
  const kind = reader.readScalar();
  if (kind === "number") builder.setNumber(row, reader.number, reader.integer);
  else if (kind === "string") builder.setCell(row, reader.string);
  else if (kind === "big") builder.setCell(row, reader.big);
  else builder.setCell(row, kind === "null" ? null : kind === "true");
}
