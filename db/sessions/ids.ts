/** Ids as bytes: the hexadecimal ones that most programs make take half of their text. Equal texts have equal bytes. */

const UTF8 = 0, HEX = 1, UUID = 2;
const HEX_LENGTH = 32, UUID_LENGTH = 36, BINARY_BYTES = 16;
/** Most bytes that a text of 200 UTF-16 units takes. */
export const MAX_ID_BYTES = 1 + 3 * 200;

const encoder = new TextEncoder(), decoder = new TextDecoder();
/** Values of hexadecimal digits by character; -1: none. Capitals are none, because they would not come back. */
const DIGIT = new Int8Array(128).fill(-1);
for (let i = 0; i < 16; i++) DIGIT[i.toString(16).charCodeAt(0)] = i;
const PAIRS = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/** Writes an id to `at` and answers where it ends. There must be room for `MAX_ID_BYTES`. */
export function packId(text: string, into: Uint8Array, at: number): number {
  const kind = text.length === HEX_LENGTH ? HEX : text.length === UUID_LENGTH ? UUID : UTF8;
  if (kind !== UTF8 && packDigits(text, kind, into, at + 1)) {
    into[at] = kind;
    return at + 1 + BINARY_BYTES;
  }
  into[at] = UTF8;
  return at + 1 + encoder.encodeInto(text, into.subarray(at + 1)).written;
}

function packDigits(text: string, kind: number, into: Uint8Array, to: number): boolean {
  for (let i = 0; i < text.length; i += 2) {
    if (kind === UUID && isDash(i)) {
      if (text.charCodeAt(i) !== 0x2D) return false;
      i++;
    }
    const high = DIGIT[text.charCodeAt(i)] ?? -1, low = DIGIT[text.charCodeAt(i + 1)] ?? -1;
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
