/** User sessions: events in, and the questions about them. */
import type { z } from "zod";
import { invalid, type Issue } from "../../domain/errors.ts";
import { Calendar } from "../../domain/sessions/calendar.ts";
import { Batch, formatTime, UncheckedBatch } from "../../domain/sessions/event.ts";
import { type LoadCount, loadLines, plainEvents, sortOut } from "../../domain/sessions/loading/load.ts";
import { permittedPieces } from "../live/permission.ts";
import { check, readBody, readJson, readJsonValue } from "../request.ts";
import { json } from "../respond.ts";
import { encoded, streamed } from "../answers/stream.ts";
import { type Call, del, get, post, type Route } from "../route.ts";
import type {
  BatchQuery,
  Inserted,
  LastEventsQuery,
  LastSessionsQuery,
  MetricsQuery,
  UserQuery,
} from "../../api/sessions.ts";
import { BATCHES, DELETE_USER, EXPORT_USER, LAST_EVENTS, LAST_SESSIONS, LIVE, METRICS } from "./reference.ts";
import { followSessions } from "./live.ts";
import { HOUR_MS } from "../../domain/time.ts";
import { isNdjson, NDJSON_TYPES, piecesOf } from "../../domain/ndjson.ts";

/** Largest JSON batch: its 10,000 events with the longest ids fit. */
const MAX_BATCH_BYTES = 16 << 20;
/** Sessions in one commit of a streamed body. */
const STREAM_COMMIT = 1_000;

export const sessionRoutes: readonly Route[] = [
  post("/user/batches", "sessions:write", BATCHES, insertEvents),
  get("/user/last-events", "sessions:read", LAST_EVENTS, showLastEvents),
  get("/user/last-sessions-user", "sessions:read", LAST_SESSIONS, showLastSessions),
  get("/user/metrics", "sessions:read", METRICS, showMetrics),
  get("/user/sessions-live", "sessions:read", LIVE, followSessions),
  get("/user/export", "sessions:read", EXPORT_USER, exportUser),
  del("/user/sessions", "sessions:write", DELETE_USER, deleteUser),
];

export async function insertEvents(call: Call<typeof BatchQuery>): Promise<Response> {
  const { request, query: { partial }, services: { sessions } } = call;
  if (isNdjson(request.headers.get("content-type"))) {
    return json(inserted(await (partial ? insertStream(call) : insertLines(call))));
  }
  if (!partial) {
    const values = await readJsonValue(call, MAX_BATCH_BYTES);
    await sessions.add(plainEvents(values) ?? check(values, Batch));
    return json({ message: "success insertion" });
  }
  const { count, events } = sortOut(await readJson(call, UncheckedBatch, MAX_BATCH_BYTES));
  if (events.length > 0) await sessions.add(events);
  return json(inserted(count));
}

/** All lines, or none. */
async function insertLines(call: Call): Promise<LoadCount> {
  const { sessions } = call.services;
  const gathered = sessions.gather();
  const count = await loadLines(piecesOf(await readBody(call, MAX_BATCH_BYTES)), gathered);
  if (count.refused > 0) {
    const detail = `${count.refused} lines are no events, so none is stored; partial=true stores the others`;
    throw invalid(detail, issuesOf(count));
  }
  if (gathered.events > 0) await sessions.store(gathered);
  return count;
}

/** Lines without end, stored as they come; those that are no event are counted. */
function insertStream(call: Call): Promise<LoadCount> {
  const loader = call.services.sessions.loader({ committed: STREAM_COMMIT });
  return loadLines(permittedPieces(call), loader);
}

function inserted(count: LoadCount): z.input<typeof Inserted> {
  const { accepted, refused } = count, errors = issuesOf(count);
  if (accepted === 0) {
    const detail = refused === 0 ? "there is no event" : "none of these is an event";
    throw invalid(detail, errors);
  }
  return { message: "success insertion", accepted, refused, ...(refused > 0 && { errors }) };
}

function issuesOf({ refusals }: LoadCount): Issue[] {
  return refusals.map(({ line, path, message }) => ({
    path: path === "" ? `${line}` : `${line}.${path}`,
    message,
  }));
}

export async function showLastEvents(call: Call<typeof LastEventsQuery>): Promise<Response> {
  const { days, hours, country, limit } = call.query;
  const age = (days === undefined ? hours! : days * 24) * HOUR_MS;
  const pieces = encoded(call.services.sessions.lastEvents({ age, country, limit }));
  return await streamed(call, pieces, { type: "application/json" });
}

export async function showLastSessions(
  { query: { user_id, limit, details }, services }: Call<typeof LastSessionsQuery>,
): Promise<Response> {
  const rows = await services.sessions.lastSessions(user_id, limit);
  return json({
    [user_id]: details
      ? rows.map(({ sessionId, country, start, end }) => ({
        session_id: sessionId,
        country,
        start: formatTime(start),
        end: formatTime(end),
        duration_seconds: (end - start) / 1e6,
      }))
      : rows.map(({ sessionId }) => sessionId),
  });
}

export async function showMetrics(
  { query: { days, country, by, tz, durations }, services }: Call<typeof MetricsQuery>,
): Promise<Response> {
  return json(
    await services.sessions.metrics({
      days,
      country: country ?? null,
      by,
      durations,
      calendar: new Calendar(tz),
    }),
  );
}

export async function exportUser(call: Call<typeof UserQuery>): Promise<Response> {
  const pieces = encoded(call.services.sessions.exportUser(call.query.user_id));
  return await streamed(call, pieces, { type: NDJSON_TYPES[0] });
}

export async function deleteUser(
  { query: { user_id }, services }: Call<typeof UserQuery>,
): Promise<Response> {
  return json({ sessions: await services.sessions.deleteUser(user_id) });
}
