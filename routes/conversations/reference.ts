/** What the API reference tells of conversations. */
import { z } from "zod";
import {
  ActiveQuery,
  Credentials,
  LimitQuery,
  LoggedIn,
  LoggedOut,
  PostedChannel,
  PostedMessages,
  PulseAnswer,
  PulseQuery,
  ReadBody,
  ReadUntil,
  Recap,
  RecapBody,
  RecapQuery,
  Recaps,
  Representatives,
  RepresentativesBody,
  StoredMessages,
  Summaries,
  SummariesQuery,
  Summary,
  SummaryBody,
  Topics,
  Usernames,
  WordsQuery,
  Zone,
  ZoneBody,
} from "../../api/conversations.ts";
import { PostedMessage } from "../../domain/conversations/inbox.ts";
import { WebhookPost } from "../../domain/conversations/mattermost/webhook.ts";
import type { RouteReference } from "../route.ts";

const PULSE = [{ rate: 0.5, time: "2026-01-02T03:00:00.000Z" }, {
  rate: 1,
  time: "2026-01-02T03:05:00.000Z",
}];
const MESSAGE = "the deploy is rolled back until the disk is replaced";

export const LOG_IN: RouteReference = {
  summary: "Log in",
  description:
    "Mattermost checks the password where `MATTERMOST_URL` is set, else Runnel's own users. Answers a token for " +
    "/api/stats, the user's channels, and the pulse of all of them. Ten wrong passwords in ten minutes for a name at an " +
    "address are refused for ten minutes, fifty for a name or from an address as well; a `device` that has logged in before " +
    "counts for itself.",
  body: { schema: Credentials, example: { username: "ann", password: "correct horse" } },
  answers: {
    200: {
      description: "The token, valid for TOKEN_HOURS",
      schema: LoggedIn,
      example: {
        status: 200,
        data: {
          token: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9…",
          device: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9…",
          channels: [{ id: "town-square", name: "Town Square" }],
          pulse: PULSE,
        },
        message: "OK",
      },
    },
  },
  errors: ["invalid-request", "unauthorized", "too-large", "too-many-attempts", "login-unavailable"],
};

export const LOG_OUT: RouteReference = {
  summary: "Make the token useless",
  answers: {
    200: {
      description: "The token is revoked",
      schema: LoggedOut,
      example: { status: 200, data: {}, message: "logged out" },
    },
  },
  errors: ["unauthorized"],
};

export const ZONE: RouteReference = {
  summary: "The time zone of the user",
  answers: {
    200: {
      description: "UTC until another is set",
      schema: Zone,
      example: { status: 200, data: { timezone: "Europe/Berlin" }, message: "OK" },
    },
  },
  errors: ["unauthorized"],
};
export const ZONE_SET: RouteReference = {
  summary: "Set the time zone of the user",
  description: "Days, and times that name no zone, are meant in it wherever a request names no `timezone`.",
  body: { schema: ZoneBody, example: { timezone: "Europe/Berlin" } },
  answers: ZONE.answers,
  errors: ["unauthorized", "invalid-request"],
};

/** An answer in the envelope, with an example of its data. */
const answering = (schema: z.ZodType, data: unknown, description: string): RouteReference["answers"] => ({
  200: { description, schema, example: { status: 200, data, message: "OK" } },
});
const OF_CHANNELS: NonNullable<RouteReference["errors"]> = [
  "unauthorized",
  "channel-not-found",
  "invalid-request",
];
const SINCE = { time: "2026-01-01T08:00", timezone: "Europe/Berlin" };
const CITED = {
  id: "42",
  time: "2026-01-02T03:04:05.678Z",
  username: "ann",
  link: "https://acme.slack.com/archives/C1/p1767323045000200",
};

export const ALL_ACTIVITY: RouteReference<typeof PulseQuery> = {
  summary: "Activity of all channels",
  query: PulseQuery,
  answers: answering(
    PulseAnswer,
    PULSE,
    "Ascending; `rate` is relative to the busiest bucket. Empty when nothing was said",
  ),
  errors: ["unauthorized", "invalid-request"],
};
export const ACTIVITY: RouteReference<typeof PulseQuery> = {
  ...ALL_ACTIVITY,
  summary: "Activity of a channel",
  errors: OF_CHANNELS,
};

export const MOST_ACTIVE: RouteReference<typeof ActiveQuery> = {
  summary: "Who writes most",
  query: ActiveQuery,
  answers: answering(Usernames, ["ann", "bob"], "Most messages first"),
  errors: OF_CHANNELS,
};

export const HOT_TOPICS: RouteReference<typeof LimitQuery> = {
  query: LimitQuery,
  summary: "What is talked about more than usual",
  answers: answering(Topics, ["disk", "rolled back deploy"], "Keyphrases, hottest first"),
  errors: OF_CHANNELS,
};

export const REPRESENTATIVES: RouteReference<typeof LimitQuery> = {
  query: LimitQuery,
  summary: "Messages that stand for the past day",
  answers: answering(
    Representatives,
    [{ ...CITED, message: MESSAGE }],
    "In the order they were written",
  ),
  errors: OF_CHANNELS,
};
export const REPRESENTATIVES_SINCE: RouteReference = {
  summary: "Messages that stand for a period",
  body: { schema: RepresentativesBody, example: { ...SINCE, limit: 3 } },
  answers: REPRESENTATIVES.answers,
  errors: OF_CHANNELS,
};

export const SUMMARY: RouteReference<typeof WordsQuery> = {
  summary: "The past day in 100 words",
  query: WordsQuery,
  answers: answering(
    Summary,
    { summary: `ann: ${MESSAGE}.`, method: "extractive", messages: [CITED] },
    "`method` is `extractive`, in the messages' own words, or `model`",
  ),
  errors: OF_CHANNELS,
};
export const SUMMARY_SINCE: RouteReference = {
  summary: "A period in 100 words",
  body: { schema: SummaryBody, example: { ...SINCE, words: 50 } },
  answers: SUMMARY.answers,
  errors: OF_CHANNELS,
};

export const SUMMARIES: RouteReference<typeof SummariesQuery> = {
  summary: "Summaries of past days",
  query: SummariesQuery,
  answers: answering(
    Summaries,
    [{ day: "2026-01-01", summary: "ann: The disk is full.", messages: 120, people: 7 }],
    "Finished days in which something was said, ascending; those of UTC are stored",
  ),
  errors: OF_CHANNELS,
};

export const RECAP: RouteReference<typeof RecapQuery> = {
  summary: "What somebody who was away needs to know",
  description:
    "Topics with what happened, was decided, asked, answered and promised; every statement cites its messages.",
  query: RecapQuery,
  answers: { 200: { description: "The recap; empty when nothing was said", schema: Recap } },
  errors: OF_CHANNELS,
};
export const RECAP_SINCE: RouteReference = {
  summary: "The same, asked with a body",
  body: { schema: RecapBody, example: { since: "2026-01-01T00:00:00Z", words: 100 } },
  answers: RECAP.answers,
  errors: OF_CHANNELS,
};
export const RECAPS: RouteReference<typeof RecapQuery> = {
  summary: "What was missed in all channels",
  description:
    "The busiest channels first, within one budget of words; channels in which nothing was said are left out.",
  query: RecapQuery,
  answers: { 200: { description: "A recap a channel", schema: Recaps } },
  errors: ["unauthorized", "invalid-request"],
};
export const READ: RouteReference = {
  summary: "Mark a channel as read",
  description:
    "A recap with `since=last-visit` begins there. Nothing else sets it, so that a recap that got lost is none read.",
  body: { schema: ReadBody, example: { until: "2026-01-02T03:04:05Z" } },
  answers: {
    200: {
      description: "Until when it is read",
      schema: ReadUntil,
      example: { status: 200, data: { until: "2026-01-02T03:04:05.000Z" }, message: "OK" },
    },
  },
  errors: OF_CHANNELS,
};

export const MESSAGES: RouteReference = {
  summary: "Add chat messages to a channel",
  description: "One message or an array of them, stored together or not at all. The channel is created as " +
    "needed; X A message with an `id` that is there already replaces its text.",
  body: {
    schema: z.union([PostedMessage, PostedMessages, PostedChannel]),
    example: {
      id: "43",
      username: "ann",
      message: "the disk is full",
      timestamp: "2026-01-02T03:04:05Z",
      thread: "42",
      link: "https://chat.example.com/p/43",
    },
  },
  answers: {
    201: { description: "The ids of the stored messages", schema: StoredMessages, example: { ids: ["43"] } },
  },
  errors: ["invalid-request", "forbidden", "too-large", "unsupported-media-type"],
};

export const REMOVE: RouteReference = {
  summary: "Delete a chat message",
  answers: { 204: { description: "It is gone, and stays gone when it is sent again" } },
  errors: ["not-found", "forbidden"],
};

export const SLACK: RouteReference = {
  summary: "Events of the Slack app",
  description: "Signed by Slack with SLACK_SIGNING_SECRET. Subscribe to message.channels, message.groups, " +
    "channel_rename, group_rename, member_joined_channel, member_left_channel, reaction_added and reaction_removed.",
  ignoresUnknown: true,
  answers: { 200: { description: "The event is stored, or none of ours", type: "*/*" } },
  errors: ["unauthorized", "invalid-request", "not-found", "too-large"],
};

export const MATTERMOST: RouteReference = {
  summary: "Outgoing webhooks of Mattermost",
  description: "Form or JSON, with one of MATTERMOST_WEBHOOK_TOKENS.",
  ignoresUnknown: true,
  body: {
    schema: WebhookPost,
    example: {
      token: "the webhook's token",
      channel_id: "4xp9fdt77pncbef59f4k1qe83o",
      channel_name: "town-square",
      timestamp: 1735689600000,
      user_name: "ann",
      post_id: "9q3wxk8u1fbf5ce6oq4yrx5nho",
      text: "The deploy is done.",
    },
  },
  answers: { 200: { description: "The post is stored", schema: z.strictObject({}), example: {} } },
  errors: ["unauthorized", "invalid-request", "not-found", "too-large"],
};
