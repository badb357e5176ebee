/** What channels know of their items beyond their order: keys, what is gone, and what a retry was answered. */
export const reading = {
  version: 8,
  name: "reading",
  statements: [
    `ALTER TABLE channel ADD COLUMN gone_key INTEGER NOT NULL DEFAULT 0`, // greatest key that was removed
    `ALTER TABLE channel ADD COLUMN owner TEXT`,
    `ALTER TABLE channel ADD COLUMN compact INTEGER NOT NULL DEFAULT 0`, // 1: only the newest of each item_key is kept
    `UPDATE channel SET gone_key = max(0, floor_key - 1)`,
    `ALTER TABLE item ADD COLUMN item_key TEXT`, // what the item is about; NULL: not said
    `ALTER TABLE item ADD COLUMN meta TEXT`, // JSON object of headers that are given back; NULL: none
    `CREATE INDEX item_by_item_key ON item (channel, item_key, key) WHERE item_key IS NOT NULL`,
    // The answers to inserts with an Idempotency-Key, for a day. Its rowids rise with time.
    `CREATE TABLE idempotency (
      id INTEGER PRIMARY KEY,
      channel INTEGER NOT NULL,
      name TEXT NOT NULL,
      digest TEXT NOT NULL,     -- of what was inserted
      batch TEXT NOT NULL,      -- the commit that inserted it
      seq INTEGER NOT NULL,     -- its place in that commit
      last_key INTEGER,         -- key of its (last) item
      items INTEGER NOT NULL,   -- how many items it inserted, with keys up to last_key
      at INTEGER NOT NULL       -- milliseconds since the epoch
    ) STRICT`,
    `CREATE UNIQUE INDEX idempotency_by_name ON idempotency (channel, name)`,
    // Items of a large insert on their way, until one commit makes all of them visible.
    `CREATE TABLE staged_item (
      id INTEGER PRIMARY KEY,
      bulk TEXT NOT NULL,
      seq INTEGER NOT NULL,
      type TEXT NOT NULL,
      encoding TEXT,
      language TEXT,
      item_key TEXT,
      body BLOB NOT NULL,
      at INTEGER NOT NULL       -- milliseconds since the epoch
    ) STRICT`,
    `CREATE INDEX staged_by_bulk ON staged_item (bulk, seq)`,
  ],
};
