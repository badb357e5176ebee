/** User sessions: events in, in any order, and the questions about them. What has expired is left out of every answer. */
import type { StoredSession } from "../../db/sessions/chunk.ts";
import { HOUR_MS } from "../time.ts";
import { formatTime, type SessionEvent } from "./event.ts";
import { type LoaderOptions, SessionLoader, toPart } from "./loader.ts";
import { COUNTED_SESSIONS, type Metrics, metricsOf, startedOf } from "./metrics.ts";
import { QUARTER_MICROS, QUARTERS_A_DAY } from "./storage/changes.ts";
import { deleteUser } from "./storage/deletion.ts";
import { sweepChunks, sweepFigures } from "./storage/expiry.ts";
import { type CompleteSession, Questions, type StartsQuery } from "./storage/questions.ts";
import type { Storage } from "./storage/storage.ts";
import type { Upkeep } from "./storage/upkeep.ts";
import type { SessionMap } from "./merge.ts";

/** A start that is further ahead of the clock than this is kept, and left out of every answer until its time has come. */
const AHEAD_MS = HOUR_MS;
const QUARTER_MS = QUARTER_MICROS / 1000;

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
  readonly #questions: Questions;

  constructor(readonly storage: Storage, readonly upkeep: Upkeep) {
    this.#questions = new Questions(storage);
  }

  /** Stores events, all or none; resolves when they are durable. */
  async add(events: readonly SessionEvent[]): Promise<void> {
    const gathered = this.storage.gather(), now = this.storage.clock();
    for (const event of events) gathered.add(toPart(event), now);
    await this.#store(gathered);
  }

  /** Stores events without end; see `SessionLoader`. */
  loader(options: LoaderOptions): SessionLoader {
    return new SessionLoader({
      gather: () => this.storage.gather(),
      now: this.storage.clock,
      store: (sessions) => this.#store(sessions),
      settle: () => this.upkeep.settled(),
    }, options);
  }

  /**
   * JSON text in pieces: an object with, for every country ever seen, its starts as {session_id, user_id, ts}, newest
   * first. Nothing is read before it is asked for; sessions that are stored during the answer are left out.
   */
  async *lastEvents({ age, country, limit = Infinity }: StartsRequest): AsyncGenerator<string> {
    await this.upkeep.moveOldRows();
    const now = this.storage.clock();
    const since = Math.max(0, Math.ceil((now - age) * 1000)), until = this.#until(now);
    const starts = await this.#questions.starts();
    const all = await this.storage.store.countries();
    const countries = country === undefined ? all : all.filter((seen) => seen === country);
    let separator = "{";
    for (const code of countries) {
      yield `${separator}${JSON.stringify(code)}:[`;
      yield* textOf(starts({ country: code, since, until }), limit);
      separator = "],";
    }
    yield countries.length === 0 ? "{}" : "]}";
  }

  /** The user's complete sessions, latest end first. */
  async lastSessions(userId: string, limit: number): Promise<CompleteSession[]> {
    await this.upkeep.moveOldRows();
    return await this.#questions.lastSessions({ userId, limit, until: this.#until(this.storage.clock()) });
  }

  /** Figures of the last `days` days, counted in whole days (UTC) up to today. */
  async metrics(days: number, country: string | null): Promise<Metrics> {
    await this.upkeep.moveOldRows();
    const range = { ...this.#range(days), country };
    const figures = await this.#questions.figures(range, "day");
    const isEstimate = startedOf(figures) > COUNTED_SESSIONS;
    const users = isEstimate ? await this.#questions.users(range) : await this.#countUsers({
      since: range.from * QUARTER_MICROS,
      until: range.to * QUARTER_MICROS,
    }, country);
    return metricsOf(figures, users, isEstimate);
  }

  /** All sessions of a user as lines of JSON, in pieces: also those that are open, or lie ahead. */
  async *exportUser(userId: string): AsyncGenerator<string> {
    await this.upkeep.moveOldRows();
    for await (const page of this.#questions.allOfUser(userId)) {
      if (page.length > 0) yield page.map(lineOf).join("");
    }
  }

  /** Deletes all sessions of a user, and what they add to the figures; answers how many there were. */
  async deleteUser(userId: string): Promise<number> {
    await this.upkeep.moveOldRows();
    return await this.upkeep.alone(() => deleteUser(this.storage, userId));
  }

  /** How many sessions with a start there are. */
  async count(): Promise<number> {
    await this.upkeep.moveOldRows();
    return startedOf(await this.#questions.figures({ ...this.#range(Infinity), country: null }, "day"));
  }

  /**
   * Frees the space of what has expired, in short transactions, and answers how many sessions went. `signal` stops it
   * between two transactions.
   */
  async sweep(signal?: AbortSignal): Promise<number> {
    await this.upkeep.moveOldRows();
    const expired = await this.upkeep.tidy(signal);
    const swept = await sweepFigures(this.storage, signal);
    await sweepChunks(this.storage, signal);
    return expired + swept;
  }

  async #store(gathered: SessionMap): Promise<void> {
    await this.upkeep.moveOldRows();
    await this.upkeep.room();
    await this.storage.append(gathered);
  }

  async #countUsers(range: Pick<StartsQuery, "since" | "until">, country: string | null): Promise<number> {
    const starts = await this.#questions.starts(), users = new Set<string>();
    for (const code of country === null ? await this.storage.store.countries() : [country]) {
      for await (const page of starts({ country: code, ...range })) {
        for (const { userId } of page) users.add(userId);
      }
    }
    return users.size;
  }

  /** The first time, in microseconds, that has not come yet. */
  #until(now: number): number {
    return (now + AHEAD_MS) * 1000 + 1;
  }

  /** The quarters of an hour of the last days (UTC). The one that has begun to lie ahead is left out. */
  #range(days: number) {
    const now = this.storage.clock();
    const today = Math.floor(now / QUARTER_MS / QUARTERS_A_DAY);
    return {
      from: Math.max(0, today - days + 1) * QUARTERS_A_DAY,
      to: Math.floor((now + AHEAD_MS) / QUARTER_MS),
    };
  }
}

function lineOf({ userId, sessionId, country, start, end, received }: StoredSession): string {
  return JSON.stringify({
    user_id: userId,
    session_id: sessionId,
    country,
    start: start === null ? null : formatTime(start),
    end: end === null ? null : formatTime(end),
    received: formatTime(received * 1000),
  }) + "\n";
}

/** Up to `limit` starts as JSON objects, with commas between them. */
async function* textOf(
  pages: AsyncGenerator<readonly StoredSession[]>,
  limit: number,
): AsyncGenerator<string> {
  let told = 0;
  for await (const page of pages) {
    const some = page.slice(0, limit - told);
    const texts = some.map(({ sessionId, userId, start }) =>
      `{"session_id":${JSON.stringify(sessionId)},"user_id":${JSON.stringify(userId)},"ts":"${
        formatTime(start!)
      }"}`
    );
    yield (told === 0 ? "" : ",") + texts.join(",");
    told += some.length;
    if (told >= limit) return;
  }
}
