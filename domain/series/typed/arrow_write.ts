/** Frames as Arrow IPC, a stream or a file, batch by batch. */
import {
  AsyncByteQueue,
  type Data,
  type DataType,
  makeData,
  makeVector,
  RecordBatch,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  type Vector,
} from "apache-arrow";
import { float64ToUint16 } from "apache-arrow/util/math";
import { columnOf } from "../frame/column_builder.ts";
import type { Cell } from "../frame/column.ts";
import { type DtypeKind, isInteger } from "../frame/dtype.ts";
import type { FrameHead } from "../formats/text/frame_head.ts";
import { arrowType, fieldOf } from "./arrow_types.ts";
import { writePandas } from "./pandas_metadata.ts";
import { type RawCells, rawOf } from "./raw_column.ts";
import { fieldsOf, type TypedRows } from "./typed_rows.ts";

/** Keeps what a writer writes until it is taken. */
class Pieces extends AsyncByteQueue<Uint8Array> {
  #pieces: Uint8Array[] = [];

  override write(piece: Uint8Array): void {
    this.#pieces.push(piece);
  }

  take(): Uint8Array<ArrayBuffer> {
    const pieces = this.#pieces;
    const taken = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
    let at = 0;
    for (const piece of pieces) {
      taken.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), at);
      at += piece.byteLength;
    }
    this.#pieces = [];
    return taken;
  }
}

/** The schema of a frame, with what pandas wants to know of it. */
export function schemaOf(head: FrameHead): Schema {
  const fields = fieldsOf(head).map(({ name, dtype }, at) => fieldOf(name, dtype, at));
  return new Schema(fields, new Map([["pandas", writePandas(head)]]));
}

/** Writes rows as a stream, or as a file with a table of contents at its end. */
export async function* writeArrow(
  head: FrameHead,
  rows: AsyncIterable<TypedRows>,
  isFile: boolean,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const pieces = new Pieces();
  const schema = schemaOf(head), fields = fieldsOf(head);
  const writer = new (isFile ? RecordBatchFileWriter : RecordBatchStreamWriter)();
  writer.reset(pieces, schema);
  yield pieces.take();
  const struct = new Struct(schema.fields);
  const words = fields.map(({ dtype }) => dtype.type === "category" ? wordsOf(dtype) : undefined);
  for await (const { rows: length, cells } of rows) {
    const children = cells.map((raw, at) =>
      dataOf(schema.fields[at]!.type, fields[at]!.dtype, raw, words[at])
    );
    writer.write(new RecordBatch(schema, makeData({ type: struct, length, nullCount: 0, children })));
    yield pieces.take();
  }
  writer.finish();
  yield pieces.take();
}

type Category = DtypeKind & { readonly type: "category" };

/** The categories as cells. */
export function wordCells({ of, categories }: Category): RawCells {
  const cells = categories.map((each): Cell => isInteger(of.type) ? BigInt(each as number | string) : each);
  const isFloat = of.type.startsWith("float");
  const type = isInteger(of.type) ? "integer" : of.type === "bool" ? "boolean" : isFloat ? "float" : "string";
  return rawOf(columnOf("", type, cells), of);
}

/** The vector of categories. All batches share one vector, so that it is written once. */
function wordsOf(dtype: Category): Vector {
  return makeVector(dataOf(arrowType(dtype.of), dtype.of, wordCells(dtype), undefined));
}

/** The message that says a schema, as Parquet files carry one. */
export function schemaMessage(schema: Schema): Uint8Array<ArrayBuffer> {
  const pieces = new Pieces();
  new RecordBatchStreamWriter().reset(pieces, schema);
  return pieces.take();
}

function dataOf(
  type: DataType,
  { type: name }: DtypeKind,
  { values, nulls }: RawCells,
  words: Vector | undefined,
): Data {
  const length = values.length;
  if (name === "null") return makeData({ type, length } as never);
  const nullCount = nulls === null ? 0 : nulls.reduce((sum, each) => sum + each, 0);
  const shared = { type, length, nullCount, nullBitmap: nulls === null ? null : bitsOf(nulls, 0) };
  if (name === "string") {
    return makeData({ ...shared, ...textsOf(values as readonly (string | null)[]) } as never);
  }
  if (name === "category") return makeData({ ...shared, data: values, dictionary: words } as never);
  return makeData({ ...shared, data: numbersOf(name, type, values) } as never);
}

/** Bits that are set where a byte is `set`. */
function bitsOf(bytes: Uint8Array, set: number): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(Math.ceil(bytes.length / 64) * 8);
  for (let row = 0; row < bytes.length; row++) if (bytes[row] === set) bits[row >> 3]! |= 1 << (row & 7);
  return bits;
}

function numbersOf(name: string, type: DataType, values: RawCells["values"]): ArrayBufferView {
  if (name === "bool") return bitsOf(values as Uint8Array, 1);
  if (name === "float16") return Uint16Array.from(values as Float64Array, float64ToUint16);
  if (name === "decimal") {
    return wordsOfDecimals(values as readonly bigint[], (type as { bitWidth?: number } & DataType).bitWidth!);
  }
  const wanted = (type as { ArrayType?: unknown }).ArrayType as typeof Int32Array | typeof BigInt64Array;
  if ((values as unknown) instanceof wanted) return values as Int32Array;
  // Counts come as 64 bits, and dates and times of a day may have 32.
  return Int32Array.from(values as BigInt64Array, Number);
}

function wordsOfDecimals(values: readonly bigint[], bits: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(values.length * bits / 32);
  values.forEach((value, row) => {
    for (let word = 0; word < bits / 32; word++) {
      words[row * bits / 32 + word] = Number(BigInt.asUintN(32, value >> BigInt(word * 32)));
    }
  });
  return words;
}

function textsOf(texts: readonly (string | null)[]) {
  const valueOffsets = new Int32Array(texts.length + 1);
  const most = texts.reduce((sum, text) => sum + (text?.length ?? 0) * 3, 0);
  const data = new Uint8Array(most), encoder = new TextEncoder();
  let at = 0;
  texts.forEach((text, row) => {
    if (text !== null) at += encoder.encodeInto(text, data.subarray(at)).written;
    valueOffsets[row + 1] = at;
  });
  return { valueOffsets, data: data.subarray(0, at) };
}
