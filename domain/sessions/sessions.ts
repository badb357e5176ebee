/** User sessions: events in, in any order, and the questions about them. What has expired is left out of every answer. */
import type { Chunk, StoredSession } from "../../db/sessions/format/chunk.ts";
import type { FigureRange } from "../../db/sessions/figures.ts";
import type { RecentStore } from "../../db/sessions/recent.ts";
import { DAY_MS, HOUR_MS } from "../time.ts";
import { allSessions } from "./all.ts";
import { Calendar } from "./calendar.ts";
import { formatTime, type SessionEvent } from "./event.ts";
import { EventGatherer } from "./loading/gatherer.ts";
import { type LoaderOptions, SessionLoader } from "./loading/loader.ts";
import {
  COUNTED_SESSIONS,
  type Metrics,
  metricsOf,
  type Shape,
  startedOf,
  type Unit,
  type Users,
} from "./metrics.ts";
import { QUARTER_MICROS } from "./storage/changes.ts";
import { deleteUser } from "./upkeep/deletion.ts";
import { sweepChunks, sweepFigures } from "./upkeep/expiry.ts";
import type { CompleteSession } from "./storage/last_sessions.ts";
import { Questions } from "./storage/questions.ts";
import { eachStart, openStarts } from "./storage/starts.ts";
import type { Overlay, Received, Storage } from "./storage/storage.ts";
import type { Upkeep } from "./upkeep/upkeep.ts";
import type { RestoredSession } from "./merge.ts";
import type { SessionMap } from "./session_map.ts";
import { UserCount } from "./user_count.ts";

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

/** Which figures are asked for. */
export interface MetricsRequest extends Shape {
  readonly days: number;
  readonly country: string | null;
}

const UTC = new Calendar("UTC");

/** The sessions of a database. */
export class Sessions {
  readonly #questions: Questions;
  /** The users that were counted last; `oldest`: when the first session of them was received. */
  #counted: { overlay: Overlay; asked: string; oldest: number; users: Users } | undefined;

  constructor(readonly storage: Storage, readonly upkeep: Upkeep, readonly recent: RecentStore) {
    this.#questions = new Questions(storage);
  }

  /** Stores events, all or none; resolves when they are durable. */
  add(events: readonly SessionEvent[]): Promise<void> {
    return this.#store({ events, at: this.storage.clock() });
  }

  /** Takes events one by one, which `store` stores, all or none. `expected`: about how many sessions there will be. */
  gather(expected?: number): EventGatherer {
    return new EventGatherer(this.storage.gather(expected), this.storage.clock);
  }

  /** Stores what was gathered, all or none; resolves when it is durable. Nothing may be added any more. */
  store({ sessions }: EventGatherer): Promise<void> {
    return this.#store(sessions);
  }

  /** Stores events without end; see `SessionLoader`. */
  loader(options: LoaderOptions): SessionLoader {
    return new SessionLoader({
      gather: () => this.gather(options.committed),
      store: (gathered) => this.store(gathered),
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
    const starts = await openStarts(this.storage);
    const all = await this.storage.store.log.countries();
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

  /** Figures of the last `days` days as a calendar has them, up to now. */
  async metrics({ days, country, ...shape }: MetricsRequest): Promise<Metrics> {
    const { by, calendar } = shape;
    await this.upkeep.moveOldRows();
    const slots = calendar.isUtc && by !== "hour_of_day" ? "day" : "quarter";
    const range = { ...this.#range(calendar, days), country };
    const figures = await this.#questions.figures(range, slots);
    const users = startedOf(figures) > COUNTED_SESSIONS
      ? await this.#estimateUsers(range, by, calendar)
      : await this.#countUsers(range, by, calendar);
    return metricsOf(figures, slots === "day" ? DAY_MS : QUARTER_MS, users, shape);
  }

  /** All sessions of a user as lines of JSON, in pieces: also those that are open, or lie ahead. */
  async *exportUser(userId: string): AsyncGenerator<string> {
    await this.upkeep.moveOldRows();
    for await (const page of this.#questions.allOfUser(userId)) {
      if (page.length > 0) yield page.map(lineOf).join("");
    }
  }

  /** All sessions that can be seen, page by page, in the order of users; also those that are open, or lie ahead. */
  async *all(): AsyncGenerator<readonly StoredSession[]> {
    await this.upkeep.moveOldRows();
    yield* allSessions(this.storage);
  }

  /** Stores sessions as they were, all or none; resolves when they are durable. */
  async restore(sessions: readonly RestoredSession[]): Promise<void> {
    const gathered = this.storage.gather();
    for (const { part, received } of sessions) gathered.add(part, received);
    await this.#store(gathered);
  }

  /** Deletes all sessions of a user, and what they add to the figures; answers how many there were. */
  async deleteUser(userId: string): Promise<number> {
    await this.upkeep.moveOldRows();
    return await this.upkeep.alone(() => deleteUser(this.storage, this.recent, userId));
  }

  /** How many sessions with a start there are. */
  async count(): Promise<number> {
    await this.upkeep.moveOldRows();
    return startedOf(await this.#questions.figures({ ...this.#range(UTC, Infinity), country: null }, "day"));
  }

  /**
   * Frees the space of what has expired, in short transactions, and answers how many sessions went. `signal` stops it
   * between two transactions.
   */
  async sweep(signal?: AbortSignal): Promise<number> {
    await this.upkeep.moveOldRows();
    const expired = await this.upkeep.tidy(signal);
    await this.upkeep.forgetLog();
    const swept = await sweepFigures(this.storage, signal);
    await sweepChunks(this.storage, signal);
    return expired + swept;
  }

  async #store(told: SessionMap | Received): Promise<void> {
    await this.upkeep.moveOldRows();
    if (!this.upkeep.hasRoom) await this.upkeep.room();
    await this.storage.append(told);
  }

  async #countUsers(
    { from, to, country }: FigureRange,
    by: Unit | undefined,
    calendar: Calendar,
  ): Promise<Users> {
    // Without groups the number holds until something is stored, or one of the sessions expires.
    const counted = this.#counted, overlay = await this.storage.overlay();
    const asked = by === undefined ? `${from} ${to} ${country ?? ""}` : undefined;
    if (
      counted !== undefined && counted.overlay === overlay && counted.asked === asked &&
      this.storage.firstVisible <= counted.oldest
    ) return counted.users;
    const groupOf = (chunk: Chunk, i: number) =>
      by === undefined || by === "country"
        ? by && chunk.country(i)!
        : calendar.nameOf(Math.floor(chunk.starts[i]! / 1000), by);
    const range = { since: from * QUARTER_MICROS, until: to * QUARTER_MICROS };
    const countries = country === null ? await this.storage.store.log.countries() : [country];
    const count = new UserCount();
    await eachStart(this.storage, countries.map((country) => ({ country, ...range })), (chunk, i) => {
      count.add(chunk.userId(i), chunk.received[i]!, groupOf(chunk, i));
    });
    const { oldest, users } = count;
    if (asked !== undefined) this.#counted = { overlay, asked, oldest, users };
    return users;
  }

  /** Sketches are of days of UTC: other units than those that are made of them have none. */
  async #estimateUsers(range: FigureRange, by: Unit | undefined, calendar: Calendar): Promise<Users> {
    const all = (await this.#questions.users(range, () => "", false)).get("") ?? 0;
    const isMadeOfDays = by === "country" || (calendar.isUtc && by !== undefined && by !== "hour_of_day");
    const groups = isMadeOfDays
      ? await this.#questions.users(
        range,
        (country, day) => by === "country" ? country : calendar.nameOf(day * DAY_MS, by),
        by === "country",
      )
      : undefined;
    return { all, isEstimate: true, groups };
  }

  /** The first time, in microseconds, that has not come yet. */
  #until(now: number): number {
    return (now + AHEAD_MS) * 1000 + 1;
  }

  /** The quarters of an hour of the last days. The one that has begun to lie ahead is left out. */
  #range(calendar: Calendar, days: number) {
    const now = this.storage.clock();
    return {
      from: Math.floor(calendar.dayBefore(now, days - 1) / QUARTER_MS),
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
