/** Consumers: workers that share a channel. Needs fetch alone: Deno, Node and browsers have it. */
import type { z } from "zod";
import type { Consumer, ConsumerBody, GivenItem, Pulled, Settled } from "../api/consumers.ts";
import { type Http, jsonBody, RunnelProblem } from "./http.ts";
import { backoff, isPassing } from "./retry.ts";

/** How a consumer is set up; what is absent has its default, or stays as it is. Durations are texts such as `30s`. */
export type ConsumerSettings = z.input<typeof ConsumerBody>;

/** A consumer and how far it is. */
export type ConsumerState = z.output<typeof Consumer>;

type Given = z.output<typeof GivenItem>;

/** An item that a worker holds, with what the worker may say of it. */
export interface HeldItem extends Given {
  /** It is done. */
  ack(): Promise<void>;
  /** It is to be given out again, after a while such as `5s`, or at once. */
  nack(delay?: string): Promise<void>;
  /** It takes longer. */
  extend(): Promise<void>;
}

/** How a worker works. */
export interface WorkOptions {
  /** Items that are pulled at once, 1 to 1000; 100 unless given. */
  readonly max?: number;
  readonly signal?: AbortSignal;
  /** Told each time the connection broke and is made again. */
  readonly onReconnect?: (cause: unknown) => void;
}

/** Which items: those with these ids, or all up to one; with a lease only while it is held. */
export interface Which {
  readonly ids?: readonly string[];
  readonly upTo?: string;
  readonly lease?: string;
}

const WAIT = "20s";

/** One consumer of one channel. Whatever the server refuses throws RunnelProblem. */
export class ConsumerClient {
  readonly #http: Http;
  readonly #path: readonly string[];

  constructor(http: Http, channel: string, name: string) {
    this.#http = http;
    this.#path = ["channel", channel, "consumers", name];
  }

  /** Creates the consumer, or changes what is given. */
  put(settings: ConsumerSettings = {}): Promise<ConsumerState> {
    return this.#http.json("PUT", { path: this.#path, ...jsonBody(settings) });
  }

  /** How far it is. */
  get(): Promise<ConsumerState> {
    return this.#http.json("GET", { path: this.#path });
  }

  delete(): Promise<void> {
    return this.#http.done("DELETE", { path: this.#path });
  }

  /** Items to hold, oldest first; `wait`, such as `30s`, waits for the first. */
  pull(
    { signal, ...body }: { readonly max?: number; readonly wait?: string; readonly signal?: AbortSignal } =
      {},
  ): Promise<z.output<typeof Pulled>> {
    return this.#http.json("POST", { path: [...this.#path, "pull"], ...jsonBody(body), signal });
  }

  /** Items are done; answers how many that was. */
  ack(which: Which): Promise<number> {
    return this.#settle("ack", which);
  }

  /** Items are to be given out again; answers how many that was. */
  nack(which: Which & { readonly delay?: string | undefined }): Promise<number> {
    return this.#settle("nack", which);
  }

  /** Items take longer; answers how many that was. */
  extend(which: Which): Promise<number> {
    return this.#settle("extend", which);
  }

  /**
   * Items for this worker, as long as it asks for more. An item that is not acknowledged comes again, here or elsewhere. A
   * broken connection is made again.
   */
  async *items({ max = 100, signal, onReconnect }: WorkOptions = {}): AsyncGenerator<HeldItem> {
    const waits = backoff(signal);
    while (!signal?.aborted) {
      let items: Given[];
      try {
        ({ items } = await this.pull({ max, wait: WAIT, ...(signal !== undefined && { signal }) }));
        waits.reset();
      } catch (error) {
        if (signal?.aborted) return;
        if (error instanceof RunnelProblem && !isPassing(error.status)) throw error;
        onReconnect?.(error);
        await waits.next();
        continue;
      }
      for (const item of items) yield this.#held(item);
    }
  }

  #held(item: Given): HeldItem {
    const which = { ids: [item.id], lease: item.lease };
    return {
      ...item,
      ack: async () => void await this.ack(which),
      nack: async (delay) => void await this.nack({ ...which, delay }),
      extend: async () => void await this.extend(which),
    };
  }

  async #settle(action: string, body: unknown): Promise<number> {
    const answer = await this.#http.json<z.output<typeof Settled>>("POST", {
      path: [...this.#path, action],
      ...jsonBody(body),
    });
    return answer.items;
  }
}
