/** A consumer over a WebSocket: items come down, what became of them goes up. */
import type { z } from "zod";
import { WorkMessage, type WorkQuery } from "../../../api/consumers.ts";
import type { Deliveries } from "../../../domain/channels/consumers/deliveries.ts";
import { describeError, invalid, RunnelError } from "../../../domain/errors.ts";
import { toRunnelError } from "../../errors.ts";
import { check } from "../../request.ts";
import type { Call } from "../../route.ts";
import { CLOSE, close, drained, goAway, openSocket } from "../../live/socket.ts";
import { channelOf, DEFAULT_PULL, givenItems, nameOf } from "./consumers.ts";

/** Largest frame that a worker may send, in bytes: the ids of what it may hold fit into it. */
const MAX_FRAME = 64 << 10;
/** How long one look for items waits, in milliseconds. */
const WAIT_MS = 15_000;

export async function workOverSocket(call: Call<typeof WorkQuery>): Promise<Response> {
  const { consumers, deliveries, hub, log } = call.services;
  const name = nameOf(call);
  await consumers.find(...name);
  const worker = new Worker(deliveries, name, channelOf(call), call.query.max ?? DEFAULT_PULL);
  return openSocket(call, MAX_FRAME, {
    async opened(socket, signal) {
      try {
        await worker.feed(socket, signal);
        if (hub.isClosed) goAway(socket, "shutdown");
      } catch (error) {
        const { code, detail } = toRunnelError(error);
        if (code === "channel-not-found" || code === "consumer-not-found") {
          close(socket, CLOSE.goingAway, detail);
        } else close(socket, CLOSE.tryAgainLater, "the database does not answer: reconnect");
        if (!(error instanceof RunnelError)) log(`a consumer's socket: ${describeError(error)}`);
      } finally {
        await worker.release().catch(() => {});
      }
    },
    received: (socket, text) => void worker.receive(socket, text),
  });
}

/** One worker: what it holds, and what is sent to it. */
class Worker {
  /** The lease of each item that it holds. */
  readonly #held = new Map<string, string>();
  #room = Promise.withResolvers<void>();

  constructor(
    readonly deliveries: Deliveries,
    readonly name: [channel: string, consumer: string],
    readonly channel: string,
    readonly max: number,
  ) {}

  /** Gives the worker items while it has room for them, until it leaves or its channel has ended. */
  async feed(socket: WebSocket, signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#room.resolve(), { once: true });
    while (!signal.aborted) {
      const room = this.max - this.#held.size;
      if (room <= 0) {
        await this.#room.promise;
        continue;
      }
      const began = performance.now();
      const { rows, lease, gap } = await this.deliveries.pull(...this.name, {
        max: room,
        wait: WAIT_MS,
        signal,
      });
      if (gap !== undefined) send(socket, { gap });
      for (const item of givenItems(rows, lease, this.channel)) {
        this.#held.set(item.id, lease);
        send(socket, item);
      }
      if (!await drained(socket)) return close(socket, CLOSE.tryAgainLater, "too slow: reconnect");
      // A look that ended early and found nothing: there will be nothing more.
      if (rows.length === 0 && gap === undefined && performance.now() - began < WAIT_MS - 1_000) return;
    }
  }

  /** Does what the worker asks. What cannot be done is said to it, and the connection stays. */
  async receive(socket: WebSocket, text: string): Promise<void> {
    try {
      await this.#settle(check(parse(text), WorkMessage));
    } catch (error) {
      const { code, detail } = toRunnelError(error);
      send(socket, { error: { code, detail } });
    }
  }

  /** Gives back what the worker held when it left, for whoever asks next. */
  async release(): Promise<void> {
    const leases = Map.groupBy(this.#held, ([, lease]) => lease);
    for (const [lease, items] of leases) {
      await this.deliveries.nack(...this.name, { ids: items.map(([id]) => id), lease }).catch(() => {});
    }
  }

  async #settle(message: z.output<typeof WorkMessage>): Promise<void> {
    const { lease } = message;
    if ("extend" in message) {
      return void await this.deliveries.extend(...this.name, { ids: message.extend, lease });
    }
    const ids = "ack" in message ? message.ack : message.nack;
    if ("ack" in message) await this.deliveries.ack(...this.name, { ids, lease });
    else await this.deliveries.nack(...this.name, { ids, lease }, message.delay);
    for (const id of ids) this.#held.delete(id);
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("a message is one JSON object");
  }
}

function send(socket: WebSocket, message: unknown): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}
