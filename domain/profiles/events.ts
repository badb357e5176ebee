/** Events: what accounts do, counted by five minutes until they expire. */
import type { z } from "zod";
import { BUCKET_MS, type EventCount, type EventStore } from "../../db/profiles/events.ts";
import type { AccountName } from "../../db/profiles/links.ts";
import { invalid, type Issue } from "../errors.ts";
import { inShortSteps } from "../short_steps.ts";
import { DAY_MS, HOUR_MS, iso } from "../time.ts";
import { pointsOf, type TimelineOptions } from "./timeline.ts";
import { days, firstAlive, type TimeToLive } from "../expiry.ts";

/** How far a client's clock may be ahead. */
const MAX_AHEAD_MS = DAY_MS;
/** What an event counts for in a commit, in bytes: so that large batches do not share one, and others wait less. */
const EVENT_BYTES = 400;

/** An event as it comes in. */
export interface NewEvent extends AccountName {
  readonly event: string;
  readonly context?: string | undefined;
  /** An event with an id that its account had lately is the same event. */
  readonly id?: string | undefined;
  /** Milliseconds since the epoch; now unless given. */
  readonly timestamp?: number | undefined;
}

/** Whose timeline. */
export interface TimelineSubject {
  readonly app: string;
  readonly event: string;
  /** Of this account alone. */
  readonly account?: string | undefined;
}

/** How often accounts of an app did something within the five minutes from `time` on, in milliseconds since the epoch. */
export interface NewestCount {
  readonly app: string;
  readonly event: string;
  readonly time: number;
  readonly count: number;
}

/** What events need. */
export interface EventOptions {
  readonly store: EventStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Days after which an event has expired. */
  readonly ttlDays: number;
  /** Hours for which an event's id is remembered. */
  readonly dedupHours: number;
}

/**
 * All events of a database. An event expires with the five minutes that it is counted in: when they began a time
 * to live ago or longer. No read shows it from then on, whether it was swept yet or not.
 */
export class Events {
  readonly #store: EventStore;
  readonly #clock: () => number;
  readonly #timeToLive: TimeToLive;
  readonly #dedupMs: number;

  constructor({ store, clock, ttlDays, dedupHours }: EventOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#timeToLive = days(ttlDays);
    this.#dedupMs = dedupHours * HOUR_MS;
  }

  /** The first five minutes since the epoch whose events have not expired. */
  firstBucket(): number {
    return Math.ceil(firstAlive(this.#timeToLive, this.#clock()) / BUCKET_MS);
  }

  /** What is wrong with an event's timestamp: it has expired or is more than a day ahead. Undefined: nothing. */
  refusalOf({ timestamp }: Pick<NewEvent, "timestamp">): Issue | undefined {
    if (timestamp === undefined) return undefined;
    const time = iso(timestamp);
    if (Math.floor(timestamp / BUCKET_MS) < this.firstBucket()) {
      return { path: "timestamp", message: `an event of ${time} has expired already` };
    }
    if (timestamp <= this.#clock() + MAX_AHEAD_MS) return undefined;
    return { path: "timestamp", message: `${time} is more than a day ahead` };
  }

  /**
   * Stores events, all of them or none; resolves when they are durable. One that `refusalOf` refuses: `invalid-request`.
   * One whose id its account had within `dedupHours` is known already, and is not counted.
   */
  async record(events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    const now = this.#clock();
    const counts = events.map((newEvent): EventCount => {
      const refusal = this.refusalOf(newEvent);
      if (refusal !== undefined) throw invalid(refusal.message, [refusal]);
      const { app, account, event, context = "", timestamp = now, id } = newEvent;
      return { app, account, event, bucket: Math.floor(timestamp / BUCKET_MS), context, n: 1, id };
    });
    await this.#store.record(
      { events: counts, now, idsUntil: now - this.#dedupMs },
      EVENT_BYTES * counts.length,
    );
  }

  /** How many events each point has: [milliseconds since the epoch, count], ascending, zeros included. */
  async timeline(
    subject: TimelineSubject,
    { context, ...range }: Omit<z.output<typeof TimelineOptions>, "points">,
  ): Promise<[number, number][]> {
    const { starts, to, step } = pointsOf(range, this.#clock());
    const found = await this.#store.timeline({
      ...subject,
      context: context || undefined,
      from: Math.max(starts[0]!, this.firstBucket()),
      to,
      points: step ?? starts,
    });
    return starts.map((bucket) => [bucket * BUCKET_MS, found.get(bucket) ?? 0]);
  }

  /** What accounts of all apps did up to now, counted by app, event and five minutes: up to `limit`, the newest first. */
  async newest(limit: number): Promise<NewestCount[]> {
    const now = Math.floor(this.#clock() / BUCKET_MS);
    const counts = await this.#store.newest(this.firstBucket(), now, limit);
    return counts.map(({ app, event, bucket, count }) => ({ app, event, time: bucket * BUCKET_MS, count }));
  }

  /**
   * Frees the space of expired events in short transactions, and answers how many counts went. `signal` stops it
   * between two transactions.
   */
  async sweep(signal?: AbortSignal): Promise<number> {
    const first = this.firstBucket();
    const freed = await inShortSteps((limit) => this.#store.sweep(first, limit), signal);
    const until = this.#clock() - this.#dedupMs;
    await inShortSteps((limit) => this.#store.sweepIds(until, limit), signal);
    await inShortSteps((limit) => this.#store.sweepAccounts(first, limit), signal);
    return freed;
  }
}
