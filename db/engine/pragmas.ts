/**
 * The settings of each embedded connection, in the order in which they are applied. They hold for a connection,
 * not for the file (only journal_mode does), so every connection applies its whole list; a test reads them back.
 */
const SHARED = [
  // First: the next ones may already meet a lock that another process holds.
  "busy_timeout = 5000",
  "temp_store = MEMORY",
];

export const PRAGMAS = {
  writer: [
    ...SHARED,
    "cache_size = -65536",
    "journal_mode = WAL",
    // An acknowledged write survives power loss: each commit waits for its fsync.
    "synchronous = FULL",
    "foreign_keys = ON",
    // What is deleted is overwritten: nobody finds a forgotten person in the file.
    "secure_delete = ON",
    // Rarer, longer checkpoints: p99 of an insert fell from 2 to 0.9 ms against the default of 1000 pages.
    "wal_autocheckpoint = 4000",
    "journal_size_limit = 67108864",
  ],
  // What it reads once it seldom reads again, and the system caches the file: a large answer stays below 200 MB.
  reader: [...SHARED, "cache_size = -16384", "query_only = ON"],
  copier: SHARED,
  // The replication owns its connection's settings and refuses to change them.
  replica: [],
} as const;

/**
 * What the writer applies between two transactions, before one that a power failure may undo and after it. In WAL a commit
 * without an fsync is whole, is seen at once by every process, and is durable with the next one that has an fsync.
 */
export const SYNCHRONOUS = { durable: "synchronous = FULL", mayBeLost: "synchronous = NORMAL" } as const;

/** What each connection applies last: how long it waits for other processes once it is open. */
export const OPENED_PRAGMAS = {
  // The writer waits by itself: write_lock.ts.
  writer: ["busy_timeout = 0"],
  // A reader meets a lock only while another process repairs the log.
  reader: ["busy_timeout = 1500"],
  copier: [],
  replica: [],
} as const;

/**
 * What the writer of a file applies before it closes. The driver cannot finalize statements, so closing does not
 * clean up as SQLite's own does: without this the log would stay behind, and a copy of the file alone be incomplete.
 */
export const CLOSING_PRAGMAS = [
  // Not waiting: whoever else has the file open keeps the log, and is in charge of it.
  "busy_timeout = 0",
  "wal_checkpoint(TRUNCATE)",
] as const;
