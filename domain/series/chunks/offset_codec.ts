/** Whole numbers that are too large to be packed as they are, but lie close together: times since 1970, ids that count. */
import { halvesOf } from "../frame/stamps.ts";
import { type Chunk, type ChunkType, ENCODINGS, makeChunk, TYPES } from "./chunk_layout.ts";
import { PACK_LIMIT, packIntegers, unpackIntegers } from "./packed_integers.ts";

const BASE_BYTES = 8;

/** The first number in 64 bits, then what each is more than that, packed. Undefined: they lie too far apart. */
export function encodeOffsets(
  type: ChunkType,
  values: Float64Array | BigInt64Array | BigUint64Array,
): Uint8Array<ArrayBuffer> | undefined {
  if (values.length === 0) return undefined;
  const base = BigInt(values[0]!), offsets = new Float64Array(values.length);
  for (let row = 0; row < offsets.length; row++) {
    const offset = Number(BigInt(values[row]!) - base);
    if (Math.abs(offset) >= PACK_LIMIT) return undefined;
    offsets[row] = offset;
  }
  const packed = packIntegers(offsets), body = new Uint8Array(BASE_BYTES + packed.length);
  new DataView(body.buffer).setBigInt64(0, base, true);
  body.set(packed, BASE_BYTES);
  return makeChunk(type, ENCODINGS.offsets, offsets.length, body);
}

/** The numbers that encodeOffsets encoded: doubles for integers, else 64 bits each. */
export function decodeOffsets({ type, body, rows }: Chunk): ArrayBuffer {
  const offsets = unpackIntegers(body, rows, BASE_BYTES);
  const view = new DataView(body.buffer, body.byteOffset);
  if (type !== TYPES.integer) return addBase(offsets, view.getUint32(0, true), view.getInt32(4, true));
  const base = Number(view.getBigInt64(0, true));
  return offsets.map((offset) => base + offset).buffer;
}

/** Adds in halves, which are exact in doubles: BigInt arithmetic would cost ten times as much. */
function addBase(offsets: Float64Array, low: number, high: number): ArrayBuffer {
  const sums = new BigInt64Array(offsets.length), halves = halvesOf(sums);
  for (let row = 0; row < offsets.length; row++) {
    const sum = low + offsets[row]!, carry = Math.floor(sum / 2 ** 32);
    halves[row * 2] = sum - carry * 2 ** 32;
    halves[row * 2 + 1] = high + carry;
  }
  return sums.buffer;
}
