/** What the API reference tells of user sessions, and the schemas of their queries. */
import { z } from "zod";
import { Batch, Country, Id, MAX_BATCH } from "../../domain/sessions/event.ts";
import type { RouteReference } from "../route.ts";

const MAX_LIMIT = 1000;
const USER = "d6313e1fb7d247a6a034e2aadc30ab3f";
const SESSION = "5f933591-8cd5-4147-8736-d6237bef5891";

const decimal = (wanted: string) =>
  z.string({ error: wanted }).refine((text) => /^\d{1,9}(\.\d{1,9})?$/.test(text) && Number(text) > 0, wanted)
    .transform(Number);
const whole = (max: number, wanted: string) =>
  z.string({ error: wanted }).refine(
    (text) => /^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= max,
    wanted,
  ).transform(Number);

/** Which starts: since days or hours ago. */
export const LastEventsQuery = z.object({
  days: decimal("a number of days above 0").optional()
    .meta({ description: "Starts of so many days up to now. This or `hours` is needed.", example: "30" }),
  hours: decimal("a number of hours above 0").optional()
    .meta({ description: "Starts of so many hours up to now." }),
  country: Country.optional().meta({ description: "Starts of this country only." }),
  limit: whole(999_999_999, "a whole number above 0").optional()
    .meta({ description: "At most so many starts of each country, the newest." }),
}).refine(({ days, hours }) => (days === undefined) !== (hours === undefined), {
  path: ["days"],
  message: "give days=N or hours=N, a number above 0",
});

/** Whose sessions, how many, and how much of each. */
export const LastSessionsQuery = z.object({
  user_id: Id.meta({ example: USER }),
  limit: whole(MAX_LIMIT, `a whole number from 1 to ${MAX_LIMIT}`).default(20)
    .meta({ description: `At most so many sessions, 1 to ${MAX_LIMIT}; 20 unless given.` }),
  details: z.enum(["true", "false"], "true or false").default("false").transform((text) => text === "true")
    .meta({ description: "`true`: country, start, end and duration, too." }),
});

/** Figures of which days, and of which country. */
export const MetricsQuery = z.object({
  days: whole(1_000_000, "a whole number of days above 0")
    .meta({ description: "Whole days (UTC) up to now, today included.", example: "30" }),
  country: Country.optional().meta({ description: "Sessions of this country only." }),
});

const Time = z.string().meta({ description: "UTC, without a zone.", example: "2018-11-16T18:01:37" });
const Start = z.object({ session_id: z.string(), user_id: z.string(), ts: Time });
const Counts = z.object({
  started: z.int().meta({ description: "Sessions with a start." }),
  completed: z.int().meta({ description: "With an end at or after the start." }),
  open: z.int().meta({ description: "Without an end." }),
  inconsistent: z.int().meta({ description: "With an end before the start." }),
});
const Row = Counts.extend({ mean_duration_seconds: z.number().nullable() });
const Seconds = z.number().nullable();

const EVENTS = [
  { user_id: USER, session_id: SESSION, event: "start", ts: "2018-11-16T18:01:37", country: "DE" },
  { user_id: USER, session_id: SESSION, event: "end", ts: "2018-11-18T06:24:50" },
];

export const BATCHES: RouteReference = {
  summary: "Insert session events",
  description:
    `1 to ${MAX_BATCH} events, all or none; a session is complete when it has its start and its end. Events ` +
    "come in any order, late, or twice: of two starts the earlier counts, of two ends the later. As " +
    "`application/x-ndjson`, an event a line, a body may have any length: it is stored as it comes, and lines that " +
    "are not valid are counted and left out.",
  body: { schema: Batch, example: EVENTS },
  answers: {
    200: {
      description: "Everything is stored. The counts are told of JSON Lines only.",
      schema: z.object({
        message: z.literal("success insertion"),
        accepted: z.int().optional().meta({ description: "Lines stored." }),
        refused: z.int().optional().meta({ description: "Lines left out." }),
        errors: z.array(z.object({ path: z.string(), message: z.string() })).optional()
          .meta({ description: "The first ten of them, by line." }),
      }),
      example: { message: "success insertion" },
    },
  },
  errors: ["invalid-request", "too-large", "unsupported-media-type", "request-timeout", "storage-full"],
};

export const LAST_EVENTS: RouteReference<typeof LastEventsQuery> = {
  summary: "Session starts of the last days, by country",
  description:
    "For every country ever seen its session starts, newest first, or an empty list. A long answer streams.",
  query: LastEventsQuery,
  answers: {
    200: {
      description: "Starts by country.",
      schema: z.record(z.string(), z.array(Start)),
      example: { DE: [{ session_id: SESSION, user_id: USER, ts: "2018-11-16T18:01:37" }], GH: [] },
    },
  },
  errors: ["invalid-request"],
};

export const LAST_SESSIONS: RouteReference<typeof LastSessionsQuery> = {
  summary: "A user's last complete sessions",
  description: "The latest end comes first. A user who is not known has none.",
  query: LastSessionsQuery,
  answers: {
    200: {
      description: "Ids of sessions, or with `details=true` what is known of each, under the user's id.",
      schema: z.record(
        z.string(),
        z.array(z.union([
          z.string(),
          z.object({
            session_id: z.string(),
            country: z.string(),
            start: Time,
            end: Time,
            duration_seconds: z.number(),
          }),
        ])),
      ),
      example: { [USER]: [SESSION] },
    },
  },
  errors: ["invalid-request"],
};

export const METRICS: RouteReference<typeof MetricsQuery> = {
  summary: "Figures about sessions",
  description:
    "Kept, not counted: what it costs does not grow with the number of sessions. Days are those of the " +
    "sessions' starts. Percentiles are off by 1 % at most. Users of up to 131,072 sessions are counted; of more, they " +
    "are estimated from a sample, and `relative_error.users` is the standard error.",
  query: MetricsQuery,
  answers: {
    200: {
      description: "The figures, countries by their sessions and days newest first.",
      schema: z.object({
        sessions: Counts,
        users: z.int(),
        duration_seconds: z.object({ mean: Seconds, p50: Seconds, p90: Seconds, p99: Seconds }),
        relative_error: z.object({ percentiles: z.number(), users: z.number() }),
        by_country: z.array(Row.extend({ country: z.string() })),
        by_day: z.array(Row.extend({ day: z.string().meta({ example: "2018-11-16" }) })),
      }),
    },
  },
  errors: ["invalid-request"],
};
