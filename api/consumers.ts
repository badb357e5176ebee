/** The wire shapes of consumers: workers that share a channel. */
import { z } from "zod";
import { ChannelName, FILTER, FollowedContent, Gap } from "./channels.ts";
import { DAY_MS } from "../domain/time.ts";
import { duration, Link, Moment, settings, wholeNumber } from "./parameters.ts";

/** Items that a worker may hold at once. */
export const MAX_PULL = 1_000;
const MAX_IN_FLIGHT = 10_000;
const MAX_IDS = 10_000;
const MAX_WAIT_MS = 60_000;

const ItemId = z.string().regex(/^[0-9A-V]{16}$/, "an item's id, 16 characters of 0-9 and A-V");
const Ids = z.array(ItemId, { error: "a list of items' ids" }).max(MAX_IDS, `at most ${MAX_IDS} ids`);
const lease = z.string().max(100).meta({ description: "Only while this lease is held on all of them." });

/** The request that creates or changes a consumer: each setting may be absent; null takes one away. */
export const ConsumerBody = settings({
  start: z.string().meta({
    description: "`latest`, `earliest`, an item's id (what comes after it), or a time.",
    example: "earliest",
  }),
  ackWait: duration(DAY_MS, "How long a worker holds an item before it is given out again.")
    .refine((millis) => millis > 0, "longer than no time: nobody could acknowledge anything"),
  maxDeliver: wholeNumber(1, 1_000, "How often an item is given out before it is given up."),
  maxInFlight: wholeNumber(1, MAX_IN_FLIGHT, "Items that all workers together may hold."),
  deadLetter: ChannelName.nullable().meta({
    description: "The channel for items that are given up; without one they are dropped.",
  }),
  filter: settings(FILTER).nullable().meta({
    description: "Only these items; others are passed over.",
  }),
}).partial();

const Millis = z.int().meta({ description: "Milliseconds." });

/** A consumer and how far it is. */
export const Consumer = z.strictObject({
  _links: z.strictObject({
    self: Link,
    channel: Link,
    pull: Link,
    ack: Link,
    nack: Link,
    extend: Link,
    ws: Link,
  }),
  name: z.string(),
  creationDate: Moment,
  start: z.string(),
  ackWaitMillis: Millis,
  maxDeliver: z.int(),
  maxInFlight: z.int(),
  deadLetter: z.string().optional(),
  filter: z.strictObject(FILTER).optional(),
  cursor: z.string().meta({ description: "The position up to which every item is acknowledged." }),
  inFlight: z.int().meta({ description: "Items that workers hold." }),
  waitingAgain: z.int().meta({ description: "Items that were given out, and wait to be given out again." }),
  exhausted: z.int().meta({ description: "Those of them that wait for a dead-letter channel." }),
  lag: z.strictObject({
    items: z.int().meta({ description: "Items that are not acknowledged." }),
    atLeast: z.boolean().meta({ description: "Whether there are more, which were not counted." }),
    millis: z.int().meta({ description: "Age of the oldest of them." }),
  }),
  redeliveries: z.int(),
  givenUp: z.int().meta({ description: "Items that nobody acknowledged." }),
}).meta({ id: "Consumer" });

/** The consumers of a channel. */
export const ConsumerList = z.strictObject({
  _links: z.strictObject({ self: Link, channel: Link }),
  consumers: z.array(Consumer),
}).meta({ id: "ConsumerList" });

/** An item that a worker holds. */
export const GivenItem = FollowedContent.extend({
  delivery: z.int().meta({ description: "How often the item was given out by now, 1 the first time." }),
  lease: z.string(),
}).omit({ channel: true }).meta({ id: "GivenItem" });

/** What a worker is given, oldest first. */
export const Pulled = z.strictObject({
  items: z.array(GivenItem),
  acknowledged: z.int().optional().meta({
    description: "How many items `ack` acknowledged, where it was given.",
  }),
  gap: Gap.optional().meta({ description: "Items before these were gone before the consumer came to them." }),
}).meta({ id: "PulledItems" });

const SETTLED = {
  ids: Ids.optional(),
  upTo: ItemId.optional().meta({ description: "All that were given out, up to this item." }),
  lease: lease.optional(),
};
/** Items that are done. */
export const AckBody = settings(SETTLED);
/** Items that are to be given out again. */
export const NackBody = settings({
  ...SETTLED,
  delay: duration(DAY_MS, "After so long; at once unless given.").optional(),
});
/** Items that take longer. */
export const ExtendBody = AckBody;

/** A pull: how many items the worker wants, and which it is done with. */
export const PullBody = settings({
  max: wholeNumber(1, MAX_PULL, "At most so many items; 100 unless given."),
  wait: duration(MAX_WAIT_MS, "How long to wait for the first item."),
  ack: AckBody.meta({
    description: "Items that are done: acknowledged in the same commit, before any are given out.",
  }),
}).partial();

/** How many items that was. */
export const Settled = z.strictObject({ items: z.int() }).meta({ id: "SettledItems" });

/** How a worker works over a WebSocket. */
export const WorkQuery = z.object({
  max: wholeNumber(1, MAX_PULL, "Items that are held at once; 100 unless given.").optional(),
});

/** What a worker sends over its WebSocket: one of the three. */
export const WorkMessage = z.union([
  z.strictObject({ ack: Ids, lease: lease.optional() }),
  z.strictObject({
    nack: Ids,
    lease: lease.optional(),
    delay: duration(DAY_MS, "After so long.").optional(),
  }),
  z.strictObject({ extend: Ids, lease: lease.optional() }),
], {
  error:
    'one of {"ack": [ids]}, {"nack": [ids], "delay": "5s"} and {"extend": [ids]}, each with "lease" or not',
});
