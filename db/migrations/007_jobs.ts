/** What scheduled jobs did last, and who runs one at the moment. */
export const jobs = {
  version: 7,
  name: "jobs",
  statements: [
    `CREATE TABLE job (
      name TEXT PRIMARY KEY,
      slot INTEGER NOT NULL,        -- the minute of the schedule that was run last, milliseconds since the epoch
      holder TEXT,                  -- the process that runs it; NULL: none
      lease_until INTEGER NOT NULL, -- after this moment the holder counts as dead
      started_at INTEGER NOT NULL,
      ended_at INTEGER,
      result TEXT,
      error TEXT
    ) STRICT, WITHOUT ROWID`,
  ],
};
