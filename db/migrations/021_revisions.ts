/**
 * Revisions of series: what a save replaces is kept for a time, so that it can be read and restored.
 *
 * The row of a series is its newest revision; when another replaces it, a trigger keeps the row. Restoring copies the
 * keys of chunks, never their bodies.
 */
export const revisions = {
  version: 21,
  name: "revisions",
  statements: [
    `ALTER TABLE series ADD COLUMN change TEXT NOT NULL DEFAULT 'save'`, // what made this revision
    `ALTER TABLE series ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0`, // milliseconds since the epoch
    `ALTER TABLE series ADD COLUMN rewritten INTEGER NOT NULL DEFAULT 0`, // the last revision that was not an append
    `ALTER TABLE series ADD COLUMN oldest INTEGER NOT NULL DEFAULT 0`, // earlier revisions are no longer kept
    `UPDATE series SET changed_at = CAST(unixepoch('subsec') * 1000 AS INTEGER), oldest = revision,
      rewritten = revision WHERE revision > 0`,
    `CREATE TABLE series_revision (
      series INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      changed_at INTEGER NOT NULL,
      replaced_at INTEGER NOT NULL,
      change TEXT NOT NULL,
      aware INTEGER NOT NULL,
      columns TEXT,                -- NULL: the same as the next revision's
      row_count INTEGER NOT NULL,
      first INTEGER,
      last INTEGER,
      PRIMARY KEY (series, revision)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX series_revision_replaced ON series_revision (replaced_at)`,
    `CREATE INDEX series_revision_columns ON series_revision (series, revision) WHERE columns IS NOT NULL`,
    `CREATE TRIGGER series_revised AFTER UPDATE OF revision ON series WHEN OLD.revision > 0
      BEGIN INSERT INTO series_revision VALUES (OLD.id, OLD.revision, OLD.changed_at, NEW.changed_at, OLD.change,
        OLD.aware, CASE WHEN OLD.columns <> NEW.columns THEN OLD.columns END, OLD.row_count, OLD.first, OLD.last); END`,
    `CREATE TRIGGER series_deleted AFTER DELETE ON series
      BEGIN DELETE FROM series_revision WHERE series = OLD.id; END`,

    `ALTER TABLE series_chunk ADD COLUMN body INTEGER`, // the chunk that it repeats and whose body it has; NULL: its own
    `CREATE INDEX series_chunk_by_body ON series_chunk (body) WHERE body IS NOT NULL`,
    `CREATE INDEX series_chunk_current ON series_chunk (series, first) WHERE since IS NOT NULL AND until IS NULL`,
    `DROP INDEX series_chunk_replaced`,
    `CREATE INDEX series_chunk_replaced ON series_chunk (series, until) WHERE until IS NOT NULL`,
    `DROP TRIGGER series_chunk_deleted`,
    `CREATE TRIGGER series_chunk_deleted AFTER DELETE ON series_chunk
      BEGIN DELETE FROM series_body WHERE chunk = ifnull(OLD.body, OLD.id)
        AND NOT EXISTS (SELECT 1 FROM series_chunk WHERE id = ifnull(OLD.body, OLD.id))
        AND NOT EXISTS (SELECT 1 FROM series_chunk WHERE body = ifnull(OLD.body, OLD.id)); END`,
    // A deleted series is a revision without rows.
    `DELETE FROM series_chunk WHERE series IN (SELECT id FROM dropped_series)`,
    `DROP TABLE dropped_series`,
  ],
};
