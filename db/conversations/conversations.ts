/** The queries of chat channels. */
import type { Database } from "../open.ts";
import { createMembership } from "./membership.ts";
import { createReading } from "./reading.ts";

export type { ConversationRow, Ends, Span, Stretch } from "./reading.ts";

/** The queries, bound to a database. */
export type ConversationStore = ReturnType<typeof createConversationStore>;

export function createConversationStore(database: Database) {
  return { ...createReading(database), ...createMembership(database) };
}
