/** Everything that Runnel knows, over one database. */
import { createAnalyticsStore } from "../db/profiles/analytics.ts";
import { createChannelStore } from "../db/channels/channels.ts";
import { createEventStore } from "../db/profiles/events.ts";
import { createItemStore } from "../db/channels/items.ts";
import { createKeyStore } from "../db/keys.ts";
import type { Database } from "../db/open.ts";
import { createProfileStore } from "../db/profiles/profiles.ts";
import { createRecounter } from "../db/profiles/recount.ts";
import { createSeriesCatalogue } from "../db/series/catalogue.ts";
import { createSeriesStore } from "../db/series/chunks.ts";
import { createSessionStore } from "../db/sessions/sessions.ts";
import { Channels } from "./channels/channels.ts";
import { Hub } from "./channels/hub.ts";
import {
  type Conversations,
  type ConversationSettings,
  createConversations,
} from "./conversations/conversations.ts";
import { ApiKeys } from "./access/keys.ts";
import { Analytics } from "./profiles/analytics.ts";
import { Events } from "./profiles/events.ts";
import { Profiles } from "./profiles/profiles.ts";
import { Series } from "./series/series.ts";
import { Sessions } from "./sessions/sessions.ts";
import { days, firstAlive } from "./expiry.ts";

/** What the services need beside the database. */
export interface ServiceOptions {
  /** Bytes of items kept in memory for readers. */
  readonly cacheBytes: number;
  /** Days after which an event has expired. */
  readonly eventTtlDays: number;
  /** Days for which sessions are kept. */
  readonly sessionTtlDays: number;
  readonly conversations: ConversationSettings;
  /** Milliseconds since the epoch; a test may set it. */
  readonly clock?: (() => number) | undefined;
}

/** The services of all areas. */
export interface DomainServices {
  readonly channels: Channels;
  readonly hub: Hub;
  readonly keys: ApiKeys;
  readonly profiles: Profiles;
  readonly events: Events;
  readonly analytics: Analytics;
  readonly series: Series;
  readonly sessions: Sessions;
  readonly conversations: Conversations;
  readonly clock: () => number;
}

export function createServices(
  database: Database,
  { cacheBytes, eventTtlDays, sessionTtlDays, conversations, clock = Date.now }: ServiceOptions,
): DomainServices {
  const channelStore = createChannelStore(database, clock);
  const items = createItemStore(database, clock);
  const channels = new Channels({ channels: channelStore, items, clock, cacheBytes });
  const events = new Events({ store: createEventStore(database), clock, ttlDays: eventTtlDays });
  return {
    channels,
    hub: new Hub({ channels: channelStore, items }, channels),
    keys: new ApiKeys(createKeyStore(database), clock),
    profiles: new Profiles(createProfileStore(database), clock),
    events,
    analytics: new Analytics({
      store: createAnalyticsStore(database),
      recounter: createRecounter(database),
      clock,
      firstBucket: () => events.firstBucket(),
    }),
    series: new Series({
      store: createSeriesStore(database, clock),
      catalogue: createSeriesCatalogue(database, clock),
      clock,
    }),
    sessions: new Sessions(
      createSessionStore(database, clock, () => firstAlive(days(sessionTtlDays), clock())),
      clock,
    ),
    conversations: createConversations(database, conversations, clock),
    clock,
  };
}
