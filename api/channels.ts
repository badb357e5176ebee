/** The wire shapes of channels and their items. */
import { z } from "zod";
import { firstKeyAt, idOfKey } from "../domain/channels/item_id.ts";
import { DAY_MS } from "../domain/time.ts";
import { duration, flag, Link, list, Moment, settings, wholeNumber } from "./parameters.ts";

/** A channel's name: trimmed, then 1 to 48 letters, digits and underscores; case sensitive. */
export const ChannelName = z.string({ error: "a channel needs a name (text)" }).trim().regex(
  /^[A-Za-z0-9_]{1,48}$/,
  "a name has 1 to 48 characters of a-z, A-Z, 0-9 and underscore",
).meta({ example: "stumptown" });

const positiveInteger = (wanted: string) =>
  z.union([z.number(), z.string().regex(/^\d{1,16}$/, wanted)], { error: wanted })
    .transform(Number)
    .refine((value) => Number.isSafeInteger(value) && value > 0, wanted);

/** What the Data Hub's clients send and Runnel has no use for. */
const WITHOUT_EFFECT = z.union([z.string(), z.boolean(), z.null()]).meta({
  description: "Accepted from the Data Hub's clients, without effect.",
});

const DAYS = "a positive number of days";
const NOT_COPIED = "Runnel copies no channel of another server: follow that one and insert what comes";

/** Settings of a channel as a request gives them: `null` takes one away. A body may repeat the name. */
const SHAPE = {
  ttlMillis: positiveInteger("a positive whole number of milliseconds, or null for no expiry").nullable()
    .meta({
      description: "How long an item can be read, in milliseconds; null: for ever. 120 days unless given.",
      example: 3600000,
    }),
  ttlDays: z.number({ error: DAYS }).positive(DAYS).max(36_500_000, "at most 36500000 days").meta({
    description: "The same in days.",
  }),
  keepForever: z.boolean({ error: "true or false" }).meta({ description: "true: as ttlMillis null." }),
  maxItems: positiveInteger("a positive whole number of items, or null for no limit").nullable().meta({
    description: "At most that many items are kept; the oldest go first.",
  }),
  compact: z.boolean({ error: "true or false" }).meta({
    description:
      "Whether the sweep keeps only the newest item of each Item-Key; an empty item says for a day that its key is gone.",
  }),
  description: z.string().max(1024, "at most 1024 characters").nullable(),
  tags: z.array(
    z.string().trim().min(1, "a tag is not empty").max(48, "a tag has at most 48 characters"),
    { error: "a list of texts" },
  ).max(32, "at most 32 tags").transform((tags) => [...new Set(tags)].sort()),
  owner: z.string().max(256, "at most 256 characters").nullable().meta({
    description: "Who answers for it.",
  }),
  name: ChannelName,
  storage: WITHOUT_EFFECT,
  heartbeat: WITHOUT_EFFECT,
  replicationSource: z.union([z.literal(""), z.null()], { error: NOT_COPIED }).meta({
    description: "Only empty.",
  }),
};

type All = z.output<z.ZodObject<typeof SHAPE>>;
type Given = { readonly [K in keyof All]?: All[K] | undefined };

/** What was given, in the terms of the domain. Times to live that disagree are refused. */
function understood<G extends Given>(given: G, context: z.core.$RefinementCtx) {
  const { ttlMillis, ttlDays, keepForever, storage: _, heartbeat: __, replicationSource: ___, ...rest } =
    given;
  const times = new Set<number | null>();
  if (ttlMillis !== undefined) times.add(ttlMillis);
  if (ttlDays !== undefined) times.add(Math.max(1, Math.round(ttlDays * DAY_MS)));
  if (keepForever === true) times.add(null);
  if (times.size > 1) {
    const path = ["ttlMillis", "ttlDays", "keepForever"].filter((name) => Object.hasOwn(given, name));
    context.addIssue({
      code: "custom",
      path: [path[1]!],
      message: `${path.join(" and ")} say different things`,
    });
    return z.NEVER;
  }
  const [time] = times;
  return { ...rest, ...(time !== undefined && { ttlMillis: time }) };
}

const SETTINGS = settings(SHAPE).partial();

/** The request that changes a channel: each setting may be absent. */
export const SettingsBody = SETTINGS.transform(understood);

/** The request that creates a channel. */
export const NewChannelBody = SETTINGS.extend({ name: ChannelName }).transform(understood);

/** What a channel is and how it is set up. */
export const Metadata = z.strictObject({
  _links: z.strictObject({ self: Link, latest: Link, earliest: Link, ws: Link, events: Link }),
  name: z.string(),
  creationDate: Moment,
  lastUpdateDate: Moment.optional().meta({ description: "When the newest item was stored." }),
  ttlMillis: z.int().optional().meta({ description: "Absent: items are kept for ever." }),
  maxItems: z.int().optional(),
  compact: z.literal(true).optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  owner: z.string().optional(),
}).meta({ id: "Channel" });

/** The channels, by name. */
export const ChannelList = z.strictObject({
  _links: z.strictObject({
    self: Link,
    next: Link.optional(),
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
  limit: wholeNumber(1, 10_000, "At most so many channels; all unless given.").optional(),
  after: z.string().optional().meta({ description: "Only channels whose names come after this one." }),
  order: z.enum(["name", "newest"], { error: "name or newest" }).optional().meta({
    description:
      "`newest`: those that an item was stored in last come first; 1000 unless `limit` is given, in one page. " +
      "By `name` unless given.",
  }),
});

/** Where new items are. */
export const StoredItems = z.strictObject({
  _links: z.strictObject({ channel: Link }),
  ids: z.array(z.string()).meta({ description: "In the order of the items." }),
}).meta({ id: "StoredItems" });

/** Items that one list may hold. */
export const MAX_LIST = 10_000;
const MAX_WAIT_MS = 60_000;

/** Whether the contents are wanted instead of a list. */
const bulk = flag(
  "The contents themselves: multipart/mixed, or lines of JSON when `Accept` asks for them and all items are JSON.",
).optional();

/** The query of a list. */
export const ItemsQuery = z.object({ bulk });
/** The query of what comes after a position. */
export const NextQuery = ItemsQuery.extend({
  wait: duration(MAX_WAIT_MS, "How long to wait for an item when there is none yet.").optional(),
});
/** The query of a stretch of time. */
export const TimeQuery = ItemsQuery.extend({
  limit: wholeNumber(1, MAX_LIST, "At most so many items; 1000 unless given.").optional(),
  after: z.string().optional().meta({ description: "Only what comes after this position." }),
});
/** The query of the item keys. */
export const KeysQuery = z.object({
  limit: wholeNumber(1, MAX_LIST, "At most so many keys; 1000 unless given.").optional(),
  after: z.string().optional().meta({ description: "Only keys that come after this one." }),
});

/** What is gone after a position. */
export const Gap = z.strictObject({
  after: z.string(),
  before: z.string().meta({ description: "The first item that can be read." }),
}).meta({ id: "Gap" });

/** Items in order, oldest first. */
export const ItemList = z.strictObject({
  _links: z.strictObject({ self: Link, next: Link.optional(), previous: Link.optional() }),
  items: z.array(z.strictObject({
    id: z.string(),
    href: z.url(),
    timestamp: Moment,
    contentType: z.string(),
    length: z.int().meta({ description: "Bytes." }),
    key: z.string().optional(),
  })),
  gap: Gap.optional().meta({ description: "Items after the position that can no longer be read." }),
}).meta({ id: "ItemList" });

/** Item keys in order, each with its newest item. */
export const KeyList = z.strictObject({
  _links: z.strictObject({ self: Link, next: Link.optional() }),
  keys: z.array(z.strictObject({ key: z.string(), id: z.string(), href: z.url(), timestamp: Moment })),
}).meta({ id: "KeyList" });

const TimeLink = z.strictObject({ href: z.url(), template: z.string() });
/** The addresses of the time queries. */
export const TimeLinks = z.strictObject({
  _links: z.strictObject({ self: Link, second: TimeLink, minute: TimeLink, hour: TimeLink, day: TimeLink }),
  now: Moment,
}).meta({ id: "TimeLinks" });

/** The state of a channel. */
export const ChannelStatus = z.strictObject({
  _links: z.strictObject({ self: Link, latest: Link }),
  latest: z.strictObject({ id: z.string(), timestamp: Moment }).nullable(),
  lag: z.int().nullable().meta({ description: "Milliseconds since the newest item was stored." }),
  items: z.int().meta({ description: "How many items can be read." }),
}).meta({ id: "ChannelStatus" });

/** How the rate of a channel is asked for. */
export const RateQuery = z.object({
  last: duration(DAY_MS, "How far back; an hour unless given.").optional(),
  every: duration(DAY_MS, "How long a step is; a minute unless given, at least a second.").optional(),
});

/** How many items came in each step of time. */
export const ChannelRate = z.strictObject({
  _links: z.strictObject({ self: Link, channel: Link }),
  everyMillis: z.int(),
  atLeast: z.boolean().meta({
    description: "Whether there were more items, of the first steps, than are counted.",
  }),
  steps: z.array(z.strictObject({ from: Moment, items: z.int() })).meta({ description: "In order." }),
}).meta({ id: "ChannelRate" });

/** The position before everything that was stored from a time on. */
export const positionAt = (millis: number): string => idOfKey(firstKeyAt(millis) - 1n);

/** Which items are wanted; all of it must hold. */
export const FILTER = {
  contentType: z.string().optional().meta({ description: "Only items of this media type." }),
  key: z.string().min(1, "an Item-Key has at least one character").optional().meta({
    description: "Only items with this key.",
  }),
  where: z.array(z.string()).optional().meta({
    description: "Only JSON items in which the value at a JSON pointer has this text; may be repeated.",
    example: ["/status=open"],
  }),
};
/** An item with its content, as followers get it. */
export const FollowedContent = z.strictObject({
  channel: z.string().optional().meta({ description: "Where many channels are followed." }),
  id: z.string(),
  href: z.url(),
  timestamp: Moment,
  contentType: z.string(),
  contentEncoding: z.string().optional(),
  contentLanguage: z.string().optional(),
  key: z.string().optional(),
  data: z.string().optional().meta({ description: "Text and JSON, as stored." }),
  dataBase64: z.string().optional().meta({ description: "Everything else." }),
}).meta({ id: "FollowedContent" });

/** How a channel is followed. */
export const FollowQuery = z.object({
  after: z.string().optional().meta({
    description: "First what came after this position; `earliest`: everything that can be read.",
  }),
  since: z.string().optional().meta({
    description: "First what was stored since a time, or in the last `1h`.",
    example: "1h",
  }),
  content: flag("The items with their contents instead of their addresses.").optional(),
  ...FILTER,
});
/** How many channels are followed at once. */
export const FollowManyQuery = FollowQuery.extend({
  channels: list("Names of channels.").optional(),
  tag: z.string().min(1, "a tag is not empty").optional().meta({
    description: "All channels with this tag, those to come among them.",
  }),
});
