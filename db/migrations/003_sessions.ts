/**
 * User sessions, and the figures about them that are kept rather than counted.
 *
 * A session's id is when it was received (milliseconds << 16 | sequence), so what has expired is a range of ids. Each
 * session costs two insertions at random places, however many there are (by key, by user); the rest is nearly in
 * order. Both random places are hashes: six bytes instead of the ids' seventy.
 */
export const sessions = {
  version: 3,
  name: "sessions",
  statements: [
    `CREATE TABLE session (
      id INTEGER PRIMARY KEY,    -- when its first event was received: milliseconds << 16 | sequence
      key INTEGER NOT NULL,      -- hash of user_id and session_id
      user_key INTEGER NOT NULL, -- hash of user_id
      sample INTEGER NOT NULL,   -- zero bits at the front of user_key: n or more in one user of 2^n
      user_id TEXT NOT NULL,
      session_id TEXT NOT NULL,
      country TEXT,              -- NULL while there was no start
      start INTEGER,             -- microseconds since the epoch
      end INTEGER                -- microseconds since the epoch
    ) STRICT`,
    `CREATE INDEX session_by_key ON session (key)`,
    `CREATE INDEX session_by_user ON session (user_key, end) WHERE end >= start`,
    `CREATE INDEX session_by_start ON session (country, start, user_key, key) WHERE start IS NOT NULL`,
    `CREATE INDEX session_sample ON session (country, sample, start, user_key)
      WHERE start IS NOT NULL AND sample >= 4`,
    // Every country that was ever seen.
    `CREATE TABLE session_country (country TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`,
    // Sessions with a start, by the day of it.
    `CREATE TABLE session_day (
      day INTEGER NOT NULL,          -- days since the epoch, UTC
      country TEXT NOT NULL,
      open INTEGER NOT NULL,         -- without an end
      completed INTEGER NOT NULL,
      inconsistent INTEGER NOT NULL, -- with an end before the start
      duration INTEGER NOT NULL,     -- microseconds, of all completed ones together
      PRIMARY KEY (day, country)
    ) STRICT, WITHOUT ROWID`,
    // Histogram of the durations of completed sessions. The country '' is all of them together.
    `CREATE TABLE session_duration (
      country TEXT NOT NULL,
      day INTEGER NOT NULL,
      bucket INTEGER NOT NULL, -- logarithmic, see db/sessions.ts
      n INTEGER NOT NULL,
      PRIMARY KEY (country, day, bucket)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX session_duration_none ON session_duration (n) WHERE n = 0`,
    // What a write is about to change, before and after. Filled and emptied within one transaction.
    `CREATE TABLE session_change (
      id INTEGER,     -- NULL: the session goes
      old_id INTEGER, -- NULL: the session is new
      key INTEGER, user_key INTEGER, sample INTEGER, user_id TEXT, session_id TEXT,
      country TEXT, start INTEGER, end INTEGER,
      old_country TEXT, old_start INTEGER, old_end INTEGER
    ) STRICT`,
  ],
};
