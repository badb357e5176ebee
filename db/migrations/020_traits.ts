/** Counts of what applications say of their accounts, by how many accounts have each value. */
export const traits = {
  version: 20,
  name: "traits",
  statements: [
    `CREATE INDEX trait_count ON field_count (app, field, accounts, value) WHERE field >= '[' AND field < '\\'`,
  ],
};
