/** How many bits are moved at once, so that they and a rest of a byte fit 32. */
const STEP = 24;
const STEP_LIMIT = 2 ** STEP;

/** Writes unsigned whole numbers with as many bits as asked, low bits first, into bytes that grow. */
export class BitWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;
  #pending = 0;
  #pendingBits = 0;

  /** Writes the low `width` (0 to 53) bits of a whole number below 2^width. */
  write(value: number, width: number): void {
    while (width > STEP) {
      const high = Math.floor(value / STEP_LIMIT);
      this.#put(value - high * STEP_LIMIT, STEP);
      value = high;
      width -= STEP;
    }
    this.#put(value, width);
  }

  /** Writes `values[from]` until `values[to]`, each less `least`, with `width` (0 to 53) bits each. */
  writeAll(values: Float64Array, from: number, to: number, width: number, least: number): void {
    if (width > STEP) {
      for (let row = from; row < to; row++) this.write(values[row]! - least, width);
      return;
    }
    while (this.#length + ((to - from) * width >>> 3) + 8 > this.#bytes.length) this.#grow();
    // The same as #put in the open: the innermost loop of all packing.
    const bytes = this.#bytes;
    let length = this.#length, pending = this.#pending, bits = this.#pendingBits;
    for (let row = from; row < to; row++) {
      pending |= (values[row]! - least) << bits;
      bits += width;
      for (; bits >= 8; bits -= 8) {
        bytes[length++] = pending;
        pending >>>= 8;
      }
    }
    this.#length = length;
    this.#pending = pending;
    this.#pendingBits = bits;
  }

  /**
   * Writes a whole number of at most 2^53 in size, of either sign, in groups of seven bits (zigzag varint).
   */
  writeSigned(value: number): void {
    let rest = value < 0 ? -value * 2 - 1 : value * 2;
    while (rest >= 128) {
      this.#put((rest % 128) + 128, 8);
      rest = Math.floor(rest / 128);
    }
    this.#put(rest, 8);
  }

  /** What was written, padded with zero bits to whole bytes. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#pendingBits > 0) this.#put(0, 8 - this.#pendingBits);
    return this.#bytes.slice(0, this.#length);
  }

  #put(value: number, width: number): void {
    this.#pending |= value << this.#pendingBits;
    this.#pendingBits += width;
    if (this.#length + 4 > this.#bytes.length) this.#grow();
    while (this.#pendingBits >= 8) {
      this.#bytes[this.#length++] = this.#pending;
      this.#pending >>>= 8;
      this.#pendingBits -= 8;
    }
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads what BitWriter wrote. Beyond the end there are zero bits. */
export class BitReader {
  readonly #view: DataView;
  /** In bits. */
  #position: number;

  constructor(readonly bytes: Uint8Array, start = 0) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = start * 8;
  }

  /** The next `width` (0 to 53) bits. */
  read(width: number): number {
    if (width <= STEP) return this.#take(width);
    const low = this.#take(STEP);
    if (width <= 2 * STEP) return low + this.#take(width - STEP) * STEP_LIMIT;
    const middle = this.#take(STEP);
    return low + (middle + this.#take(width - 2 * STEP) * STEP_LIMIT) * STEP_LIMIT;
  }

  /** The next numbers of `width` (0 to 53) bits each, with `least` added, into values[from] until values[to]. */
  readAll(values: Float64Array, from: number, to: number, width: number, least: number): void {
    let position = this.#position;
    const view = this.#view, end = position + (to - from) * width;
    if (width > STEP || (end >>> 3) + 4 > view.byteLength) {
      for (let row = from; row < to; row++) values[row] = least + this.read(width);
      return;
    }
    // The same as #take, where four bytes can be read at once: the innermost loop of all reading.
    const mask = (1 << width) - 1;
    for (let row = from; row < to; row++) {
      values[row] = least + ((view.getUint32(position >>> 3, true) >>> (position & 7)) & mask);
      position += width;
    }
    this.#position = position;
  }

  /** The next number that writeSigned wrote. */
  readSigned(): number {
    let value = 0, scale = 1;
    for (;;) {
      const group = this.#take(8);
      value += (group & 127) * scale;
      if (group < 128) break;
      scale *= 128;
    }
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  #take(width: number): number {
    const { bytes } = this, at = this.#position >>> 3;
    const word = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
    const value = (word >>> (this.#position & 7)) & ((1 << width) - 1);
    this.#position += width;
    return value;
  }
}
