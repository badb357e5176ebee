/** User sessions: events in, and the questions about them. */
import type { z } from "zod";
import type * as wire from "../api/sessions.ts";
import { followEvents, type StreamOptions } from "./follow.ts";
import { type Http, jsonBody } from "./http.ts";

/** The start or the end of a session. */
export interface SessionEvent {
  readonly event: "start" | "end";
  readonly user_id: string | number;
  readonly session_id: string | number;
  /** ISO 8601, UTC unless it names a zone. */
  readonly ts: string;
  /** Of a start. */
  readonly country?: string;
}

/** What became of a batch. */
export type InsertedEvents = z.output<typeof wire.Inserted>;
/** Session starts by country, newest first. */
export type StartsByCountry = z.output<typeof wire.StartsByCountry>;
/** Figures about sessions. */
export type SessionMetrics = z.output<typeof wire.Metrics>;
/** A complete session. */
export type UserSession = Exclude<z.output<typeof wire.SessionsOfUser>[string][number], string>;

/** Starts of the last days or hours, which is needed, of one country, and how many. */
export interface LastEventsOptions {
  readonly days?: number;
  readonly hours?: number;
  readonly country?: string;
  readonly limit?: number;
}

/** Figures of how many days up to now, of which country, grouped by what, in which time zone; also how long they lasted. */
export interface MetricsOptions {
  readonly days: number;
  readonly country?: string;
  readonly by?: z.input<typeof wire.MetricsQuery>["by"];
  readonly tz?: string;
  readonly durations?: boolean;
}

/** A start or an end as it was stored. */
export type LiveSessionEvent = z.output<typeof wire.LiveEvent>;

/** From where starts and ends are followed, and of which country. */
export interface LiveSessionsOptions extends StreamOptions {
  /** First what was stored after this position; `earliest`: all that can be read. */
  readonly after?: string;
  readonly country?: string;
  /** Told when events after the position can no longer be read. */
  readonly onGap?: (gap: z.output<typeof wire.LiveGap>) => void;
}

/** The client of user sessions. Whatever the server refuses throws RunnelProblem. */
export class SessionsClient {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Stores up to 10,000 events, all or none; with `partial` the valid ones. What is stored already changes nothing. */
  add(
    events: readonly SessionEvent[],
    { partial }: { readonly partial?: boolean } = {},
  ): Promise<InsertedEvents> {
    const path = ["user", "batches"];
    return this.#http.json("POST", { path, query: { partial }, ...jsonBody(events), repeatable: true });
  }

  lastEvents(options: LastEventsOptions): Promise<StartsByCountry> {
    return this.#http.json("GET", { path: ["user", "last-events"], query: { ...options } });
  }

  /** A user's newest complete sessions; 20 unless `limit` says otherwise. */
  async lastSessions(userId: string, limit?: number): Promise<UserSession[]> {
    const call = { path: ["user", "last-sessions-user"], query: { user_id: userId, limit, details: true } };
    return Object.values(await this.#http.json<Record<string, UserSession[]>>("GET", call))[0]!;
  }

  metrics(options: MetricsOptions): Promise<SessionMetrics> {
    return this.#http.json("GET", { path: ["user", "metrics"], query: { ...options } });
  }

  /**
   * Starts and ends as they are stored, from now on unless `after` is given, until `signal` aborts. A broken connection is
   * made again and resumes after the last one.
   */
  async *live(
    { after, country, onGap, ...options }: LiveSessionsOptions = {},
  ): AsyncGenerator<LiveSessionEvent> {
    const query = (position: string | undefined) => ({ after: position, country });
    const stream = { path: ["user", "sessions-live"], query, position: after, options };
    for await (const { event, data } of followEvents(this.#http, stream)) {
      if (event === "gap") onGap?.(JSON.parse(data).gap);
      else yield JSON.parse(data);
    }
  }

  /** The answer with all that is kept of a user, one JSON object a line. */
  export(userId: string): Promise<Response> {
    return this.#http.send("GET", { path: ["user", "export"], query: { user_id: userId } });
  }

  /** Deletes a user's sessions; answers how many. */
  async delete(userId: string): Promise<number> {
    const call = { path: ["user", "sessions"], query: { user_id: userId } };
    return (await this.#http.json<z.output<typeof wire.DeletedSessions>>("DELETE", call)).sessions;
  }
}
