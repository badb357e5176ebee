/** What the API reference tells of user sessions. */
import {
  BatchQuery,
  DeletedSessions,
  Inserted,
  LastEventsQuery,
  LastSessionsQuery,
  LiveQuery,
  Metrics,
  MetricsQuery,
  SessionsOfUser,
  StartsByCountry,
  UserQuery,
} from "../../api/sessions.ts";
import { Batch, MAX_BATCH } from "../../domain/sessions/event.ts";
import { NDJSON_TYPES } from "../../domain/ndjson.ts";
import type { RouteReference } from "../route.ts";

const USER = "d6313e1fb7d247a6a034e2aadc30ab3f";
const SESSION = "5f933591-8cd5-4147-8736-d6237bef5891";

const EVENTS = [
  { user_id: USER, session_id: SESSION, event: "start", ts: "2018-11-16T18:01:37", country: "DE" },
  { user_id: USER, session_id: SESSION, event: "end", ts: "2018-11-18T06:24:50" },
];

export const BATCHES: RouteReference<typeof BatchQuery> = {
  summary: "Insert session events",
  description:
    `1 to ${MAX_BATCH} events, all or none; a session is complete when it has its start and its end. Events ` +
    "come in any order, late, or twice: of two starts the earlier counts, of two ends the later. Events also come a " +
    "line each, as `application/x-ndjson`. With `partial=true` valid events are stored, and the others counted and " +
    "left out; a body of lines may then have any length, because it is stored as it comes.",
  query: BatchQuery,
  body: { schema: Batch, example: EVENTS },
  answers: {
    200: {
      description:
        "Everything is stored, or with `partial=true` what was accepted. Arrays are counted only then, lines always.",
      schema: Inserted,
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
      schema: StartsByCountry,
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
      schema: SessionsOfUser,
      example: { [USER]: [SESSION] },
    },
  },
  errors: ["invalid-request"],
};

export const METRICS: RouteReference<typeof MetricsQuery> = {
  summary: "Figures about sessions",
  description:
    "Kept, not counted: what it costs does not grow with the number of sessions. Days are those of the " +
    "sessions' starts. Percentiles are off by 1 % at most. Users of up to 4,096 sessions are counted; of more, they " +
    "are estimated, and `relative_error.users` is the standard error. A start more than an hour ahead of the clock counts when its time has come. In a zone " +
    "other than UTC percentiles and estimates are of the whole days (UTC) that the asked ones touch.",
  query: MetricsQuery,
  answers: {
    200: {
      description: "The figures, countries by their sessions and days newest first.",
      schema: Metrics,
    },
  },
  errors: ["invalid-request"],
};

export const LIVE: RouteReference<typeof LiveQuery> = {
  summary: "Follow starts and ends of sessions",
  description:
    "As they are stored, by whichever process: as Server-Sent Events, or over a WebSocket where the request asks for " +
    "that. Each is told with its position; `after`, or `Last-Event-ID`, resumes there without a start or an end missed or " +
    "doubled. What became a run can be read for an hour, and up to 200,000 sessions; after that `gap` tells between " +
    "which positions events are gone. Of events of one session that are stored together the earliest start and the " +
    "latest end are told; an event that is sent twice may be told twice.",
  query: LiveQuery,
  answers: {
    200: {
      description: "Events `start`, `end` (and `gap`) with the position as `id`, until the client leaves.",
      type: "text/event-stream",
      example: `id: 12-3\nevent: end\ndata: ${
        JSON.stringify({
          event: "end",
          user_id: USER,
          session_id: SESSION,
          ts: "2018-11-18T06:24:50",
          country: "DE",
          position: "12-3",
        })
      }`,
    },
    101: { description: "The connection speaks WebSocket from here on." },
  },
  errors: ["invalid-request"],
};

export const EXPORT_USER: RouteReference<typeof UserQuery> = {
  summary: "All sessions of a user, as lines of JSON",
  description:
    "Each with its ids, country, start, end (null where there is none) and the time at which it was " +
    "received, in no particular order. A user who is not known has none.",
  query: UserQuery,
  answers: { 200: { description: "A session a line.", type: NDJSON_TYPES[0] } },
  errors: ["invalid-request"],
};

export const DELETE_USER: RouteReference<typeof UserQuery> = {
  summary: "Delete all sessions of a user",
  description:
    "What they add to the figures goes as well, but for estimates of users, which forget the user when " +
    "the sessions of that time are merged. Events that come later begin new sessions.",
  query: UserQuery,
  answers: {
    200: { description: "How many there were.", schema: DeletedSessions, example: { sessions: 12 } },
  },
  errors: ["invalid-request"],
};
