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

/** The lease under which a worker holds an item. */
interface HeldLease {
  readonly lease: string;
  /** How long it lasts each time, in milliseconds, and until when, by `performance.now()`. */
  readonly millis: number;
  readonly until: number;
}

/** One worker: what it holds, and what is sent to it. */
class Worker {
  readonly #held = new Map<string, HeldLease>();
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
      this.#forgetEnded();
      const room = this.max - this.#held.size;
      if (room <= 0) {
        await this.#freed();
        continue;
      }
      const began = performance.now();
      const { rows, lease, ackWait, gap } = await this.deliveries.pull(...this.name, {
        max: room,
        wait: WAIT_MS,
        signal,
      });
      if (gap !== undefined) send(socket, { gap });
      for (const item of givenItems(rows, lease, this.channel)) {
        this.#hold(item.id, { lease, millis: ackWait });
        send(socket, item);
      }
      if (!await drained(socket)) return close(socket, CLOSE.tryAgainLater, "too slow: reconnect");
      // A look that ended early and found nothing: there will be nothing more.
      if (rows.length === 0 && gap === undefined && performance.now() - began < WAIT_MS - 1_000) return;
    }
  }

  #hold(id: string, { lease, millis }: Omit<HeldLease, "until">): void {
    this.#held.set(id, { lease, millis, until: performance.now() + millis });
  }

  /** What the worker did not settle in time is somebody else's, or comes again. */
  #forgetEnded(): void {
    const now = performance.now();
    for (const [id, { until }] of this.#held) if (until <= now) this.#held.delete(id);
  }

  /** Resolves when the worker has settled something, when a hold may have ended, or when it has left. */
  async #freed(): Promise<void> {
    const end = Math.min(...this.#held.values().map(({ until }) => until));
    const timer = setTimeout(this.#room.resolve, end - performance.now());
    await this.#room.promise;
    clearTimeout(timer);
    this.#room = Promise.withResolvers();
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
    this.#forgetEnded();
    const leases = Map.groupBy(this.#held, ([, { lease }]) => lease);
    for (const [lease, items] of leases) {
      await this.deliveries.nack(...this.name, { ids: items.map(([id]) => id), lease }).catch(() => {});
    }
  }

  async #settle(message: z.output<typeof WorkMessage>): Promise<void> {
    const { lease } = message;
    if ("extend" in message) {
      await this.deliveries.extend(...this.name, { ids: message.extend, lease });
      for (const id of message.extend) {
        const hold = this.#held.get(id);
        if (hold !== undefined) this.#hold(id, hold);
      }
      return;
    }
    const ids = "ack" in message ? message.ack : message.nack;
    if ("ack" in message) await this.deliveries.ack(...this.name, { ids, lease });
    else await this.deliveries.nack(...this.name, { ids, lease }, message.delay);
    for (const id of ids) this.#held.delete(id);
    this.#room.resolve();
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
