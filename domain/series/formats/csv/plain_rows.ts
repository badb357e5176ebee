/** Lines of stamps, numbers and texts without quotes, as most files have them: read in one pass over their bytes. */
import type { Column } from "../../frame/column.ts";
import type { FrameStamps } from "../../frame/frame.ts";
import { CsvText } from "./csv_table.ts";
import {
  isLineEnd,
  isNumberOrNull,
  NumberCells,
  type PlainCells,
  StampCells,
  TextCells,
} from "./plain_cells.ts";

const COMMA = 0x2c, SEMICOLON = 0x3b, TAB = 0x09, BAR = 0x7c, NEWLINE = 0x0a;
/** Separators that appear in no stamp and in no number. */
const SEPARATORS: readonly number[] = [COMMA, SEMICOLON, TAB, BAR];

/** Lines of which nothing was read yet. */
export interface Lines {
  readonly text: CsvText;
  /** Where the first of them begins. */
  readonly position: number;
  readonly separator: number;
}

/** What stands in such lines. */
export interface PlainRows {
  readonly stamps: FrameStamps;
  /** All but the stamps', in their order. */
  readonly columns: readonly Column[];
}

/**
 * Reads lines with the columns `names`, of which the one at `stampPlace` holds the stamps. Undefined: something in them
 * needs a closer look. A quote does, a stamp that is no ISO 8601 text, an integer that is no exact double, a cell that is
 * no number below one that is, a line of another number of cells.
 */
export function readPlainRows(
  { text, position, separator }: Lines,
  names: readonly string[],
  stampPlace: number,
): PlainRows | undefined {
  if (!SEPARATORS.includes(separator) || position >= text.bytes.length) return undefined;
  const ended = endedText(text);
  const columns = openColumns({ text: ended, position, separator }, names.length, stampPlace);
  const rows = columns && readRows({ text: ended, position, separator }, columns);
  return rows === undefined ? undefined : finish(columns!, rows, names, stampPlace);
}

/** The same text with a line end at its end, so that no cell ends with the bytes. */
function endedText(text: CsvText): CsvText {
  const { bytes, isAscii } = text, { length } = bytes;
  if (isLineEnd(bytes[length - 1]!)) return text;
  const ended = new Uint8Array(length + 1);
  ended.set(bytes);
  ended[length] = NEWLINE;
  return new CsvText(ended, isAscii);
}

/** The columns, of the kinds that the cells of the first line are; undefined: it has not as many cells. */
function openColumns({ text, position, separator }: Lines, width: number, stampPlace: number) {
  const { bytes } = text, columns: PlainCells[] = [];
  let at = firstOfLine(bytes, position);
  for (let place = 0; place < width; place++) {
    let end = at;
    while (end < bytes.length && bytes[end] !== separator && !isLineEnd(bytes[end]!)) end++;
    if (place === stampPlace) columns.push(new StampCells(text, separator));
    else if (isNumberOrNull(text, at, end)) columns.push(new NumberCells(text, separator));
    else columns.push(new TextCells(text, separator));
    at = end + 1;
  }
  const lines = Math.ceil((bytes.length - position) / Math.max(at - position, 1)) + 16;
  for (const column of columns) column.expect(lines);
  return at <= bytes.length && isLineEnd(bytes[at - 1]!) ? columns : undefined;
}

/** Reads all lines into the columns, and answers how many; undefined: some need a closer look. */
function readRows({ text, position, separator }: Lines, columns: readonly PlainCells[]): number | undefined {
  const { bytes } = text, { length } = bytes, last = columns.length - 1;
  let row = 0;
  for (let at = firstOfLine(bytes, position); at < length; at = firstOfLine(bytes, at), row++) {
    for (let place = 0; place <= last; place++) {
      const end = columns[place]!.read(at, row);
      if (end < 0) return undefined;
      const byte = bytes[end]!;
      if (place < last ? byte !== separator : !isLineEnd(byte)) return undefined;
      at = end + 1;
    }
  }
  return row;
}

/** Where the next line begins that is not empty. */
function firstOfLine(bytes: Uint8Array, at: number): number {
  while (at < bytes.length && isLineEnd(bytes[at]!)) at++;
  return at;
}

function finish(
  cells: readonly PlainCells[],
  rows: number,
  names: readonly string[],
  stampPlace: number,
): PlainRows | undefined {
  const stamps = (cells[stampPlace] as StampCells).finish(rows);
  const columns = cells.flatMap((each, place) =>
    each instanceof StampCells ? [] : each.finish(names[place]!, rows)
  );
  return { stamps, columns };
}
