/** Sorting places by the whole numbers that they have in a column: a fifth of the time that comparisons take. */

const DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS;

/** All places from 0 to before another. */
export const placesUpTo = (count: number) => Uint32Array.from({ length: count }, (_, place) => place);

/**
 * Places by their numbers, digit by digit, the least significant first; those with equal numbers stay in their order. The
 * places that are given are written over.
 */
export function sortedBy(
  column: ArrayLike<number>,
  places: Uint32Array<ArrayBuffer>,
): Uint32Array<ArrayBuffer> {
  const count = places.length,
    rest = new Float64Array(column.length),
    digits = new Uint16Array(column.length);
  let least = Infinity, most = -Infinity;
  for (let i = 0; i < count; i++) {
    const number = column[places[i]!]!;
    if (number < least) least = number;
    if (number > most) most = number;
  }
  for (let i = 0; i < count; i++) rest[places[i]!] = column[places[i]!]! - least;
  let sorted = places, spare = new Uint32Array(count);
  for (let range = most - least; range > 0; range = Math.floor(range / DIGITS)) {
    const ends = new Uint32Array(DIGITS + 1);
    for (let i = 0; i < count; i++) {
      const place = sorted[i]!, number = rest[place]!, others = Math.floor(number / DIGITS);
      const digit = number - others * DIGITS;
      digits[place] = digit;
      rest[place] = others;
      ends[digit + 1]!++;
    }
    for (let digit = 1; digit <= DIGITS; digit++) ends[digit]! += ends[digit - 1]!;
    for (let i = 0; i < count; i++) {
      const place = sorted[i]!;
      spare[ends[digits[place]!]!++] = place;
    }
    [sorted, spare] = [spare, sorted];
  }
  return sorted;
}
