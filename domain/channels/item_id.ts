/**
 * Item ids: 16 characters of base32hex (RFC 4648 §7, upper case, no padding) over 10 bytes, big endian: 8 bytes of
 * milliseconds since the epoch, 2 bytes of sequence. So ids sort as keys do, and a key (ms << 16 | sequence) fits the
 * database's 64-bit integers.
 */
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
const PAIRS = Array.from(ALPHABET, (first) => Array.from(ALPHABET, (second) => first + second)).flat();
const ITEM_ID = /^[0-9A-V]{16}$/;
const LARGEST_KEY = 2n ** 63n - 1n;
/** The first millisecond since the epoch that has no keys. */
const END_OF_KEYS = 2 ** 47;

/** The id of a key. */
export function idOfKey(key: bigint): string {
  // The 80 bits of an id are the key's 64 behind 16 zeros; 40 bits at a time are exact in a double.
  return eightDigits(Number(key >> 40n)) + eightDigits(Number(key & 0xffffffffffn));
}

/** The key of an id, or undefined when it is not one that Runnel can have given. */
export function keyOfId(id: string): bigint | undefined {
  if (!ITEM_ID.test(id)) return undefined;
  const key = BigInt(parseInt(id.slice(0, 8), 32)) << 40n | BigInt(parseInt(id.slice(8), 32));
  return key <= LARGEST_KEY ? key : undefined;
}

/** When the item of a key was stored, in milliseconds since the epoch. */
export function timeOfKey(key: bigint): number {
  return Number(key >> 16n);
}

/** The smallest key of a millisecond; of those after the year 6429, which have none, the largest of all. */
export function firstKeyAt(milliseconds: number): bigint {
  return milliseconds < END_OF_KEYS ? BigInt(Math.max(0, milliseconds)) << 16n : LARGEST_KEY;
}

/** The key after one; of the largest, that key itself, which no item has. */
export function keyAfter(key: bigint): bigint {
  return key < LARGEST_KEY ? key + 1n : key;
}

function eightDigits(value: number): string {
  // Halves of 20 bits are small integers, whose arithmetic costs a tenth.
  const high = Math.floor(value / 2 ** 20), low = value % 2 ** 20;
  return pairAt(high >> 10) + pairAt(high & 1023) + pairAt(low >> 10) + pairAt(low & 1023);
}

function pairAt(index: number): string {
  return PAIRS[index]!;
}
