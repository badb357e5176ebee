/** Revoked keys stay, so that a database that had a key never opens again by itself. */
export const keys = {
  version: 9,
  name: "keys",
  statements: [`ALTER TABLE api_key ADD COLUMN revoked_at INTEGER`], // milliseconds since the epoch; NULL: in use
};
