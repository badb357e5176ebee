/** Channels of opaque items. */
import type { z } from "zod";
import type { ChannelList, Metadata, SettingsBody, Stored } from "../api/channels.ts";
import type { Http } from "./http.ts";

/** Settings of a channel; what is absent has its default, or stays as it is. */
export type ChannelSettings = Omit<z.input<typeof SettingsBody>, "name">;

/** A channel as the server describes it. */
export type Channel = z.output<typeof Metadata>;

/** An item that was stored. */
export type StoredItem = z.output<typeof Stored>;

/** The client of channels. Whatever the server refuses throws RunnelProblem. */
export class ChannelsClient {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Names of all channels, or of those with a tag. */
  async list(tag?: string): Promise<string[]> {
    const list = await this.#http.json<z.output<typeof ChannelList>>("GET", {
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
