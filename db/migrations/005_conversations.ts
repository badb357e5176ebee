/**
 * Conversations: chat channels, who is in them, their messages, what each finished day was about, and who logs in.
 * A channel here is a `conversation`, because `channel` holds the channels of items.
 */
export const conversations = {
  version: 5,
  name: "conversations",
  statements: [
    `CREATE TABLE conversation (
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
      public_id TEXT NOT NULL UNIQUE,       -- the id that its source gave it
      source TEXT NOT NULL,                 -- api, mattermost or slack
      name TEXT NOT NULL,
      version INTEGER NOT NULL DEFAULT 0,   -- grows with each change of its messages
      synced_at INTEGER NOT NULL DEFAULT 0  -- how far its source's history was read, milliseconds since the epoch
    ) STRICT`,
    `CREATE TABLE member (
      conversation INTEGER NOT NULL,
      person TEXT NOT NULL, -- own:NAME, or mattermost:USER_ID
      PRIMARY KEY (conversation, person)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX member_by_person ON member (person, conversation)`,
    `CREATE TABLE message (
      id INTEGER PRIMARY KEY,
      conversation INTEGER NOT NULL,
      origin TEXT NOT NULL,        -- its id at its source
      time INTEGER NOT NULL,       -- when it was written, milliseconds since the epoch; an edit does not move it
      revised_at INTEGER NOT NULL, -- when it was edited last, else time
      author TEXT NOT NULL,
      text TEXT NOT NULL
    ) STRICT`,
    `CREATE UNIQUE INDEX message_by_origin ON message (conversation, origin)`,
    `CREATE INDEX message_by_time ON message (conversation, time)`,
    // A message that is delivered again after it was deleted stays deleted.
    `CREATE TABLE deleted_message (
      conversation INTEGER NOT NULL,
      origin TEXT NOT NULL,
      deleted_at INTEGER NOT NULL,
      PRIMARY KEY (conversation, origin)
    ) STRICT, WITHOUT ROWID`,
    // Days whose messages changed since their summary was written. A day is a number of days since the epoch, UTC.
    `CREATE TABLE changed_day (
      conversation INTEGER NOT NULL,
      day INTEGER NOT NULL,
      changes INTEGER NOT NULL,
      PRIMARY KEY (conversation, day)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE day_summary (
      conversation INTEGER NOT NULL,
      day INTEGER NOT NULL,
      summary TEXT NOT NULL,
      messages INTEGER NOT NULL,
      people INTEGER NOT NULL,
      PRIMARY KEY (conversation, day)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE day_phrase (
      conversation INTEGER NOT NULL,
      phrase TEXT NOT NULL,
      day INTEGER NOT NULL,
      messages INTEGER NOT NULL, -- with the phrase in them
      PRIMARY KEY (conversation, phrase, day)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX day_phrase_by_day ON day_phrase (conversation, day)`,
    `CREATE TABLE own_user (
      name TEXT PRIMARY KEY,
      password TEXT NOT NULL,     -- scrypt, see domain/conversations/people/passwords.ts
      changed_at INTEGER NOT NULL -- tokens from before are void
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE revoked_token (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    `CREATE TABLE server_secret (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  ],
};
