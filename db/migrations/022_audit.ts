/** Who did what with keys, users and data; and of each API key its last use and the secret that it had before. */
export const audit = {
  version: 22,
  name: "audit",
  statements: [
    `CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,   -- milliseconds since the epoch
      actor TEXT NOT NULL,   -- name of an API key, of a person, or where it came from
      action TEXT NOT NULL,
      subject TEXT NOT NULL  -- what it was done with
    ) STRICT`,
    `ALTER TABLE api_key ADD COLUMN used_at INTEGER`, // the hour of its last use, milliseconds since the epoch
    `ALTER TABLE api_key ADD COLUMN previous_hash TEXT`, // of the secret before the last rotation
    `ALTER TABLE api_key ADD COLUMN previous_until INTEGER`, // when that secret ends, milliseconds since the epoch
  ],
};
