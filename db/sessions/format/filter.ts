/** Bloom filters (Burton Bloom, 1970): which keys a run certainly does not have, without reading it. */

/**
 * Bits a key; with `PROBES` bits set for each, one key in 1,400 seems to be there and is not. Each that does costs reading a
 * chunk while a segment of new sessions becomes a run.
 */
const BITS = 16, PROBES = 7;

/** A set of keys that may answer true for one that it lacks, never false for one that it has. */
export class KeyFilter {
  readonly #bits: Uint8Array;

  constructor(bits: Uint8Array) {
    this.#bits = bits;
  }

  static for(keys: number): KeyFilter {
    return new KeyFilter(new Uint8Array(Math.max(8, Math.ceil(keys * BITS / 8))));
  }

  get bytes(): Uint8Array {
    return this.#bits;
  }

  add(key: number): void {
    const bits = this.#bits, size = bits.length * 8, step = stepOf(key);
    let place = placeOf(key);
    for (let i = 0; i < PROBES; i++, place = (place + step) >>> 0) {
      const bit = place % size;
      bits[bit >>> 3]! |= 1 << (bit & 7);
    }
  }

  has(key: number): boolean {
    const bits = this.#bits, size = bits.length * 8, step = stepOf(key);
    let place = placeOf(key);
    for (let i = 0; i < PROBES; i++, place = (place + step) >>> 0) {
      const bit = place % size;
      if ((bits[bit >>> 3]! & 1 << (bit & 7)) === 0) return false;
    }
    return true;
  }
}

// Both halves of a key are hashes already: one says where to begin, the other how far apart the probes are.
const placeOf = (key: number) => Math.imul(key >>> 0, 0x9E3779B1) >>> 0;
const stepOf = (key: number) => (Math.imul((key / 2 ** 23) >>> 0, 0x85EBCA77) >>> 0) | 1;
