/** Every route of webhooks, and what the API reference tells of them. */
import { Webhook, WebhookBody, WebhookList } from "../../../api/webhooks.ts";
import { del, get, patch, put, type Route, type RouteReference } from "../../route.ts";
import { changeWebhook, listWebhooks, putWebhook, readWebhook, removeWebhook } from "./webhooks.ts";

const WITH_BODY = ["invalid-request", "channel-not-found", "too-large", "unsupported-media-type"] as const;

const LIST: RouteReference = {
  summary: "List webhooks",
  answers: { 200: { description: "By name.", schema: WebhookList } },
};
const PUT: RouteReference = {
  summary: "Create or change a webhook",
  description:
    'New items of the channel are posted to `callbackUrl` as `{name, type: "item", uris}`, at least once, until it answers ' +
    "2xx. What is not given stays, or has its default. With `secret` each call is signed as Standard Webhooks has it. " +
    "Callbacks to addresses of private networks are refused, and redirects are not followed.",
  body: {
    schema: WebhookBody,
    example: {
      channelUrl: "http://127.0.0.1:8080/channel/stumptown",
      callbackUrl: "https://example.com/items",
    },
  },
  answers: {
    200: { description: "The webhook was there; it has these settings now.", schema: Webhook },
    201: { description: "The new webhook.", schema: Webhook },
  },
  errors: [...WITH_BODY, "webhook-not-found"],
};
const READ: RouteReference = {
  summary: "How far a webhook is",
  answers: { 200: { description: "Its settings, its cursor, and what went wrong last.", schema: Webhook } },
  errors: ["webhook-not-found", "consumer-not-found", "channel-not-found"],
};
const CHANGE: RouteReference = {
  ...PUT,
  summary: "Change a webhook",
  description: "Pause it, or change what is given.",
  body: { schema: WebhookBody, example: { paused: true } },
  answers: { 200: { description: "The webhook as it is now.", schema: Webhook } },
};
const REMOVE: RouteReference = {
  summary: "Remove a webhook",
  answers: { 204: { description: "Nothing is pushed any more." } },
  errors: ["webhook-not-found"],
};

export const webhookRoutes: readonly Route[] = [
  get("/webhook", "channels:read", LIST, listWebhooks),
  get("/webhook/:name", "channels:read", READ, readWebhook),
  put("/webhook/:name", "channels:write", PUT, putWebhook),
  patch("/webhook/:name", "channels:write", CHANGE, changeWebhook),
  del("/webhook/:name", "channels:write", REMOVE, removeWebhook),
];
