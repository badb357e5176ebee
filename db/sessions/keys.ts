/** Short keys of users and sessions, and the ids that say when a session was received. */

const KEY_BITS = 47;
/** What a session has of its key: the remainder of this. The rest is its user's. */
export const SESSION_PART = 2 ** 23;
/** Ids hold the milliseconds above this many bits of sequence. */
const SEQUENCE_BITS = 16n;

/**
 * 47 bits of a text, evenly spread (cyrb53 by bryc, public domain). Two texts may share one: whoever searches by it
 * compares the text, too.
 */
export function hashOf(text: string): number {
  let high = 0xDEADBEEF, low = 0x41C6CE57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (low >>> 17) * 2 ** 32 + (high >>> 0);
}

/**
 * The key of a session: half of its user's and half of its own. So the sessions of a write, in the order of their keys,
 * are in the order of their users as well, and it passes through user_session once from front to back.
 */
export function sessionKey(userKey: number, sessionId: string): number {
  return userKey - userKey % SESSION_PART + hashOf(sessionId) % SESSION_PART;
}

/** Zero bits at the front of a key: n or more in one key of 2^n. */
export function sampleOf(key: number): number {
  return KEY_BITS - (key === 0 ? 0 : Math.floor(Math.log2(key)) + 1);
}

/** The smallest id of that time, in milliseconds since the epoch. */
export function firstIdAt(time: number): bigint {
  return BigInt(Math.max(0, time)) << SEQUENCE_BITS;
}
