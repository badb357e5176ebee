/**
 * Indexes that find the commonest values of a field, and contexts of an event, without reading the others. Dates of
 * birth are counted by ranges and need none.
 */
export const commonValues = {
  version: 24,
  name: "common values",
  statements: [
    `DROP INDEX trait_count`,
    `CREATE INDEX field_count_by_accounts ON field_count (app, field, accounts DESC, value)
      WHERE substr(field, 1, 5) <> 'birth'`,
    `CREATE INDEX context_total_by_n ON context_total (app, event, n DESC, context)`,
  ],
};
