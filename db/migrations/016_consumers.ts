/** Consumers of channels, what they were given and have not acknowledged yet, and webhooks, which push to a consumer. */
export const consumers = {
  version: 16,
  name: "consumers",
  statements: [
    `CREATE TABLE consumer (
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
      channel INTEGER NOT NULL,
      name TEXT NOT NULL,
      created_at INTEGER NOT NULL,            -- milliseconds since the epoch
      settings TEXT NOT NULL,                 -- JSON object
      next_key INTEGER NOT NULL,              -- items below it were given out, or passed over
      redelivered INTEGER NOT NULL DEFAULT 0, -- deliveries beyond the first of an item
      given_up INTEGER NOT NULL DEFAULT 0     -- items that nobody acknowledged
    ) STRICT`,
    `CREATE UNIQUE INDEX consumer_by_name ON consumer (channel, name)`,
    // One row for each item that was given out and not acknowledged.
    `CREATE TABLE delivery (
      consumer INTEGER NOT NULL,
      key INTEGER NOT NULL,
      lease TEXT NOT NULL,
      until INTEGER NOT NULL,      -- milliseconds since the epoch; from then on it is given out again
      deliveries INTEGER NOT NULL, -- how often it was given out
      PRIMARY KEY (consumer, key)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX delivery_by_until ON delivery (consumer, until)`,
    `CREATE TABLE webhook (
      name TEXT PRIMARY KEY,
      consumer INTEGER NOT NULL,
      settings TEXT NOT NULL,               -- JSON object
      paused INTEGER NOT NULL DEFAULT 0,
      holder TEXT,                          -- the process that pushes
      holder_until INTEGER NOT NULL DEFAULT 0, -- milliseconds since the epoch
      last_error TEXT                       -- JSON object; NULL since the last delivery succeeded
    ) STRICT, WITHOUT ROWID`,
  ],
};
