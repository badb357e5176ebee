/**
 * One index of sessions by user instead of two by user and by session. A write that few sessions share finds each on
 * another page, so half the indexes are half the pages: docs/session-storage.md.
 */
export const userSessions = {
  version: 6,
  name: "user sessions",
  statements: [
    `CREATE TABLE user_session (
      user_key INTEGER NOT NULL,  -- hash of user_id
      is_ranked INTEGER NOT NULL, -- 0: place is a hash of session_id; 1: the session is complete, place is its end
      place INTEGER NOT NULL,
      id INTEGER NOT NULL,        -- of the session
      PRIMARY KEY (user_key, is_ranked, place, id)
    ) STRICT, WITHOUT ROWID`,
    `INSERT INTO user_session SELECT user_key, 0, key % 8388608, id FROM session ORDER BY key`,
    `INSERT INTO user_session SELECT user_key, 1, end, id FROM session WHERE end >= start ORDER BY key`,
    `DROP INDEX session_by_key`,
    `DROP INDEX session_by_user`,
  ],
};
