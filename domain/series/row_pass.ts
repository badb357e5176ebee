import { AsciiWriter, CHUNK_BYTES, jsonString } from "./ascii_writer.ts";
import { type Cell, type Column, NULL_BOOLEAN } from "./column.ts";
import type { DataFrame } from "./frame.ts";
import { type StampFormat, StampWriter } from "./stamp_writer.ts";

const OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d, COMMA = 0x2c;

/**
 * One run over the rows. A frame is written as open, rows of each batch in order, close, for each pass in
 * turn; every pass must see the same rows. Orient columns takes a pass a column and split two; the others
 * take one.
 */
export interface WritePass {
  open: string;
  /**
   * The columns that rows() looks at, as numbers into FrameHead.columns; batches may leave the others out.
   */
  columns: readonly number[];
  /** Writes the rows of a batch that has exactly `columns`, in chunks of about CHUNK_BYTES. */
  rows(batch: DataFrame): Generator<Uint8Array<ArrayBuffer>>;
  close: string;
}

/** Writes a frame that is in memory: each pass in turn. */
export function* runPasses(
  passes: readonly WritePass[],
  frame: DataFrame,
): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  for (const pass of passes) {
    if (pass.open) yield encoder.encode(pass.open);
    yield* pass.rows({ ...frame, columns: pass.columns.map((at) => frame.columns[at]!) });
    if (pass.close) yield encoder.encode(pass.close);
  }
}

/** The row that is being written, and what writes it. */
export interface RowCursor {
  row: number;
  writer: AsciiWriter;
  stamps: StampWriter;
  columns: readonly Column[];
  /**
   * Writes all cells, separated by commas, each after its key; with a comma ahead if something went before.
   */
  cells(keys: readonly Uint8Array[] | null, before: boolean): void;
}

/**
 * A pass that writes each row with `writeRow`, and `separator` (a character code) between rows.
 */
export function rowPass(
  format: StampFormat,
  columns: readonly number[],
  writeRow: (cursor: RowCursor) => void,
  separator: number | null = COMMA,
): WritePass {
  let first = true;
  const writer = new AsciiWriter();
  return {
    open: "",
    columns,
    *rows(batch) {
      const cursor = rowCursor(writer, batch, format);
      for (let row = 0; row < batch.stamps.length; row++) {
        if (!first && separator !== null) writer.byte(separator);
        first = false;
        cursor.row = row;
        writeRow(cursor);
        if (writer.length >= CHUNK_BYTES) yield writer.take();
      }
      if (writer.length > 0) yield writer.take();
    },
    close: "",
  };
}

function rowCursor(writer: AsciiWriter, batch: DataFrame, format: StampFormat): RowCursor {
  const { columns } = batch;
  return {
    row: 0,
    writer,
    columns,
    stamps: new StampWriter(writer, batch.stamps, format),
    cells(keys, before) {
      for (let at = 0; at < columns.length; at++) {
        if (before || at > 0) writer.byte(COMMA);
        if (keys) writer.bytes(keys[at]!);
        writeCell(writer, columns[at]!, this.row);
      }
    },
  };
}

/** The keys of columns as JSON members, each with its colon, in ASCII. */
export function memberKeys(columns: readonly { name: string }[]): Uint8Array[] {
  return columns.map((column) => ascii(`${jsonString(column.name)}:`));
}

/** Writes a row as an object, its stamp first under `stampKey` unless that is null. */
export function recordRow(keys: readonly Uint8Array[], stampKey: string | null): (row: RowCursor) => void {
  const first = stampKey === null ? null : ascii(`${jsonString(stampKey)}:`);
  return (row) => {
    row.writer.byte(OPEN_BRACE);
    if (first) {
      row.writer.bytes(first);
      row.stamps.value(row.row);
    }
    row.cells(keys, first !== null);
    row.writer.byte(CLOSE_BRACE);
  };
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function writeCell(writer: AsciiWriter, column: Column, row: number): void {
  switch (column.type) {
    case "float":
      return writer.float(column.values[row]!);
    case "integer": {
      const value = column.values[row]!;
      return typeof value === "number" ? writer.integer(value) : writer.ascii(String(value));
    }
    case "boolean": {
      const value = column.values[row]!;
      return writer.ascii(value === NULL_BOOLEAN ? "null" : value === 1 ? "true" : "false");
    }
    default:
      return writeMixed(writer, column.values[row]!);
  }
}

function writeMixed(writer: AsciiWriter, cell: Cell): void {
  if (typeof cell === "string") writer.string(cell);
  else if (typeof cell === "number") writer.float(cell);
  else writer.ascii(String(cell));
}
