/** Events: what accounts do, counted by five minutes until they expire. */
import type { z } from "zod";
import { BUCKET_MS, type EventCount, type EventStore } from "../../db/profiles/events.ts";
import type { AccountName } from "../../db/profiles/profiles.ts";
import { type Issue, RunnelError } from "../errors.ts";
import { inShortSteps } from "../short_steps.ts";
import { DAY_MS } from "../time.ts";
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

/** What events need. */
export interface EventOptions {
  readonly store: EventStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Days after which an event has expired. */
  readonly ttlDays: number;
}

/**
 * All events of a database. An event expires with the five minutes that it is counted in: when they began a time
 * to live ago or longer. No read shows it from then on, whether it was swept yet or not.
 */
export class Events {
  readonly #store: EventStore;
  readonly #clock: () => number;
  readonly #timeToLive: TimeToLive;

  constructor({ store, clock, ttlDays }: EventOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#timeToLive = days(ttlDays);
  }

  /** The first five minutes since the epoch whose events have not expired. */
  firstBucket(): number {
    return Math.ceil(firstAlive(this.#timeToLive, this.#clock()) / BUCKET_MS);
  }

  /**
   * Stores events, all of them or none; resolves when they are durable. A timestamp that has expired or is more than
   * a day ahead: `invalid-request`, with the place of each such event.
   */
  async record(events: readonly NewEvent[]): Promise<void> {
    const now = this.#clock(), firstBucket = this.firstBucket();
    const issues: Issue[] = [];
    const counts = events.map(({ app, account, event, context = "", timestamp = now }, i): EventCount => {
      const bucket = Math.floor(timestamp / BUCKET_MS);
      const message = bucket < firstBucket
        ? `an event of ${new Date(timestamp).toISOString()} has expired already`
        : timestamp > now + MAX_AHEAD_MS
        ? `${new Date(timestamp).toISOString()} is more than a day ahead`
        : undefined;
      if (message !== undefined) {
        issues.push({ path: events.length === 1 ? "timestamp" : `${i}.timestamp`, message });
      }
      return { app, account, event, bucket, context, n: 1 };
    });
    if (issues.length > 0) throw new RunnelError("invalid-request", issues[0]!.message, issues);
    if (counts.length > 0) await this.#store.record(counts, EVENT_BYTES * counts.length);
  }

  /** How many events each point has: [milliseconds since the epoch, count], ascending, zeros included. */
  async timeline(
    subject: TimelineSubject,
    { context, ...range }: z.output<typeof TimelineOptions>,
  ): Promise<[number, number][]> {
    const points = pointsOf(range, this.#clock());
    const { from, step, count } = points;
    const found = await this.#store.timeline({
      ...subject,
      context: context || undefined,
      ...points,
      from: Math.max(from, this.firstBucket()),
    });
    return Array.from({ length: count }, (_, i) => {
      const bucket = from + i * step;
      return [bucket * BUCKET_MS, found.get(bucket) ?? 0];
    });
  }

  /**
   * Frees the space of expired events in short transactions, and answers how many counts went. `signal` stops it
   * between two transactions.
   */
  async sweep(signal?: AbortSignal): Promise<number> {
    const first = this.firstBucket();
    const freed = await inShortSteps((limit) => this.#store.sweep(first, limit), signal);
    await inShortSteps((limit) => this.#store.sweepAccounts(first, limit), signal);
    return freed;
  }
}
