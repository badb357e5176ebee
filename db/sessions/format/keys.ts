/** Short keys of users and sessions, by which they are sorted and found. */
import type { IdPlaces } from "./ids.ts";

/** The bits of a key that are its session's. The rest is its user's. A mask takes them in no time; `%` of doubles is slow. */
const SESSION_PART = 2 ** 23, SESSION_BITS = SESSION_PART - 1;
const HIGH = 0xDEADBEEF, LOW = 0x41C6CE57, HIGH_FACTOR = 2654435761, LOW_FACTOR = 1597334677;

/**
 * 47 bits of a text, evenly spread (cyrb53 by bryc, public domain). Two texts may share one: whoever searches by it
 * compares the text, too.
 */
export function hashOf(text: string): number {
  let high = HIGH, low = LOW;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, HIGH_FACTOR);
    low = Math.imul(low ^ code, LOW_FACTOR);
  }
  return mixed(high, low);
}

/** The same of ASCII characters, from one place of the bytes to before another. */
function hashOfAscii(bytes: Uint8Array, from: number, to: number): number {
  let high = HIGH, low = LOW;
  for (let i = from; i < to; i++) {
    high = Math.imul(high ^ bytes[i]!, HIGH_FACTOR);
    low = Math.imul(low ^ bytes[i]!, LOW_FACTOR);
  }
  return mixed(high, low);
}

function mixed(high: number, low: number): number {
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (low >>> 17) * 2 ** 32 + (high >>> 0);
}

/** The first key that a session of the user may have. */
export function userKey(userId: string): number {
  return firstKeyOfUser(hashOf(userId));
}

/** The first key that sessions of the same user as this one's may have. */
export function firstKeyOfUser(key: number): number {
  return key - (key & SESSION_BITS);
}

/** The first key that belongs to other users again. */
export function endOfUser(firstKey: number): number {
  return firstKey + SESSION_PART;
}

/** The key of a session: half of its user's and half of its own, so that the sessions of a user are neighbours. */
export function sessionKey(userId: string, sessionId: string): number {
  return userKey(userId) + (hashOf(sessionId) & SESSION_BITS);
}

/** The same of ids of ASCII characters in bytes. */
export function sessionKeyOfAscii(
  bytes: Uint8Array,
  { userFrom, userTo, sessionFrom, sessionTo }: IdPlaces,
): number {
  const user = firstKeyOfUser(hashOfAscii(bytes, userFrom, userTo));
  return user + (hashOfAscii(bytes, sessionFrom, sessionTo) & SESSION_BITS);
}
