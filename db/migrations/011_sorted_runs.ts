/**
 * Sessions as sorted runs: docs/session-storage.md. Rows of `session` are moved into the log when a process first asks
 * for sessions, in steps; their figures are counted again as they pass.
 */
export const sortedRuns = {
  version: 11,
  name: "sorted runs",
  statements: [
    `DROP INDEX session_by_start`,
    `DROP INDEX session_sample`,
    `DROP TABLE user_session`,
    `DROP TABLE session_change`,
    `DROP TABLE session_day`,
    `DROP TABLE session_duration`,
    // One row, which every change of what is stored but appending to the log passes.
    `CREATE TABLE session_state (
      id INTEGER PRIMARY KEY CHECK (id = 0),
      version INTEGER NOT NULL,   -- one more with every change
      flushed INTEGER NOT NULL,   -- the log's last number that is in runs
      deletions INTEGER NOT NULL, -- how often sessions were deleted
      worker TEXT,                -- the process that writes and merges runs
      until INTEGER               -- how long it is believed to be alive, milliseconds since the epoch
    ) STRICT`,
    `INSERT INTO session_state VALUES (0, 0, 0, 0, NULL, NULL)`,
    // What was committed and is in no run yet.
    `CREATE TABLE session_log (number INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL) STRICT`,
    `CREATE TABLE session_run (
      id INTEGER PRIMARY KEY,
      is_by_start INTEGER NOT NULL, -- 0: in the order of users; 1: in the order of countries and starts
      rank INTEGER NOT NULL,        -- the last number of the log that is in it; of two entries that of the higher counts
      sessions INTEGER NOT NULL,
      first_received INTEGER NOT NULL,
      last_received INTEGER NOT NULL,
      edition INTEGER NOT NULL,     -- one more whenever sessions are deleted from it
      fences TEXT NOT NULL,         -- where each chunk begins, JSON
      filter BLOB                   -- which keys it may have
    ) STRICT`,
    // id: run << 20 | place.
    `CREATE TABLE session_chunk (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT`,
    // Runs whose chunks go at a time: those that were merged, and those that are being written, unless they are finished.
    `CREATE TABLE session_doomed (run INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL) STRICT`,
    // Which users a run by start has, day by day. The country '' is all of them together.
    `CREATE TABLE session_sketch (
      run INTEGER NOT NULL, country TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, country)
    ) STRICT`,
    // Sessions with a start, by the time of it.
    `CREATE TABLE session_figure (
      is_quarter INTEGER NOT NULL,   -- 0: of a day; 1: of a quarter of an hour
      country TEXT NOT NULL,
      slot INTEGER NOT NULL,         -- days or quarters since the epoch
      open INTEGER NOT NULL,         -- without an end
      completed INTEGER NOT NULL,
      inconsistent INTEGER NOT NULL, -- with an end before the start
      duration INTEGER NOT NULL,     -- microseconds, of all completed ones together
      PRIMARY KEY (is_quarter, country, slot)
    ) STRICT, WITHOUT ROWID`,
    // Histogram of the durations of completed sessions. The country '' is all of them together.
    `CREATE TABLE session_duration (
      country TEXT NOT NULL,
      day INTEGER NOT NULL,
      bucket INTEGER NOT NULL, -- logarithmic
      n INTEGER NOT NULL,
      PRIMARY KEY (country, day, bucket)
    ) STRICT, WITHOUT ROWID`,
    // What each session adds to the figures, by when it was received: what expires is subtracted.
    `CREATE TABLE session_ledger (
      id INTEGER PRIMARY KEY AUTOINCREMENT, first_received INTEGER NOT NULL, data BLOB NOT NULL
    ) STRICT`,
    `CREATE INDEX session_ledger_by_time ON session_ledger (first_received)`,
  ],
};
