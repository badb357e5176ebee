/** Consumers: cursors in a channel that the database keeps, through which workers share it (deliveries.ts). */
import type { ConsumerRow, ConsumerStore } from "../../../db/channels/consumers/consumers.ts";
import { invalidPart, RunnelError } from "../../errors.ts";
import type { Channels } from "../channels.ts";
import { readFilter } from "../filter.ts";
import { idOfKey, timeOfKey } from "../item_id.ts";
import { Remembered } from "../remembered.ts";
import {
  type ConsumerChanges,
  type ConsumerSettings,
  DEFAULTS,
  patchOf,
  settingsOf,
  startKey,
} from "./settings.ts";
import type { Waiting } from "./waiting.ts";

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

/** What consumers are made of. `clock` answers milliseconds since the epoch. */
export interface ConsumerOptions {
  readonly channels: Channels;
  readonly store: ConsumerStore;
  readonly waiting: Waiting;
  readonly clock: () => number;
}

/** The consumers of all channels. */
export class Consumers {
  readonly #known = new Remembered<ConsumerRow>(1_000);

  constructor(readonly options: ConsumerOptions) {}

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
      this.forget(channel, name);
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
    this.forget(channel, name);
    if (!wasThere) throw unknownConsumer(channelName, name);
    this.options.waiting.wake(id);
  }

  /** The consumer as stored. Unknown channel: `channel-not-found`; unknown consumer: `consumer-not-found`. */
  async find(channelName: string, name: string): Promise<ConsumerRow> {
    const { channel } = await this.options.channels.window(channelName);
    const row = await this.options.store.byName(channel, name);
    if (row === undefined) throw unknownConsumer(channelName, name);
    return row;
  }

  /** The same for who needs only its number and its settings, as they were not long ago. */
  async recent(channelName: string, name: string): Promise<ConsumerRow> {
    const { channel } = await this.options.channels.window(channelName);
    const key = rememberedAs(channel, name);
    return this.#known.recent(key) ?? await this.#known.read(key, () => this.find(channelName, name));
  }

  /** The consumers of all channels, as stored. */
  all(): Promise<ConsumerRow[]> {
    return this.options.store.all();
  }

  /** To be called when a consumer was changed or is not as remembered. */
  forget(channel: number, name: string): void {
    this.#known.forget(rememberedAs(channel, name));
  }

  async #view(row: ConsumerRow, channelName: string): Promise<Consumer> {
    const { channels, store, clock } = this.options;
    const { visible } = await channels.window(channelName);
    const settings = settingsOf(row);
    const state = await store.state(row.id, visible, settings.maxDeliver);
    if (state === undefined) throw unknownConsumer(channelName, row.name);
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
}

/** What a consumer is remembered by. */
function rememberedAs(channel: number, name: string): string {
  return `${channel} ${name}`;
}

/** The refusal of a name that no consumer has. */
export function unknownConsumer(channelName: string, name: string): RunnelError {
  return new RunnelError("consumer-not-found", `channel ${channelName} has no consumer named ${name}`);
}
