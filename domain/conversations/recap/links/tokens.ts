/** What stands between two spaces of a text, each different one looked at once. */

/** White space as in the regular expression `\s`. */
function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || code >= 0x09 && code <= 0x0d;
  if (code < 0xa0) return false;
  return code === 0xa0 || code === 0x1680 || code >= 0x2000 && code <= 0x200a || code === 0x2028 ||
    code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000 || code === 0xfeff;
}

/** Seed and factor of FNV-1a. */
const seed = 0x811c9dc5;
const factor = 0x01000193;

function isAt(raw: string, text: string, start: number): boolean {
  for (let index = 0; index < raw.length; index++) {
    if (raw.charCodeAt(index) !== text.charCodeAt(start + index)) return false;
  }
  return true;
}

/**
 * What was made of each different token. A `Map` would need a string for each token of a text, and its hash: that took half
 * of the time in which the lines of a channel were read.
 */
export class Tokens<Value> {
  readonly #make: (raw: string) => Value;
  readonly #capacity: number;
  /** Places in `#raw`, -1 for none; a power of two of them, at least half of them free. */
  #slots: Int32Array;
  #raw: string[] = [];
  #values: Value[] = [];

  /** `make` is asked once for each different token; beyond `capacity` of them all are forgotten. */
  constructor(make: (raw: string) => Value, capacity: number) {
    this.#make = make;
    this.#capacity = capacity;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity))).fill(-1);
  }

  /** What was made of each token of a text, in order. */
  read(text: string): Value[] {
    const values: Value[] = [];
    let place = 0;
    while (true) {
      while (place < text.length && isSpace(text.charCodeAt(place))) place++;
      if (place === text.length) return values;
      const start = place;
      let hash = seed;
      for (; place < text.length; place++) {
        const code = text.charCodeAt(place);
        if (isSpace(code)) break;
        hash = Math.imul(hash ^ code, factor);
      }
      // Looked up first: beyond the capacity it begins a new list of values.
      const found = this.#find(text, start, place, hash);
      values.push(this.#values[found]!);
    }
  }

  #find(text: string, start: number, end: number, hash: number): number {
    const last = this.#slots.length - 1;
    let slot = (hash ^ hash >>> 15) & last;
    for (let place = this.#slots[slot]!; place >= 0; place = this.#slots[slot]!) {
      const raw = this.#raw[place]!;
      if (raw.length === end - start && isAt(raw, text, start)) return place;
      slot = slot + 1 & last;
    }
    if (this.#raw.length >= this.#capacity) {
      this.#slots.fill(-1);
      [this.#raw, this.#values] = [[], []];
      return this.#find(text, start, end, hash);
    }
    const raw = text.slice(start, end);
    this.#slots[slot] = this.#raw.length;
    this.#values.push(this.#make(raw));
    return this.#raw.push(raw) - 1;
  }
}
