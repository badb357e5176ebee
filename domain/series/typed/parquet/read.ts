/** Frames from Parquet files. */
import { Buffer } from "node:buffer";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { Compressors, DecodedArray, SchemaElement } from "hyparquet";
import { decompressPage } from "hyparquet/src/datapage.js";
import { parquetMetadata } from "hyparquet/src/metadata.js";
import { readPlain } from "hyparquet/src/plain.js";
import { parquetRead } from "hyparquet/src/read.js";
import { invalid, RunnelError } from "../../../errors.ts";
import type { DataFrame } from "../../frame/frame.ts";
import type { Dtype, DtypeKind } from "../../frame/dtype.ts";
import type { ReadOptions } from "../../formats/options.ts";
import { readSchemaMessage } from "../arrow_messages.ts";
import { dtypeOfField } from "../arrow_types.ts";
import { readLz4Block } from "../lz4_frame.ts";
import { checkFile, type ChunkPages } from "./guard.ts";
import { rawOfPhysical } from "./cells.ts";
import { dtypeOfElement, isUtf8, withUnitOf } from "./types.ts";
import { columnOfRaw } from "../raw_column.ts";
import { frameOf, type TypedColumn } from "../typed_frame.ts";

const plain = (bytes: Uint8Array) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
const COMPRESSORS: Compressors = {
  GZIP: (bytes, length) => plain(gunzipSync(bytes, { maxOutputLength: Math.max(length, 1) })),
  BROTLI: (bytes, length) => plain(brotliDecompressSync(bytes, { maxOutputLength: Math.max(length, 1) })),
  ZSTD: (bytes, length) => plain(zstdDecompressSync(bytes, { maxOutputLength: Math.max(length, 1) })),
  LZ4_RAW: (bytes, length) => readLz4Block(bytes, length),
};
/** Texts of a dictionary are made once, and its bytes looked at. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const PARSERS = { stringFromBytes: (bytes: Uint8Array) => bytes && UTF8.decode(bytes) };

/** Reads a frame. Throws RunnelError for whatever is not one. */
export async function readParquet(
  bytes: Uint8Array<ArrayBuffer>,
  options: ReadOptions = {},
): Promise<DataFrame> {
  try {
    return await readAll(bytes, options);
  } catch (error) {
    if (error instanceof RunnelError) throw error;
    // The body is the only thing that is read here, so it is what is wrong.
    throw invalid(
      `The body is not Parquet, or not whole: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

async function readAll(bytes: Uint8Array<ArrayBuffer>, options: ReadOptions): Promise<DataFrame> {
  const isWhole = bytes.byteOffset === 0 && bytes.length === bytes.buffer.byteLength;
  const file = isWhole ? bytes.buffer : bytes.slice().buffer;
  if (file.byteLength < 12 || new DataView(file).getUint32(0, true) !== 0x31524150) {
    throw new RangeError("it does not begin with PAR1");
  }
  const metadata = parquetMetadata(file, { geoparquet: false });
  const groups = checkFile(metadata, file);
  const [root, ...elements] = metadata.schema;
  const keys = new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value]));
  const dtypes = dtypesOf(elements, keys.get("ARROW:schema"));
  const parts: DecodedArray[][] = elements.map(() => []);
  const starts: number[][] = elements.map(() => []);
  const places = new Map(elements.map(({ name }, at) => [name, at]));
  if (places.size < elements.length) throw invalid("Two columns have one name.");
  await parquetRead({
    file,
    // Cells as they are stored: what they mean is decided here, so that none loses its end.
    metadata: { ...metadata, schema: [root!, ...elements.map(physical)] },
    compressors: COMPRESSORS,
    parsers: PARSERS,
    utf8: false,
    geoparquet: false,
    onChunk: ({ columnName, columnData, rowStart }) => {
      const at = places.get(columnName)!;
      parts[at]!.push(columnData);
      starts[at]!.push(rowStart);
    },
  });
  const columns = elements.map((element, at): TypedColumn => {
    const order = [...starts[at]!.keys()].sort((one, other) => starts[at]![one]! - starts[at]![other]!);
    const cells = order.map((i) => parts[at]![i]!);
    const dtype = dtypes[at]!, { name } = element;
    if (dtype.type !== "category") return { name, dtype, raw: rawOfPhysical(dtype, element, cells) };
    return {
      name,
      dtype,
      ...categoriesOf(name, dtype.of, element, cells, groups.map((group) => group[at]!), file),
    };
  });
  return frameOf(columns, keys.get("pandas"), options);
}

/** An element that hyparquet leaves as it is, but texts. */
function physical(element: SchemaElement): SchemaElement {
  const { converted_type: _, logical_type: __, ...bare } = element;
  const isText = element.type === "BYTE_ARRAY" && dtypeOfElement(element).type === "string";
  return isText ? { ...bare, converted_type: "UTF8" } : bare;
}

function dtypesOf(elements: readonly SchemaElement[], arrow: string | undefined): Dtype[] {
  const fields = arrow === undefined
    ? []
    : readSchemaMessage(plain(Buffer.from(arrow, "base64")).slice()).fields;
  const known = new Map(fields.map((field) => [field.name, field]));
  return elements.map((element) => {
    const field = known.get(element.name), stored = dtypeOfElement(element);
    if (field === undefined) return stored;
    const dtype = dtypeOfField(field), kind: DtypeKind = dtype.type === "category" ? dtype.of : dtype;
    if (!agree(kind, stored, element)) return stored;
    return withUnitOf(dtype, element);
  });
}

/** Whether Arrow's schema can be true of what is stored. */
function agree(said: DtypeKind, stored: DtypeKind, element: SchemaElement): boolean {
  if (said.type === "null" || (said.type === "duration" && element.type === "INT64")) return true;
  if (said.type === "string") return isUtf8(element) || stored.type === "string";
  if (said.type === "date64") return stored.type === "date";
  return said.type === stored.type;
}

/** Categories in the order of their dictionary page, with those that no row has. */
function categoriesOf(
  name: string,
  of: DtypeKind,
  element: SchemaElement,
  cells: readonly DecodedArray[],
  chunks: readonly ChunkPages[],
  file: ArrayBuffer,
) {
  const words = chunks.flatMap((chunk) => {
    const found = wordsOf(chunk, element, file);
    return found === undefined ? [] : [rawOfPhysical(of, element, [found])];
  });
  const raw = rawOfPhysical(of, element, cells);
  const places = new Map<unknown, number>();
  const placeOf = (word: unknown) => {
    const place = places.get(word) ?? places.size;
    places.set(word, place);
    return place;
  };
  for (const { values } of words) (values as unknown[]).forEach(placeOf);
  const codes = Float64Array.from(
    raw.values as ArrayLike<unknown>,
    (value, row) => raw.nulls?.[row] ? 0 : placeOf(value),
  );
  const like = raw.values.constructor as Float64ArrayConstructor;
  const known = [...places.keys()] as number[];
  const values = Array.isArray(raw.values) ? known : like.from(known);
  return {
    raw: { values: codes, nulls: raw.nulls },
    categories: columnOfRaw(name, of, { values: values as Float64Array<ArrayBuffer>, nulls: null }),
  };
}

function wordsOf(
  { column, dictionary }: ChunkPages,
  element: SchemaElement,
  file: ArrayBuffer,
): DecodedArray | undefined {
  if (dictionary === undefined) return undefined;
  const { at, size, unpacked, words } = dictionary;
  const page = decompressPage(new Uint8Array(file, at, size), unpacked, column.codec, COMPRESSORS);
  const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
  const values = readPlain(reader, column.type, words, element.type_length);
  const isText = element.type === "BYTE_ARRAY";
  return isText ? Array.from(values as Uint8Array[], (bytes) => UTF8.decode(bytes)) : values;
}
