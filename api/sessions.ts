/** The wire shapes of user sessions. */
import { z } from "zod";
import { Country, Id } from "../domain/sessions/event.ts";
import { UNITS } from "../domain/sessions/metrics.ts";
import { isTimeZone } from "../domain/time.ts";
import { flag, oneOf, wholeNumber } from "./parameters.ts";

const MAX_LIMIT = 1000;

const decimal = (wanted: string) =>
  z.string({ error: wanted }).refine((text) => /^\d{1,9}(\.\d{1,9})?$/.test(text) && Number(text) > 0, wanted)
    .transform(Number);

/** What becomes of a batch with wrong events. */
export const BatchQuery = z.object({
  partial: flag("Store the valid events and count the others, instead of refusing all.").default(false),
});

/** Which starts: since days or hours ago. */
export const LastEventsQuery = z.object({
  days: decimal("a number of days above 0").optional()
    .meta({ description: "Starts of so many days up to now. This or `hours` is needed.", example: "30" }),
  hours: decimal("a number of hours above 0").optional()
    .meta({ description: "Starts of so many hours up to now." }),
  country: Country.optional().meta({ description: "Starts of this country only." }),
  limit: wholeNumber(1, 999_999_999, "At most so many starts of each country, the newest.").optional(),
}).refine(({ days, hours }) => (days === undefined) !== (hours === undefined), {
  path: ["days"],
  message: "give days=N or hours=N, a number above 0",
});

/** Whose sessions, how many, and how much of each. */
export const LastSessionsQuery = z.object({
  user_id: Id.meta({ example: "d6313e1fb7d247a6a034e2aadc30ab3f" }),
  limit: wholeNumber(1, MAX_LIMIT, "At most so many sessions; 20 unless given.").default(20),
  details: flag("With country, start, end and duration.").default(false),
});

/** Whose sessions are exported or deleted. */
export const UserQuery = z.object({ user_id: Id.meta({ example: "d6313e1fb7d247a6a034e2aadc30ab3f" }) });

/** From where starts and ends are followed, and of which country. */
export const LiveQuery = z.object({
  after: z.string().optional().meta({
    description: "First what was stored after this position; `earliest`: all that can be read.",
    example: "12-3",
  }),
  country: Country.optional().meta({
    description: "Of this country only; an end whose start is not known is of none.",
  }),
});

/** Figures of which days, and of which country. */
export const MetricsQuery = z.object({
  days: wholeNumber(1, 1_000_000, "Whole days up to now, today included."),
  country: Country.optional().meta({ description: "Sessions of this country only." }),
  by: oneOf(UNITS, "What `groups` are: countries, days, weeks (ISO 8601), months, or hours of the day.")
    .optional(),
  durations: flag("Also how many completed sessions lasted how long, in classes.").default(false),
  tz: z.string().refine(isTimeZone, "an IANA time zone, such as Europe/Berlin").default("UTC")
    .meta({ description: "The time zone of days, weeks, months and hours.", example: "Europe/Berlin" }),
});

const Time = z.string().meta({ description: "UTC, without a zone.", example: "2018-11-16T18:01:37" });
const Start = z.strictObject({ session_id: z.string(), user_id: z.string(), ts: Time });
const Counts = z.strictObject({
  started: z.int().meta({ description: "Sessions with a start." }),
  completed: z.int().meta({ description: "With an end at or after the start." }),
  open: z.int().meta({ description: "Without an end." }),
  inconsistent: z.int().meta({ description: "With an end before the start." }),
});
const Row = Counts.extend({ mean_duration_seconds: z.number().nullable() });
const Seconds = z.number().nullable();

/** The answer to a batch. */
export const Inserted = z.strictObject({
  message: z.literal("success insertion"),
  accepted: z.int().optional().meta({ description: "Events stored." }),
  refused: z.int().optional().meta({ description: "Events left out." }),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional()
    .meta({ description: "The first ten of them: lines count from 1, events of an array from 0." }),
}).meta({ id: "Inserted" });

/** Session starts by country, newest first. */
export const StartsByCountry = z.record(z.string(), z.array(Start)).meta({ id: "StartsByCountry" });

/** A user's complete sessions, under the user's id. */
export const SessionsOfUser = z.record(
  z.string(),
  z.array(z.union([
    z.string(),
    z.strictObject({
      session_id: z.string(),
      country: z.string(),
      start: Time,
      end: Time,
      duration_seconds: z.number(),
    }),
  ])),
).meta({ id: "SessionsOfUser" });

/** A start or an end, as followers get it. */
export const LiveEvent = z.strictObject({
  event: z.enum(["start", "end"]),
  user_id: z.string(),
  session_id: z.string(),
  ts: Time,
  country: z.string().nullable().meta({
    description: "Of the session's start; null while that is not known.",
  }),
  position: z.string().meta({ description: "To resume after it.", example: "12-3" }),
}).meta({ id: "LiveEvent" });

/** Starts and ends after a position, up to another one, can no longer be read. */
export const LiveGap = z.strictObject({ after: z.string(), before: z.string() }).meta({ id: "LiveGap" });

/** How many sessions were deleted. */
export const DeletedSessions = z.strictObject({ sessions: z.int() }).meta({ id: "DeletedSessions" });

/** Figures about sessions. */
export const Metrics = z.strictObject({
  sessions: Counts,
  users: z.int(),
  duration_seconds: z.strictObject({ mean: Seconds, p50: Seconds, p90: Seconds, p99: Seconds }),
  durations: z.array(z.strictObject({
    up_to_seconds: z.number().nullable().meta({
      description: "Longer than the class before and at most so long; null: longer than all others.",
    }),
    sessions: z.int(),
  })).optional().meta({
    description: "Completed sessions by their duration; a session at the end of a class may be in the next.",
  }),
  relative_error: z.strictObject({ percentiles: z.number(), users: z.number() }),
  by_country: z.array(Row.extend({ country: z.string() })),
  by_day: z.array(Row.extend({ day: z.string().meta({ example: "2018-11-16" }) })),
  groups: z.array(Row.extend({
    group: z.string().meta({ description: "DE, 2018-11-16, 2018-W46, 2018-11, or 23.", example: "2018-W46" }),
    users: z.int().nullable().meta({
      description:
        "Null where they would have to be estimated for hours of the day, or in a zone other than UTC.",
    }),
  })).optional(),
}).meta({ id: "SessionMetrics" });
