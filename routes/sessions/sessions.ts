/** User sessions: events in, and the questions about them. */
import type { Context } from "hono";
import { RunnelError } from "../../domain/errors.ts";
import { Batch, formatTime } from "../../domain/sessions/event.ts";
import { loadLines } from "../../domain/sessions/load.ts";
import type { Services } from "../services.ts";
import { bodyPieces, check, readJson } from "../request.ts";
import { encoded, json, streamed } from "../respond.ts";
import type { Route } from "../route.ts";
import {
  BATCHES,
  LAST_EVENTS,
  LAST_SESSIONS,
  LastEventsQuery,
  LastSessionsQuery,
  METRICS,
  MetricsQuery,
} from "./reference.ts";

/** Largest JSON batch: its 10,000 events with the longest ids fit. */
const MAX_BATCH_BYTES = 16 << 20;
/** Sessions in one commit of a streamed body. */
const STREAM_COMMIT = 1_000;
const HOUR_MILLIS = 3_600_000;

export function sessionRoutes({ sessions, log }: Pick<Services, "sessions" | "log">): Route[] {
  return [
    {
      method: "POST",
      path: "/user/batches",
      scope: "sessions:write",
      summary: "Insert session events",
      reference: BATCHES,
      handle: insert,
    },
    {
      method: "GET",
      path: "/user/last-events",
      scope: "sessions:read",
      summary: "Session starts of the last days, by country",
      reference: LAST_EVENTS,
      handle: lastEvents,
    },
    {
      method: "GET",
      path: "/user/last-sessions-user",
      scope: "sessions:read",
      summary: "A user's last complete sessions",
      reference: LAST_SESSIONS,
      handle: lastSessions,
    },
    {
      method: "GET",
      path: "/user/metrics",
      scope: "sessions:read",
      summary: "Figures about sessions",
      reference: METRICS,
      handle: metrics,
    },
  ];

  async function insert({ req }: Context): Promise<Response> {
    if (/^application\/x-ndjson\s*(;|$)/i.test(req.header("content-type") ?? "")) {
      return await insertLines(req.raw);
    }
    await sessions.add(await readJson(req.raw, Batch, MAX_BATCH_BYTES));
    return json({ message: "success insertion" });
  }

  async function insertLines({ body }: Request): Promise<Response> {
    const loader = sessions.loader({ gathered: STREAM_COMMIT, committed: STREAM_COMMIT });
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

  async function lastEvents({ req }: Context): Promise<Response> {
    const { days, hours, country, limit } = check(req.query(), LastEventsQuery);
    const age = (days === undefined ? hours! : days * 24) * HOUR_MILLIS;
    const pieces = encoded(sessions.lastEvents({ age, country, limit }));
    return await streamed(req.raw, pieces, { type: "application/json", log });
  }

  async function lastSessions({ req }: Context): Promise<Response> {
    const { user_id, limit, details } = check(req.query(), LastSessionsQuery);
    const rows = await sessions.lastSessions(user_id, limit);
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

  async function metrics({ req }: Context): Promise<Response> {
    const { days, country } = check(req.query(), MetricsQuery);
    return json(await sessions.metrics(days, country ?? null));
  }
}

async function* none(): AsyncGenerator<Uint8Array> {}
