/**
 * How many different users, within 0.81 % at 68 % probability: HyperLogLog (Flajolet and others, 2007) with the
 * estimator of Ertl (2017), which needs no tables and has no range where it is biased. Sketches of the same users add
 * nothing to each other, so those of runs, days and countries can be united.
 */

const INDEX_BITS = 14, REGISTERS = 1 << INDEX_BITS;
/** Bits of a hash of which leading zeros are counted. */
const RANK_BITS = 32;
/** Standard error of an estimate. */
export const SKETCH_ERROR = 1.04 / Math.sqrt(REGISTERS);
const SPARSE_ENTRY = 3;
/** Registers of a sketch that is packed sparse, so that it is smaller than all registers. */
const MOST_SPARSE = Math.floor((REGISTERS - 1) / SPARSE_ENTRY);
/** Registers in a map, whose entries take forty bytes: a merge holds a sketch for each day. */
const MOST_IN_MAP = 400;

/** A hash of the bytes from one to before another, the id of a user: the bits that sketches use. */
export function hashOfUser(bytes: Uint8Array, from: number, to: number): number {
  let high = 0xDEADBEEF, low = 0x41C6CE57;
  for (let i = from; i < to; i++) {
    high = Math.imul(high ^ bytes[i]!, 2654435761);
    low = Math.imul(low ^ bytes[i]!, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (high >>> (32 - INDEX_BITS)) * 2 ** RANK_BITS + (low >>> 0);
}

/** A set of users of which only the size is kept. */
export class Sketch {
  #sparse: Map<number, number> | undefined = new Map();
  #dense: Uint8Array | undefined;

  /** Adds a user, by the hash of the id. */
  add(hash: number): void {
    this.#raise(Math.floor(hash / 2 ** RANK_BITS), Math.clz32(hash) + 1);
  }

  /** Adds the users of a sketch that was packed. */
  unite(packed: Uint8Array): void {
    if (packed.length === REGISTERS) {
      this.#toDense();
      for (let i = 0; i < REGISTERS; i++) if (packed[i]! > this.#dense![i]!) this.#dense![i] = packed[i]!;
    } else {
      for (let at = 0; at < packed.length; at += SPARSE_ENTRY) {
        this.#raise(packed[at]! << 8 | packed[at + 1]!, packed[at + 2]!);
      }
    }
  }

  pack(): Uint8Array {
    const dense = this.#dense;
    if (dense === undefined) return packSparse(this.#sparse!, this.#sparse!.size);
    let count = 0;
    for (let i = 0; i < REGISTERS; i++) if (dense[i]! > 0) count++;
    return count > MOST_SPARSE ? dense : packSparse(usedOf(dense), count);
  }

  /** How many users there are, about. */
  estimate(): number {
    const counts = new Float64Array(RANK_BITS + 2);
    if (this.#dense !== undefined) { for (const rank of this.#dense) counts[rank]!++; }
    else {
      for (const rank of this.#sparse!.values()) counts[rank]!++;
      counts[0] = REGISTERS - this.#sparse!.size;
    }
    let z = REGISTERS * tau(1 - counts[RANK_BITS + 1]! / REGISTERS);
    for (let rank = RANK_BITS; rank >= 1; rank--) z = 0.5 * (z + counts[rank]!);
    z += REGISTERS * sigma(counts[0]! / REGISTERS);
    return REGISTERS / (2 * Math.LN2) * REGISTERS / z;
  }

  #raise(index: number, rank: number): void {
    if (this.#dense !== undefined) {
      if (rank > this.#dense[index]!) this.#dense[index] = rank;
    } else if (rank > (this.#sparse!.get(index) ?? 0)) {
      this.#sparse!.set(index, rank);
      if (this.#sparse!.size > MOST_IN_MAP) this.#toDense();
    }
  }

  #toDense(): void {
    if (this.#dense !== undefined) return;
    this.#dense = new Uint8Array(REGISTERS);
    for (const [index, rank] of this.#sparse!) this.#dense[index] = rank;
    this.#sparse = undefined;
  }
}

function packSparse(registers: Iterable<readonly [index: number, rank: number]>, count: number): Uint8Array {
  const packed = new Uint8Array(count * SPARSE_ENTRY);
  let at = 0;
  for (const [index, rank] of registers) {
    packed[at++] = index >> 8;
    packed[at++] = index & 0xFF;
    packed[at++] = rank;
  }
  return packed;
}

function* usedOf(dense: Uint8Array): Generator<readonly [index: number, rank: number]> {
  for (let i = 0; i < REGISTERS; i++) if (dense[i]! > 0) yield [i, dense[i]!];
}

/** What the empty registers tell (Ertl, algorithm 5). */
function sigma(x: number): number {
  if (x === 1) return Infinity;
  let y = 1, z = x, before;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (z !== before);
  return z;
}

/** What the full registers tell (Ertl, algorithm 6). */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let y = 1, z = 1 - x, before;
  do {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  } while (z !== before);
  return z / 3;
}

/** Packed sketches by day as one blob: day, bytes, and the sketch, one after the other. */
export function packSketches(packed: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const bytes = new Uint8Array(packed.values().reduce((sum, { length }) => sum + 8 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [day, sketch] of packed) {
    view.setUint32(at, day);
    view.setUint32(at + 4, sketch.length);
    bytes.set(sketch, at + 8);
    at += 8 + sketch.length;
  }
  return bytes;
}

/** Each sketch of such a blob, still packed, with its day. */
export function* unpackSketches(bytes: Uint8Array): Generator<readonly [day: number, sketch: Uint8Array]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at + 4);
    yield [view.getUint32(at), bytes.subarray(at + 8, at + 8 + length)];
    at += 8 + length;
  }
}
