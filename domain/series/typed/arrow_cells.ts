/** Cells out of Arrow's buffers, each looked at before it is believed. Throws RangeError for what does not fit. */
import { zstdDecompressSync } from "node:zlib";
import {
  type DataType,
  type Decimal,
  type Dictionary,
  type Float,
  type Int,
  type Time,
  Type,
} from "apache-arrow";
import { CompressionType } from "apache-arrow/fb/compression-type";
import { uint16ToFloat64 } from "apache-arrow/util/math";
import { invalid } from "../../errors.ts";
import type { BatchMessage } from "./arrow_messages.ts";
import { readLz4Frame } from "./lz4_frame.ts";
import type { RawCells } from "./raw_column.ts";

/** Bytes that the compressed buffers of a body may have. */
const MAX_UNPACKED = 1 << 28;
const VIEW_BYTES = 16, SHORT_TEXT = 12;

type Fixed =
  | Int8ArrayConstructor
  | Int16ArrayConstructor
  | Int32ArrayConstructor
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor
  | Uint32ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | BigInt64ArrayConstructor
  | BigUint64ArrayConstructor;

const SIGNED = { 8: Int8Array, 16: Int16Array, 32: Int32Array, 64: BigInt64Array } as Record<number, Fixed>;
const UNSIGNED = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array, 64: BigUint64Array } as Record<
  number,
  Fixed
>;

/** What a body may still unpack to. */
export interface Budget {
  left: number;
}

/** The budget of one body. */
export function newBudget(): Budget {
  return { left: MAX_UNPACKED };
}

/** Reads the columns of one message in turn. */
export class BatchReader {
  readonly rows: number;
  #node = 0;
  #buffer = 0;
  #views = 0;

  constructor(readonly message: BatchMessage, readonly budget: Budget) {
    this.rows = Number(message.batch.length());
    if (!Number.isSafeInteger(this.rows) || this.rows < 0) {
      throw new RangeError("a batch has no such number of rows");
    }
  }

  /** The cells of the next column. */
  next(type: DataType): RawCells {
    const { batch } = this.message;
    if (this.#node >= batch.nodesLength()) throw new RangeError("a batch has too few columns");
    const node = batch.nodes(this.#node++)!;
    const nullCount = Number(node.nullCount());
    if (Number(node.length()) !== this.rows) throw new RangeError("a column has other rows than its batch");
    if (nullCount < 0 || nullCount > this.rows) throw new RangeError("a column has no such number of nulls");
    if (type.typeId === Type.Null) {
      return { values: new Uint8Array(this.rows), nulls: new Uint8Array(this.rows).fill(1) };
    }
    const bits = this.#take(nullCount > 0 ? Math.ceil(this.rows / 8) : 0);
    const nulls = nullCount > 0
      ? Uint8Array.from({ length: this.rows }, (_, row) => ~bits[row >> 3]! >> (row & 7) & 1)
      : null;
    return { values: this.#values(type, nulls), nulls };
  }

  #values(type: DataType, nulls: Uint8Array | null): RawCells["values"] {
    const { rows } = this;
    switch (type.typeId) {
      case Type.Int:
        return this.#fixed(((type as Int).isSigned ? SIGNED : UNSIGNED)[(type as Int).bitWidth]);
      case Type.Dictionary:
        return this.#values((type as Dictionary).indices, nulls);
      case Type.Float: {
        const { precision } = type as Float;
        if (precision > 0) return this.#fixed(precision === 1 ? Float32Array : Float64Array);
        return Float64Array.from(this.#fixed(Uint16Array) as Uint16Array, uint16ToFloat64);
      }
      case Type.Bool: {
        const bits = this.#take(Math.ceil(rows / 8));
        return Uint8Array.from({ length: rows }, (_, row) => bits[row >> 3]! >> (row & 7) & 1);
      }
      case Type.Date:
        return this.#fixed((type as { unit?: number } & DataType).unit === 0 ? Int32Array : BigInt64Array);
      case Type.Time:
        return this.#fixed((type as Time).bitWidth === 32 ? Int32Array : BigInt64Array);
      case Type.Timestamp:
      case Type.Duration:
        return this.#fixed(BigInt64Array);
      case Type.Decimal:
        return this.#decimals((type as Decimal).bitWidth);
      case Type.Utf8:
        return this.#texts(this.#fixed(Int32Array, rows > 0 ? rows + 1 : 0) as Int32Array, nulls);
      case Type.LargeUtf8: {
        const offsets = this.#fixed(BigInt64Array, rows > 0 ? rows + 1 : 0) as BigInt64Array;
        return this.#texts(Float64Array.from(offsets, Number), nulls);
      }
      case Type.Utf8View:
        return this.#viewed(nulls);
      default:
        throw new RangeError("a column has a type that is not known");
    }
  }

  #fixed(array: Fixed | undefined, count = this.rows): RawCells["values"] & ArrayLike<number | bigint> {
    if (array === undefined) throw new RangeError("a column has a width that is not known");
    const bytes = this.#take(count * array.BYTES_PER_ELEMENT);
    const isAligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0;
    const { buffer, byteOffset } = isAligned ? bytes : bytes.slice();
    return new (array as Float64ArrayConstructor)(buffer as ArrayBuffer, byteOffset, count);
  }

  #decimals(bits: number): bigint[] {
    if (![32, 64, 128, 256].includes(bits)) throw new RangeError("a decimal has a width that is not known");
    const bytes = this.#take(this.rows * bits / 8), view = new DataView(bytes.buffer, bytes.byteOffset);
    return Array.from({ length: this.rows }, (_, row) => {
      const at = row * bits / 8;
      if (bits === 32) return BigInt(view.getInt32(at, true));
      let value = 0n;
      for (let word = bits / 64 - 1; word >= 0; word--) {
        value = value << 64n | view.getBigUint64(at + word * 8, true);
      }
      return BigInt.asIntN(bits, value);
    });
  }

  #texts(offsets: Int32Array | Float64Array, nulls: Uint8Array | null): string[] {
    const { rows } = this;
    const from = rows > 0 ? offsets[0]! : 0, to = rows > 0 ? offsets[rows]! : 0;
    for (let row = 0; row < rows; row++) {
      if (offsets[row]! > offsets[row + 1]!) throw new RangeError("texts end before they begin");
    }
    if (from < 0) throw new RangeError("texts begin before their buffer");
    const bytes = this.#take(to).subarray(from);
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const whole = decoder.decode(bytes);
    const isAscii = whole.length === bytes.length;
    return Array.from({ length: rows }, (_, row) => {
      if (nulls?.[row]) return "";
      const start = offsets[row]! - from, end = offsets[row + 1]! - from;
      return isAscii ? whole.slice(start, end) : decoder.decode(bytes.subarray(start, end));
    });
  }

  /** Short texts stand in their view, long ones where it points to. */
  #viewed(nulls: Uint8Array | null): string[] {
    const { batch, body } = this.message;
    const bytes = this.#take(this.rows * VIEW_BYTES), view = new DataView(bytes.buffer, bytes.byteOffset);
    if (this.#views >= batch.variadicBufferCountsLength()) throw new RangeError("texts have no buffers");
    const count = Number(batch.variadicBufferCounts(this.#views++));
    if (count < 0 || this.#buffer + count > batch.buffersLength()) {
      throw new RangeError("texts have no such buffers");
    }
    const buffers = Array.from({ length: count }, () => this.#take(undefined));
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    let left = Math.max(body.length, MAX_UNPACKED);
    return Array.from({ length: this.rows }, (_, row) => {
      const at = row * VIEW_BYTES, length = view.getInt32(at, true);
      if (nulls?.[row] || length === 0) return "";
      if (length < 0 || (left -= length) < 0) throw new RangeError("texts are longer than all that there is");
      if (length <= SHORT_TEXT) return decoder.decode(bytes.subarray(at + 4, at + 4 + length));
      const buffer = buffers[view.getInt32(at + 8, true)], start = view.getInt32(at + 12, true);
      if (buffer === undefined || start < 0 || start + length > buffer.length) {
        throw new RangeError("a text lies outside");
      }
      return decoder.decode(buffer.subarray(start, start + length));
    });
  }

  /** The next buffer, which must have `size` bytes at least; undefined: all of it. */
  #take(size: number | undefined): Uint8Array<ArrayBuffer> {
    const { batch, body } = this.message;
    if (this.#buffer >= batch.buffersLength()) throw new RangeError("a batch has too few buffers");
    const region = batch.buffers(this.#buffer++)!;
    const offset = Number(region.offset()), length = Number(region.length());
    if (offset < 0 || length < 0 || offset + length > body.length) {
      throw new RangeError("a buffer lies outside its message");
    }
    const bytes = this.#unpack(body.subarray(offset, offset + length), size);
    if (bytes.length < (size ?? 0)) throw new RangeError("a buffer has fewer bytes than its rows need");
    return size === undefined ? bytes : bytes.subarray(0, size);
  }

  #unpack(bytes: Uint8Array<ArrayBuffer>, size: number | undefined): Uint8Array<ArrayBuffer> {
    const compression = this.message.batch.compression();
    if (compression === null || bytes.length === 0 || size === 0) return bytes;
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigInt64(0, true));
    const packed = bytes.subarray(8);
    if (length === -1) return packed;
    this.budget.left -= length;
    if (length < 0 || this.budget.left < 0) {
      throw invalid(
        `The compressed buffers say that they have more than ${MAX_UNPACKED} bytes: send fewer rows at a time.`,
      );
    }
    if (compression.codec() === CompressionType.LZ4_FRAME) return readLz4Frame(packed, length);
    const unpacked = zstdDecompressSync(packed, { maxOutputLength: Math.max(length, 1) });
    return new Uint8Array(unpacked.buffer as ArrayBuffer, unpacked.byteOffset, unpacked.length);
  }
}
