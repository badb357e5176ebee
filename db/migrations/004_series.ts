/**
 * Series, stored as chunks of rows (docs/series-storage.md has the layouts compared).
 *
 * A chunk never changes. A save writes new ones and, in one short commit, makes them visible (`since`) and those
 * they replace invisible (`until`), both as revisions of the series. Whoever reads at one revision sees one state.
 */
export const series = {
  version: 4,
  name: "series",
  statements: [
    `CREATE TABLE series_reference (
      name TEXT PRIMARY KEY,
      ttl_ms INTEGER NOT NULL -- rows whose stamp is older are gone
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE series (
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: a new series cannot inherit the chunks of an old one
      reference TEXT NOT NULL,
      symbol TEXT NOT NULL,
      revision INTEGER NOT NULL DEFAULT 0,  -- 0: nothing was saved yet, so it does not exist for readers
      batch INTEGER NOT NULL DEFAULT 0,     -- the save that made this revision
      created_at INTEGER NOT NULL,          -- milliseconds since the epoch
      aware INTEGER NOT NULL DEFAULT 0,     -- stamps are written with Z
      columns TEXT NOT NULL DEFAULT '[]',   -- JSON array of {name, type}; chunks name columns by their place in it
      row_count INTEGER NOT NULL DEFAULT 0,
      first INTEGER,                        -- stamps: nanoseconds since the epoch
      last INTEGER
    ) STRICT`,
    `CREATE UNIQUE INDEX series_by_name ON series (reference, symbol)`,
    `CREATE TABLE series_chunk (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      series INTEGER NOT NULL,
      first INTEGER NOT NULL,
      last INTEGER NOT NULL,
      row_count INTEGER NOT NULL,
      summary BLOB NOT NULL,      -- of each column, so that downsampling need not read the cells
      batch INTEGER NOT NULL,     -- the save that wrote it
      staged_at INTEGER NOT NULL, -- milliseconds since the epoch
      since INTEGER,              -- NULL: written ahead by a save that has not been committed yet
      until INTEGER               -- NULL: not replaced
    ) STRICT`,
    `CREATE INDEX series_chunk_by_first ON series_chunk (series, first)`,
    `CREATE INDEX series_chunk_staged ON series_chunk (batch) WHERE since IS NULL`,
    `CREATE INDEX series_chunk_replaced ON series_chunk (series) WHERE until IS NOT NULL`,
    // Apart from the keys, which are read by the thousand.
    `CREATE TABLE series_body (chunk INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT`,
    `CREATE TRIGGER series_chunk_deleted AFTER DELETE ON series_chunk
      BEGIN DELETE FROM series_body WHERE chunk = OLD.id; END`,
    // Large answers under way: what they read is not freed.
    `CREATE TABLE series_lease (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      series INTEGER NOT NULL,
      expires_at INTEGER NOT NULL -- milliseconds since the epoch
    ) STRICT`,
    `CREATE INDEX series_lease_by_series ON series_lease (series)`,
    // Series that were deleted and whose chunks the sweep has still to free.
    `CREATE TABLE dropped_series (id INTEGER PRIMARY KEY) STRICT`,
  ],
};
