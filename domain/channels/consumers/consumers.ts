/**
 * Consumers: workers that share a channel through a cursor that the database keeps. A worker pulls items under a lease and
 * acknowledges them; what nobody acknowledges in time is given out again, and after so many times it is given up.
 */
import { randomUUID } from "node:crypto";
import type { ConsumerRow, ConsumerStore } from "../../../db/channels/consumers.ts";
import type { DeliveryStore, GivenRow, Settlement } from "../../../db/channels/deliveries.ts";
import { invalidPart, RunnelError } from "../../errors.ts";
import type { Hub } from "../../live/hub.ts";
import { inShortSteps } from "../../short_steps.ts";
import type { Channels } from "../channels.ts";
import { readFilter } from "../filter.ts";
import { idOfKey, keyOfId, timeOfKey } from "../item_id.ts";
import type { Gap } from "../reader.ts";
import { Remembered } from "../remembered.ts";
import { DeadLetters } from "./dead_letters.ts";
import {
  type ConsumerChanges,
  type ConsumerSettings,
  DEFAULTS,
  patchOf,
  settingsOf,
  startKey,
} from "./settings.ts";

/** While others hold items, a waiting worker looks this often whether one came back: another process may have said so. */
const LOOK_MS = 1_000;

/** A consumer, and how far it is. */
export interface Consumer {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly settings: ConsumerSettings;
  /** The position up to which everything is acknowledged. */
  readonly cursor: string;
  /** Items that workers hold, and that wait to be given out again. */
  readonly inFlight: number;
  readonly waitingAgain: number;
  /** Items that were given out too often and wait for their dead-letter channel. */
  readonly exhausted: number;
  /** Items that are not acknowledged; `isCounted` is false where there are more. */
  readonly lag: number;
  readonly isCounted: boolean;
  /** Age of the oldest of them, in milliseconds. */
  readonly lagMillis: number;
  readonly redeliveries: number;
  readonly givenUp: number;
}

/** What a worker is given. */
export interface Pulled {
  readonly rows: readonly GivenRow[];
  /** Names the hold on these items. */
  readonly lease: string;
  /** Items before these were gone before the consumer came to them. */
  readonly gap: Gap | undefined;
}

/** What a worker asks for: at most so many items, and how long to wait for the first, in milliseconds. */
export interface PullOptions {
  readonly max: number;
  readonly wait: number;
  /** Ends the wait; what comes then is left to others. */
  readonly signal?: AbortSignal | undefined;
}

/** What a worker says of items: of those with these ids, or of all up to one; `delay` in milliseconds. */
export interface SettleOptions {
  readonly ids?: readonly string[] | undefined;
  readonly upTo?: string | undefined;
  readonly lease?: string | undefined;
  readonly delay?: number | undefined;
}

/** What consumers are made of. `clock` answers milliseconds since the epoch. */
export interface ConsumerOptions {
  readonly channels: Channels;
  readonly hub: Hub<number>;
  readonly store: ConsumerStore;
  readonly deliveries: DeliveryStore;
  readonly clock: () => number;
}

/** The consumers of all channels. */
export class Consumers {
  /** Workers of this process that wait for an item to come back, by consumer. */
  readonly #waiting = new Map<number, Set<() => void>>();
  readonly #known = new Remembered<ConsumerRow>(1_000);
  readonly #deadLetters: DeadLetters;

  constructor(readonly options: ConsumerOptions) {
    this.#deadLetters = new DeadLetters(options.channels, options.deliveries);
  }

  /**
   * Creates a consumer, or changes the settings that are given. No such channel: `channel-not-found`. A start that differs
   * from the one with which it was created, or a dead-letter channel that is none: `invalid-request`.
   */
  async put(
    channelName: string,
    name: string,
    changes: ConsumerChanges,
  ): Promise<{ created: boolean; consumer: Consumer }> {
    const { channels, store } = this.options;
    const { channel } = await channels.window(channelName);
    await this.#checkDeadLetter(channelName, changes.deadLetter);
    if (changes.filter) readFilter(changes.filter);
    const row = await store.byName(channel, name);
    if (row !== undefined) {
      const { start } = settingsOf(row);
      if (typeof changes.start === "string" && changes.start !== start) {
        throw invalidPart(
          "start",
          `this consumer began at ${start}, and goes on where it is: remove it to begin anew`,
        );
      }
      await store.update(row.id, patchOf(changes));
      this.#known.forget(rememberedAs(channel, name));
      return { created: false, consumer: await this.get(channelName, name) };
    }
    const settings = JSON.stringify(
      { ...DEFAULTS, ...JSON.parse(patchOf(changes)) },
      (_, value) => value ?? undefined,
    );
    const created = await store.insert(
      channel,
      name,
      settings,
      startKey(changes.start ?? DEFAULTS.start),
    );
    return { created, consumer: await this.get(channelName, name) };
  }

  /** Unknown: `consumer-not-found`. */
  async get(channelName: string, name: string): Promise<Consumer> {
    return await this.#view(await this.find(channelName, name), channelName);
  }

  /** The consumers of a channel, by name; those that webhooks use are not among them. */
  async list(channelName: string): Promise<Consumer[]> {
    const { channel } = await this.options.channels.window(channelName);
    const rows = (await this.options.store.ofChannel(channel)).filter(({ name }) => !name.includes(":"));
    return await Promise.all(rows.map((row) => this.#view(row, channelName)));
  }

  /** Removes a consumer and what it was given. Unknown: `consumer-not-found`. */
  async remove(channelName: string, name: string): Promise<void> {
    const { id, channel } = await this.find(channelName, name);
    const wasThere = await this.options.store.remove(id);
    this.#known.forget(rememberedAs(channel, name));
    if (!wasThere) throw unknown(channelName, name);
    this.wake(id);
  }

  /** Items for a worker, oldest first. None within the time: an empty list. Unknown: `consumer-not-found`. */
  async pull(channelName: string, name: string, { max, wait, signal }: PullOptions): Promise<Pulled> {
    const { hub } = this.options;
    const began = performance.now();
    const { channel } = await this.options.channels.window(channelName);
    using watch = hub.watch(channel, 0n);
    while (true) {
      const { pulled, head, due } = await this.pullNow(channelName, name, max, signal);
      const left = wait - (performance.now() - began);
      if (pulled.rows.length > 0 || pulled.gap !== undefined || left <= 0) return pulled;
      if (watch.ended !== undefined) return pulled;
      const { id } = await this.#recent(channelName, name);
      const look = due === undefined
        ? left
        : Math.min(left, LOOK_MS, Math.max(1, due - this.options.clock()));
      await this.#arrival(id, watch.after(head), look, signal);
      if (signal?.aborted) return pulled;
    }
  }

  /** What there is for a worker now, however much its filter passes over while nobody aborts; and the channel's newest key, and when something that was given out comes back. */
  async pullNow(channelName: string, name: string, max: number, signal?: AbortSignal) {
    const { channels, deliveries, clock } = this.options;
    const row = await this.#recent(channelName, name);
    const { ackWait, maxDeliver, maxInFlight, filter } = settingsOf(row);
    const wants = readFilter(filter ?? {});
    const lease = randomUUID();
    while (true) {
      const { channel, visible } = await channels.window(channelName);
      const until = clock() + ackWait;
      const given = await deliveries.pull({
        consumer: row.id,
        channel,
        visible,
        max,
        maxDeliver,
        maxInFlight,
        until,
        lease,
      });
      if (given === undefined) {
        // Another process may have made a new one of that name: the next look finds it.
        this.#known.forget(rememberedAs(channel, name));
        throw unknown(channelName, name);
      }
      if (given.hasExhausted) await this.#deadLetters.buryExhausted(row, channelName);
      const rows = wants === undefined ? given.rows : given.rows.filter(wants);
      if (rows.length < given.rows.length) {
        const passed = new Set(given.rows).difference(new Set(rows));
        await this.#settle(row, "ack", { keys: Array.from(passed, ({ key }) => key) });
      }
      const gap = given.gone === undefined
        ? undefined
        : { after: idOfKey(given.nextKey - 1n), before: idOfKey(given.rows[0]?.key ?? given.gone + 1n) };
      const isPassedOver = rows.length === 0 && given.rows.length > 0 && gap === undefined &&
        !signal?.aborted;
      if (!isPassedOver) return { pulled: { rows, lease, gap }, head: given.head, due: given.due };
    }
  }

  /** Items are done: they are not given out again. Answers how many that was. A lease that is not held: `lease-lost`. */
  async ack(channelName: string, name: string, options: SettleOptions): Promise<number> {
    return await this.#settle(await this.#recent(channelName, name), "ack", keysOf(options));
  }

  /** Items are to be given out again, after a while. Fails as `ack` does. */
  async nack(channelName: string, name: string, options: SettleOptions): Promise<number> {
    const row = await this.#recent(channelName, name);
    const count = await this.#settle(
      row,
      "nack",
      keysOf(options),
      this.options.clock() + (options.delay ?? 0),
    );
    if (count > 0) this.wake(row.id);
    return count;
  }

  /** Items take longer: they are held for another `ackWait`. Fails as `ack` does. */
  async extend(channelName: string, name: string, options: SettleOptions): Promise<number> {
    const row = await this.#recent(channelName, name);
    return await this.#settle(row, "extend", keysOf(options), this.options.clock() + settingsOf(row).ackWait);
  }

  /** Gives up items that a worker holds, whatever the number of their deliveries; `reason` goes with them. */
  async giveUp(channelName: string, name: string, rows: readonly GivenRow[], reason: string): Promise<void> {
    const row = await this.#recent(channelName, name);
    await this.#settle(row, "nack", { keys: rows.map(({ key }) => key) }, this.options.clock());
    await this.#deadLetters.bury(row, channelName, { items: rows, minDeliveries: 0, reason });
  }

  /** Gives up what was given out too often, and frees what no longer matters. */
  async sweep(signal?: AbortSignal): Promise<void> {
    for (const row of await this.options.store.all()) {
      const channelName = await this.options.channels.nameOf(row.channel);
      if (channelName !== undefined && !signal?.aborted) {
        await this.#deadLetters.buryExhausted(row, channelName);
      }
    }
    await inShortSteps((limit) => this.options.deliveries.sweep(limit), signal);
  }

  /** Wakes the workers of this process that wait for an item to come back. */
  wake(consumer: number): void {
    for (const wake of this.#waiting.get(consumer) ?? []) wake();
  }

  /** The consumer as stored. Unknown channel: `channel-not-found`; unknown consumer: `consumer-not-found`. */
  async find(channelName: string, name: string): Promise<ConsumerRow> {
    const { channel } = await this.options.channels.window(channelName);
    const row = await this.options.store.byName(channel, name);
    if (row === undefined) throw unknown(channelName, name);
    return row;
  }

  /** The same for who needs only its number and its settings, as they were not long ago. */
  async #recent(channelName: string, name: string): Promise<ConsumerRow> {
    const { channel } = await this.options.channels.window(channelName);
    const key = rememberedAs(channel, name);
    return this.#known.recent(key) ?? await this.#known.read(key, () => this.find(channelName, name));
  }

  async #settle(
    row: ConsumerRow,
    action: Settlement["action"],
    { keys, upTo, lease }: { keys?: readonly bigint[]; upTo?: bigint; lease?: string | undefined },
    until = 0,
  ): Promise<number> {
    if (keys?.length === 0) return 0;
    const count = await this.options.deliveries.settle({
      action,
      consumer: row.id,
      keys,
      upTo,
      lease,
      until,
    });
    if (count !== undefined) return count;
    throw new RunnelError(
      "lease-lost",
      "the lease is not held on all of these items: they were acknowledged, or given to somebody else",
    );
  }

  async #view(row: ConsumerRow, channelName: string): Promise<Consumer> {
    const { channels, store, clock } = this.options;
    const { visible } = await channels.window(channelName);
    const settings = settingsOf(row);
    const state = await store.state(row.id, visible, settings.maxDeliver);
    if (state === undefined) throw unknown(channelName, row.name);
    const { oldestGiven, oldestWaiting, inFlight, due, exhausted, waiting, isCounted } = state;
    const oldest = oldestGiven ?? oldestWaiting;
    const floor = oldestGiven ?? (row.nextKey > visible ? row.nextKey : visible);
    return {
      name: row.name,
      createdAt: row.createdAt,
      settings,
      cursor: idOfKey(floor > 0n ? floor - 1n : 0n),
      inFlight,
      waitingAgain: due,
      exhausted,
      lag: inFlight + due + waiting,
      isCounted,
      lagMillis: oldest === undefined ? 0 : Math.max(0, clock() - timeOfKey(oldest)),
      redeliveries: row.redelivered,
      givenUp: row.givenUp,
    };
  }

  async #checkDeadLetter(channelName: string, deadLetter: string | null | undefined): Promise<void> {
    if (deadLetter === undefined || deadLetter === null) return;
    if (deadLetter === channelName) {
      throw invalidPart("deadLetter", "another channel than the consumer's own");
    }
    await this.options.channels.window(deadLetter).catch((error) => {
      if (!(error instanceof RunnelError)) throw error;
      throw invalidPart("deadLetter", `there is no channel named ${deadLetter}`);
    });
  }

  /** Resolves when there may be something for a worker, at the latest after so many milliseconds. */
  async #arrival(
    id: number,
    news: Promise<void>,
    millis: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const woken = Promise.withResolvers<void>();
    const wakes = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, wakes.add(woken.resolve));
    const timer = setTimeout(woken.resolve, millis);
    signal?.addEventListener("abort", () => woken.resolve(), { once: true });
    await Promise.race([news, woken.promise]);
    clearTimeout(timer);
    wakes.delete(woken.resolve);
    if (wakes.size === 0) this.#waiting.delete(id);
  }
}

/** What a consumer is remembered by. */
function rememberedAs(channel: number, name: string): string {
  return `${channel} ${name}`;
}

function keysOf({ ids, upTo, lease }: SettleOptions) {
  if ((ids === undefined) === (upTo === undefined)) {
    throw invalidPart("ids", "name items by ids, or all up to one by upTo: one of both");
  }
  return {
    ...(ids !== undefined && { keys: [...new Set(ids.map((id, i) => keyAt(id, `ids.${i}`)))] }),
    ...(upTo !== undefined && { upTo: keyAt(upTo, "upTo") }),
    lease,
  };
}

function keyAt(id: string, path: string): bigint {
  const key = keyOfId(id);
  if (key !== undefined) return key;
  throw invalidPart(path, "an item's id, 16 characters of 0-9 and A-V");
}

function unknown(channelName: string, name: string): RunnelError {
  return new RunnelError("consumer-not-found", `channel ${channelName} has no consumer named ${name}`);
}
