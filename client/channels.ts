/** Channels of opaque items. */
import type { z } from "zod";
import type {
  ChannelList,
  ChannelRate,
  ChannelStatus,
  Metadata,
  SettingsBody,
  Stored,
  StoredItems,
} from "../api/channels.ts";
import { multipart, type NewItem, newName } from "./bulk.ts";
import { ConsumerClient, type ConsumerState } from "./consumers.ts";
import { followChannel, type FollowedItem, type FollowOptions, newestItem } from "./follow.ts";
import { type Http, jsonBody } from "./http.ts";

/** Settings of a channel; what is absent has its default, or stays as it is. */
export type ChannelSettings = Omit<z.input<typeof SettingsBody>, "name">;

/** A channel as the server describes it. */
export type Channel = z.output<typeof Metadata>;

/** An item that was stored. */
export type StoredItem = z.output<typeof Stored>;

/** What an insert asks for beside being stored. */
export interface PostOptions {
  /** The same key within a day answers the first result again; a key of this call's own unless given. */
  readonly idempotencyKey?: string;
  /** Stored only while this id is the newest; `none`: while there is none. */
  readonly ifLatest?: string;
  /** What the item is about. */
  readonly key?: string;
}

/** The client of channels. Whatever the server refuses throws RunnelProblem. */
export class ChannelsClient {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Names of all channels, or of those with a tag: in order, or those that an item was stored in last first. */
  async list(
    tag?: string,
    { order, limit }: { order?: "name" | "newest"; limit?: number } = {},
  ): Promise<string[]> {
    const list = await this.#http.json<z.output<typeof ChannelList>>("GET", {
      path: ["channel"],
      query: { tag, order, limit },
    });
    return list._links.channels.map(({ name }) => name);
  }

  create(name: string, settings: ChannelSettings = {}): Promise<Channel> {
    return this.#http.json("POST", { path: ["channel"], ...jsonBody({ name, ...settings }) });
  }

  get(name: string): Promise<Channel> {
    return this.#http.json("GET", { path: ["channel", name] });
  }

  /** Changes the settings that are given. */
  change(name: string, settings: ChannelSettings): Promise<Channel> {
    return this.#http.json("PATCH", { path: ["channel", name], ...jsonBody(settings) });
  }

  /** Removes a channel and its items. */
  delete(name: string): Promise<void> {
    return this.#http.done("DELETE", { path: ["channel", name] });
  }

  /** Stores an item; resolves when it is durable. */
  post(
    name: string,
    body: BodyInit,
    type = "application/octet-stream",
    { key, ...options }: PostOptions = {},
  ): Promise<StoredItem> {
    const headers = {
      "Content-Type": type,
      ...promises(options),
      ...(key !== undefined && { "Item-Key": key }),
    };
    return this.#http.json("POST", { path: ["channel", name], body, headers });
  }

  /** Stores all items in one commit, or none; answers their ids, in order. */
  async bulk(
    name: string,
    items: readonly NewItem[],
    options: Omit<PostOptions, "key"> = {},
  ): Promise<string[]> {
    const { body, type } = multipart(items);
    const { ids } = await this.#http.json<z.output<typeof StoredItems>>("POST", {
      path: ["channel", name, "bulk"],
      body,
      headers: { "Content-Type": type, ...promises(options) },
    });
    return ids;
  }

  /** A consumer of a channel, whether it exists yet or not. */
  consumer(name: string, consumer: string): ConsumerClient {
    return new ConsumerClient(this.#http, name, consumer);
  }

  /** The consumers of a channel, by name. */
  async consumers(name: string): Promise<ConsumerState[]> {
    const path = ["channel", name, "consumers"];
    return (await this.#http.json<{ consumers: ConsumerState[] }>("GET", { path })).consumers;
  }

  /** The newest item, or null in an empty channel. */
  newest(name: string): Promise<z.output<typeof ChannelStatus>["latest"]> {
    return newestItem(this.#http, name);
  }

  /** How many items came in each step of the time before now: an hour by minutes unless the lengths (`6h`) say otherwise. */
  rate(name: string, time: { last?: string; every?: string } = {}): Promise<z.output<typeof ChannelRate>> {
    return this.#http.json("GET", { path: ["channel", name, "rate"], query: { ...time } });
  }

  /** The answer that holds an item: its body, and its headers. `id` may be `latest` or `earliest`. */
  item(name: string, id: string): Promise<Response> {
    return this.#http.send("GET", { path: ["channel", name, id] });
  }

  /** Items as they come, from now on unless the options say otherwise; see `followChannel`. */
  follow(name: string, options: FollowOptions = {}): AsyncGenerator<FollowedItem> {
    return followChannel(this.#http, name, options);
  }
}

function promises({ idempotencyKey = newName(), ifLatest }: PostOptions): Record<string, string> {
  return {
    "Idempotency-Key": idempotencyKey,
    ...(ifLatest !== undefined && { "If-Latest": ifLatest }),
  };
}
