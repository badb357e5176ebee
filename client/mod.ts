/**
 * The typed client of Runnel's HTTP API, for Deno, Node and browsers. It needs nothing but fetch:
 *
 * ```ts
 * const runnel = new RunnelClient({ url: "http://127.0.0.1:8080" });
 * await runnel.store.save("NASDAQ", "ACME", { close: { "2020-01-02": 102.5 } });
 * const { close } = await runnel.store.retrieve("NASDAQ", "ACME", { start: "2020-01-01" });
 * ```
 */
import { ChannelsClient } from "./channels.ts";
import { ConversationsClient } from "./conversations.ts";
import { type ClientOptions, Http } from "./http.ts";
import { StoreClient } from "./store.ts";
import { WebhooksClient } from "./webhooks.ts";

export type { Channel, ChannelSettings, PostOptions, StoredItem } from "./channels.ts";
export type { NewItem } from "./bulk.ts";
export type { ConsumerSettings, ConsumerState, HeldItem, Which, WorkOptions } from "./consumers.ts";
export { ConsumerClient } from "./consumers.ts";
export type { FollowedItem, FollowOptions } from "./follow.ts";
export { ChannelsClient } from "./channels.ts";
export type {
  ChatMessages,
  Recap,
  RecapOptions,
  RepresentativeMessage,
  StretchOptions,
  Summary,
} from "./conversations.ts";
export { ConversationsClient, Reader } from "./conversations.ts";
export type { ClientOptions } from "./http.ts";
export { RunnelProblem } from "./http.ts";
export type {
  Cell,
  Frames,
  ListedReference,
  ListedSymbol,
  Orient,
  RetrieveOptions,
  SavedOrient,
  SaveOptions,
  TextFormat,
} from "./store.ts";
export { StoreClient } from "./store.ts";
export type { WebhookSettings, WebhookState } from "./webhooks.ts";
export { WebhooksClient } from "./webhooks.ts";

/** All areas of one Runnel. */
export class RunnelClient {
  readonly channels: ChannelsClient;
  readonly conversations: ConversationsClient;
  readonly store: StoreClient;
  readonly webhooks: WebhooksClient;

  constructor(options: ClientOptions = {}) {
    const http = new Http(options);
    this.channels = new ChannelsClient(http);
    this.conversations = new ConversationsClient(http);
    this.store = new StoreClient(http);
    this.webhooks = new WebhooksClient(http);
  }
}
