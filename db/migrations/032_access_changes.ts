/**
 * Unclaimed channels, which `users add --channels` makes: they become channels of the first source that has their id. And
 * accounts at sources that may no longer log in there.
 */
export const accessChanges = {
  version: 32,
  name: "access changes",
  statements: [
    `UPDATE conversation SET source = 'unclaimed' WHERE source = 'api' AND version = 0
      AND NOT EXISTS (SELECT 1 FROM message WHERE conversation = conversation.id)
      AND NOT EXISTS (SELECT 1 FROM deleted_message WHERE conversation = conversation.id)`,
    `CREATE TABLE voided_account (
      account TEXT PRIMARY KEY,  -- mattermost:USER_ID
      voided_at INTEGER NOT NULL -- tokens from before are void; milliseconds since the epoch
    ) STRICT, WITHOUT ROWID`,
  ],
};
