/** The area of channels: its parts, its sweep and its end. */
import { createChannelStore } from "../../db/channels/channels.ts";
import { createCompactionStore } from "../../db/channels/compaction.ts";
import { createConsumerStore } from "../../db/channels/consumers.ts";
import { createDeliveryStore } from "../../db/channels/deliveries.ts";
import { createItemStore } from "../../db/channels/items.ts";
import { createPageStore } from "../../db/channels/pages.ts";
import { createPortableStore } from "../../db/channels/portable.ts";
import { createRepairStore } from "../../db/channels/repair.ts";
import { createWebhookStore } from "../../db/channels/webhooks.ts";
import { createWriteStore } from "../../db/channels/writes.ts";
import type { Database } from "../../db/open.ts";
import type { Area, AreaOptions } from "../areas.ts";
import { Hub } from "../live/hub.ts";
import { Channels } from "./channels.ts";
import { Consumers } from "./consumers/consumers.ts";
import { timeOfKey } from "./item_id.ts";
import { portableChannels } from "./portable.ts";
import { Reader } from "./reader.ts";
import { Webhooks } from "./webhooks/webhooks.ts";
import { Writer } from "./writer.ts";

/** Settings of channels. */
export interface ChannelAreaOptions {
  /** Bytes of items kept in memory for readers. */
  readonly cacheBytes: number;
  /** Whether webhooks may call addresses of private networks; not unless given. */
  readonly webhookPrivate?: boolean;
}

export interface ChannelServices {
  readonly channels: Channels;
  readonly consumers: Consumers;
  readonly hub: Hub<number>;
  readonly reader: Reader;
  readonly webhooks: Webhooks;
  readonly writer: Writer;
}

export function createChannelArea(
  database: Database,
  { cacheBytes, webhookPrivate = false, clock, log, poll }: ChannelAreaOptions & AreaOptions,
): Area<ChannelServices> {
  const store = createChannelStore(database, clock);
  const items = createItemStore(database, clock);
  const channels = new Channels({
    channels: store,
    items,
    compaction: createCompactionStore(database),
    repairs: createRepairStore(database),
    log,
    clock,
    cacheBytes,
  });
  const hub = new Hub<number>({
    heads: (topics) => store.lastKeys(topics),
    onCommit: (listener) => channels.onAppend(listener),
    timeOf: timeOfKey,
  }, poll);
  const pages = createPageStore(database), reader = new Reader(channels, pages);
  const writer = new Writer(channels, createWriteStore(database, clock), clock);
  const consumers = new Consumers({
    channels,
    hub,
    store: createConsumerStore(database, clock),
    deliveries: createDeliveryStore(database, clock),
    clock,
  });
  const webhooks = new Webhooks({
    channels,
    consumers,
    store: createWebhookStore(database, clock),
    clock,
    log,
    poll,
    webhookPrivate,
  });
  return {
    portable: portableChannels({ channels, pages, store: createPortableStore(database) }),
    services: { channels, consumers, hub, reader, webhooks, writer },
    async sweep(signal) {
      await writer.sweep(signal);
      const expired = await channels.sweep(signal);
      await consumers.sweep(signal);
      return expired;
    },
    async close() {
      hub.close();
      await webhooks.close();
    },
  };
}
