/** Webhooks: consumers that push. Of all processes over a database, one at a time pushes the items of a webhook. */
import { randomUUID } from "node:crypto";
import type { WebhookRow, WebhookStore } from "../../../db/channels/webhooks.ts";
import { describeError, invalidPart, RunnelError } from "../../errors.ts";
import type { Poll } from "../../live/poll.ts";
import type { Channels } from "../channels.ts";
import type { Consumer, Consumers } from "../consumers/consumers.ts";
import type { Deliveries } from "../consumers/deliveries.ts";
import { startKey } from "../consumers/settings.ts";
import { keyOfId } from "../item_id.ts";
import type { Items } from "../items/items.ts";
import { Callbacks } from "./callback.ts";
import { consumerName, Pusher } from "./pusher.ts";
import type { WebhookSettings } from "./settings.ts";

/** How long a process may push without saying that it is there, and how often it says so, in milliseconds. */
const HOLD_MS = 15_000, RENEW_MS = 5_000;
/** How long a webhook's consumer holds an item: longer than any renewal of the hold may be late. */
const ACK_WAIT_MS = 300_000;
/** A webhook gives an item up by its own count of attempts. */
const NO_LIMIT = 1_000_000_000;

/** A webhook to be, or what is to change: what is absent stays. */
export interface WebhookChanges {
  readonly channel?: string | undefined;
  readonly callbackUrl?: string | undefined;
  readonly batch?: WebhookSettings["batch"] | undefined;
  readonly parallelCalls?: number | undefined;
  readonly maxAttempts?: number | undefined;
  readonly secret?: string | null | undefined;
  /** After an id or a time, `latest` or `earliest`. */
  readonly startAfter?: string | undefined;
  /** With this item; `previous`: with the newest there is. */
  readonly startItem?: string | undefined;
  readonly errorChannel?: string | null | undefined;
  readonly isPaused?: boolean | undefined;
}

/** A webhook, and how far it is. */
export interface Webhook {
  readonly name: string;
  readonly channel: string;
  readonly settings: WebhookSettings;
  readonly isPaused: boolean;
  readonly lastError: unknown;
  readonly consumer: Consumer;
}

/** What webhooks are made of. */
export interface WebhookOptions {
  readonly channels: Channels;
  readonly items: Items;
  readonly consumers: Consumers;
  readonly deliveries: Deliveries;
  readonly store: WebhookStore;
  readonly clock: () => number;
  readonly log: (line: string) => void;
  readonly poll: Poll;
  /** Whether callbacks may go to addresses of private networks. */
  readonly webhookPrivate: boolean;
}

/** The pushing of a webhook by this process. */
interface Pushing {
  readonly stop: AbortController;
  readonly done: Promise<void>;
  /** What the webhook was when it began; see `madeOf`. */
  readonly made: string;
}

const DEFAULTS = { batch: "single", parallelCalls: 1, maxAttempts: 0 } as const;

/** All webhooks of a database. */
export class Webhooks {
  readonly #holder = randomUUID();
  readonly #callbacks: Callbacks;
  readonly #pushing = new Map<string, Pushing>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #isStarted = false;
  #leavePoll: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(readonly options: WebhookOptions) {
    this.#callbacks = new Callbacks(options.webhookPrivate);
  }

  /** Begins to push, in a process that serves. */
  async start(): Promise<void> {
    this.#isStarted = true;
    this.#leavePoll ??= this.options.poll.accompany(() => this.#wake().catch(() => {}));
    await this.lookAround();
  }

  /**
   * Creates a webhook, or changes what is given. Something missing, a channel that is none, a callback that is refused, or
   * a channel or start that differs from before: `invalid-request`.
   */
  async put(
    name: string,
    base: string,
    changes: WebhookChanges,
  ): Promise<{ created: boolean; webhook: Webhook }> {
    const before = await this.options.store.byName(name);
    await this.#check(changes, before?.channelName ?? changes.channel);
    const created = before === undefined && await this.#create(name, base, changes);
    if (!created) await this.#change(before ?? await this.#find(name), changes);
    await this.lookAround();
    return { created, webhook: await this.get(name) };
  }

  /** Changes what is given. Unknown: `webhook-not-found`; else it fails as `put` does. */
  async change(name: string, changes: WebhookChanges): Promise<Webhook> {
    const before = await this.#find(name);
    await this.#check(changes, before.channelName);
    await this.#change(before, changes);
    await this.lookAround();
    return await this.get(name);
  }

  /** Unknown: `webhook-not-found`. */
  async get(name: string): Promise<Webhook> {
    const row = await this.#find(name);
    return {
      name,
      channel: row.channelName,
      settings: JSON.parse(row.settings),
      isPaused: row.isPaused,
      lastError: row.lastError && JSON.parse(row.lastError),
      consumer: await this.options.consumers.get(row.channelName, consumerName(name)),
    };
  }

  async names(): Promise<string[]> {
    return (await this.options.store.all()).map(({ name }) => name);
  }

  /** Unknown: `webhook-not-found`. */
  async remove(name: string): Promise<void> {
    const row = await this.#find(name);
    await this.#stop(name);
    await this.options.store.remove(row);
  }

  /**
   * Begins to push what nobody pushes, ends what is paused or gone, and begins again what was changed elsewhere. Does
   * nothing in a process that does not serve.
   */
  lookAround(): Promise<void> {
    // One after the other: a look that read before a change must not outlast it.
    return this.#looking = this.#looking.catch(() => {}).then(() => this.#look());
  }

  async #look(): Promise<void> {
    if (!this.#isStarted) return;
    const rows = (await this.options.store.all()).filter(({ isPaused }) => !isPaused);
    const wanted = new Set(rows.map(({ name }) => name));
    for (const name of this.#pushing.keys()) if (!wanted.has(name)) await this.#stop(name);
    for (const row of rows) {
      const isMine = await this.options.store.hold(row.name, this.#holder, this.options.clock() + HOLD_MS);
      if (!isMine || this.#pushing.get(row.name)?.made !== madeOf(row)) await this.#stop(row.name);
      if (isMine && this.#isStarted && !this.#pushing.has(row.name)) this.#push(row);
    }
    if (rows.length > 0) this.#timer ??= setInterval(() => this.lookAround().catch(() => {}), RENEW_MS);
    else this.#rest();
  }

  /** Ends all pushing; another process may go on at once. */
  async close(): Promise<void> {
    this.#isStarted = false;
    this.#leavePoll?.();
    this.#rest();
    const names = [...this.#pushing.keys()];
    await Promise.all(names.map((name) => this.#stop(name)));
    await Promise.all(names.map((name) => this.options.store.letGo(name, this.#holder).catch(() => {})));
    this.#callbacks.close();
  }

  /** A process without webhooks to push asks one number; one that has some looks around anyway. */
  async #wake(): Promise<void> {
    if (this.#timer === undefined && await this.options.store.anyActive()) await this.lookAround();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #push(row: WebhookRow): void {
    const stop = new AbortController();
    const { log } = this.options;
    const options = { ...this.options, callbacks: this.#callbacks };
    const pusher = new Pusher(options, row, JSON.parse(row.settings), stop.signal);
    const done = pusher.run().catch((error) => {
      if (!(error instanceof RunnelError)) log(`webhook ${row.name}: ${describeError(error)}`);
    }).finally(() => {
      // It ended by itself, because of a fault: the next look begins it again.
      if (this.#pushing.get(row.name)?.stop === stop) this.#pushing.delete(row.name);
    });
    this.#pushing.set(row.name, { stop, done, made: madeOf(row) });
  }

  async #stop(name: string): Promise<void> {
    const pushing = this.#pushing.get(name);
    if (pushing === undefined) return;
    this.#pushing.delete(name);
    pushing.stop.abort();
    await pushing.done;
  }

  async #create(name: string, base: string, changes: WebhookChanges): Promise<boolean> {
    const { channel: channelName, callbackUrl, isPaused = false, errorChannel } = changes;
    if (channelName === undefined) throw invalidPart("channel", "name the channel whose items are pushed");
    if (callbackUrl === undefined) {
      throw invalidPart("callbackUrl", "the address that the items are posted to");
    }
    const { channel } = await this.options.channels.window(channelName);
    const { batch, parallelCalls, maxAttempts, secret } = changes;
    const settings = { ...DEFAULTS, start: startOf(changes) ?? "latest", base };
    const given = JSON.parse(
      JSON.stringify({ callbackUrl, batch, parallelCalls, maxAttempts, secret: secret ?? undefined }),
    );
    const consumer = {
      start: settings.start,
      ackWait: ACK_WAIT_MS,
      maxDeliver: NO_LIMIT,
      maxInFlight: 10_000,
    };
    return await this.options.store.insert({
      name,
      channel,
      isPaused,
      settings: JSON.stringify({ ...settings, ...given }),
      consumer: {
        name: consumerName(name),
        settings: JSON.stringify({ ...consumer, ...(errorChannel && { deadLetter: errorChannel }) }),
        nextKey: await this.#firstKey(channelName, changes),
      },
    });
  }

  async #change(row: WebhookRow, changes: WebhookChanges): Promise<void> {
    const { channel, isPaused, errorChannel, startAfter: _, startItem: __, ...rest } = changes;
    const settings: WebhookSettings = JSON.parse(row.settings);
    if (channel !== undefined && channel !== row.channelName) {
      throw invalidPart(
        "channel",
        `this webhook pushes ${row.channelName}: remove it to push another channel`,
      );
    }
    const start = startOf(changes);
    if (start !== undefined && start !== settings.start) {
      throw invalidPart("startItem", `this webhook began at ${settings.start}, and goes on where it is`);
    }
    await this.options.store.update(row.name, JSON.stringify(rest), isPaused);
    if (errorChannel !== undefined) {
      await this.options.consumers.put(row.channelName, consumerName(row.name), { deadLetter: errorChannel });
    }
    // The pusher knows the settings with which it began.
    await this.#stop(row.name);
  }

  /** Refuses what is wrong before anything is changed. `channel` is the one that is pushed, where it is known. */
  async #check(
    { callbackUrl, errorChannel, startAfter, startItem }: WebhookChanges,
    channel: string | undefined,
  ): Promise<void> {
    const refusal = callbackUrl && this.#callbacks.refusal(callbackUrl);
    if (refusal) throw invalidPart("callbackUrl", refusal);
    if (startAfter !== undefined && startItem !== undefined) {
      throw invalidPart("startItem", "begin after something, or with an item: one of both");
    }
    if (startAfter !== undefined) startKey(startAfter);
    if (startItem !== undefined && startItem !== "previous" && keyOfId(startItem) === undefined) {
      throw invalidPart("startItem", "an item's id or address, or previous");
    }
    if (typeof errorChannel !== "string") return;
    if (errorChannel === channel) {
      throw invalidPart("errorChannelUrl", "another channel than the one that is pushed");
    }
    await this.options.channels.window(errorChannel).catch((error) => {
      if (!(error instanceof RunnelError)) throw error;
      throw invalidPart("errorChannelUrl", `there is no channel named ${errorChannel}`);
    });
  }

  async #firstKey(
    channelName: string,
    { startAfter = "latest", startItem }: WebhookChanges,
  ): Promise<bigint> {
    if (startItem === undefined) return startKey(startAfter);
    if (startItem !== "previous") return keyOfId(startItem)!;
    const newest = await this.options.items.newest(channelName);
    return newest === undefined ? -1n : keyOfId(newest.id)!;
  }

  async #find(name: string): Promise<WebhookRow> {
    const row = await this.options.store.byName(name);
    if (row !== undefined) return row;
    throw new RunnelError("webhook-not-found", `there is no webhook named ${name}`);
  }
}

/** All that a pusher knows of its webhook, as a text. */
function madeOf({ consumer, channelName, settings }: WebhookRow): string {
  return JSON.stringify([consumer, channelName, settings]);
}

function startOf({ startAfter, startItem }: WebhookChanges): string | undefined {
  return startItem === undefined ? startAfter : `item ${startItem}`;
}
