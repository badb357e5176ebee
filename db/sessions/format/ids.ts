/** Ids as bytes: the hexadecimal ones that most programs make take half of their text. Equal texts have equal bytes. */

const UTF8 = 0, HEX = 1, UUID = 2;
const DASH = 0x2D, LAST_ASCII = 0x7F;
const HEX_LENGTH = 32, UUID_LENGTH = 36, BINARY_BYTES = 16;
/** Most bytes that a text of 200 UTF-16 units takes. */
export const MAX_ID_BYTES = 1 + 3 * 200;

const encoder = new TextEncoder(), decoder = new TextDecoder();
/** Values of hexadecimal digits by character; -1: none. Capitals are none, because they would not come back. */
const DIGIT = new Int8Array(128).fill(-1);
for (let i = 0; i < 16; i++) DIGIT[i.toString(16).charCodeAt(0)] = i;
const PAIRS = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/** Where the ids of a session lie among bytes: from one place to before another. */
export interface IdPlaces {
  readonly userFrom: number;
  readonly userTo: number;
  readonly sessionFrom: number;
  readonly sessionTo: number;
}

const scratch = new Uint8Array(MAX_ID_BYTES);

/** Writes an id to `at` and answers where it ends. There must be room for `MAX_ID_BYTES`. */
export function packId(text: string, into: Uint8Array, at: number): number {
  const { length } = text;
  // Most ids are short and ASCII, which this loop copies faster than an encoder does.
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > LAST_ASCII) {
      into[at] = UTF8;
      return at + 1 + encoder.encodeInto(text, into.subarray(at + 1)).written;
    }
    scratch[i] = code;
  }
  return packAscii(scratch, 0, length, into, at);
}

/** The same with an id of ASCII characters, from one place of the bytes to before another. */
export function packAscii(bytes: Uint8Array, from: number, to: number, into: Uint8Array, at: number): number {
  const length = to - from, kind = length === HEX_LENGTH ? HEX : length === UUID_LENGTH ? UUID : UTF8;
  if (kind !== UTF8 && packDigits(bytes, from, kind, into, at + 1)) {
    into[at] = kind;
    return at + 1 + BINARY_BYTES;
  }
  into[at] = UTF8;
  for (let i = from, end = at + 1; i < to; i++) into[end++] = bytes[i]!;
  return at + 1 + length;
}

function packDigits(bytes: Uint8Array, from: number, kind: number, into: Uint8Array, to: number): boolean {
  const length = kind === UUID ? UUID_LENGTH : HEX_LENGTH;
  for (let i = 0; i < length; i += 2) {
    if (kind === UUID && isDash(i)) {
      if (bytes[from + i] !== DASH) return false;
      i++;
    }
    const high = DIGIT[bytes[from + i]!] ?? -1, low = DIGIT[bytes[from + i + 1]!] ?? -1;
    if (high < 0 || low < 0) return false;
    into[to++] = high << 4 | low;
  }
  return true;
}

/** Where a UUID has its dashes. */
const isDash = (at: number) => at === 8 || at === 13 || at === 18 || at === 23;

/** The id in these bytes. */
export function unpackId(bytes: Uint8Array): string {
  if (bytes[0] === UTF8) return decoder.decode(bytes.subarray(1));
  let text = "";
  for (let i = 1; i <= BINARY_BYTES; i++) {
    if (bytes[0] === UUID && (i === 5 || i === 7 || i === 9 || i === 11)) text += "-";
    text += PAIRS[bytes[i]!];
  }
  return text;
}
