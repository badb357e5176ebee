/** Stamps of a chunk as bytes to store. */
import { ENCODINGS, joinPlanes, makeChunk, openChunk, planes, TYPES } from "./chunk_layout.ts";
import { PACK_LIMIT, packIntegers, unpackIntegers } from "./packed_integers.ts";
import { halvesOf } from "../frame/stamps.ts";

/** Nanoseconds in what stamps may be multiples of, largest first. */
const STAMP_UNITS = [1_000_000_000n, 1_000_000n, 1_000n, 1n];

/** Nanoseconds from one stamp to the next that add up exactly. */
const MAX_STEP = 2 ** 52;

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
  const halves = halvesOf(stamps);
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
  const halves = halvesOf(stamps), unitNs = Number(unit);
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
