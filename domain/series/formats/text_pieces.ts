/** Columns of texts on their way between threads: whoever reads a message reads all of it at once, so it comes in pieces. */
import type { Cell, Column } from "../frame/column.ts";
import type { DataFrame } from "../frame/frame.ts";

/** Cells in a piece: reading it takes a few milliseconds. */
const PIECE_CELLS = 1 << 15;

/** Some cells of a column, after those that came before. */
export interface TextPiece {
  readonly column: number;
  readonly cells: readonly Cell[];
}

/** The pieces of all columns that are lists of more cells than one has. */
export function* textPieces({ columns }: DataFrame): Generator<TextPiece> {
  for (const [column, { values }] of columns.entries()) {
    if (!isLong(values)) continue;
    for (let from = 0; from < values.length; from += PIECE_CELLS) {
      yield { column, cells: values.slice(from, from + PIECE_CELLS) };
    }
  }
}

/** The frame without what `textPieces` has of it. */
export function withoutTexts(frame: DataFrame): DataFrame {
  const columns = frame.columns.map((column) => isLong(column.values) ? withCells(column, []) : column);
  return { ...frame, columns };
}

/** Puts a frame together again. */
export class TextPieces {
  readonly #byColumn = new Map<number, Cell[]>();

  add({ column, cells }: TextPiece): void {
    const all = this.#byColumn.getOrInsertComputed(column, () => []);
    for (const cell of cells) all.push(cell);
  }

  joinedWith(frame: DataFrame): DataFrame {
    const columns = frame.columns.map((column, at) => {
      const cells = this.#byColumn.get(at);
      return cells === undefined ? column : withCells(column, cells);
    });
    return { ...frame, columns };
  }
}

function isLong(values: Column["values"]): values is readonly Cell[] & Column["values"] {
  return Array.isArray(values) && values.length > PIECE_CELLS;
}

function withCells(column: Column, values: readonly Cell[]): Column {
  return { ...column, values } as Column;
}
