/** What the API reference tells of channels, their items and subscriptions. */
import {
  ChannelList,
  ListQuery,
  Metadata,
  NewChannelBody,
  SettingsBody,
  Stored,
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
      description: "The channels, by name.",
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
  description: "Any content. Content-Type, Content-Encoding and Content-Language are kept with it.",
  body: { type: "*/*", example: "your content here" },
  answers: {
    201: {
      description: "The item is stored durably; its address is in `Location`.",
      schema: Stored,
    },
  },
  errors: ["invalid-request", "channel-not-found", "too-large", "request-timeout"],
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

export const FOLLOW: RouteReference = {
  summary: "Follow a channel",
  description: "For WebSocket clients: each new item's URL comes as a line of text.",
  answers: { 101: { description: "The connection speaks WebSocket from here on." } },
  errors: ["channel-not-found", "upgrade-required", "invalid-request"],
};
