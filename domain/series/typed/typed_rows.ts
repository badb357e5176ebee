/** Rows of a source as formats with types want them: many at a time, the stamps as a column among the others. */
import { castColumn, type Column } from "../frame/column.ts";
import { type Dtype, dtypeOf } from "../frame/dtype.ts";
import { concatFrames, type DataFrame } from "../frame/frame.ts";
import { UNIT_NS } from "../frame/stamps.ts";
import type { FrameHead } from "../formats/text/frame_head.ts";
import { indexDtype, indexField } from "./pandas_metadata.ts";
import { type RawCells, rawOf } from "./raw_column.ts";

/** A column of the answer. */
export interface TypedField {
  readonly name: string;
  readonly dtype: Dtype;
}

/** Rows of the answer, as many in each of the fields. */
export interface TypedRows {
  readonly rows: number;
  readonly cells: readonly RawCells[];
}

/** The fields of a frame: its columns, then its stamps, as pandas has them. */
export function fieldsOf(head: FrameHead): TypedField[] {
  const fields = head.columns.map((column) => ({ name: column.name, dtype: dtypeOf(column) }));
  return [...fields, { name: indexField(head), dtype: indexDtype(head) }];
}

/** Joins small batches until they have `cells` cells; each has exactly the columns of the head. */
export async function* typedRows(
  head: FrameHead,
  batches: AsyncIterable<DataFrame>,
  cells: number,
): AsyncGenerator<TypedRows> {
  const fields = fieldsOf(head), unit = UNIT_NS[indexDtype(head).unit];
  let waiting: DataFrame[] = [], rows = 0;
  const make = (): TypedRows => {
    const { stamps, columns } = waiting.length === 1 ? waiting[0]! : concatFrames(waiting);
    const made = columns.map((column, at) => rawOf(typed(column, head.columns[at]!.type), fields[at]!.dtype));
    waiting = [];
    const counts = unit === 1n ? stamps : stamps.map((stamp) => stamp / unit);
    return {
      rows: stamps.length,
      cells: [...made, { values: counts as BigInt64Array<ArrayBuffer>, nulls: null }],
    };
  };
  for await (const batch of batches) {
    if (batch.stamps.length === 0) continue;
    waiting.push(batch);
    rows += batch.stamps.length;
    if (rows * fields.length < cells) continue;
    yield make();
    rows = 0;
  }
  if (waiting.length > 0) yield make();
}

/** Joining gives columns of nulls the usual type. */
function typed(column: Column, type: Column["type"]): Column {
  return column.type === type ? column : castColumn(column, type);
}
