/** Series. */
export const series = {
  version: 4,
  name: "series",
  statements: [] as readonly string[],
};
