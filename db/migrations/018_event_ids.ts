/** Ids of events that were counted, so that one that is sent again counts once. They go with their account. */
export const eventIds = {
  version: 18,
  name: "event ids",
  statements: [
    `CREATE TABLE event_id (
      account INTEGER NOT NULL, id TEXT NOT NULL,
      at INTEGER NOT NULL, -- milliseconds since the epoch, when it was received
      PRIMARY KEY (account, id)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX event_id_by_time ON event_id (at)`,
    `CREATE TRIGGER account_gone_with_event_ids AFTER DELETE ON account
    BEGIN DELETE FROM event_id WHERE account = old.id; END`,
  ],
};
