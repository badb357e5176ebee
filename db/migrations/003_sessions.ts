/** Sessions. */
export const sessions = {
  version: 3,
  name: "sessions",
  statements: [] as readonly string[],
};
