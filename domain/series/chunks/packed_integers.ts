import { BitReader, BitWriter } from "./bits.ts";

/**
 * Whole numbers below this can be packed: the spread of their second differences, eight times that, is exact.
 */
export const PACK_LIMIT = 2 ** 50;

/** How many differences share a width. */
const BLOCK = 64;

/**
 * Packs whole numbers (all below PACK_LIMIT in size) by their differences, as Parquet's DELTA_BINARY_PACKED
 * does, but of the order (0: the numbers, 1, 2) that takes the fewest bits: regular stamps take almost none
 * by their second differences, prices are smallest by their first, noise is as it is.
 */
export function packIntegers(values: Float64Array): Uint8Array<ArrayBuffer> {
  let order = 0, best = values, bestBits = bitsOf(values);
  for (let next = best, degree = 1; degree <= 2 && values.length > degree; degree++) {
    next = differences(next, degree);
    const bits = bitsOf(next, degree);
    if (bits < bestBits) [order, best, bestBits] = [degree, next, bits];
  }
  const writer = new BitWriter();
  writer.write(order, 8);
  for (let at = 0; at < order; at++) writer.writeSigned(best[at]!);
  for (let from = order; from < best.length; from += BLOCK) {
    writeBlock(writer, best, from, Math.min(from + BLOCK, best.length));
  }
  return writer.finish();
}

/** The `count` whole numbers that packIntegers packed into the bytes from `start`. */
export function unpackIntegers(bytes: Uint8Array, count: number, start = 0): Float64Array<ArrayBuffer> {
  const reader = new BitReader(bytes, start);
  const values = new Float64Array(count);
  const order = reader.read(8);
  for (let at = 0; at < order; at++) values[at] = reader.readSigned();
  for (let from = order; from < count; from += BLOCK) {
    const least = reader.readSigned(), width = reader.read(8);
    reader.readAll(values, from, Math.min(from + BLOCK, count), width, least);
  }
  for (let degree = order; degree > 0; degree--) {
    let sum = values[degree - 1]!;
    for (let at = degree; at < count; at++) values[at] = sum += values[at]!;
  }
  return values;
}

/** Differences from `degree` on; those before are kept, since they start the sums. */
function differences(values: Float64Array, degree: number): Float64Array {
  const result = values.slice();
  for (let at = values.length - 1; at >= degree; at--) result[at] = values[at]! - values[at - 1]!;
  return result;
}

function writeBlock(writer: BitWriter, values: Float64Array, from: number, to: number): void {
  const { least, width } = rangeOf(values, from, to);
  writer.writeSigned(least);
  writer.write(width, 8);
  writer.writeAll(values, from, to, width, least);
}

/** The least of the values from `from` to `to` (exclusive), and how many bits the others need above it. */
function rangeOf(values: Float64Array, from: number, to: number): { least: number; width: number } {
  let least = Infinity, most = -Infinity;
  for (let at = from; at < to; at++) {
    const value = values[at]!;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const range = most - least;
  const width = range < 2 ** 31 ? 32 - Math.clz32(range) : 64 - Math.clz32(Math.floor(range / 2 ** 32));
  return { least, width };
}

/** About how many bits the blocks take, without their heads. */
function bitsOf(values: Float64Array, from = 0): number {
  let bits = 0;
  for (let at = from; at < values.length; at += BLOCK) {
    const end = Math.min(at + BLOCK, values.length);
    bits += rangeOf(values, at, end).width * (end - at);
  }
  return bits;
}
