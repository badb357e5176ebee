/** The area of conversations: its parts, its sweep and its end. */
import { createConversationStore } from "../../db/conversations/conversations.ts";
import { createMessageStore } from "../../db/conversations/messages.ts";
import { createPortableStore } from "../../db/conversations/portable.ts";
import type { Database } from "../../db/open.ts";
import type { Area, AreaOptions } from "../areas.ts";
import { days } from "../expiry.ts";
import { type Conversations, type ConversationSettings, createConversations } from "./conversations.ts";
import { portableConversations } from "./portable.ts";

export interface ConversationServices {
  readonly conversations: Conversations;
}

export function createConversationArea(
  database: Database,
  options: ConversationSettings & AreaOptions,
): Area<ConversationServices> {
  const conversations = createConversations(database, options);
  return {
    portable: portableConversations({
      store: createPortableStore(database),
      messages: createMessageStore(database),
      conversations: createConversationStore(database),
      clock: options.clock,
      ttlMillis: days(options.messageTtlDays),
    }),
    services: { conversations },
    sweep: (signal) => conversations.sweep(signal),
    close: () => conversations.close(),
  };
}
