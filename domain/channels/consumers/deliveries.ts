/**
 * What workers do with a consumer: they pull items under a lease and acknowledge them. What nobody acknowledges in time is
 * given out again, and after so many times it is given up.
 */
import { randomUUID } from "node:crypto";
import type { ConsumerRow } from "../../../db/channels/consumers/consumers.ts";
import type { DeliveryStore, GivenRow, Pulled as Given } from "../../../db/channels/consumers/deliveries.ts";
import type { Settlement, Which } from "../../../db/channels/consumers/settlements.ts";
import { invalidPart, RunnelError } from "../../errors.ts";
import type { Hub } from "../../live/hub.ts";
import { inShortSteps } from "../../short_steps.ts";
import type { Channels } from "../channels.ts";
import { readFilter } from "../filter.ts";
import { idOfKey, keyOfId } from "../item_id.ts";
import type { Items } from "../items/items.ts";
import type { Gap } from "../reader.ts";
import { type Consumers, unknownConsumer } from "./consumers.ts";
import { DeadLetters } from "./dead_letters.ts";
import { settingsOf } from "./settings.ts";
import type { Waiting } from "./waiting.ts";

/** While others hold items, a waiting worker looks this often whether one came back: another process may have said so. */
const LOOK_MS = 1_000;

/** What a worker is given. */
export interface Pulled {
  readonly rows: readonly GivenRow[];
  /** Names the hold on these items. */
  readonly lease: string;
  /** How long it lasts unless it is extended, in milliseconds. */
  readonly ackWait: number;
  /** Items before these were gone before the consumer came to them. */
  readonly gap: Gap | undefined;
  /** How many items `ack` acknowledged. */
  readonly acknowledged: number;
}

/** What a worker asks for: at most so many items, and how long to wait for the first, in milliseconds. */
export interface PullOptions {
  readonly max: number;
  readonly wait: number;
  /** Items that are done. What is given out first is given in the commit that acknowledges them. */
  readonly ack?: SettleOptions | undefined;
  /** Ends the wait; what comes then is left to others. */
  readonly signal?: AbortSignal | undefined;
}

/** What a worker says of items: of those with these ids, or of all up to one. */
export interface SettleOptions {
  readonly ids?: readonly string[] | undefined;
  readonly upTo?: string | undefined;
  readonly lease?: string | undefined;
}

/** What deliveries are made of. `clock` answers milliseconds since the epoch. */
export interface DeliveryOptions {
  readonly channels: Channels;
  readonly items: Items;
  readonly hub: Hub<number>;
  readonly consumers: Consumers;
  readonly store: DeliveryStore;
  readonly waiting: Waiting;
  readonly clock: () => number;
}

/** What the consumers of all channels give out. */
export class Deliveries {
  readonly #deadLetters: DeadLetters;

  constructor(readonly options: DeliveryOptions) {
    this.#deadLetters = new DeadLetters(options.channels, options.items, options.store);
  }

  /**
   * Items for a worker, oldest first. None within the time: an empty list. Unknown: `consumer-not-found`. The lease of
   * those to acknowledge is not held: `lease-lost`, and nothing is given out.
   */
  async pull(channelName: string, name: string, options: PullOptions): Promise<Pulled> {
    const { channels, consumers, hub, waiting, clock } = this.options;
    const { max, wait, signal } = options;
    const began = performance.now();
    const { channel } = await channels.window(channelName);
    using watch = hub.watch(channel, 0n);
    let ack = options.ack && keysOf(options.ack), acknowledged: number | undefined;
    while (true) {
      const { pulled, head, due } = await this.#pullNow(channelName, name, { max, ack }, signal);
      // Only the first look acknowledges.
      ack = undefined;
      acknowledged ??= pulled.acknowledged;
      const left = wait - (performance.now() - began);
      const isDone = pulled.rows.length > 0 || pulled.gap !== undefined || left <= 0;
      if (isDone || watch.ended !== undefined) return { ...pulled, acknowledged };
      const { id } = await consumers.recent(channelName, name);
      const look = due === undefined ? left : Math.min(left, LOOK_MS, Math.max(1, due - clock()));
      await waiting.until(id, watch.after(head), look, signal);
      if (signal?.aborted) return { ...pulled, acknowledged };
    }
  }

  /**
   * What there is for a worker now, and the channel's newest key, and when something that was given out comes back. What a
   * filter passes over is read on until `signal` is aborted.
   */
  async #pullNow(channelName: string, name: string, { max, ack }: Taking, signal?: AbortSignal) {
    const row = await this.options.consumers.recent(channelName, name);
    const wants = readFilter(settingsOf(row).filter ?? {});
    const lease = randomUUID();
    let done = ack, acknowledged: number | undefined;
    while (true) {
      const given = await this.#give(row, channelName, { max, ack: done }, lease);
      acknowledged ??= given.acknowledged;
      if (given.hasExhausted) await this.#deadLetters.buryExhausted(row, channelName);
      const rows = wants === undefined ? given.rows : given.rows.filter(wants);
      const gap = gapBefore(given);
      const passed = new Set(given.rows).difference(new Set(rows));
      done = { keys: Array.from(passed, ({ key }) => key) };
      if (rows.length === 0 && passed.size > 0 && gap === undefined && !signal?.aborted) continue;
      await this.#settle(row, "ack", done);
      const { head, due, ackWait } = given;
      return { pulled: { rows, lease, ackWait, gap, acknowledged }, head, due };
    }
  }

  /** Gives out items under a lease, whether the consumer's filter lets them through or not. */
  async #give(row: ConsumerRow, channelName: string, { max, ack }: Taking, lease: string) {
    const { channels, consumers, store, clock } = this.options;
    const { ackWait, maxDeliver, maxInFlight } = settingsOf(row);
    const { channel, visible } = await channels.window(channelName);
    const given = await store.pull({
      consumer: row.id,
      channel,
      visible,
      max,
      maxDeliver,
      maxInFlight,
      until: clock() + ackWait,
      lease,
      ack: ack?.keys?.length === 0 ? undefined : ack,
    });
    if (given === undefined) {
      // Another process may have made a new one of that name: the next look finds it.
      consumers.forget(channel, row.name);
      throw unknownConsumer(channelName, row.name);
    }
    const { acknowledged } = given;
    if (acknowledged === undefined) throw leaseLost();
    return { ...given, acknowledged, ackWait };
  }

  /** Items are done: they are not given out again. Answers how many that was. A lease that is not held: `lease-lost`. */
  async ack(channelName: string, name: string, options: SettleOptions): Promise<number> {
    const row = await this.options.consumers.recent(channelName, name);
    return await this.#settle(row, "ack", keysOf(options));
  }

  /** Items are to be given out again, after so many milliseconds. Fails as `ack` does. */
  async nack(channelName: string, name: string, options: SettleOptions, delay = 0): Promise<number> {
    const row = await this.options.consumers.recent(channelName, name);
    const count = await this.#settle(row, "nack", keysOf(options), this.options.clock() + delay);
    if (count > 0) this.options.waiting.wake(row.id);
    return count;
  }

  /** Items take longer: they are held for another `ackWait`. Fails as `ack` does. */
  async extend(channelName: string, name: string, options: SettleOptions): Promise<number> {
    const row = await this.options.consumers.recent(channelName, name);
    return await this.#settle(row, "extend", keysOf(options), this.options.clock() + settingsOf(row).ackWait);
  }

  /** Gives up items that a worker holds, whatever the number of their deliveries; `reason` goes with them. */
  async giveUp(channelName: string, name: string, rows: readonly GivenRow[], reason: string): Promise<void> {
    const row = await this.options.consumers.recent(channelName, name);
    await this.#settle(row, "nack", { keys: rows.map(({ key }) => key) }, this.options.clock());
    await this.#deadLetters.bury(row, channelName, { items: rows, minDeliveries: 0, reason });
  }

  /** Gives up what was given out too often, and frees what no longer matters. */
  async sweep(signal?: AbortSignal): Promise<void> {
    const { channels, consumers } = this.options;
    for (const row of await consumers.all()) {
      const channelName = await channels.nameOf(row.channel);
      if (channelName !== undefined && !signal?.aborted) {
        await this.#deadLetters.buryExhausted(row, channelName);
      }
    }
    await inShortSteps((limit) => this.options.store.sweep(limit), signal);
  }

  async #settle(
    row: ConsumerRow,
    action: Settlement["action"],
    which: Which,
    until = 0,
  ): Promise<number> {
    if (which.keys?.length === 0) return 0;
    const count = await this.options.store.settle({ ...which, action, consumer: row.id, until });
    if (count === undefined) throw leaseLost();
    return count;
  }
}

/** What is to be taken now, and acknowledged before. */
interface Taking {
  readonly max: number;
  readonly ack: Which | undefined;
}

function leaseLost(): RunnelError {
  return new RunnelError(
    "lease-lost",
    "the lease is not held on all of these items: they were acknowledged, or given to somebody else",
  );
}

/** What is gone before the first of the items that were given out. */
function gapBefore({ gone, nextKey, rows }: Given): Gap | undefined {
  if (gone === undefined) return undefined;
  return { after: idOfKey(nextKey - 1n), before: idOfKey(rows[0]?.key ?? gone + 1n) };
}

function keysOf({ ids, upTo, lease }: SettleOptions): Which {
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
