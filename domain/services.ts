/** Everything that Runnel knows, over one database. */
import { createChannelStore } from "../db/channels.ts";
import { createItemStore } from "../db/items.ts";
import { createKeyStore } from "../db/keys.ts";
import type { Database } from "../db/open.ts";
import { Channels } from "./channels/channels.ts";
import { Hub } from "./channels/hub.ts";
import {
  type Conversations,
  type ConversationSettings,
  createConversations,
} from "./conversations/conversations.ts";
import { ApiKeys } from "./keys/keys.ts";

/** What the services need beside the database. */
export interface ServiceOptions {
  /** Bytes of items kept in memory for readers. */
  readonly cacheBytes: number;
  readonly conversations: ConversationSettings;
  /** Milliseconds since the epoch; a test may set it. */
  readonly clock?: (() => number) | undefined;
}

/** The services of all areas. */
export interface DomainServices {
  readonly channels: Channels;
  readonly hub: Hub;
  readonly keys: ApiKeys;
  readonly conversations: Conversations;
  readonly clock: () => number;
}

export function createServices(
  database: Database,
  { cacheBytes, conversations, clock = Date.now }: ServiceOptions,
): DomainServices {
  const channelStore = createChannelStore(database, clock);
  const items = createItemStore(database, clock);
  const channels = new Channels({ channels: channelStore, items, clock, cacheBytes });
  return {
    channels,
    hub: new Hub({ channels: channelStore, items }, channels),
    keys: new ApiKeys(createKeyStore(database), clock),
    conversations: createConversations(database, conversations, clock),
    clock,
  };
}
