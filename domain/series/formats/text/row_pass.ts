import { Literal, PIECE_BYTES, putLiteral, Sink } from "./ascii.ts";
import { type Cells, jsonCells, putCell } from "./cells.ts";
import type { Column } from "../../frame/column.ts";
import type { DataFrame } from "../../frame/frame.ts";

/**
 * One run over the rows. A frame is written as open, rows of each batch in order, close, for each pass in turn; every
 * pass must see the same rows. Orient columns takes a pass a column and split two; the others take one.
 */
export interface WritePass {
  readonly open: string;
  /** The columns that `rows` looks at, as numbers into FrameHead.columns; batches may leave the others out. */
  readonly columns: readonly number[];
  /** How the rows of a batch are written that has exactly `columns`; undefined: not at all. */
  rows(batch: DataFrame): RowLayout | undefined;
  /** ASCII between rows. */
  readonly separator: string;
  readonly close: string;
}

/** A row: cells, each after its literal, and at the end a literal with the separator. */
export interface RowLayout {
  readonly slots: readonly { readonly before: Literal; readonly cells: Cells }[];
  readonly end: Literal;
}

/** What the rows of a pass consist of, in this order. */
export interface RowParts {
  readonly columns: readonly number[];
  /** The stamp, with whatever stands around it. */
  readonly stamps?: (stamps: BigInt64Array) => Cells;
  /** Text before the cell of each column. */
  readonly keys?: readonly string[];
  /** How the cells of a column are written; as JSON unless given. */
  readonly cells?: (column: Column) => Cells;
  readonly end?: string;
  /** Between rows; a comma unless given. */
  readonly separator?: string;
}

/** A pass that writes such rows. */
export function rowPass(
  { columns, stamps, keys, cells = jsonCells, end = "", separator = "," }: RowParts,
): WritePass {
  const nothing = new Literal(""), ending = new Literal(end + separator);
  const literals = columns.map((_, at) => new Literal(keys?.[at] ?? ""));
  return {
    open: "",
    columns,
    rows(batch) {
      const slots = batch.columns.map((column, at) => ({ before: literals[at]!, cells: cells(column) }));
      if (stamps !== undefined) slots.unshift({ before: nothing, cells: stamps(batch.stamps) });
      return { slots, end: ending };
    },
    separator,
    close: "",
  };
}

/** Writes passes in pieces: whoever uses it writes `open`, the rows of each batch, and `close`. */
export class PassWriter {
  readonly #sink = new Sink();
  #hasRows = false;

  /** Begins a pass. */
  *open({ open }: WritePass): Generator<Uint8Array<ArrayBuffer>> {
    this.#hasRows = false;
    yield* this.#text(open);
  }

  /** Writes the rows of a batch. */
  *rows(pass: WritePass, batch: DataFrame): Generator<Uint8Array<ArrayBuffer>> {
    const layout = pass.rows(batch), rows = batch.stamps.length;
    if (layout === undefined || rows === 0) return;
    this.#hasRows = true;
    const widest = widestRow(layout);
    for (let row = 0; row < rows;) {
      // Few rows are as wide as the widest where texts are long: these are looked at one by one.
      const isLong = widest > PIECE_BYTES;
      const full = this.#sink.reserve(isLong ? widthOfRow(layout, row) : widest);
      if (full !== undefined) yield full;
      const until = isLong ? row + 1 : Math.min(rows, row + this.#sink.roomFor(widest));
      putRows(this.#sink, layout, row, until);
      row = until;
    }
  }

  /** Ends a pass. */
  *close({ separator, close }: WritePass): Generator<Uint8Array<ArrayBuffer>> {
    // Every row has one; that of the last is still in the piece under way.
    if (this.#hasRows) this.#sink.length -= separator.length;
    yield* this.#text(close);
  }

  /** The last piece. */
  *finish(): Generator<Uint8Array<ArrayBuffer>> {
    const last = this.#sink.finish();
    if (last !== undefined) yield last;
  }

  *#text(text: string): Generator<Uint8Array<ArrayBuffer>> {
    const literal = new Literal(text), sink = this.#sink;
    const full = sink.reserve(literal.length);
    if (full !== undefined) yield full;
    sink.length = putLiteral(sink.view, sink.length, literal);
  }
}

function widestRow({ slots, end }: RowLayout): number {
  return slots.reduce((sum, { before, cells }) => sum + before.length + cells.widest, end.length);
}

function widthOfRow({ slots, end }: RowLayout, row: number): number {
  const widthAt = (cells: Cells) =>
    cells.kind === "other" ? cells.widthAt?.(row) ?? cells.widest : cells.widest;
  return slots.reduce((sum, { before, cells }) => sum + before.length + widthAt(cells), end.length);
}

/** The innermost loop of all writing: the caller has made sure of the room. */
function putRows(sink: Sink, { slots, end }: RowLayout, from: number, to: number): void {
  const { view } = sink;
  let at = sink.length;
  for (let row = from; row < to; row++) {
    for (let slot = 0; slot < slots.length; slot++) {
      const { before, cells } = slots[slot]!;
      if (before.length > 0) at = putLiteral(view, at, before);
      at = putCell(sink, at, cells, row);
    }
    at = putLiteral(view, at, end);
  }
  sink.length = at;
}

/** Writes a frame that is in memory: each pass in turn. */
export function* runPasses(
  passes: readonly WritePass[],
  frame: DataFrame,
): Generator<Uint8Array<ArrayBuffer>> {
  const writer = new PassWriter();
  for (const pass of passes) {
    yield* writer.open(pass);
    yield* writer.rows(pass, { ...frame, columns: pass.columns.map((at) => frame.columns[at]!) });
    yield* writer.close(pass);
  }
  yield* writer.finish();
}
