/** Conversations. */
export const conversations = {
  version: 5,
  name: "conversations",
  statements: [] as readonly string[],
};
