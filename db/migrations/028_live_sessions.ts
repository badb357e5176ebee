/**
 * Which stretches of the log of sessions became runs. The log keeps them for a while, so that followers of starts and
 * ends can resume.
 */
export const liveSessions = {
  version: 28,
  name: "live sessions",
  statements: [
    `CREATE TABLE session_flushed (
      -- The last number of the log that became runs.
      up_to INTEGER PRIMARY KEY,
      -- When the last of it was received, in milliseconds since the epoch.
      last_received INTEGER NOT NULL,
      sessions INTEGER NOT NULL
    ) STRICT`,
  ],
};
