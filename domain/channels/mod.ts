/** The area of channels: its parts, its sweep and its end. */
import { createChannelStore } from "../../db/channels/channels.ts";
import { createCompactionStore } from "../../db/channels/compaction.ts";
import { createConsumerStore } from "../../db/channels/consumers/consumers.ts";
import { createDeliveryStore } from "../../db/channels/consumers/deliveries.ts";
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
import { Deliveries } from "./consumers/deliveries.ts";
import { Waiting } from "./consumers/waiting.ts";
import { timeOfKey } from "./item_id.ts";
import { Items } from "./items/items.ts";
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
  readonly deliveries: Deliveries;
  readonly hub: Hub<number>;
  readonly items: Items;
  readonly reader: Reader;
  readonly webhooks: Webhooks;
  readonly writer: Writer;
}

export function createChannelArea(
  database: Database,
  { cacheBytes, webhookPrivate = false, clock, log, poll }: ChannelAreaOptions & AreaOptions,
): Area<ChannelServices> {
  const store = createChannelStore(database, clock);
  const channels = new Channels(store, clock);
  const items = new Items({
    channels,
    store: createItemStore(database, clock),
    compaction: createCompactionStore(database),
    repairs: createRepairStore(database),
    log,
    clock,
    cacheBytes,
  });
  const hub = new Hub<number>({
    heads: (topics) => store.lastKeys(topics),
    onCommit: (listener) => items.onAppend(listener),
    timeOf: timeOfKey,
  }, poll);
  const pages = createPageStore(database), reader = new Reader(channels, pages);
  const writer = new Writer(channels, items, createWriteStore(database, clock), clock);
  const waiting = new Waiting();
  const consumers = new Consumers({
    channels,
    store: createConsumerStore(database, clock),
    waiting,
    clock,
  });
  const deliveries = new Deliveries({
    channels,
    items,
    hub,
    consumers,
    store: createDeliveryStore(database, clock),
    waiting,
    clock,
  });
  const webhooks = new Webhooks({
    channels,
    items,
    consumers,
    deliveries,
    store: createWebhookStore(database, clock),
    clock,
    log,
    poll,
    webhookPrivate,
  });
  return {
    portable: portableChannels({ channels, pages, store: createPortableStore(database) }),
    services: { channels, consumers, deliveries, hub, items, reader, webhooks, writer },
    async sweep(signal) {
      await writer.sweep(signal);
      const expired = await items.sweep(signal);
      await deliveries.sweep(signal);
      return expired;
    },
    async close() {
      hub.close();
      await webhooks.close();
    },
  };
}
