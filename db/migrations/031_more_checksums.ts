/** Checksums of messages and of the indexes of runs. NULL: stored before there were any. */
export const moreChecksums = {
  version: 31,
  name: "more checksums",
  statements: [
    // Of origin, author, text and details.
    `ALTER TABLE message ADD COLUMN checksum INTEGER`,
    // Of fences and filter.
    `ALTER TABLE session_run ADD COLUMN checksum INTEGER`,
  ],
};
