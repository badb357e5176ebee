/** User sessions: events in, in any order, and the questions about them. What has expired is left out of every answer. */
import type { SessionRow, SessionStore, StartsCursor } from "../../db/sessions/sessions.ts";
import { inShortSteps } from "../short_steps.ts";
import { DAY_MS } from "../time.ts";
import type { SessionEvent } from "./event.ts";
import { type LoaderOptions, SessionLoader, toPart } from "./loader.ts";
import { type Metrics, metricsOf, sampleLevel } from "./metrics.ts";

/** Starts read at a time: some milliseconds of the reading thread, so that others get their turn between. */
const PAGE = 512;

/** Which starts are asked for. */
export interface StartsRequest {
  /** Not older than this, in milliseconds. */
  readonly age: number;
  /** Of this country only. */
  readonly country?: string | undefined;
  /** At most so many of each country. */
  readonly limit?: number | undefined;
}

/** The sessions of a database. */
export class Sessions {
  /** `clock` answers the time in milliseconds since the epoch. */
  constructor(readonly store: SessionStore, readonly clock: () => number) {}

  /** Stores events, all or none; resolves when they are durable. */
  add(events: readonly SessionEvent[]): Promise<void> {
    return this.store.store(events.map(toPart));
  }

  /** Stores events without end; see `SessionLoader`. */
  loader(options: LoaderOptions): SessionLoader {
    return new SessionLoader(this.store, options);
  }

  /**
   * JSON text in pieces: an object with, for every country ever seen, its starts as {session_id, user_id, ts}, newest
   * first. Nothing is read before it is asked for; sessions that are stored during the answer are left out.
   */
  async *lastEvents({ age, country, limit = Infinity }: StartsRequest): AsyncGenerator<string> {
    const since = Math.max(0, Math.ceil((this.clock() - age) * 1000));
    const lastId = await this.store.lastId();
    const all = await this.store.countries();
    const countries = country === undefined ? all : all.filter((seen) => seen === country);
    let separator = "{";
    for (const code of countries) {
      yield `${separator}${JSON.stringify(code)}:[`;
      yield* this.#starts({ country: code, since, lastId }, limit);
      separator = "],";
    }
    yield countries.length === 0 ? "{}" : "]}";
  }

  async *#starts(
    query: { country: string; since: number; lastId: bigint },
    limit: number,
  ): AsyncGenerator<string> {
    let told = 0;
    const read = (cursor?: StartsCursor) => this.store.starts(query, Math.min(PAGE, limit - told), cursor);
    for (let page = await read(); page !== undefined;) {
      const { text, count, cursor } = page;
      const separator = told === 0 ? "" : ",";
      told += count;
      // The next page is read while this one is sent.
      const next = cursor === undefined || told >= limit ? undefined : read(cursor);
      next?.catch(() => {});
      yield separator + text;
      page = await next;
    }
  }

  /** The user's complete sessions, latest end first. */
  lastSessions(userId: string, limit: number): Promise<SessionRow[]> {
    return this.store.lastSessions({ userId, limit });
  }

  /** Figures of the last `days` days, counted in whole days (UTC) up to today and after. */
  async metrics(days: number, country: string | null): Promise<Metrics> {
    const query = { firstDay: Math.max(0, Math.floor(this.clock() / DAY_MS) - days + 1), country };
    const figures = await this.store.figures(query);
    const level = sampleLevel(figures);
    return metricsOf(figures, await this.store.users(query, level), level);
  }

  /** How many sessions with a start there are. */
  count(): Promise<number> {
    return this.store.count();
  }

  /**
   * Frees the space of what has expired, in short transactions, and answers how many sessions went. `signal` stops it
   * between two transactions.
   */
  async sweep(signal?: AbortSignal): Promise<number> {
    const swept = await inShortSteps((limit) => this.store.sweep(limit), signal);
    if (swept > 0) await this.store.forgetEmpty();
    return swept;
  }
}
