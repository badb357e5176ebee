/** A series that is saved again after it was removed counts its revisions on, so that an ETag never means two states. */
export const lives = {
  version: 27,
  name: "lives",
  statements: [
    // One row: the highest revision that a series had when nothing of it was kept any more.
    `CREATE TABLE series_lives (last_revision INTEGER NOT NULL) STRICT`,
    `INSERT INTO series_lives VALUES (0)`,
    `CREATE TRIGGER series_ended AFTER DELETE ON series
      BEGIN UPDATE series_lives SET last_revision = max(last_revision, OLD.revision); END`,
  ],
};
