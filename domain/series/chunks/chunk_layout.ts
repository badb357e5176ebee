import { deflateRawSync, inflateRawSync } from "node:zlib";

/**
 * Chunks: some rows of one column, or their stamps, as bytes to store. A head of 8 bytes (type, encoding,
 * decimals, flags, rows as 32 bits little-endian), then, if flagged, a bitmap of the rows that are not null,
 * then the cells.
 */
const HEAD_BYTES = 8;

/** What the cells are; the numbers are in stored data and must not change. */
export const TYPES = {
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
export const ENCODINGS = { raw: 0, packed: 1, planes: 2, deflated: 3, offsets: 4 } as const;

/** A flag: a bitmap of the rows that are not null comes before the cells. */
export const HAS_BITMAP = 1;
export const MAX_DECIMALS = 15;
/** One of TYPES. */
export type ChunkType = typeof TYPES[keyof typeof TYPES];
/** One of ENCODINGS. */
export type Encoding = typeof ENCODINGS[keyof typeof ENCODINGS];

/** A chunk that was opened. */
export interface Chunk {
  type: ChunkType;
  encoding: Encoding;
  decimals: number;
  rows: number;
  /** One entry a row: whether it is not null. */
  present: Uint8Array | null;
  body: Uint8Array;
}

/** XORs each 64-bit value with the one before, then deflates all first bytes, all second bytes, and so on. */
export function planes(
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

/** The 64-bit values that `planes` split. */
export function joinPlanes(body: Uint8Array, rows: number): Uint8Array<ArrayBuffer> {
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

/** A chunk whose cells are deflated as they are. */
export function deflated(type: ChunkType, rows: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return makeChunk(type, ENCODINGS.deflated, rows, deflateRawSync(bytes));
}

/** A chunk: its head, then the body. */
export function makeChunk(
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

/** What makeChunk made. Throws RangeError if the bytes are not such a chunk. */
export function openChunk(bytes: Uint8Array): Chunk {
  if (bytes.length < HEAD_BYTES) throw new RangeError("the chunk is too short");
  const [type, encoding, decimals, flags] = bytes as unknown as [ChunkType, Encoding, number, number];
  if (type > TYPES.stamps || encoding > ENCODINGS.offsets || decimals > MAX_DECIMALS || flags > HAS_BITMAP) {
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
