/** Every route of consumers. To pull is to change: all but looking needs the right to write. */
import { del, get, post, put, type Route } from "../../route.ts";
import {
  ackItems,
  extendItems,
  listConsumers,
  nackItems,
  pullItems,
  putConsumer,
  readConsumer,
  removeConsumer,
} from "./consumers.ts";
import * as reference from "./reference.ts";
import { workOverSocket } from "./work.ts";

const ALL = "/channel/:name/consumers";
const ONE = `${ALL}/:consumer`;

export const consumerRoutes: readonly Route[] = [
  get(ALL, "channels:read", reference.LIST_CONSUMERS, listConsumers),
  get(ONE, "channels:read", reference.READ_CONSUMER, readConsumer),
  put(ONE, "channels:write", reference.PUT_CONSUMER, putConsumer),
  del(ONE, "channels:write", reference.REMOVE_CONSUMER, removeConsumer),
  post(`${ONE}/pull`, "channels:write", reference.PULL, pullItems),
  post(`${ONE}/ack`, "channels:write", reference.ACK, ackItems),
  post(`${ONE}/nack`, "channels:write", reference.NACK, nackItems),
  post(`${ONE}/extend`, "channels:write", reference.EXTEND, extendItems),
  get(`${ONE}/ws`, "channels:write", reference.WORK, workOverSocket),
];
