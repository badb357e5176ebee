/** When an account first said an id of a service; NULL for what was said before this was kept. */
export const identityDates = {
  version: 19,
  name: "identity dates",
  statements: [`ALTER TABLE identity ADD COLUMN at INTEGER`],
};
