/** Frames as Parquet files, a row group at a time. */
import { Buffer } from "node:buffer";
import { constants, zstdCompressSync } from "node:zlib";
import type { DecodedArray, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writeColumn } from "hyparquet-writer/src/column.js";
import { writeDataPageV2 } from "hyparquet-writer/src/datapage.js";
import { writeDictionaryPage } from "hyparquet-writer/src/dictionary.js";
import { ParquetWriter } from "hyparquet-writer/src/parquet-writer.js";
import type { ColumnEncoder, PageData } from "hyparquet-writer/src/types.js";
import { unconvert } from "hyparquet-writer/src/unconvert.js";
import { Turns } from "../../../short_steps.ts";
import { type DtypeKind, isInteger } from "../../frame/dtype.ts";
import type { FrameHead } from "../../formats/text/frame_head.ts";
import { schemaMessage, schemaOf, wordCells } from "../arrow_write.ts";
import { elementOf } from "./types.ts";
import { type RawCells } from "../raw_column.ts";
import { fieldsOf, type TypedField, type TypedRows } from "../typed_rows.ts";

const CODEC = "ZSTD";
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const PAGE_BYTES = 1 << 20;

/** Lets what is written be taken before the end of the file. */
class Pieces extends ByteWriter {
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.getBuffer());
    this.index = 0;
    return taken;
  }
}

/** The head of a frame as Parquet can have it, which knows no categories of booleans. */
export function parquetHead(head: FrameHead): FrameHead {
  const { aware, zone, labels } = head;
  const columns = head.columns.map((column) => {
    const isBoolean = column.dtype?.type === "category" && column.dtype.of.type === "bool";
    return isBoolean ? { ...column, dtype: undefined } : column;
  });
  return { aware, zone, labels, columns };
}

/** Writes rows as a file. */
export async function* writeParquet(
  head: FrameHead,
  rows: AsyncIterable<TypedRows>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const fields = fieldsOf(head), arrow = schemaOf(head);
  const elements = fields.map(({ name, dtype }) => elementOf(name, dtype));
  const writer = new Pieces();
  const root: SchemaElement = { name: "schema", num_children: elements.length, repetition_type: "REQUIRED" };
  const compressors = { [CODEC]: (bytes: Uint8Array) => new Uint8Array(zstdCompressSync(bytes, FAST)) };
  const file = new ParquetWriter({
    writer,
    schema: [root, ...elements],
    codec: CODEC,
    compressors,
    statistics: false,
    createdBy: "runnel",
    kvMetadata: [
      { key: "pandas", value: arrow.metadata.get("pandas")! },
      { key: "ARROW:schema", value: Buffer.from(schemaMessage(arrow)).toString("base64") },
    ],
  });
  const turns = new Turns();
  for await (const { rows: count, cells } of rows) {
    const from = writer.offset;
    const written = [];
    for (const [at, raw] of cells.entries()) {
      const element = elements[at]!;
      const column: ColumnEncoder = {
        ...{ columnName: element.name, element, schemaPath: [root, element], codec: CODEC, compressors },
        ...{ stats: false, pageSize: PAGE_BYTES, columnIndex: false, offsetIndex: false },
      };
      written.push(writeCells(writer, column, fields[at]!, raw));
      await turns.next();
    }
    file.pendingIndexes.push(...written);
    const chunks = written.map(({ chunk }) => chunk);
    const size = chunks.reduce((sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n), 0n);
    file.num_rows += BigInt(count);
    file.row_groups.push({
      ...{ columns: chunks, num_rows: BigInt(count), total_byte_size: size },
      total_compressed_size: BigInt(writer.offset - from),
    });
    yield writer.take();
  }
  await file.finish();
  yield writer.take();
}

function writeCells(writer: Pieces, column: ColumnEncoder, { dtype }: TypedField, raw: RawCells) {
  if (dtype.type === "category") return writeCategories(writer, column, dtype, raw);
  return writeColumn({ writer, column, pageData: pageOf(storedCells(dtype, raw.values), raw.nulls) });
}

/** Levels say where nulls are; with them, cells are a list. */
function pageOf(values: DecodedArray, nulls: Uint8Array | null): PageData {
  const page = { repetitionLevels: [], maxDefinitionLevel: 1 };
  if (nulls === null) return { ...page, values, definitionLevels: new Array(values.length).fill(1) };
  const cells = Array.from(values as ArrayLike<unknown>, (value, row) => nulls[row] ? null : value);
  return { ...page, values: cells, definitionLevels: Array.from(nulls, (isNull) => isNull ? 0 : 1) };
}

/** All categories in their order, which the writer's own dictionary would not have. */
function writeCategories(
  writer: Pieces,
  column: ColumnEncoder,
  dtype: TypedField["dtype"] & { readonly type: "category" },
  raw: RawCells,
) {
  const from = writer.offset, { element } = column;
  const words = unconvert(element, storedCells(dtype.of, wordCells(dtype).values));
  let size = writeDictionaryPage(writer, column, words);
  const dataAt = writer.offset;
  size += writeDataPageV2({
    writer,
    column,
    encoding: "RLE_DICTIONARY",
    pageData: pageOf(raw.values as DecodedArray, raw.nulls),
  });
  const meta_data = {
    ...{
      type: element.type!,
      encodings: ["PLAIN" as const, "RLE_DICTIONARY" as const],
      path_in_schema: [element.name],
      codec: CODEC as "ZSTD",
    },
    num_values: BigInt(raw.values.length),
    total_compressed_size: BigInt(writer.offset - from),
    total_uncompressed_size: BigInt(size),
    data_page_offset: BigInt(dataAt),
    dictionary_page_offset: BigInt(from),
  };
  return { chunk: { meta_data, file_offset: BigInt(from) } };
}

/** Cells as the writer wants them for the element of their dtype. */
function storedCells(dtype: DtypeKind, values: RawCells["values"]): DecodedArray {
  switch (dtype.type) {
    case "bool":
      return Array.from(values as Uint8Array, (bit) => bit === 1);
    case "date64":
      return Int32Array.from(values as BigInt64Array, (ms) => Number(ms) / 86_400_000);
    case "date":
      return Int32Array.from(values as BigInt64Array, Number);
    case "time":
      if (dtype.unit === "us" || dtype.unit === "ns") return values as DecodedArray;
      return Int32Array.from(
        values as BigInt64Array,
        (count) => Number(count) * (dtype.unit === "s" ? 1000 : 1),
      );
    case "timestamp":
      return dtype.unit === "s"
        ? (values as BigInt64Array).map((count) => count * 1000n) as DecodedArray
        : values as DecodedArray;
    case "null":
      return new Int32Array(values.length);
    case "float16":
    case "uint32":
      return Array.from(values as Float64Array);
    default:
      if (
        isInteger(dtype.type) &&
        (values instanceof Int8Array || values instanceof Int16Array || values instanceof Uint8Array ||
          values instanceof Uint16Array)
      ) {
        return Int32Array.from(values);
      }
      return values as DecodedArray;
  }
}
