/** What the API reference tells of profiles, events and analytics. */
import {
  Analytics,
  AnalyticsQuery,
  Apps,
  BatchQuery,
  EventBatch,
  EventBody,
  EventQuery,
  NewestEvents,
  NewestEventsQuery,
  Person,
  Profile,
  Recorded,
  RemovedPerson,
  Split,
  SplitLinks,
  Timeline,
  ValuePage,
} from "../../api/profiles.ts";
import { z } from "zod";
import { ProfileBody } from "../../domain/profiles/profile_body.ts";
import { TimelineOptions } from "../../domain/profiles/timeline.ts";
import type { RouteReference } from "../route.ts";

export const UPDATE: RouteReference = {
  summary: "Update a profile",
  description:
    "Stores what social services say of an account. Accounts that share an id of a service, in any app, " +
    "are of one person, whose profile is theirs. Fields of a service that is none of the social ones are traits, at " +
    "most 20 of 1 KiB each: an application's own knowledge, under a name of its own. A person has at most `MAX_PERSON_ACCOUNTS` accounts.",
  body: { schema: ProfileBody, example: { twitter: { id: "456" }, foursquare: { id: 789 } } },
  answers: { 200: { type: "text/html", description: "Stored. The answer is empty." } },
  errors: ["unsupported-media-type", "too-large", "person-full"],
};

export const READ: RouteReference = {
  summary: "Read a profile",
  answers: {
    200: {
      description: "What all accounts of the person say. Only fields that are known appear.",
      schema: Profile,
      example: { demographics: { age: 31, gender: "male" }, keywords: ["coffee"] },
    },
  },
  errors: ["profile-not-found"],
};

export const FORGET: RouteReference = {
  summary: "Forget an account",
  description: "Forgets what the account said, its events, and its share of every count.",
  answers: { 204: { description: "Forgotten." } },
  errors: ["profile-not-found"],
};

export const REMOVE_IDS: RouteReference = {
  summary: "Forget an account's ids of a service",
  description: "Those whom they joined are different persons again, unless another id joins them.",
  answers: { 204: { description: "Forgotten." } },
  errors: ["profile-not-found", "link-not-found"],
};

export const SPLIT: RouteReference = {
  summary: "Split wrong links of an account",
  description:
    "The account's ids, or those that the body names, no longer join it to others, also when an update says them " +
    "again. To undo this, forget the ids with DELETE.",
  body: { schema: Split, example: { service: "twitter", id: "456" } },
  answers: {
    200: {
      description: "The ids that joined the account to others until now.",
      schema: SplitLinks,
      example: { split: [{ service: "twitter", id: "456" }] },
    },
  },
  errors: ["profile-not-found", "link-not-found", "unsupported-media-type", "too-large"],
};

const ABOUT_PERSON =
  "A person has all accounts that are joined by ids of services. Sessions belong to the person " +
  "when their `user_id` is the name of one of its accounts, and of nobody else's in any app; other users are listed " +
  "as ambiguous, and `/user/export` and `DELETE /user/sessions` take them by their id.";

export const PERSON: RouteReference = {
  summary: "All that is known of a person",
  description: `${ABOUT_PERSON} With \`Accept: application/x-ndjson\` each is a line, with its \`kind\`.`,
  answers: { 200: { description: "All of it.", schema: Person } },
  errors: ["profile-not-found"],
};

export const FORGET_PERSON: RouteReference = {
  summary: "Forget a person everywhere",
  description:
    `${ABOUT_PERSON} All of it goes, with its share of every count; free pages of the file are overwritten.`,
  answers: {
    200: {
      description: "How much there was.",
      schema: RemovedPerson,
      example: { accounts: 2, ids: 3, events: 120, sessions: 12, ambiguousUsers: [] },
    },
  },
  errors: ["profile-not-found"],
};

export const RECORD: RouteReference<typeof EventQuery> = {
  summary: "Record an event",
  description:
    "Counts something that an account did; the account needs no profile. A body that is declared as text/plain, as " +
    "a browser's `sendBeacon` does, is read as JSON, too.",
  query: EventQuery,
  body: { schema: EventBody, example: { timestamp: "2026-01-02T03:04:05Z" } },
  answers: { 200: { type: "text/html", description: "Recorded. The answer is empty." } },
  errors: ["unsupported-media-type", "too-large"],
};

export const RECORD_MANY: RouteReference<typeof BatchQuery> = {
  summary: "Record many events",
  description:
    "Records all or none, in one commit; with `partial=true` valid events are recorded, and the others listed. The " +
    "body is a JSON list, which may be declared as text/plain, or one JSON object a line (application/x-ndjson).",
  query: BatchQuery,
  body: { schema: EventBatch, example: [{ account: "aprofile", event: "myevent", context: "foobar" }] },
  answers: {
    200: { description: "How many were recorded.", schema: Recorded, example: { recorded: 1 } },
  },
  errors: ["unsupported-media-type", "too-large"],
};

const SHOWN = {
  description:
    "How many events there were in each span of time, zeros included. The last 24 hours in spans of " +
    "5 minutes unless the query says otherwise; at most 10,000 points.",
  query: TimelineOptions,
  answers: {
    200: {
      description: "The points.",
      schema: Timeline,
      example: { datapoints: [[1348873200000, 0], [1348873500000, 3]] },
    },
  },
} as const;

export const NEWEST: RouteReference<typeof NewestEventsQuery> = {
  summary: "List the newest events of all apps",
  description: "Counted by app, event and five minutes.",
  query: NewestEventsQuery,
  answers: {
    200: {
      description: "The newest five minutes first",
      schema: NewestEvents,
      example: { events: [{ app: "myapp", event: "order", time: "2026-01-02T03:00:00.000Z", count: 3 }] },
    },
  },
};

export const TIMELINE: RouteReference<typeof TimelineOptions> = {
  summary: "Timeline of an account's event",
  ...SHOWN,
};

export const APP_TIMELINE: RouteReference<typeof TimelineOptions> = {
  summary: "Timeline of an app's event",
  ...SHOWN,
};

export const APPS: RouteReference = {
  summary: "List apps",
  answers: {
    200: {
      description: "Apps that have a profile or an event, sorted.",
      schema: Apps,
      example: { apps: ["myapp"] },
    },
  },
};

export const APP: RouteReference<typeof AnalyticsQuery> = {
  query: AnalyticsQuery,
  summary: "Analytics of an app",
  description:
    "By field, how many accounts have each value; names and contexts of events; how many accounts " +
    "had an event in the last 24 hours, 7 days and 30 days. Zeros for an app that nobody mentioned. " +
    "Fields have their `limit` commonest values, events their contexts; `field` and `event` page through all.",
  answers: {
    200: {
      description: "Counts.",
      schema: z.union([Analytics, ValuePage]),
      example: {
        demographics: { gender: { male: 1, unknown: 0 } },
        accounts: 1,
        events: ["myevent"],
        contexts: { myevent: { foobar: 1 } },
        activeAccounts: { day: 1, week: 1, month: 1 },
      },
    },
  },
};
