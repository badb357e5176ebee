/** What finds the series that were saved last, and the newest events of all apps, without reading the others. */
export const newest = {
  version: 33,
  name: "newest",
  statements: [
    // Milliseconds since the epoch. A removal of rows does not count, nor does their expiry.
    `ALTER TABLE series ADD COLUMN saved_at INTEGER NOT NULL DEFAULT 0`,
    `UPDATE series SET saved_at = changed_at WHERE revision > 0`,
    `CREATE INDEX series_by_save ON series (saved_at) WHERE row_count > 0`,
    `CREATE INDEX app_event_by_bucket ON app_event (bucket)`,
  ],
};
