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
  /**
   * Whether to ask for the next item acknowledges the one before, unless the worker settled it itself. It is said with the
   * next pull, or within a second: one request a batch. The item at which the worker leaves the loop is not acknowledged.
   */
  readonly ackOnNext?: boolean;
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

/** What a pull is asked. */
export interface PullOptions {
  /** At most so many items, 1 to 1000; 100 unless given. */
  readonly max?: number;
  /** How long to wait for the first, such as `30s`. */
  readonly wait?: string;
  /** Items that are done. Where their lease is lost, nothing is given out (`lease-lost`). */
  readonly ack?: Which | undefined;
  readonly signal?: AbortSignal | undefined;
}

const WAIT = "20s";
/** Longest time, in milliseconds, for which acknowledgements wait for the next pull. */
const LONGEST_SILENCE_MS = 1_000;

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

  /** Items to hold, oldest first. */
  pull({ signal, ...body }: PullOptions = {}): Promise<z.output<typeof Pulled>> {
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
  async *items(
    { max = 100, ackOnNext = false, signal, onReconnect }: WorkOptions = {},
  ): AsyncGenerator<HeldItem> {
    const waits = backoff(signal), done = new Done();
    try {
      while (!signal?.aborted) {
        for (const item of await this.#next(done, waits, { max, signal, onReconnect })) {
          const held = new Held(this, item);
          yield held.item;
          if (ackOnNext && !held.isSettled) done.add(item);
          if (signal?.aborted) return;
          if (done.isOld) await this.#say(done);
        }
      }
    } finally {
      await this.#say(done);
    }
  }

  /** The next items; none where the connection broke, or the signal was aborted. */
  async #next(
    done: Done,
    waits: ReturnType<typeof backoff>,
    { max, signal, onReconnect }: {
      readonly max: number;
      readonly signal: AbortSignal | undefined;
      readonly onReconnect: WorkOptions["onReconnect"];
    },
  ): Promise<readonly Given[]> {
    try {
      const { items } = await this.pull({ max, wait: WAIT, ack: done.which, signal });
      done.clear();
      waits.reset();
      return items;
    } catch (error) {
      if (signal?.aborted || done.forgetIfLost(error)) return [];
      if (error instanceof RunnelProblem && !isPassing(error.status)) throw error;
      onReconnect?.(error);
      await waits.next();
      return [];
    }
  }

  /** Says what is done. What is not heard is said again, or its items come again. */
  async #say(done: Done): Promise<void> {
    const { which } = done;
    if (which === undefined) return;
    await this.ack(which).then(() => done.clear(), (error) => done.forgetIfLost(error));
  }

  async #settle(action: string, body: unknown): Promise<number> {
    const answer = await this.#http.json<z.output<typeof Settled>>("POST", {
      path: [...this.#path, action],
      ...jsonBody(body),
    });
    return answer.items;
  }
}

/** An item in the hands of a worker. */
class Held {
  readonly item: HeldItem;
  /** Whether the worker said what became of it. */
  isSettled = false;

  constructor(consumer: ConsumerClient, item: Given) {
    const which = { ids: [item.id], lease: item.lease };
    this.item = {
      ...item,
      ack: async () => {
        await consumer.ack(which);
        this.isSettled = true;
      },
      nack: async (delay) => {
        await consumer.nack({ ...which, delay });
        this.isSettled = true;
      },
      extend: async () => void await consumer.extend(which),
    };
  }
}

/** What a worker has done and not said yet: items of one pull. */
class Done {
  #ids: string[] = [];
  #lease = "";
  #since = 0;

  add({ id, lease }: Given): void {
    if (this.#ids.length === 0) this.#since = performance.now();
    this.#ids.push(id);
    this.#lease = lease;
  }

  get which(): Which | undefined {
    return this.#ids.length === 0 ? undefined : { ids: this.#ids, lease: this.#lease };
  }

  get isOld(): boolean {
    return this.#ids.length > 0 && performance.now() - this.#since > LONGEST_SILENCE_MS;
  }

  clear(): void {
    this.#ids = [];
  }

  /** Forgets it where the server will not hear of it: the hold has ended, or an answer was lost. Answers whether it did. */
  forgetIfLost(error: unknown): boolean {
    const isLost = error instanceof RunnelProblem && error.code === "lease-lost" && this.#ids.length > 0;
    if (isLost) this.clear();
    return isLost;
  }
}
