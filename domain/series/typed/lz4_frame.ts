/** LZ4 frames, in which Arrow compresses: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md */

const MAGIC = 0x184d2204;
const LINKS = { version: 6, blockChecksum: 1 << 4, size: 1 << 3, checksum: 1 << 2, dictionary: 1 };

/** The frame's content, which must have `length` bytes. Throws RangeError for what is no such frame. Checksums are not looked at. */
export function readLz4Frame(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint8(4);
  if (view.getUint32(0, true) !== MAGIC || flags >> LINKS.version !== 1) {
    throw new RangeError("not an LZ4 frame");
  }
  let at = 7 + (flags & LINKS.size ? 8 : 0) + (flags & LINKS.dictionary ? 4 : 0);
  const output = new Uint8Array(length);
  let filled = 0;
  while (true) {
    const head = view.getUint32(at, true), size = head & 0x7fffffff;
    at += 4;
    if (size === 0) break;
    if (at + size > bytes.length) throw new RangeError("an LZ4 block is cut off");
    const block = bytes.subarray(at, at + size);
    if (head >>> 31 === 0) filled = readBlock(block, output, filled);
    else {
      output.set(block, filled);
      filled += size;
    }
    at += size + (flags & LINKS.blockChecksum ? 4 : 0);
  }
  if (filled !== length) throw new RangeError(`an LZ4 frame has ${filled} bytes, not ${length}`);
  return output;
}

/** A block alone, which must have `length` bytes. Throws RangeError for what is no such block. */
export function readLz4Block(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(length);
  if (readBlock(bytes, output, 0) !== length) throw new RangeError("an LZ4 block has another length");
  return output;
}

/** Blocks may repeat what came in blocks before them. Answers where the next one begins. */
function readBlock(block: Uint8Array, output: Uint8Array, start: number): number {
  let at = 0, to = start;
  const lengthFrom = (nibble: number) => {
    let length = nibble;
    if (nibble === 15) { for (let more = 255; more === 255; length += more) more = byteAt(block, at++); }
    return length;
  };
  while (true) {
    const token = byteAt(block, at++), literals = lengthFrom(token >> 4);
    if (at + literals > block.length) throw new RangeError("LZ4 literals are cut off");
    output.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at === block.length) return to;
    const offset = byteAt(block, at) | byteAt(block, at + 1) << 8;
    at += 2;
    const length = lengthFrom(token & 15) + 4;
    if (offset === 0 || offset > to || to + length > output.length) {
      throw new RangeError("an LZ4 match lies outside");
    }
    if (offset >= length) output.copyWithin(to, to - offset, to - offset + length);
    else for (let i = 0; i < length; i++) output[to + i] = output[to + i - offset]!;
    to += length;
  }
}

function byteAt(block: Uint8Array, at: number): number {
  const byte = block[at];
  if (byte === undefined) throw new RangeError("an LZ4 block is cut off");
  return byte;
}
