/** WebSockets (RFC 6455) as every route speaks them: opened, watched, and closed with a reason. */
import type { EndReason } from "../../domain/live/hub.ts";
import { invalid, RunnelError } from "../../domain/errors.ts";
import { onRevoked } from "./permission.ts";
import type { Call } from "../route.ts";

/** What may wait in a socket for its reader, in bytes. */
const MAX_BUFFERED = 1 << 20;
/** A reader that takes nothing for this long is cut off. */
const STALLED_MS = 5_000, LOOK_MS = 20;
/** A connection from which not even a pong comes for this long is closed. */
const IDLE_SECONDS = 60;

/** Close codes of RFC 6455 §7.4 and the IANA registry. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  tooBig: 1009,
  tryAgainLater: 1013,
  unauthorized: 4401,
} as const;

const CLOSE_REASONS: Record<EndReason, string> = {
  "deleted": "the channel was deleted",
  "shutdown": "the server is shutting down",
};

/** What a route does with a socket. `signal` is aborted when the other side left, or its key was revoked. */
export interface SocketUse {
  opened(socket: WebSocket, signal: AbortSignal): void;
  /** What the other side sent; without it, messages are ignored. */
  received?(socket: WebSocket, data: string): void;
}

/**
 * Whether a request asks for a WebSocket. Any other protocol that its Upgrade header names, such as the h2c of `curl
 * --http2`, is an offer that a server may ignore (RFC 9110 §7.8).
 */
export function asksForSocket({ headers }: Request): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}

/**
 * Changes the protocol of a request to WebSocket. The socket is closed when the request's key can no longer be used, and
 * when a frame has more than `maxFrame` bytes. No WebSocket handshake: `upgrade-required` or `invalid-request`.
 */
export function openSocket(
  call: Call,
  maxFrame: number,
  { opened, received }: SocketUse,
): Response {
  const { request, context } = call;
  if (!asksForSocket(request)) {
    throw new RunnelError("upgrade-required", "connect with a WebSocket client");
  }
  // It is not known any more afterwards, and needed to tell that the connection may be silent.
  context.env.address?.();
  const { socket, response } = upgrade(request);
  const leaving = new AbortController();
  socket.onopen = () => opened(socket, leaving.signal);
  const stopWatching = onRevoked(call, ({ detail }) => {
    close(socket, CLOSE.unauthorized, detail);
    // The other side may take its time to close, too.
    leaving.abort();
  });
  socket.onclose = () => {
    stopWatching();
    leaving.abort();
  };
  // A broken connection is followed by its close event.
  socket.onerror = () => {};
  socket.onmessage = ({ data }) => {
    if (leaving.signal.aborted) return;
    if (sizeOf(data) > maxFrame) return socket.close(CLOSE.tooBig, `a message has at most ${maxFrame} bytes`);
    if (received === undefined) return;
    received(socket, typeof data === "string" ? data : new TextDecoder().decode(data as ArrayBuffer));
  };
  return response;
}

/** Bytes of a frame. */
function sizeOf(data: string | ArrayBuffer): number {
  return typeof data === "string" ? new TextEncoder().encode(data).length : data.byteLength;
}

function upgrade(request: Request): Deno.WebSocketUpgrade {
  // Deno checks the rest of the handshake, but takes any version.
  if (request.headers.get("sec-websocket-version") !== "13") {
    throw invalid("not a WebSocket handshake: Sec-WebSocket-Version must be 13");
  }
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout: IDLE_SECONDS });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(`not a WebSocket handshake: ${why}`);
  }
}

/** Resolves to true when little waits for the reader, to false when it takes nothing. */
export async function drained(socket: WebSocket): Promise<boolean> {
  let least = socket.bufferedAmount, since = performance.now();
  while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount > MAX_BUFFERED) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (socket.bufferedAmount < least) [least, since] = [socket.bufferedAmount, performance.now()];
    if (performance.now() - since > STALLED_MS) return false;
  }
  return true;
}

/** Closes a socket that is open. */
export function close(socket: WebSocket, code: number, reason = ""): void {
  if (socket.readyState === WebSocket.OPEN) socket.close(code, reason);
}

/** Closes a socket because there will be nothing more. */
export function goAway(socket: WebSocket, reason: EndReason): void {
  close(socket, CLOSE.goingAway, CLOSE_REASONS[reason]);
}
