/** Every route of channels, their items and subscriptions. */
import { del, get, patch, post, put, type Route } from "../route.ts";
import {
  changeChannel,
  createChannel,
  listChannels,
  putChannel,
  readChannel,
  removeChannel,
} from "./channels.ts";
import { insertItems } from "./bulk.ts";
import { consumerRoutes } from "./consumers/routes.ts";
import { fetchItem, goToEarliest, goToLatest, insertItem } from "./items.ts";
import {
  goToKey,
  goToNext,
  goToPrevious,
  goToTime,
  showEarliest,
  showKeys,
  showLatest,
  showNext,
  showPrevious,
  showRate,
  showStatus,
  showTime,
  showTimeLinks,
} from "./lists.ts";
import * as reference from "./reference.ts";
import { webhookRoutes } from "./webhooks/routes.ts";
import { followChannel, followChannels, streamChannel, streamChannels } from "./following/subscriptions.ts";

const NAME = "/channel/:name";
const DAY = `${NAME}/time/:year{[0-9]+}/:month{[0-9]+}/:day{[0-9]+}`;

export const channelRoutes: readonly Route[] = [
  get("/channel", "channels:read", reference.LIST, listChannels),
  post("/channel", "channels:write", reference.CREATE, createChannel),
  get(NAME, "channels:read", reference.READ, readChannel),
  put(NAME, "channels:write", reference.PUT, putChannel),
  patch(NAME, "channels:write", reference.CHANGE, changeChannel),
  del(NAME, "channels:write", reference.REMOVE, removeChannel),
  post(NAME, "channels:write", reference.INSERT, insertItem, "in-commit"),
  post(`${NAME}/bulk`, "channels:write", reference.BULK, insertItems),
  ...consumerRoutes,
  ...webhookRoutes,
  // Words come before the ids of items, which would match them, too.
  get(`${NAME}/ws`, "channels:read", reference.FOLLOW, followChannel),
  get(`${NAME}/events`, "channels:read", reference.EVENTS, streamChannel),
  get("/ws", "channels:read", reference.FOLLOW_MANY, followChannels),
  get("/events", "channels:read", reference.EVENTS_MANY, streamChannels),
  get(`${NAME}/latest`, "channels:read", reference.LATEST, goToLatest, "beside"),
  get(`${NAME}/earliest`, "channels:read", reference.EARLIEST, goToEarliest),
  get(`${NAME}/status`, "channels:read", reference.STATUS, showStatus),
  get(`${NAME}/rate`, "channels:read", reference.RATE, showRate),
  get(`${NAME}/keys`, "channels:read", reference.KEYS, showKeys),
  get(`${NAME}/keys/:key`, "channels:read", reference.NEWEST_OF_KEY, goToKey),
  get(`${NAME}/time`, "channels:read", reference.TIME_LINKS, showTimeLinks),
  get(`${NAME}/time/:unit{day|hour|minute|second}`, "channels:read", reference.NOW, goToTime),
  get(DAY, "channels:read", reference.TIME, showTime),
  get(`${DAY}/:hour{[0-9]+}`, "channels:read", reference.TIME, showTime),
  get(`${DAY}/:hour{[0-9]+}/:minute{[0-9]+}`, "channels:read", reference.TIME, showTime),
  get(`${DAY}/:hour{[0-9]+}/:minute{[0-9]+}/:second{[0-9]+}`, "channels:read", reference.TIME, showTime),
  get(`${NAME}/latest/:n`, "channels:read", reference.NEWEST, showLatest),
  get(`${NAME}/earliest/:n`, "channels:read", reference.OLDEST, showEarliest),
  get(`${NAME}/:id/next`, "channels:read", reference.NEXT, goToNext),
  get(`${NAME}/:id/previous`, "channels:read", reference.PREVIOUS, goToPrevious),
  get(`${NAME}/:id/next/:n`, "channels:read", reference.NEXT_ITEMS, showNext),
  get(`${NAME}/:id/previous/:n`, "channels:read", reference.PREVIOUS_ITEMS, showPrevious),
  get(`${NAME}/:id`, "channels:read", reference.FETCH, fetchItem, "beside"),
];
