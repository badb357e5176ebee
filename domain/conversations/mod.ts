/** The area of conversations: its parts, its sweep and its end. */
import type { Database } from "../../db/open.ts";
import type { Area, AreaOptions } from "../areas.ts";
import { type Conversations, type ConversationSettings, createConversations } from "./conversations.ts";

export interface ConversationServices {
  readonly conversations: Conversations;
}

export function createConversationArea(
  database: Database,
  options: ConversationSettings & AreaOptions,
): Area<ConversationServices> {
  const conversations = createConversations(database, options);
  return {
    services: { conversations },
    sweep: (signal) => conversations.sweep(signal),
    close: () => conversations.close(),
  };
}
