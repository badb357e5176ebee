/**
 * Who may read a chat channel: its members by the ids that its source gives people, and persons of Runnel through links.
 * Memberships that equal names gave are gone.
 */
export const access = {
  version: 10,
  name: "access",
  statements: [
    `ALTER TABLE conversation ADD COLUMN is_public INTEGER NOT NULL DEFAULT 0`, // 1: every person of Runnel reads it
    `CREATE TABLE person_link (
      person TEXT NOT NULL,  -- own:NAME
      account TEXT NOT NULL, -- slack:ID, or mattermost:ID, who is the same person there
      PRIMARY KEY (person, account)
    ) STRICT, WITHOUT ROWID`,
    `DELETE FROM member WHERE person LIKE 'own:%'
      AND conversation IN (SELECT id FROM conversation WHERE source IN ('slack', 'mattermost'))`,
  ],
};
