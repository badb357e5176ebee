/** Pushes the items of one webhook, as long as this process is the one that does: in order, each until it arrived. */
import type { GivenRow } from "../../../db/channels/consumers/deliveries.ts";
import type { WebhookRow, WebhookStore } from "../../../db/channels/webhooks.ts";
import { LAST_KEY } from "../../../db/channels/pages.ts";
import { iso, MINUTE_MS } from "../../time.ts";
import type { Deliveries } from "../consumers/deliveries.ts";
import { idOfKey, timeOfKey } from "../item_id.ts";
import type { Callbacks } from "./callback.ts";
import type { WebhookSettings } from "./settings.ts";

/** Items that are taken at once: single ones, and those of minutes. */
const TAKEN = 100, TAKEN_OF_MINUTES = 1_000;
/** How long one look for items waits, in milliseconds. */
const WAIT_MS = 20_000;
/** Waits after a failed call, in milliseconds: the first, and the longest. */
const FIRST_RETRY_MS = 500, LONGEST_RETRY_MS = 60_000;
/** How often the hold on what was taken is renewed, in milliseconds; it lasts several times as long. */
const EXTEND_MS = 60_000;

/** What a pusher works with. */
export interface PusherOptions {
  readonly deliveries: Deliveries;
  readonly store: WebhookStore;
  readonly callbacks: Callbacks;
  readonly clock: () => number;
}

/** The pushing of one webhook. */
export class Pusher {
  #queue: GivenRow[] = [];
  #failed = false;
  readonly #consumer: [channel: string, consumer: string];

  constructor(
    readonly options: PusherOptions,
    readonly webhook: WebhookRow,
    readonly settings: WebhookSettings,
    readonly signal: AbortSignal,
  ) {
    this.#consumer = [webhook.channelName, consumerName(webhook.name)];
    this.#failed = webhook.lastError !== null;
  }

  /** Pushes until the signal. What another process had taken and not delivered comes first. */
  async run(): Promise<void> {
    const { deliveries } = this.options;
    await deliveries.nack(...this.#consumer, { upTo: idOfKey(LAST_KEY) });
    const extending = setInterval(
      () => deliveries.extend(...this.#consumer, { upTo: idOfKey(LAST_KEY) }).catch(() => {}),
      EXTEND_MS,
    );
    const calls = new Set<Promise<void>>();
    try {
      while (!this.signal.aborted) {
        const group = await this.#next();
        if (group.length === 0) continue;
        const call = this.#deliver(group).finally(() => calls.delete(call));
        calls.add(call);
        if (calls.size >= this.settings.parallelCalls) await Promise.race(calls);
      }
    } finally {
      clearInterval(extending);
      await Promise.allSettled(calls);
    }
  }

  /** The items of the next call; none when there is nothing yet. */
  async #next(): Promise<GivenRow[]> {
    if (this.settings.batch === "single") {
      if (this.#queue.length === 0) await this.#take(TAKEN, WAIT_MS);
      return this.#queue.splice(0, 1);
    }
    return await this.#nextMinute();
  }

  /** The items of the oldest minute that is over. */
  async #nextMinute(): Promise<GivenRow[]> {
    if (this.#queue.length === 0 && await this.#take(TAKEN_OF_MINUTES, WAIT_MS) === 0) return [];
    const minute = minuteOf(this.#queue[0]!);
    // Within the minute more may come; after it, what was inserted at its end.
    await pause((minute + 1) * MINUTE_MS - this.options.clock() + 1, this.signal);
    while (!this.signal.aborted && minuteOf(this.#queue.at(-1)!) === minute) {
      if (await this.#take(TAKEN_OF_MINUTES, 0) === 0) break;
    }
    const end = this.#queue.findIndex((row) => minuteOf(row) !== minute);
    return this.signal.aborted ? [] : this.#queue.splice(0, end < 0 ? this.#queue.length : end);
  }

  async #take(max: number, wait: number): Promise<number> {
    const { rows } = await this.options.deliveries.pull(...this.#consumer, {
      max,
      wait,
      signal: this.signal,
    });
    this.#queue.push(...rows);
    return rows.length;
  }

  /** Calls until the callback took it, or until it was tried often enough. */
  async #deliver(rows: readonly GivenRow[]): Promise<void> {
    const { deliveries, callbacks, clock } = this.options;
    const { callbackUrl, base, secret, maxAttempts } = this.settings;
    const { name, channelName } = this.webhook;
    const ids = rows.map(({ key }) => idOfKey(key));
    const uris = ids.map((id) => `${base}/channel/${channelName}/${id}`);
    const message = {
      // Without full stops, which divide what is signed.
      id: `${name}-${ids[0]}-${ids.length}`,
      body: JSON.stringify({ name, type: "item", uris }),
      secret,
    };
    for (let attempt = 1; !this.signal.aborted; attempt++) {
      const outcome = await callbacks.post(callbackUrl, message, this.signal);
      if (outcome.ok) {
        await deliveries.ack(...this.#consumer, { ids });
        if (this.#failed) await this.#note(null);
        return;
      }
      if (this.signal.aborted) return;
      await this.#note({
        at: iso(clock()),
        item: uris[0],
        attempts: attempt,
        error: outcome.why,
      });
      if (maxAttempts > 0 && attempt >= maxAttempts) {
        return await deliveries.giveUp(...this.#consumer, rows, `${outcome.why}, ${attempt} times`);
      }
      const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1));
      await pause(
        Math.max(longest * (0.5 + Math.random() / 2), (outcome.retryAfter ?? 0) * 1000),
        this.signal,
      );
    }
  }

  async #note(error: Readonly<Record<string, unknown>> | null): Promise<void> {
    this.#failed = error !== null;
    await this.options.store.noteError(this.webhook.name, error && JSON.stringify(error));
  }
}

/** The consumer of a webhook: no name that a person can give. */
export function consumerName(webhook: string): string {
  return `webhook:${webhook}`;
}

function minuteOf({ key }: GivenRow): number {
  return Math.floor(timeOfKey(key) / MINUTE_MS);
}

function pause(millis: number, signal: AbortSignal): Promise<void> {
  if (millis <= 0 || signal.aborted) return Promise.resolve();
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, millis);
  signal.addEventListener("abort", () => over.resolve(), { once: true });
  return over.promise.finally(() => clearTimeout(timer));
}
