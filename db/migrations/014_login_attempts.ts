/** Wrong passwords, and addresses from which people have logged in. Keys are hashes: nobody's address stands here. */
export const loginAttempts = {
  version: 14,
  name: "login_attempts",
  statements: [
    `CREATE TABLE wrong_password (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL,
      at INTEGER NOT NULL -- milliseconds since the epoch
    ) STRICT`,
    `CREATE INDEX wrong_password_by_key ON wrong_password (key, id)`,
    `CREATE TABLE known_address (key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  ],
};
