/** What the API reference tells of channels, their items and subscriptions. */
import {
  ChannelList,
  ChannelRate,
  ChannelStatus,
  FollowManyQuery,
  FollowQuery,
  ItemList,
  ItemsQuery,
  KeyList,
  KeysQuery,
  ListQuery,
  Metadata,
  NewChannelBody,
  NextQuery,
  RateQuery,
  SettingsBody,
  Stored,
  StoredItems,
  TimeLinks,
  TimeQuery,
} from "../../api/channels.ts";
import type { BodyReference, RouteReference } from "../route.ts";

const BASE = "http://127.0.0.1:8080/channel";

const METADATA: BodyReference = {
  schema: Metadata,
  example: {
    _links: {
      self: { href: `${BASE}/stumptown` },
      latest: { href: `${BASE}/stumptown/latest` },
      earliest: { href: `${BASE}/stumptown/earliest` },
      ws: { href: "ws://127.0.0.1:8080/channel/stumptown/ws" },
    },
    name: "stumptown",
    creationDate: "2026-01-02T03:04:05.678Z",
    ttlMillis: 3600000,
  },
};

export const LIST: RouteReference<typeof ListQuery> = {
  summary: "List channels",
  query: ListQuery,
  answers: {
    200: {
      description: "The channels, in that order.",
      schema: ChannelList,
    },
  },
};

export const CREATE: RouteReference = {
  summary: "Create a channel",
  body: { schema: NewChannelBody, example: { name: "stumptown", ttlMillis: 3600000 } },
  answers: { 201: { description: "The new channel; its address is in `Location`.", ...METADATA } },
  errors: ["invalid-request", "channel-exists", "too-large", "unsupported-media-type"],
};

export const READ: RouteReference = {
  summary: "Channel metadata",
  answers: { 200: { description: "The channel.", ...METADATA } },
  errors: ["channel-not-found"],
};

export const PUT: RouteReference = {
  summary: "Create or change a channel",
  description: "What is not given stays, or is the default of a new channel.",
  body: { schema: SettingsBody, example: { tags: ["news"], maxItems: 1000 } },
  answers: {
    200: { description: "The channel was there; it has these settings now.", ...METADATA },
    201: { description: "The new channel.", ...METADATA },
  },
  errors: ["invalid-request", "too-large", "unsupported-media-type"],
};

export const CHANGE: RouteReference = {
  summary: "Change a channel",
  description: "What is not given stays.",
  body: { schema: SettingsBody, example: { ttlMillis: 30000 } },
  answers: { 200: { description: "The channel as it is now.", ...METADATA } },
  errors: ["invalid-request", "channel-not-found", "too-large", "unsupported-media-type"],
};

export const REMOVE: RouteReference = {
  summary: "Remove a channel",
  answers: { 204: { description: "The channel and its items are gone." } },
  errors: ["channel-not-found"],
};

export const INSERT: RouteReference = {
  summary: "Insert an item",
  description:
    "Any content. Content-Type, Content-Encoding, Content-Language and Item-Key are kept with it. With an " +
    "`Idempotency-Key` a retry within a day answers the first result again; with `If-Latest` the item is stored only " +
    "while that id is the newest (`none`: while there is none).",
  body: { type: "*/*", example: "your content here" },
  answers: {
    201: {
      description: "The item is stored durably; its address is in `Location`.",
      schema: Stored,
    },
  },
  errors: [
    "invalid-request",
    "channel-not-found",
    "too-large",
    "request-timeout",
    "precondition-failed",
    "idempotency-conflict",
  ],
};

export const BULK: RouteReference = {
  summary: "Insert many items",
  description:
    "Stores all of them in their order, in one commit, or none: as `application/x-ndjson`, each line an item, or as " +
    "`multipart/mixed`, each part an item with its headers. A body may have any length.",
  body: { type: "application/x-ndjson", example: '{"n": 1}\n{"n": 2}\n' },
  answers: { 201: { description: "The items are stored durably.", schema: StoredItems } },
  errors: [
    "channel-not-found",
    "unsupported-media-type",
    "too-large",
    "request-timeout",
    "precondition-failed",
    "idempotency-conflict",
  ],
};

export const LATEST: RouteReference = {
  summary: "Go to the newest item",
  answers: { 303: { description: "`Location` is the newest item." } },
  errors: ["channel-not-found", "channel-empty"],
};

export const EARLIEST: RouteReference = {
  summary: "Go to the oldest item",
  answers: { 303: { description: "`Location` is the oldest item that can be read." } },
  errors: ["channel-not-found", "channel-empty"],
};

export const FETCH: RouteReference = {
  summary: "Fetch an item",
  description:
    "The content as it was inserted. `Link` leads to the previous and the next item. Conditional requests and " +
    "a single range are answered.",
  answers: {
    200: { description: "The content, with its type.", type: "*/*" },
    206: { description: "The range that was asked for.", type: "*/*" },
    304: { description: "The client has it already." },
  },
  errors: [
    "channel-not-found",
    "item-not-found",
    "not-acceptable",
    "precondition-failed",
    "range-not-satisfiable",
  ],
};

export const FOLLOW: RouteReference<typeof FollowQuery> = {
  summary: "Follow a channel over a WebSocket",
  description:
    "Each new item's URL comes as a line of text; several lines may share a frame when very much is sent at once. With " +
    "`after` or `since`, first what is there already, then what comes, without a gap or a double. Resume after the id of " +
    "the item that came last.",
  query: FollowQuery,
  answers: { 101: { description: "The connection speaks WebSocket from here on." } },
  errors: ["channel-not-found", "upgrade-required", "invalid-request"],
};
export const FOLLOW_MANY: RouteReference<typeof FollowManyQuery> = {
  ...FOLLOW,
  summary: "Follow many channels over a WebSocket",
  description:
    "As for one channel; with `content`, each message names its channel. Positions are `a:ID,b:ID`.",
  query: FollowManyQuery,
};

const EVENT_STREAM: RouteReference["answers"] = {
  200: {
    description: "Events `item` (and `gap`) with the position as `id`, until the client leaves.",
    type: "text/event-stream",
    example:
      "id: 00002FHOK8JMK000\nevent: item\ndata: http://127.0.0.1:8080/channel/stumptown/00002FHOK8JMK000",
  },
};
export const EVENTS: RouteReference<typeof FollowQuery> = {
  summary: "Follow a channel as Server-Sent Events",
  description: "As over a WebSocket. EventSource resumes by itself, through `Last-Event-ID`.",
  query: FollowQuery,
  answers: EVENT_STREAM,
  errors: ["channel-not-found"],
};
export const EVENTS_MANY: RouteReference<typeof FollowManyQuery> = {
  ...EVENTS,
  summary: "Follow many channels as Server-Sent Events",
  query: FollowManyQuery,
};

const LISTED: RouteReference["answers"] = {
  200: {
    description: "Oldest first. With `bulk`, the contents; the header `Last-Item` is the id to go on after.",
    schema: ItemList,
  },
};
const OF_LISTS: NonNullable<RouteReference["errors"]> = ["channel-not-found", "not-acceptable"];

export const NEWEST: RouteReference<typeof ItemsQuery> = {
  summary: "The newest items",
  query: ItemsQuery,
  answers: LISTED,
  errors: OF_LISTS,
};
export const OLDEST: RouteReference<typeof ItemsQuery> = { ...NEWEST, summary: "The oldest items" };
export const NEXT_ITEMS: RouteReference<typeof NextQuery> = {
  summary: "The items after a position",
  description: "The position is an item's id, whether that item is still there or not.",
  query: NextQuery,
  answers: LISTED,
  errors: OF_LISTS,
};
export const PREVIOUS_ITEMS: RouteReference<typeof ItemsQuery> = {
  ...NEWEST,
  summary: "The items before a position",
};
export const NEXT: RouteReference = {
  summary: "Go to the item after a position",
  answers: { 303: { description: "`Location` is the item." } },
  errors: ["channel-not-found", "item-not-found"],
};
export const PREVIOUS: RouteReference = { ...NEXT, summary: "Go to the item before a position" };
export const TIME: RouteReference<typeof TimeQuery> = {
  summary: "The items of a day, hour, minute or second",
  description: "In UTC. `next` leads through the pages, then to the following stretch.",
  query: TimeQuery,
  answers: LISTED,
  errors: OF_LISTS,
};
export const TIME_LINKS: RouteReference = {
  summary: "Addresses of the time queries",
  answers: { 200: { description: "Templates.", schema: TimeLinks } },
  errors: ["channel-not-found"],
};
export const NOW: RouteReference = {
  summary: "Go to the current second, minute, hour or day",
  answers: { 303: { description: "`Location` is the time query." } },
  errors: ["channel-not-found"],
};
export const STATUS: RouteReference = {
  summary: "The state of a channel",
  answers: { 200: { description: "Its newest item, and how many there are.", schema: ChannelStatus } },
  errors: ["channel-not-found"],
};
export const RATE: RouteReference<typeof RateQuery> = {
  summary: "How many items came, step by step",
  query: RateQuery,
  answers: { 200: { description: "Items by steps of time, up to now.", schema: ChannelRate } },
  errors: ["channel-not-found"],
};
export const KEYS: RouteReference<typeof KeysQuery> = {
  summary: "The item keys of a channel",
  query: KeysQuery,
  answers: { 200: { description: "In order, each with its newest item.", schema: KeyList } },
  errors: ["channel-not-found"],
};
export const NEWEST_OF_KEY: RouteReference = {
  summary: "Go to the newest item with a key",
  answers: { 303: { description: "`Location` is the item." } },
  errors: ["channel-not-found", "item-not-found"],
};
