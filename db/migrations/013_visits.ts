/** Until when each person has read each channel, so that a recap can begin there. */
export const visits = {
  version: 13,
  name: "visits",
  statements: [
    `CREATE TABLE visit (
      person TEXT NOT NULL,
      conversation INTEGER NOT NULL,
      read_until INTEGER NOT NULL, -- milliseconds since the epoch
      PRIMARY KEY (person, conversation)
    ) STRICT, WITHOUT ROWID`,
  ],
};
