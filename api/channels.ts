/** The wire shapes of channels and their items. */
import { z } from "zod";
import { Link, Moment, settings } from "./parameters.ts";

/** A channel's name: trimmed, then 1 to 48 letters, digits and underscores; case sensitive. */
export const ChannelName = z.string({ error: "a channel needs a name (text)" }).trim().regex(
  /^[A-Za-z0-9_]{1,48}$/,
  "a name has 1 to 48 characters of a-z, A-Z, 0-9 and underscore",
).meta({ example: "stumptown" });

const positiveInteger = (wanted: string) =>
  z.union([z.number(), z.string().regex(/^\d{1,16}$/, wanted)], { error: wanted })
    .transform(Number)
    .refine((value) => Number.isSafeInteger(value) && value > 0, wanted);

/** Settings of a channel as a request gives them: `null` takes one away. A body may repeat the name. */
const SETTINGS = settings({
  ttlMillis: positiveInteger("a positive whole number of milliseconds, or null for no expiry").nullable()
    .meta({
      description: "How long an item can be read, in milliseconds; null: for ever. 120 days unless given.",
      example: 3600000,
    }),
  maxItems: positiveInteger("a positive whole number of items, or null for no limit").nullable().meta({
    description: "At most that many items are kept; the oldest go first.",
  }),
  description: z.string().max(1024, "at most 1024 characters").nullable(),
  tags: z.array(
    z.string().trim().min(1, "a tag is not empty").max(48, "a tag has at most 48 characters"),
    { error: "a list of texts" },
  ).max(32, "at most 32 tags").transform((tags) => [...new Set(tags)].sort()),
  name: ChannelName,
});

/** The request that changes a channel: each setting may be absent. */
export const SettingsBody = SETTINGS.partial();

/** The request that creates a channel. */
export const NewChannelBody = SettingsBody.required({ name: true });

/** What a channel is and how it is set up. */
export const Metadata = z.strictObject({
  _links: z.strictObject({ self: Link, latest: Link, earliest: Link, ws: Link }),
  name: z.string(),
  creationDate: Moment,
  lastUpdateDate: Moment.optional().meta({ description: "When the newest item was stored." }),
  ttlMillis: z.int().optional().meta({ description: "Absent: items are kept for ever." }),
  maxItems: z.int().optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
}).meta({ id: "Channel" });

/** The channels, by name. */
export const ChannelList = z.strictObject({
  _links: z.strictObject({
    self: Link,
    channels: z.array(z.strictObject({ name: z.string(), href: z.url() })),
  }),
}).meta({ id: "ChannelList" });

/** Where a new item is. */
export const Stored = z.strictObject({
  _links: z.strictObject({ channel: Link, self: Link }),
  id: z.string().meta({ example: "00002FHOK8JMK000" }),
  timestamp: Moment,
}).meta({ id: "StoredItem" });

/** Which channels. */
export const ListQuery = z.object({
  tag: z.string().optional().meta({ description: "Only channels with this tag." }),
});
