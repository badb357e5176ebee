/** What the API reference tells of consumers. */
import {
  AckBody,
  Consumer,
  ConsumerBody,
  ConsumerList,
  ExtendBody,
  NackBody,
  PullBody,
  Pulled,
  Settled,
  WorkQuery,
} from "../../../api/consumers.ts";
import type { RouteReference } from "../../route.ts";

const KNOWN = ["channel-not-found", "consumer-not-found"] as const;
const WITH_BODY = ["invalid-request", "too-large", "unsupported-media-type"] as const;

export const LIST_CONSUMERS: RouteReference = {
  summary: "List the consumers of a channel",
  answers: { 200: { description: "By name.", schema: ConsumerList } },
  errors: ["channel-not-found"],
};
export const PUT_CONSUMER: RouteReference = {
  summary: "Create or change a consumer",
  description:
    "Workers that share a channel through a cursor that the database keeps. What is not given stays, or has its default: " +
    "`start` latest, `ackWait` 30s, `maxDeliver` 5, `maxInFlight` 1000. A consumer keeps the `start` with which it was " +
    "created.",
  body: { schema: ConsumerBody, example: { start: "earliest", ackWait: "30s", deadLetter: "failed" } },
  answers: {
    200: { description: "The consumer was there; it has these settings now.", schema: Consumer },
    201: { description: "The new consumer.", schema: Consumer },
  },
  errors: ["channel-not-found", ...WITH_BODY],
};
export const READ_CONSUMER: RouteReference = {
  summary: "How far a consumer is",
  answers: { 200: { description: "Its settings, its cursor and its lag.", schema: Consumer } },
  errors: KNOWN,
};
export const REMOVE_CONSUMER: RouteReference = {
  summary: "Remove a consumer",
  answers: { 204: { description: "Its cursor is gone." } },
  errors: KNOWN,
};
export const PULL: RouteReference = {
  summary: "Pull items",
  description:
    "Gives the worker items under a lease, oldest first: those that come back, then those that nobody had. With `wait` it " +
    "waits for the first one. What is not acknowledged within `ackWait` is given out again. `ack` acknowledges what the " +
    "worker has done, as the route of that name does, in the same commit: one request a batch instead of two. Where it is " +
    "refused, nothing is given out.",
  body: { schema: PullBody, example: { max: 100, wait: "30s", ack: { upTo: "00002FHOK8JMK000" } } },
  answers: { 200: { description: "The items; none when none came in time.", schema: Pulled } },
  errors: [...KNOWN, "lease-lost", ...WITH_BODY],
};
export const ACK: RouteReference = {
  summary: "Acknowledge items",
  description:
    "They are done and are not given out again. With `lease`, all of them must be held under it, or nothing changes.",
  body: { schema: AckBody, example: { ids: ["00002FHOK8JMK000"] } },
  answers: { 200: { description: "How many items were given out and are done now.", schema: Settled } },
  errors: [...KNOWN, "lease-lost", ...WITH_BODY],
};
export const NACK: RouteReference = {
  ...ACK,
  summary: "Give items back",
  description: "They are given out again, after `delay`. A lease counts as for acknowledging.",
  body: { schema: NackBody, example: { ids: ["00002FHOK8JMK000"], delay: "5s" } },
  answers: { 200: { description: "How many items that was.", schema: Settled } },
};
export const EXTEND: RouteReference = {
  ...ACK,
  summary: "Hold items longer",
  description: "They are held for another `ackWait`, from now on. A lease counts as for acknowledging.",
  body: { schema: ExtendBody, example: { ids: ["00002FHOK8JMK000"] } },
  answers: { 200: { description: "How many items that was.", schema: Settled } },
};
export const WORK: RouteReference<typeof WorkQuery> = {
  summary: "Work over a WebSocket",
  description:
    'Each item comes as a message, as in `pull`, at most `max` at once. The worker sends `{"ack": [ids]}`, ' +
    '`{"nack": [ids], "delay": "5s"}` or `{"extend": [ids]}`, each with `lease` if it likes. What it holds when it leaves ' +
    'is given out again at once. A message that cannot be obeyed is answered with `{"error": {code, detail}}`.',
  query: WorkQuery,
  answers: { 101: { description: "The connection speaks WebSocket from here on." } },
  errors: [...KNOWN, "upgrade-required", "invalid-request"],
};
