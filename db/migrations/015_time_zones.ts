/** The time zone in which each person's times and days are meant. */
export const timeZones = {
  version: 15,
  name: "time_zones",
  statements: [
    `CREATE TABLE person_zone (
      person TEXT PRIMARY KEY,
      timezone TEXT NOT NULL -- IANA, such as Europe/Berlin
    ) STRICT, WITHOUT ROWID`,
  ],
};
