/** Bloom filters (Burton Bloom, 1970): which keys a run certainly does not have, without reading it. */

/** Bits a key; with `PROBES` bits set for each, one key in a hundred seems to be there and is not. */
const BITS = 10, PROBES = 7;

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
    this.#probe(key, (at, bit) => {
      this.#bits[at]! |= bit;
      return true;
    });
  }

  has(key: number): boolean {
    return this.#probe(key, (at, bit) => (this.#bits[at]! & bit) !== 0);
  }

  /** Both halves of the key are hashes already; steps of one from the other reach the places. */
  #probe(key: number, visit: (at: number, bit: number) => boolean): boolean {
    const size = this.#bits.length * 8;
    let place = Math.imul(key >>> 0, 0x9E3779B1) >>> 0;
    const step = (Math.imul((key / 2 ** 23) >>> 0, 0x85EBCA77) >>> 0) | 1;
    for (let i = 0; i < PROBES; i++) {
      const bit = place % size;
      if (!visit(bit >>> 3, 1 << (bit & 7))) return false;
      place = (place + step) >>> 0;
    }
    return true;
  }
}
