/** Append-only channels of opaque items: their names, their settings, and from where on they can be read. */
import type { ChannelChanges, ChannelRow, ChannelStore } from "../../db/channels/channels.ts";
import { RunnelError } from "../errors.ts";
import { firstVisible, newestVisible } from "./items/visibility.ts";
import { Remembered } from "./remembered.ts";
import { withDefaults } from "./settings.ts";

/** A channel with what its readers see of its items. */
export interface Channel extends ChannelRow {
  /** When the newest item that can still be read was stored; undefined when there is none. */
  readonly lastUpdate: number | undefined;
}

/** So many names cross from the database's thread in a millisecond or two, for which no other request is answered. */
const NAMES_A_PAGE = 1_000;

/** Which names. */
export interface NamePage {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** All channels of a database. */
export class Channels {
  readonly #store: ChannelStore;
  readonly #clock: () => number;
  readonly #rows = new Remembered<ChannelRow>(10_000);

  /** `clock` answers milliseconds since the epoch. */
  constructor(store: ChannelStore, clock: () => number) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Names in order, of all channels or those with a tag. */
  async names(tag?: string): Promise<string[]> {
    return (await Array.fromAsync(this.pages(tag))).flat();
  }

  /** The same page by page; at most `limit` of them, after a name. */
  async *pages(tag?: string, { after = "", limit = Infinity }: NamePage = {}): AsyncGenerator<string[]> {
    for (let last = after, left = limit; left > 0;) {
      const wanted = Math.min(left, NAMES_A_PAGE);
      const names = await this.#store.names(tag ?? null, last, wanted);
      if (names.length > 0) yield names;
      if (names.length < wanted) return;
      last = names.at(-1)!;
      left -= names.length;
    }
  }

  /** Up to `limit` names, of all channels or those with a tag: those that an item was stored in last come first. */
  newest(limit: number, tag?: string): Promise<string[]> {
    return this.#store.newest(tag ?? null, limit);
  }

  /** How many channels and items there are (expired items that are not swept yet included). */
  summary(): Promise<{ channels: number; items: number }> {
    return this.#store.summary();
  }

  /** How many items of a channel can be read. Unknown: `channel-not-found`. */
  async count(name: string): Promise<number> {
    const items = await this.#store.items(name);
    if (items === undefined) throw unknownChannel(name);
    return items;
  }

  /** The name of the channel with that number, or undefined when it is gone. */
  nameOf(channel: number): Promise<string | undefined> {
    return this.#store.nameOf(channel);
  }

  /** The channel as the database has it now. Unknown: `channel-not-found`. */
  async get(name: string): Promise<Channel> {
    return this.#view(await this.fresh(name));
  }

  /** Taken already: `channel-exists`. */
  async create(name: string, settings: ChannelChanges): Promise<Channel> {
    const row = await this.#store.insert(name, withDefaults(settings));
    if (row === undefined) throw new RunnelError("channel-exists", `a channel named ${name} exists already`);
    return this.#view(row);
  }

  /** Creates the channel, or changes the settings that are given: the others stay, as the Data Hub's clients expect. */
  async put(name: string, settings: ChannelChanges): Promise<{ created: boolean; channel: Channel }> {
    while (true) {
      const created = await this.#store.insert(name, withDefaults(settings));
      if (created !== undefined) return { created: true, channel: this.#view(created) };
      try {
        return { created: false, channel: await this.change(name, settings) };
      } catch (error) {
        // Removed since the insert found it: now there is room for a new one.
        if (!(error instanceof RunnelError) || error.code !== "channel-not-found") throw error;
      }
    }
  }

  /** Changes the settings that are given. Unknown: `channel-not-found`. */
  async change(name: string, changes: ChannelChanges): Promise<Channel> {
    const { id } = await this.fresh(name);
    const row = await this.#store.update(id, changes);
    this.forget(name);
    if (row === undefined) throw unknownChannel(name);
    return this.#view(row);
  }

  /** Removes the channel and its items. Unknown: `channel-not-found`. */
  async remove(name: string): Promise<void> {
    const { id } = await this.fresh(name);
    const removed = await this.#store.remove(id);
    this.forget(name);
    if (!removed) throw unknownChannel(name);
  }

  /** A channel's number, the first key that can be read, and whether it keeps only so many items. Unknown: `channel-not-found`. */
  async window(name: string): Promise<{ channel: number; visible: bigint; trims: boolean }> {
    const row = this.recent(name) ?? await this.read(name);
    return { channel: row.id, visible: firstVisible(row, this.#clock()), trims: row.maxItems !== null };
  }

  /** The first key of a channel that can be read. Unknown: `channel-not-found`. */
  async firstVisible(name: string): Promise<bigint> {
    return firstVisible(this.recent(name) ?? await this.read(name), this.#clock());
  }

  /** The channel, if it was read not long ago. */
  recent(name: string): ChannelRow | undefined {
    return this.#rows.recent(name);
  }

  /** The channel as it was read last, however long ago. */
  last(name: string): ChannelRow | undefined {
    return this.#rows.last(name);
  }

  /** Reads the channel and remembers it. Unknown: `channel-not-found`. */
  read(name: string): Promise<ChannelRow> {
    return this.#rows.read(name, () => this.fresh(name));
  }

  /** Reads the channel. Unknown: `channel-not-found`. */
  async fresh(name: string): Promise<ChannelRow> {
    const row = await this.#store.byName(name);
    if (row === undefined) throw unknownChannel(name);
    return row;
  }

  /** To be called when a commit of this process has changed the channel, or has shown that it is not as remembered. */
  forget(name: string): void {
    this.#rows.forget(name);
  }

  #view(row: ChannelRow): Channel {
    return { ...row, lastUpdate: newestVisible(row, this.#clock())?.time };
  }
}

function unknownChannel(name: string): RunnelError {
  return new RunnelError("channel-not-found", `there is no channel named ${name}`);
}
