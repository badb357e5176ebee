/** Columns of a chunk as bytes to store. */
import { inflateRawSync } from "node:zlib";
import {
  type Chunk,
  type ChunkType,
  deflated,
  ENCODINGS,
  HAS_BITMAP,
  joinPlanes,
  makeChunk,
  MAX_DECIMALS,
  openChunk,
  planes,
  TYPES,
} from "./chunk_layout.ts";
import { type Cell, type Column, hasNulls, sliceColumn } from "../frame/column.ts";
import { decodeOffsets, encodeOffsets } from "./offset_codec.ts";
import { PACK_LIMIT, packIntegers, unpackIntegers } from "./packed_integers.ts";

const POWERS = Array.from({ length: MAX_DECIMALS + 1 }, (_, decimals) => Number(`1e${decimals}`));

/**
 * Encodes rows `from` to `to` (exclusive) of a column, exactly: every double comes back bit for bit (NaN as
 * NaN).
 *
 * Doubles that have a common number of decimals (prices, counts) are packed as integers: about 1 byte a price
 * with two decimals, where the XOR encoding of Gorilla (https://www.vldb.org/pvldb/vol8/p1816-teller.pdf)
 * takes 7. Others are XORed with their predecessor and deflated byte plane by byte plane, which takes 6.4
 * bytes for full precision, and Gorilla 6.7.
 */
export function encodeColumn(column: Column, from = 0, to = column.values.length): Uint8Array<ArrayBuffer> {
  const part = sliceColumn(column, from, to);
  const rows = to - from;
  const { type, values } = part;
  if (type === "string" || type === "mixed") {
    const text = JSON.stringify(type === "string" ? values : values.map(toStored));
    return deflated(TYPES[type], rows, new TextEncoder().encode(text));
  }
  if (type === "boolean") return deflated(TYPES.boolean, rows, values);
  if (values instanceof BigInt64Array) return encodeLong(TYPES.int64, values);
  if (values instanceof BigUint64Array) return encodeLong(TYPES.uint64, values);
  return encodeDoubles(part as Column & { values: Float64Array });
}

/**
 * The column, called `name`, that encodeColumn encoded. Throws RangeError if the bytes are not such a chunk.
 */
export function decodeColumn(name: string, bytes: Uint8Array): Column {
  const chunk = openChunk(bytes);
  const { type, body } = chunk;
  switch (type) {
    case TYPES.float:
      return { name, type: "float", values: decodeDoubles(chunk) };
    case TYPES.integer:
      return { name, type: "integer", values: decodeDoubles(chunk) };
    case TYPES.int64:
      return { name, type: "integer", values: new BigInt64Array(decodeLong(chunk)) };
    case TYPES.uint64:
      return { name, type: "integer", values: new BigUint64Array(decodeLong(chunk)) };
    case TYPES.boolean:
      return { name, type: "boolean", values: new Uint8Array(inflateRawSync(body)) };
    case TYPES.string:
      return { name, type: "string", values: JSON.parse(inflateText(body)) };
    case TYPES.mixed:
      return { name, type: "mixed", values: JSON.parse(inflateText(body)).map(fromStored) };
    default:
      throw new RangeError("the chunk holds stamps, not a column");
  }
}

function encodeDoubles(column: Column & { values: Float64Array }): Uint8Array<ArrayBuffer> {
  const { values } = column;
  const type = column.type === "integer" ? TYPES.integer : TYPES.float;
  const nulls = hasNulls(column);
  const dense = nulls ? values.filter((value) => !Number.isNaN(value)) : values;
  const scaled = toDecimals(dense);
  if (!scaled) return type === TYPES.integer ? encodeLong(type, values) : planes(type, values);
  const packed = packIntegers(scaled.integers);
  if (!nulls) return makeChunk(type, ENCODINGS.packed, values.length, packed, scaled.decimals);
  const bitmap = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, row) => bitmap[row >> 3]! |= (Number.isNaN(value) ? 0 : 1) << (row & 7));
  const body = new Uint8Array(bitmap.length + packed.length);
  body.set(bitmap);
  body.set(packed, bitmap.length);
  return makeChunk(type, ENCODINGS.packed, values.length, body, scaled.decimals, HAS_BITMAP);
}

/** Whole numbers of which some are too large to be packed as they are. */
function encodeLong(
  type: ChunkType,
  values: Float64Array | BigInt64Array | BigUint64Array,
): Uint8Array<ArrayBuffer> {
  return encodeOffsets(type, values) ?? planes(type, values);
}

/** The memory of such numbers. */
function decodeLong(chunk: Chunk): ArrayBuffer {
  const { encoding, body, rows } = chunk;
  return encoding === ENCODINGS.offsets ? decodeOffsets(chunk) : joinPlanes(body, rows).buffer;
}

function decodeDoubles(chunk: Chunk): Float64Array<ArrayBuffer> {
  const { encoding, decimals, rows, present, body } = chunk;
  if (encoding !== ENCODINGS.packed) return new Float64Array(decodeLong(chunk));
  const count = present ? present.reduce((sum, bit) => sum + bit, 0) : rows;
  const integers = unpackIntegers(body, count);
  const power = POWERS[decimals]!;
  if (decimals > 0) { for (let at = 0; at < count; at++) integers[at] = integers[at]! / power; }
  if (!present) return integers;
  let at = 0;
  return Float64Array.from(present, (bit) => bit ? integers[at++]! : NaN);
}

/**
 * The integers that are the values times 10^decimals, for the fewest decimals that give each value back
 * exactly.
 */
function toDecimals(values: Float64Array): { integers: Float64Array; decimals: number } | null {
  const integers = new Float64Array(values.length);
  let decimals = 0, changedAt = 0;
  for (let row = 0; row < values.length; row++) {
    while (!scale(values, integers, row, decimals)) {
      if (++decimals > MAX_DECIMALS) return null;
      changedAt = row;
    }
  }
  // Rows before the last change of decimals were scaled with fewer.
  for (let row = 0; row < changedAt; row++) if (!scale(values, integers, row, decimals)) return null;
  return { integers, decimals };
}

function scale(values: Float64Array, integers: Float64Array, row: number, decimals: number): boolean {
  const value = values[row]!, power = POWERS[decimals]!;
  const integer = Math.round(value * power);
  integers[row] = integer;
  return integer / power === value && Math.abs(integer) < PACK_LIMIT && !Object.is(value, -0);
}

function inflateText(body: Uint8Array): string {
  return new TextDecoder().decode(inflateRawSync(body));
}

/** A cell as JSON; integers, infinities and -0, for which JSON has no number, stand as text in an array. */
export type StoredCell = null | boolean | string | number | readonly [string];

/** A cell of a mixed column as JSON has it, exactly. */
export function toStored(cell: Cell): StoredCell {
  if (typeof cell === "bigint") return [`${cell}`];
  if (typeof cell !== "number" || (Number.isFinite(cell) && !Object.is(cell, -0))) return cell;
  return [Object.is(cell, -0) ? "-0.0" : `${cell}`];
}

/** What `toStored` wrote. */
export function fromStored(stored: StoredCell): Cell {
  if (stored === null || typeof stored !== "object") return stored;
  return /^-?\d+$/.test(stored[0]) ? BigInt(stored[0]) : Number(stored[0]);
}
