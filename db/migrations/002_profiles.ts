/** Profiles. */
export const profiles = {
  version: 2,
  name: "profiles",
  statements: [] as readonly string[],
};
