/** The wire shapes of profiles, events and analytics. */
import { z } from "zod";
import { DEMOGRAPHICS } from "../domain/profiles/demographics.ts";
import { Context, Id, Name } from "../domain/profiles/names.ts";
import { TimeOrMillis, WANTED_TIME_OR_MILLIS } from "../domain/time.ts";
import { flag, Moment, oneOf, settings, wholeNumber } from "./parameters.ts";
import { Issue } from "./problem.ts";

/** Events in one batch. */
export const MAX_BATCH = 10_000;
/** Values of a field in one answer. */
const MAX_VALUES = 1_000;

/** What the path of an account says. */
export const AccountPath = z.object({ app: Name, account: Name });
/** What the path of an account's service says. */
export const ServicePath = AccountPath.extend({ service: Name });
/** What the path of an app says. */
export const AppPath = z.object({ app: Name });
/** What the path of an app's event says. */
export const AppEventPath = z.object({ app: Name, event: Name });
/** What the path of an account's event says. */
export const AccountEventPath = AccountPath.extend({ event: Name });

/** The query of an event. */
export const EventQuery = z.object({
  context: Context.optional().meta({ description: "Kept with the event; a body's goes before it." }),
});

/** The body of an event. */
export const EventBody = z.object({
  timestamp: TimeOrMillis.optional().meta({
    description: `When it happened: ${WANTED_TIME_OR_MILLIS}. Now unless given.`,
  }),
  context: Context.optional(),
  id: Id.optional().meta({
    description: "Events of an account with the same id count once within `EVENT_DEDUP_HOURS`.",
  }),
  messageId: Id.optional().meta({ description: "Segment's name for `id`." }),
}, { error: "an object such as {}" });

/** One event of a batch. */
export const BatchEvent = EventBody.extend({ account: Name, event: Name });
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.array(item, { error: "a list of events" }).max(MAX_BATCH, `at most ${MAX_BATCH} events at a time`);
/** Many events of one app. */
export const EventBatch = listOf(BatchEvent);
/** The same before each event is checked for itself. */
export const UncheckedBatch = listOf(z.unknown());

/** What becomes of a batch with wrong events. */
export const BatchQuery = z.object({
  partial: flag("Store the valid events and list the others, instead of refusing all.").default(false),
});

/** How many events of a batch are stored, and with `partial=true` which are not. */
export const Recorded = z.strictObject({
  recorded: z.int().meta({ description: "Those whose id is known already among them." }),
  refused: z.int().optional(),
  errors: z.array(Issue).optional().meta({
    description: "What is wrong with the first 10, by line (from 1), or in an array by index (from 0).",
  }),
}).meta({ id: "Recorded" });

const Traits = z.record(z.string(), z.record(z.string(), z.unknown())).meta({
  description: "What applications said under names of their own, which are no social service's.",
});
/** What all accounts of a person say. */
export const Profile = z.strictObject({
  demographics: z.strictObject({
    age: z.int().optional().meta({ description: "Whole years." }),
    gender: z.string().optional(),
    language: z.string().optional(),
    locale: z.string().optional(),
    location: z.string().optional(),
    country: z.string().optional(),
    timezone: z.string().optional(),
  }),
  keywords: z.array(z.string()),
  traits: Traits.optional(),
}).meta({ id: "Profile" });

const Owner = { app: z.string(), account: z.string() };
/** All that is known of a person. */
export const Person = z.strictObject({
  accounts: z.array(z.strictObject({
    ...Owner,
    demographics: z.record(z.string(), z.string()),
    traits: Traits,
    keywords: z.array(z.string()),
    lastEventHour: Moment.nullable(),
  })),
  ids: z.array(z.strictObject({
    ...Owner,
    service: z.string(),
    id: z.string(),
    since: Moment.nullable().meta({
      description: "When the account first said it; null where that was not kept.",
    }),
    split: Moment.nullable().meta({
      description: "When the link was split: the id joins this account to nobody. Null: it joins.",
    }),
  })),
  events: z.array(z.strictObject({
    ...Owner,
    event: z.string(),
    context: z.string(),
    from: Moment,
    to: Moment,
    count: z.int(),
  })),
  sessions: z.array(z.strictObject({
    user_id: z.string(),
    session_id: z.string(),
    country: z.string().nullable(),
    start: z.string().nullable(),
    end: z.string().nullable(),
    received: z.string(),
  })),
  ambiguousUsers: z.array(z.strictObject({ user_id: z.string() })).meta({
    description:
      "Users that are called like an account of this person and like one of somebody else: their sessions are left out.",
  }),
}).meta({ id: "Person" });

/** Which links of an account are wrong. */
export const Split = settings({
  service: Name.optional().meta({ description: "Links by ids of this service alone." }),
  id: Id.optional().meta({ description: "Links by this id alone." }),
});

/** The links that were split. */
export const SplitLinks = z.strictObject({
  split: z.array(z.strictObject({ service: z.string(), id: z.string() })),
}).meta({ id: "SplitLinks" });

/** How much was forgotten of a person. */
export const RemovedPerson = z.strictObject({
  accounts: z.int(),
  ids: z.int(),
  events: z.int(),
  sessions: z.int(),
  ambiguousUsers: z.array(z.string()).meta({
    description: "Users whose sessions were left, because somebody else's account is called like them.",
  }),
}).meta({ id: "RemovedPerson" });

/** How many counts. */
export const NewestEventsQuery = z.object({
  limit: wholeNumber(1, 1_000, "At most so many counts.").default(20),
});
/** What accounts of all apps did, the newest first. */
export const NewestEvents = z.strictObject({
  events: z.array(z.strictObject({
    app: z.string(),
    event: z.string(),
    time: Moment.meta({ description: "When the five minutes began that are counted." }),
    count: z.int(),
  })),
}).meta({ id: "NewestEvents" });

/** How many events there were in each span of time. */
export const Timeline = z.strictObject({
  datapoints: z.union([
    z.array(z.tuple([z.int(), z.int()])),
    z.array(z.strictObject({ time: z.int(), value: z.int() })),
  ]).meta({ description: "Milliseconds since the epoch, and a count; ascending, zeros included." }),
}).meta({ id: "Timeline" });

/** Names of apps. */
export const Apps = z.strictObject({ apps: z.array(z.string()) }).meta({ id: "Apps" });

const Counts = z.record(z.string(), z.int());
/** Which trait is counted as well. */
export const AnalyticsQuery = z.object({
  trait: z.string().max(401).optional().meta({
    description: "Count the values of this trait, too: its service, a dot and its key.",
    example: "crm.plan",
  }),
  limit: wholeNumber(
    1,
    MAX_VALUES,
    "The most values of a field, and contexts of an event; the rest is `other`.",
  )
    .default(100),
  field: oneOf(DEMOGRAPHICS, "Only this field: its values in pages, in their order.").optional(),
  event: Name.optional().meta({ description: "Only this event: its contexts in pages, in their order." }),
  cursor: z.string().max(2_000).optional().meta({
    description: "The `next` of the page before, with `field` or `event`.",
  }),
});

/** A page of one field's values, or of one event's contexts. */
export const ValuePage = z.strictObject({
  values: Counts.meta({ description: "How many accounts, or events, have each value." }),
  next: z.string().optional().meta({ description: "The `cursor` of the next page; absent from the last." }),
}).meta({ id: "ValuePage" });

/** What the accounts of an app are like and what they do. */
export const Analytics = z.strictObject({
  demographics: z.record(z.string(), Counts).meta({
    description: "By field: accounts with each of its commonest values, `other` and `unknown`.",
  }),
  accounts: z.int(),
  events: z.array(z.string()),
  contexts: z.record(z.string(), Counts).meta({
    description: "By event: how often each of its commonest contexts came, and `other`.",
  }),
  trait: Counts.optional().meta({
    description: "Of the asked trait: accounts with each of its 100 commonest values, `other` and `unknown`.",
  }),
  activeAccounts: z.strictObject({ day: z.int(), week: z.int(), month: z.int() }),
}).meta({ id: "Analytics" });
