/** Channels of opaque items. */
import type { Http } from "./http.ts";

/** Settings of a channel; what is absent has its default, or stays as it is. */
export interface ChannelSettings {
  /** How long an item can be read, in milliseconds; null: for ever. */
  readonly ttlMillis?: number | null;
  /** At most that many items are kept; null: no limit. */
  readonly maxItems?: number | null;
  readonly description?: string | null;
  readonly tags?: readonly string[];
}

/** A channel as the server describes it. */
export interface Channel {
  readonly name: string;
  /** ISO 8601. */
  readonly creationDate: string;
  /** When the newest item was stored; absent when there is none. */
  readonly lastUpdateDate?: string;
  readonly ttlMillis?: number;
  readonly maxItems?: number;
  readonly description?: string;
  readonly tags?: readonly string[];
}

/** An item that was stored. */
export interface StoredItem {
  readonly id: string;
  /** ISO 8601. */
  readonly timestamp: string;
}

/** The client of channels. Whatever the server refuses throws RunnelProblem. */
export class ChannelsClient {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Names of all channels, or of those with a tag. */
  async list(tag?: string): Promise<string[]> {
    const list = await this.#http.json<{ _links: { channels: { name: string }[] } }>("GET", {
      path: ["channel"],
      query: { tag },
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
  post(name: string, body: BodyInit, type = "application/octet-stream"): Promise<StoredItem> {
    return this.#http.json("POST", { path: ["channel", name], body, headers: { "Content-Type": type } });
  }

  /** The answer that holds an item: its body, and its headers. `id` may be `latest` or `earliest`. */
  item(name: string, id: string): Promise<Response> {
    return this.#http.send("GET", { path: ["channel", name, id] });
  }

  /** The ids of new items, from now on, until `signal` aborts. Throws when the connection breaks. */
  async *follow(name: string, signal?: AbortSignal): AsyncGenerator<string> {
    const address = this.#http.address(["channel", name, "ws"], { access_token: this.#http.key });
    const socket = new WebSocket(address.replace(/^http/, "ws"));
    const ids: string[] = [];
    let wake = () => {};
    let end: { readonly reason: string } | undefined;
    socket.onmessage = ({ data }) => {
      for (const line of String(data).split("\n")) ids.push(line.slice(line.lastIndexOf("/") + 1));
      wake();
    };
    socket.onclose = ({ reason, code }) => {
      end = { reason: reason || `the connection closed (${code})` };
      wake();
    };
    const stop = () => socket.close();
    signal?.addEventListener("abort", stop);
    try {
      while (!signal?.aborted) {
        if (ids.length > 0) yield ids.shift()!;
        else if (end !== undefined) throw new Error(`channel ${name} cannot be followed: ${end.reason}`);
        else await new Promise<void>((resolve) => wake = resolve);
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      socket.close();
    }
  }
}

function jsonBody(value: unknown) {
  return { body: JSON.stringify(value), headers: { "Content-Type": "application/json" } };
}
