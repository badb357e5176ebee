/**
 * The typed client of Runnel's HTTP API, for Deno, Node and browsers. It needs nothing but fetch:
 *
 * ```ts
 * const runnel = new RunnelClient("http://127.0.0.1:8080");
 * await runnel.store.save("NASDAQ", "ACME", { close: { "2020-01-02": 102.5 } });
 * const { close } = await runnel.store.retrieve("NASDAQ", "ACME", { start: "2020-01-01" });
 * ```
 */
import { ChannelsClient } from "./channels.ts";
import { ConversationsClient } from "./conversations.ts";
import { type ClientOptions, Http } from "./http.ts";
import { ProfilesClient } from "./profiles.ts";
import { SessionsClient } from "./sessions.ts";
import { StoreClient } from "./store.ts";
import { WebhooksClient } from "./webhooks.ts";

export type { Channel, ChannelSettings, PostOptions, StoredItem } from "./channels.ts";
export type { NewItem } from "./bulk.ts";
export type {
  ConsumerSettings,
  ConsumerState,
  HeldItem,
  PullOptions,
  Which,
  WorkOptions,
} from "./consumers.ts";
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
export type { ClientOptions, ProblemCode } from "./http.ts";
export { RunnelProblem } from "./http.ts";
export type {
  Analytics,
  AppEvent,
  Profile,
  ServiceProfiles,
  TimelineOptions,
  TimelinePoint,
} from "./profiles.ts";
export { ProfilesClient } from "./profiles.ts";
export type {
  InsertedEvents,
  LastEventsOptions,
  LiveSessionEvent,
  LiveSessionsOptions,
  MetricsOptions,
  SessionEvent,
  SessionMetrics,
  StartsByCountry,
  UserSession,
} from "./sessions.ts";
export { SessionsClient } from "./sessions.ts";
export type {
  Cell,
  Frames,
  ListedReference,
  ListedSymbol,
  ListingOptions,
  Orient,
  RetrieveOptions,
  Revision,
  Row,
  SavedOrient,
  SavedSeries,
  SaveOptions,
  StoreSettings,
  TextFormat,
} from "./store.ts";
export { StoreClient } from "./store.ts";
export type { WebhookSettings, WebhookState } from "./webhooks.ts";
export { WebhooksClient } from "./webhooks.ts";

/** All areas of one Runnel. */
export class RunnelClient {
  readonly channels: ChannelsClient;
  readonly profiles: ProfilesClient;
  readonly sessions: SessionsClient;
  readonly store: StoreClient;
  readonly webhooks: WebhooksClient;
  readonly conversations: ConversationsClient;
  readonly #options: ClientOptions;

  /** Of the Runnel at an address, or with those options. */
  constructor(options: string | ClientOptions = {}) {
    this.#options = typeof options === "string" ? { url: options } : options;
    const http = new Http(this.#options);
    this.channels = new ChannelsClient(http);
    this.profiles = new ProfilesClient(http);
    this.sessions = new SessionsClient(http);
    this.store = new StoreClient(http);
    this.webhooks = new WebhooksClient(http);
    this.conversations = new ConversationsClient(http);
  }

  /** The same Runnel, with some options otherwise: `runnel.with({ signal: AbortSignal.timeout(1_000) })`. */
  with(options: ClientOptions): RunnelClient {
    return new RunnelClient({ ...this.#options, ...options });
  }
}
