import { deflateRawSync, inflateRawSync } from "node:zlib";
import { type Cell, type Column, hasNulls, sliceColumn } from "./column.ts";
import { PACK_LIMIT, packIntegers, unpackIntegers } from "./packed_integers.ts";

/**
 * Chunks: some rows of one column, or their stamps, as bytes to store. A head of 8 bytes (type, encoding,
 * decimals, flags, rows as 32 bits little-endian), then, if flagged, a bitmap of the rows that are not null,
 * then the cells.
 */
const HEAD_BYTES = 8;

/** What the cells are; the numbers are in stored data and must not change. */
const TYPES = {
  float: 0,
  integer: 1,
  int64: 2,
  uint64: 3,
  boolean: 4,
  string: 5,
  mixed: 6,
  stamps: 7,
} as const;

/** How they are written; the numbers are in stored data and must not change. */
const ENCODINGS = { raw: 0, packed: 1, planes: 2, deflated: 3 } as const;

const HAS_BITMAP = 1;
const MAX_DECIMALS = 15;
const POWERS = Array.from({ length: MAX_DECIMALS + 1 }, (_, decimals) => Number(`1e${decimals}`));

/** Nanoseconds in what stamps may be multiples of, largest first. */
const STAMP_UNITS = [1_000_000_000n, 1_000_000n, 1_000n, 1n];

/** Nanoseconds from one stamp to the next that add up exactly. */
const MAX_STEP = 2 ** 52;

type ChunkType = typeof TYPES[keyof typeof TYPES];
type Encoding = typeof ENCODINGS[keyof typeof ENCODINGS];

interface Chunk {
  type: ChunkType;
  encoding: Encoding;
  decimals: number;
  rows: number;
  /** One entry a row: whether it is not null. */
  present: Uint8Array | null;
  body: Uint8Array;
}

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
  if (values instanceof BigInt64Array) return planes(TYPES.int64, values);
  if (values instanceof BigUint64Array) return planes(TYPES.uint64, values);
  return encodeDoubles(part as Column & { values: Float64Array });
}

/**
 * The column, called `name`, that encodeColumn encoded. Throws RangeError if the bytes are not such a chunk.
 */
export function decodeColumn(name: string, bytes: Uint8Array): Column {
  const chunk = openChunk(bytes);
  const { type, rows, body } = chunk;
  switch (type) {
    case TYPES.float:
      return { name, type: "float", values: decodeDoubles(chunk) };
    case TYPES.integer:
      return { name, type: "integer", values: decodeDoubles(chunk) };
    case TYPES.int64:
      return { name, type: "integer", values: new BigInt64Array(joinPlanes(body, rows).buffer) };
    case TYPES.uint64:
      return { name, type: "integer", values: new BigUint64Array(joinPlanes(body, rows).buffer) };
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

/**
 * Encodes rows `from` to `to` (exclusive) of ascending stamps, exactly. Regular ones take almost no space.
 */
export function encodeStamps(stamps: BigInt64Array, from = 0, to = stamps.length): Uint8Array<ArrayBuffer> {
  const part = stamps.slice(from, to);
  const { counts, unit } = (part.at(-1) ?? 0n) - (part[0] ?? 0n) <= BigInt(Number.MAX_SAFE_INTEGER)
    ? countShort(part)
    : countLong(part);
  if (counts.at(-1)! >= PACK_LIMIT) return planes(TYPES.stamps, part);
  const packed = packIntegers(counts);
  const body = new Uint8Array(8 + packed.length);
  new DataView(body.buffer).setBigInt64(0, part[0] ?? 0n, true);
  body.set(packed, 8);
  return makeChunk(TYPES.stamps, ENCODINGS.packed, part.length, body, unit);
}

/** How many units each stamp is after the first, in the largest of STAMP_UNITS that counts them all. */
interface StampCounts {
  readonly counts: Float64Array;
  /** Number of the unit. */
  readonly unit: number;
}

/** Where nanoseconds after the first are exact in doubles, which are many times faster than BigInt. */
function countShort(stamps: BigInt64Array): StampCounts {
  const halves = new Int32Array(stamps.buffer, stamps.byteOffset, stamps.length * 2);
  const low = halves[0]! >>> 0, high = halves[1]!;
  const offsets = new Float64Array(stamps.length);
  for (let row = 0; row < offsets.length; row++) {
    offsets[row] = (halves[row * 2 + 1]! - high) * 2 ** 32 + ((halves[row * 2]! >>> 0) - low);
  }
  const unit = STAMP_UNITS.findIndex((unit) => areMultiples(offsets, Number(unit)));
  const size = Number(STAMP_UNITS[unit]);
  return { counts: offsets.map((ns) => ns / size), unit };
}

function areMultiples(values: Float64Array, unit: number): boolean {
  for (let row = 0; row < values.length; row++) {
    if (Math.floor(values[row]! / unit) * unit !== values[row]) return false;
  }
  return true;
}

function countLong(stamps: BigInt64Array): StampCounts {
  const first = stamps[0]!;
  const unit = STAMP_UNITS.findIndex((unit) => stamps.every((ns) => (ns - first) % unit === 0n));
  return { counts: Float64Array.from(stamps, (ns) => Number((ns - first) / STAMP_UNITS[unit]!)), unit };
}

/** The stamps that encodeStamps encoded. Throws RangeError if the bytes are not such a chunk. */
export function decodeStamps(bytes: Uint8Array): BigInt64Array<ArrayBuffer> {
  const { type, encoding, decimals, rows, body } = openChunk(bytes);
  if (type !== TYPES.stamps) throw new RangeError("the chunk holds a column, not stamps");
  if (encoding === ENCODINGS.planes) return new BigInt64Array(joinPlanes(body, rows).buffer);
  const first = new DataView(body.buffer, body.byteOffset).getBigInt64(0, true);
  return sumStamps(first, unpackIntegers(body, rows, 8), STAMP_UNITS[decimals]!);
}

/** The stamps that are so many units after the first. */
function sumStamps(first: bigint, offsets: Float64Array, unit: bigint): BigInt64Array<ArrayBuffer> {
  const stamps = new BigInt64Array(offsets.length);
  const halves = new Int32Array(stamps.buffer), unitNs = Number(unit);
  let low = 0, high = 0, before = -Infinity;
  for (let row = 0; row < offsets.length; row++) {
    const offset = offsets[row]!, step = (offset - before) * unitNs;
    before = offset;
    if (step <= MAX_STEP) {
      // Exact in doubles, where BigInt arithmetic would cost ten times as much.
      const sum = low + step, carry = Math.floor(sum / 2 ** 32);
      low = sum - carry * 2 ** 32;
      high += carry;
      halves[row * 2] = low;
      halves[row * 2 + 1] = high;
    } else {
      stamps[row] = first + BigInt(offset) * unit;
      low = halves[row * 2]! >>> 0;
      high = halves[row * 2 + 1]!;
    }
  }
  return stamps;
}

function encodeDoubles(column: Column & { values: Float64Array }): Uint8Array<ArrayBuffer> {
  const { values } = column;
  const type = column.type === "integer" ? TYPES.integer : TYPES.float;
  const nulls = hasNulls(column);
  const dense = nulls ? values.filter((value) => !Number.isNaN(value)) : values;
  const scaled = toDecimals(dense);
  if (!scaled) return planes(type, values);
  const packed = packIntegers(scaled.integers);
  if (!nulls) return makeChunk(type, ENCODINGS.packed, values.length, packed, scaled.decimals);
  const bitmap = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, row) => bitmap[row >> 3]! |= (Number.isNaN(value) ? 0 : 1) << (row & 7));
  const body = new Uint8Array(bitmap.length + packed.length);
  body.set(bitmap);
  body.set(packed, bitmap.length);
  return makeChunk(type, ENCODINGS.packed, values.length, body, scaled.decimals, HAS_BITMAP);
}

function decodeDoubles({ encoding, decimals, rows, present, body }: Chunk): Float64Array<ArrayBuffer> {
  if (encoding === ENCODINGS.planes) return new Float64Array(joinPlanes(body, rows).buffer);
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

/** XORs each 64-bit value with the one before, then deflates all first bytes, all second bytes, and so on. */
function planes(
  type: ChunkType,
  values: Float64Array | BigInt64Array | BigUint64Array,
): Uint8Array<ArrayBuffer> {
  const rows = values.length;
  const source = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const split = new Uint8Array(source.length);
  for (let plane = 0; plane < 8; plane++) {
    let before = 0;
    for (let row = 0; row < rows; row++) {
      const here = source[row * 8 + plane]!;
      split[plane * rows + row] = here ^ before;
      before = here;
    }
  }
  return makeChunk(type, ENCODINGS.planes, rows, deflateRawSync(split, { level: 1 }));
}

function joinPlanes(body: Uint8Array, rows: number): Uint8Array<ArrayBuffer> {
  const split = inflateRawSync(body);
  const joined = new Uint8Array(rows * 8);
  for (let plane = 0; plane < 8; plane++) {
    let before = 0;
    for (let row = 0; row < rows; row++) {
      before ^= split[plane * rows + row]!;
      joined[row * 8 + plane] = before;
    }
  }
  return joined;
}

function deflated(type: ChunkType, rows: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return makeChunk(type, ENCODINGS.deflated, rows, deflateRawSync(bytes));
}

function inflateText(body: Uint8Array): string {
  return new TextDecoder().decode(inflateRawSync(body));
}

function makeChunk(
  type: ChunkType,
  encoding: Encoding,
  rows: number,
  body: Uint8Array,
  decimals = 0,
  flags = 0,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEAD_BYTES + body.length);
  bytes.set([type, encoding, decimals, flags]);
  new DataView(bytes.buffer).setUint32(4, rows, true);
  bytes.set(body, HEAD_BYTES);
  return bytes;
}

function openChunk(bytes: Uint8Array): Chunk {
  if (bytes.length < HEAD_BYTES) throw new RangeError("the chunk is too short");
  const [type, encoding, decimals, flags] = bytes as unknown as [ChunkType, Encoding, number, number];
  if (type > TYPES.stamps || encoding > ENCODINGS.deflated || decimals > MAX_DECIMALS || flags > HAS_BITMAP) {
    throw new RangeError("the chunk has a head that is not known");
  }
  const rows = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  let body = bytes.subarray(HEAD_BYTES);
  let present: Uint8Array | null = null;
  if (flags & HAS_BITMAP) {
    const bitmap = body.subarray(0, Math.ceil(rows / 8));
    present = Uint8Array.from({ length: rows }, (_, row) => bitmap[row >> 3]! >> (row & 7) & 1);
    body = body.subarray(bitmap.length);
  }
  return { type, encoding, decimals, rows, present, body };
}

/** JSON has neither bigint nor infinities nor -0: these go as an array of one text. */
function toStored(cell: Cell): unknown {
  if (typeof cell === "bigint") return [`${cell}`];
  const plain = typeof cell !== "number" || (Number.isFinite(cell) && !Object.is(cell, -0));
  return plain ? cell : [Object.is(cell, -0) ? "-0.0" : `${cell}`];
}

function fromStored(stored: null | boolean | string | number | [string]): Cell {
  if (!Array.isArray(stored)) return stored;
  return /^-?\d+$/.test(stored[0]) ? BigInt(stored[0]) : Number(stored[0]);
}
