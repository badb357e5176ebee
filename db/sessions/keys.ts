/** Short keys of users and sessions, by which they are sorted and found. */

/** What a session has of its key: the remainder of this. The rest is its user's. */
const SESSION_PART = 2 ** 23;

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

/** The first key that a session of the user may have. */
export function userKey(userId: string): number {
  return firstKeyOfUser(hashOf(userId));
}

/** The first key that sessions of the same user as this one's may have. */
export function firstKeyOfUser(key: number): number {
  return key - key % SESSION_PART;
}

/** The first key that belongs to other users again. */
export function endOfUser(firstKey: number): number {
  return firstKey + SESSION_PART;
}

/** The key of a session: half of its user's and half of its own, so that the sessions of a user are neighbours. */
export function sessionKey(userId: string, sessionId: string): number {
  return userKey(userId) + hashOf(sessionId) % SESSION_PART;
}
