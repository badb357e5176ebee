/** Subscribing to a channel over a WebSocket: each new item's URL, a line each. */
import type { Position } from "../../domain/channels/channels.ts";
import type { EndReason, Subscriber } from "../../domain/channels/hub.ts";
import { RunnelError } from "../../domain/errors.ts";
import { baseOf, type Call, param } from "../route.ts";

/** What may wait in a socket for its reader, in bytes. Past it the subscriber is cut off. */
const MAX_BUFFERED = 1 << 20;
/** A connection from which not even a pong comes for this long is closed. */
const IDLE_SECONDS = 60;

// Close codes of RFC 6455 §7.4 and the IANA registry.
const GOING_AWAY = 1001, TRY_AGAIN_LATER = 1013;

const CLOSE_REASONS: Record<EndReason, string> = {
  "channel-deleted": "the channel was deleted",
  "shutdown": "the server is shutting down",
};

export async function followChannel(call: Call): Promise<Response> {
  const { request, services: { channels, hub } } = call;
  const name = param(call, "name");
  const { id, lastKey } = await channels.get(name);
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    throw new RunnelError("upgrade-required", "connect with a WebSocket client");
  }
  const { socket, response } = upgrade(request);
  const prefix = `${baseOf(call)}/channel/${name}/`;
  let leave = () => {};
  socket.onopen = () =>
    leave = hub.subscribe(id, lastKey, new SocketSubscriber(socket, prefix, () => leave()));
  socket.onclose = () => leave();
  // A broken connection is followed by its close event.
  socket.onerror = () => {};
  return response;
}

function upgrade(request: Request): Deno.WebSocketUpgrade {
  // Deno checks the rest of the handshake, but takes any version.
  if (request.headers.get("sec-websocket-version") !== "13") {
    throw new RunnelError("invalid-request", "not a WebSocket handshake: Sec-WebSocket-Version must be 13");
  }
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout: IDLE_SECONDS });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RunnelError("invalid-request", `not a WebSocket handshake: ${why}`);
  }
}

/** A subscriber behind a WebSocket, cut off when it does not read. */
class SocketSubscriber implements Subscriber {
  constructor(
    readonly socket: WebSocket,
    readonly prefix: string,
    /** Ends the subscription: who does not read may never answer the close either. */
    readonly leave: () => void,
  ) {}

  deliver(items: readonly Position[], crowded: boolean): void {
    const lines = items.map(({ id }) => this.prefix + id);
    if (crowded) this.#send(lines.join("\n"));
    else lines.forEach((line) => this.#send(line));
  }

  end(reason: EndReason): void {
    this.socket.close(GOING_AWAY, CLOSE_REASONS[reason]);
  }

  #send(message: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.socket.bufferedAmount > MAX_BUFFERED) {
      this.socket.close(TRY_AGAIN_LATER, "too slow: reconnect and catch up");
      this.leave();
    } else {
      this.socket.send(message);
    }
  }
}
