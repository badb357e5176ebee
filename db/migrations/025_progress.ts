/** How far the database has come; a file beside it knows that, too, and so a log that lost commits is noticed. */
export const progress = {
  version: 25,
  name: "progress",
  statements: [
    `CREATE TABLE progress (id INTEGER PRIMARY KEY CHECK (id = 1), ticks INTEGER NOT NULL) STRICT`,
    `INSERT INTO progress VALUES (1, 0)`,
  ],
};
