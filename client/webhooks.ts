/** Webhooks: the addresses of a channel's new items, posted to a callback. */
import type { z } from "zod";
import type { Webhook, WebhookBody, WebhookList } from "../api/webhooks.ts";
import { type Http, jsonBody } from "./http.ts";

/** How a webhook is set up; what is absent has its default, or stays as it is. */
export type WebhookSettings = Omit<z.input<typeof WebhookBody>, "name">;

/** A webhook and how far it is. */
export type WebhookState = z.output<typeof Webhook>;

/** The client of webhooks. Whatever the server refuses throws RunnelProblem. */
export class WebhooksClient {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Names of all webhooks. */
  async list(): Promise<string[]> {
    const { _links } = await this.#http.json<z.output<typeof WebhookList>>("GET", { path: ["webhook"] });
    return _links.webhooks.map(({ name }) => name);
  }

  /** Creates a webhook, or changes what is given. */
  put(name: string, settings: WebhookSettings): Promise<WebhookState> {
    return this.#http.json("PUT", { path: ["webhook", name], ...jsonBody(settings) });
  }

  /** Changes what is given, such as `paused`. */
  change(name: string, settings: WebhookSettings): Promise<WebhookState> {
    return this.#http.json("PATCH", { path: ["webhook", name], ...jsonBody(settings) });
  }

  get(name: string): Promise<WebhookState> {
    return this.#http.json("GET", { path: ["webhook", name] });
  }

  delete(name: string): Promise<void> {
    return this.#http.done("DELETE", { path: ["webhook", name] });
  }
}
