/** The wire shapes of webhooks. */
import { z } from "zod";
import { ChannelName } from "./channels.ts";
import { Link, settings, wholeNumber } from "./parameters.ts";

const webAddress = (wanted: string) =>
  z.string({ error: wanted }).max(2_048, "at most 2048 characters").refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    wanted,
  );
const A_CHANNEL = "the name or the address of a channel of this Runnel";

/** The request that creates or changes a webhook; the names are those of the Data Hub's clients. */
export const WebhookBody = settings({
  name: ChannelName.meta({ description: "As in the address." }),
  channel: ChannelName.meta({ description: "The channel whose items are pushed." }),
  channelUrl: z.string({ error: A_CHANNEL }).meta({ description: "The same, by its address." }),
  callbackUrl: webAddress("an http:// or https:// address").meta({
    description: "Where the items are posted to.",
    example: "https://example.com/items",
  }),
  batch: z.string({ error: "single or minute" }).toLowerCase().pipe(
    z.enum(["single", "minute"], { error: "single or minute" }),
  ).meta({ description: "`single`: a call an item; `minute`: one call for the items of a minute." }),
  parallelCalls: wholeNumber(1, 100, "Calls at the same time; 1, the default, keeps the order."),
  startAfter: z.string().meta({
    description: "What comes after it: `latest` (the default), `earliest`, an item's id, or a time.",
  }),
  startItem: z.string().meta({
    description: "The first item, by id or address; `previous`: the newest there is.",
  }),
  maxAttempts: wholeNumber(
    0,
    1_000,
    "Attempts before an item is given up; 0, the default: until it arrives.",
  ),
  errorChannel: ChannelName.nullable().meta({ description: "The channel for items that are given up." }),
  errorChannelUrl: z.string({ error: A_CHANNEL }).nullable().meta({
    description: "The same, by its address.",
  }),
  secret: z.string().regex(
    /^whsec_(?:[A-Za-z0-9+/]{4}){8,22}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
    "whsec_ and the base64 of 24 to 64 bytes",
  ).nullable().meta({ description: "Signs each call, as Standard Webhooks has it." }),
  paused: z.boolean({ error: "true or false" }),
  heartbeat: z.literal(false, { error: "false: Runnel sends items only" }),
  maxWaitMinutes: z.literal(1, { error: "1: attempts are at most a minute apart" }),
  ttlMinutes: z.literal(0, { error: "0: an item is tried as long as it can be read" }),
}).partial();

/** A webhook and how far it is. */
export const Webhook = z.strictObject({
  _links: z.strictObject({ self: Link, channel: Link }),
  name: z.string(),
  channelUrl: z.url(),
  callbackUrl: z.url(),
  batch: z.enum(["single", "minute"]),
  parallelCalls: z.int(),
  maxAttempts: z.int(),
  errorChannelUrl: z.url().optional(),
  signed: z.boolean().meta({ description: "Whether it has a secret; the secret itself is not told." }),
  paused: z.boolean(),
  cursor: z.string().meta({ description: "The position up to which everything has arrived." }),
  inFlight: z.int(),
  lag: z.strictObject({ items: z.int(), atLeast: z.boolean(), millis: z.int() }),
  givenUp: z.int(),
  lastError: z.strictObject({
    at: z.iso.datetime(),
    item: z.url(),
    attempts: z.int(),
    error: z.string(),
  }).nullable().meta({ description: "What went wrong last; null since a call succeeded." }),
}).meta({ id: "Webhook" });

/** The webhooks, by name. */
export const WebhookList = z.strictObject({
  _links: z.strictObject({
    self: Link,
    webhooks: z.array(z.strictObject({ name: z.string(), href: z.url() })),
  }),
}).meta({ id: "WebhookList" });
