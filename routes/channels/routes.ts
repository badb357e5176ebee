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
import { fetchItem, goToEarliest, goToLatest, insertItem } from "./items.ts";
import {
  CHANGE,
  CREATE,
  EARLIEST,
  FETCH,
  FOLLOW,
  INSERT,
  LATEST,
  LIST,
  PUT,
  READ,
  REMOVE,
} from "./reference.ts";
import { followChannel } from "./subscriptions.ts";

export const channelRoutes: readonly Route[] = [
  get("/channel", "channels:read", LIST, listChannels),
  post("/channel", "channels:write", CREATE, createChannel),
  get("/channel/:name", "channels:read", READ, readChannel),
  put("/channel/:name", "channels:write", PUT, putChannel),
  patch("/channel/:name", "channels:write", CHANGE, changeChannel),
  del("/channel/:name", "channels:write", REMOVE, removeChannel),
  post("/channel/:name", "channels:write", INSERT, insertItem),
  // Before the route of items, whose id would match these words, too.
  get("/channel/:name/ws", "channels:read", FOLLOW, followChannel),
  get("/channel/:name/latest", "channels:read", LATEST, goToLatest),
  get("/channel/:name/earliest", "channels:read", EARLIEST, goToEarliest),
  get("/channel/:name/:id", "channels:read", FETCH, fetchItem),
];
