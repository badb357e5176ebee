/** User sessions: events in, and the questions about them. */
import { RunnelError } from "../../domain/errors.ts";
import { Batch, formatTime } from "../../domain/sessions/event.ts";
import { loadLines } from "../../domain/sessions/load.ts";
import { bodyPieces, readJson } from "../request.ts";
import { encoded, json, streamed } from "../respond.ts";
import { type Call, get, post, type Route } from "../route.ts";
import type { LastEventsQuery, LastSessionsQuery, MetricsQuery } from "../../api/sessions.ts";
import { BATCHES, LAST_EVENTS, LAST_SESSIONS, METRICS } from "./reference.ts";
import { HOUR_MS } from "../../domain/time.ts";
import { isNdjson } from "../../domain/ndjson.ts";

/** Largest JSON batch: its 10,000 events with the longest ids fit. */
const MAX_BATCH_BYTES = 16 << 20;
/** Sessions in one commit of a streamed body. */
const STREAM_COMMIT = 1_000;

export const sessionRoutes: readonly Route[] = [
  post("/user/batches", "sessions:write", BATCHES, insertEvents),
  get("/user/last-events", "sessions:read", LAST_EVENTS, showLastEvents),
  get("/user/last-sessions-user", "sessions:read", LAST_SESSIONS, showLastSessions),
  get("/user/metrics", "sessions:read", METRICS, showMetrics),
];

export async function insertEvents(call: Call): Promise<Response> {
  const { request, services } = call;
  if (isNdjson(request.headers.get("content-type"))) {
    return await insertLines(call);
  }
  await services.sessions.add(await readJson(request, Batch, MAX_BATCH_BYTES));
  return json({ message: "success insertion" });
}

async function insertLines({ request: { body }, services }: Call): Promise<Response> {
  const loader = services.sessions.loader({ gathered: STREAM_COMMIT, committed: STREAM_COMMIT });
  const { accepted, refused, refusals } = await loadLines(
    body === null ? none() : bodyPieces(body),
    loader,
  );
  const errors = refusals.map(({ line, path, message }) => ({
    path: path === "" ? `${line}` : `${line}.${path}`,
    message,
  }));
  if (accepted === 0) {
    const detail = refused === 0 ? "there is no line with an event" : "none of the lines is an event";
    throw new RunnelError("invalid-request", detail, errors);
  }
  return json({ message: "success insertion", accepted, refused, ...(refused > 0 && { errors }) });
}

export async function showLastEvents(
  { request, query, services }: Call<typeof LastEventsQuery>,
): Promise<Response> {
  const { days, hours, country, limit } = query;
  const age = (days === undefined ? hours! : days * 24) * HOUR_MS;
  const pieces = encoded(services.sessions.lastEvents({ age, country, limit }));
  return await streamed(request, pieces, { type: "application/json", log: services.log });
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
  { query: { days, country }, services }: Call<typeof MetricsQuery>,
): Promise<Response> {
  return json(await services.sessions.metrics(days, country ?? null));
}

async function* none(): AsyncGenerator<Uint8Array> {}
