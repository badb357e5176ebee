/** Checksums of what was stored (db/checksum.ts). NULL: stored before there were any. */
export const checksums = {
  version: 29,
  name: "checksums",
  statements: [
    // Of content and headers, plus channel and key.
    `ALTER TABLE item ADD COLUMN checksum INTEGER`,
    // Of content and headers alone.
    `ALTER TABLE staged_item ADD COLUMN checksum INTEGER`,
    // Of the summary.
    `ALTER TABLE series_chunk ADD COLUMN checksum INTEGER`,
    `ALTER TABLE series_body ADD COLUMN checksum INTEGER`,
    `ALTER TABLE session_log ADD COLUMN checksum INTEGER`,
    `ALTER TABLE session_chunk ADD COLUMN checksum INTEGER`,
    `ALTER TABLE session_sketch ADD COLUMN checksum INTEGER`,
  ],
};
