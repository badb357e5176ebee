/**
 * The messages of Arrow IPC (https://arrow.apache.org/docs/format/Columnar.html), looked at before anything is made of
 * them: flatbuffers may say any count and any place, and their readers believe it. Throws RangeError for what lies.
 */
import { Schema } from "apache-arrow";
import { DictionaryBatch } from "apache-arrow/fb/dictionary-batch";
import type { Field } from "apache-arrow/fb/field";
import { Footer } from "apache-arrow/fb/footer";
import type { KeyValue } from "apache-arrow/fb/key-value";
import { Message } from "apache-arrow/fb/message";
import { MessageHeader } from "apache-arrow/fb/message-header";
import { RecordBatch } from "apache-arrow/fb/record-batch";
import { Schema as SchemaTable } from "apache-arrow/fb/schema";
import { Timestamp } from "apache-arrow/fb/timestamp";
import { Type } from "apache-arrow/fb/type";
import { ByteBuffer, Encoding } from "flatbuffers";
import { invalid, quote } from "../../errors.ts";

/** Columns that are looked at: a series may have one less. */
const MAX_FIELDS = 16_385;
const BYTES = Encoding.UTF8_BYTES;
const MAGIC = "ARROW1", MAGIC_BYTES = 8;
const NESTED = "nested values: a cell is a number, a text, a boolean or a time";

/** Rows as they stand in a message: `batch` says where in `body`. */
export interface BatchMessage {
  readonly batch: RecordBatch;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Of a dictionary: its id, and whether it continues the one before. */
  readonly dictionary: { readonly id: number; readonly isDelta: boolean } | undefined;
}

/** A body, taken apart. */
export interface ArrowMessages {
  readonly schema: Schema;
  readonly batches: Iterable<BatchMessage>;
}

interface Part {
  readonly message: Message;
  readonly metadata: Uint8Array<ArrayBuffer>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Takes a stream or a file apart. */
export function readMessages(bytes: Uint8Array<ArrayBuffer>): ArrowMessages {
  if (new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) === MAGIC) return readFile(bytes);
  const parts = streamParts(bytes);
  const { value: first } = parts.next();
  if (!first || first.message.headerType() !== MessageHeader.Schema) {
    throw new RangeError("no schema comes first");
  }
  const table = first.message.header(new SchemaTable()) as SchemaTable | null;
  return { schema: readSchema(table, first.metadata.length), batches: batchesOf(parts) };
}

/** A schema message alone, as Parquet files carry one. */
export function readSchemaMessage(bytes: Uint8Array<ArrayBuffer>): Schema {
  return readMessages(bytes).schema;
}

/** Messages up to the end that the stream says it has. */
function* streamParts(bytes: Uint8Array<ArrayBuffer>): Generator<Part, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (true) {
    // Before version 0.15 no marker stood before the length.
    if (view.getInt32(at, true) === -1) at += 4;
    const length = view.getInt32(at, true);
    if (length === 0) {
      if (at + 4 !== bytes.length) throw new RangeError("something follows the end of the stream");
      return;
    }
    const part = partAt(bytes, at + 4, length);
    yield part;
    at += 4 + length + part.body.length;
  }
}

function partAt(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): Part {
  if (length < 8 || at + length > bytes.length) throw new RangeError("the stream is cut off");
  const metadata = bytes.subarray(at, at + length);
  const message = Message.getRootAsMessage(new ByteBuffer(metadata));
  const bodyLength = Number(message.bodyLength());
  if (bodyLength < 0 || at + length + bodyLength > bytes.length) {
    throw new RangeError("the body of a message is cut off");
  }
  return { message, metadata, body: bytes.subarray(at + length, at + length + bodyLength) };
}

function readFile(bytes: Uint8Array<ArrayBuffer>): ArrowMessages {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - MAGIC.length - 4;
  const magic = new TextDecoder().decode(bytes.subarray(end + 4));
  const length = end < MAGIC_BYTES ? 0 : view.getInt32(end, true);
  if (magic !== MAGIC || length < 8 || length > end - MAGIC_BYTES) {
    throw new RangeError("the file's end is cut off");
  }
  const footer = Footer.getRootAsFooter(new ByteBuffer(bytes.subarray(end - length, end)));
  const schema = readSchema(footer.schema(), length);
  const parts: Part[] = [];
  let used = 0;
  for (const kind of ["dictionaries", "recordBatches"] as const) {
    const count = footer[`${kind}Length`]();
    if (count * 24 > length) throw new RangeError("the footer lists more than it has");
    for (let i = 0; i < count; i++) {
      const block = footer[kind](i)!, at = Number(block.offset());
      const isMarked = at >= 0 && at + 8 <= end && view.getInt32(at, true) === -1;
      const prefix = isMarked ? 8 : 4;
      if (at < 0 || at + prefix > end) throw new RangeError("the footer names what is not there");
      const part = partAt(bytes, at + prefix, view.getInt32(at + prefix - 4, true));
      used += part.metadata.length + part.body.length;
      // Else a few bytes that are named often would be many rows.
      if (used > bytes.length) throw new RangeError("the footer names a place twice");
      parts.push(part);
    }
  }
  return { schema, batches: batchesOf(parts) };
}

function* batchesOf(parts: Iterable<Part>): Generator<BatchMessage> {
  for (const { message, metadata, body } of parts) {
    const type = message.headerType();
    let batch: RecordBatch | null, dictionary: BatchMessage["dictionary"];
    if (type === MessageHeader.RecordBatch) batch = message.header(new RecordBatch());
    else if (type === MessageHeader.DictionaryBatch) {
      const header = message.header(new DictionaryBatch()) as DictionaryBatch;
      batch = header.data();
      dictionary = { id: Number(header.id()), isDelta: header.isDelta() };
    } else throw new RangeError("there is a message that is neither rows nor a dictionary");
    if (batch === null) throw new RangeError("a message is empty");
    const said = (batch.nodesLength() + batch.buffersLength()) * 16 + batch.variadicBufferCountsLength() * 8;
    if (said > metadata.length) throw new RangeError("a message lists more than it has");
    yield { batch, body, dictionary };
  }
}

function readSchema(table: SchemaTable | null, length: number): Schema {
  if (table === null) throw new RangeError("the schema is empty");
  if (table.endianness() !== 0) throw invalid("The numbers are big-endian; send them little-endian.");
  const count = table.fieldsLength();
  if (count > MAX_FIELDS) {
    throw invalid(`The frame has ${count} columns; at most ${MAX_FIELDS - 1} are allowed.`);
  }
  // Several may say that their text is at one place, which would make much of little.
  let texts = sizeOf(table, length);
  for (let i = 0; i < count; i++) texts += checkField(table.fields(i)!, length);
  if (count * 4 > length || texts > length) throw new RangeError("the schema lists more than it has");
  return Schema.decode(table);
}

/** Answers how many bytes of text the field has. */
function checkField(field: Field, length: number): number {
  const name = (field.name(BYTES) as Uint8Array | null)?.length ?? 0;
  if (field.childrenLength() !== 0) {
    throw invalid(`Column ${quote((field.name() ?? "").slice(0, 200))} holds ${NESTED}.`);
  }
  const zone = field.typeType() === Type.Timestamp
    ? (field.type(new Timestamp()) as Timestamp).timezone(BYTES) as Uint8Array | null
    : null;
  return name + (zone?.length ?? 0) + sizeOf(field, length);
}

interface Annotated {
  customMetadataLength(): number;
  customMetadata(index: number): KeyValue | null;
}

function sizeOf(annotated: Annotated, length: number): number {
  const count = annotated.customMetadataLength();
  if (count * 4 > length) throw new RangeError("metadata list more than they have");
  let size = 0;
  for (let i = 0; i < count; i++) {
    const entry = annotated.customMetadata(i)!;
    for (const text of [entry.key(BYTES), entry.value(BYTES)]) {
      size += (text as Uint8Array | null)?.length ?? 0;
    }
  }
  return size;
}
