/** Conversations: messages in, with an API key; and what people who log in are told of their channels. */
import type { z } from "zod";
import type {
  LoggedIn,
  PostedChannel,
  Pulse,
  Recap as RecapAnswer,
  Recaps,
  Representatives,
  Summaries,
  Summary as SummaryAnswer,
} from "../api/conversations.ts";
import { type Http, jsonBody } from "./http.ts";

type DataOf<Envelope extends z.ZodType<{ data: unknown }>> = z.output<Envelope>["data"];

/** A message on its way in, and who may read its channel. */
export type ChatMessages = z.input<typeof PostedChannel>;
/** What somebody who was away needs to know of a channel. */
export type Recap = DataOf<typeof RecapAnswer>;
/** A summary, and the messages that it stands on. */
export type Summary = DataOf<typeof SummaryAnswer>;
/** A message that stands for others. */
export type RepresentativeMessage = DataOf<typeof Representatives>[number];

/** Of which time a recap is, and how long. Times are ISO 8601; one without a zone is local in `timezone` (UTC). */
export interface RecapOptions {
  /** A time, or `last-visit`, until when the channel was marked as read; 24 hours ago unless given. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly timezone?: string | undefined;
  readonly words?: number | undefined;
}

/** Of which time a summary or its like is: the last 24 hours without one. */
export interface StretchOptions {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly timezone?: string | undefined;
}

/** The client of chat channels. Whatever the server refuses throws RunnelProblem. */
export class ConversationsClient {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Stores messages in a channel, which is made as needed, and answers their ids. Needs `conversations:write`. */
  async post(
    channel: string,
    messages: ChatMessages["messages"],
    readers: Omit<ChatMessages, "messages"> = {},
  ): Promise<string[]> {
    const path = ["api", "conversations", channel, "messages"];
    const { ids } = await this.#http.json<{ ids: string[] }>("POST", {
      path,
      ...jsonBody({ messages, ...readers }),
      // A message with an id that is there already replaces it.
      repeatable: messages.every(({ id }) => id !== undefined),
    });
    return ids;
  }

  /** Deletes a message for good. */
  remove(channel: string, id: string): Promise<void> {
    return this.#http.done("DELETE", { path: ["api", "conversations", channel, "messages", id] });
  }

  /** Logs a person in. `device` is what the last login on this device answered. */
  async logIn(username: string, password: string, device?: string): Promise<Reader> {
    const { data } = await this.#http.json<z.output<typeof LoggedIn>>("POST", {
      path: ["api", "auth"],
      ...jsonBody({ username, password, device }),
    });
    return new Reader(this.#http.withKey(data.token), data);
  }
}

/** A person who has logged in, and what they are told of their channels. */
export class Reader {
  readonly #http: Http;
  readonly token: string;
  /** Send it with the next login on this device. */
  readonly device: string;
  readonly channels: readonly { readonly id: string; readonly name: string }[];

  constructor(http: Http, { token, device, channels }: DataOf<typeof LoggedIn>) {
    this.#http = http;
    this.token = token;
    this.device = device;
    this.channels = channels;
  }

  recap(channel: string, options: RecapOptions = {}): Promise<Recap> {
    return this.#ask(["recap", channel], { ...options });
  }

  /** Of all the person's channels, the busiest first. */
  async recaps(options: RecapOptions = {}): Promise<DataOf<typeof Recaps>["channels"]> {
    return (await this.#ask<DataOf<typeof Recaps>>(["recap"], { ...options })).channels;
  }

  /** A recap since the last visit begins there; now unless given. Answers the time. */
  async markRead(channel: string, until?: string): Promise<string> {
    return (await this.#tell<{ until: string }>(["recap", channel, "read"], { until })).until;
  }

  summary(channel: string, { since, ...rest }: StretchOptions & { words?: number } = {}): Promise<Summary> {
    const path = ["summary", channel];
    return since === undefined
      ? this.#ask(path, { words: rest.words })
      : this.#tell(path, { time: since, ...rest });
  }

  representatives(
    channel: string,
    { since, ...rest }: StretchOptions & { limit?: number } = {},
  ): Promise<RepresentativeMessage[]> {
    const path = ["representative_messages", channel];
    return since === undefined
      ? this.#ask(path, { limit: rest.limit })
      : this.#tell(path, { time: since, ...rest });
  }

  /** Summaries of finished days. */
  summaries(channel: string, days?: number): Promise<DataOf<typeof Summaries>> {
    return this.#ask(["summaries", channel], { days });
  }

  hotTopics(channel: string, limit?: number): Promise<string[]> {
    return this.#ask(["hot_topics", channel], { limit });
  }

  mostActive(channel: string, options: { limit?: number; hours?: number } = {}): Promise<string[]> {
    return this.#ask(["most_active", channel], options);
  }

  /** Of one channel, or of all the person's. */
  pulse(
    channel?: string,
    options: { hours?: number; interval?: number } = {},
  ): Promise<z.output<typeof Pulse>> {
    return this.#ask(channel === undefined ? ["pulse"] : ["pulse", channel], options);
  }

  /** Makes the token useless. */
  logOut(): Promise<void> {
    return this.#http.done("POST", { path: ["api", "auth", "logout"] });
  }

  async #ask<T>(path: readonly string[], query: Record<string, string | number | undefined>): Promise<T> {
    const answer = await this.#http.json<{ data: T }>("GET", { path: ["api", "stats", ...path], query });
    return answer.data;
  }

  async #tell<T>(path: readonly string[], body: unknown): Promise<T> {
    const answer = await this.#http.json<{ data: T }>("POST", {
      path: ["api", "stats", ...path],
      ...jsonBody(body),
    });
    return answer.data;
  }
}
