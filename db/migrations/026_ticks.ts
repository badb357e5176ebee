/** Series whose rows may share a stamp: trades of one moment, in the order that they came. */
export const ticks = {
  version: 26,
  name: "ticks",
  statements: [
    `CREATE TABLE series_ticks (reference TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`, // references that keep duplicates
  ],
};
