/** Channels that keep only the newest item of each key: how far that was done, and which items are tombstones. */
export const compaction = {
  version: 17,
  name: "compaction",
  statements: [
    `ALTER TABLE channel ADD COLUMN compacted_key INTEGER NOT NULL DEFAULT 0`, // greatest key that was looked at
    `CREATE INDEX tombstone ON item (channel, key) WHERE item_key IS NOT NULL AND length(body) = 0`,
  ],
};
