/** Subscriptions: following channels over a WebSocket, or as Server-Sent Events. */
import type { FollowManyQuery, FollowQuery } from "../../api/channels.ts";
import type { EndReason } from "../../domain/channels/hub.ts";
import { RunnelError } from "../../domain/errors.ts";
import { secretOf } from "../gate.ts";
import { NO_SNIFF } from "../respond.ts";
import type { Call } from "../route.ts";
import { type Bundle, type Following, followMany, followOne, upgradeRequired } from "./news.ts";

/** What may wait in a socket for its reader, in bytes. */
const MAX_BUFFERED = 1 << 20;
/** A reader that takes nothing for this long is cut off. */
const STALLED_MS = 5_000, LOOK_MS = 20;
/** A connection from which not even a pong comes for this long is closed. */
const IDLE_SECONDS = 60;
/** Largest frame that a subscriber may send, in bytes. */
const MAX_FRAME = 4 << 10;
/** A comment keeps proxies from closing a quiet stream; a client that lost it comes back after so long. */
const COMMENT_MS = 15_000, RETRY_MS = 1_000;

// Close codes of RFC 6455 §7.4 and the IANA registry.
const NORMAL = 1000, GOING_AWAY = 1001, TOO_BIG = 1009, TRY_AGAIN_LATER = 1013, UNAUTHORIZED = 4401;

const CLOSE_REASONS: Record<EndReason, string> = {
  "channel-deleted": "the channel was deleted",
  "shutdown": "the server is shutting down",
};

export async function followChannel(call: Call<typeof FollowQuery>): Promise<Response> {
  const following = await followOne(call);
  return overSocket(call, following);
}

export async function followChannels(call: Call<typeof FollowManyQuery>): Promise<Response> {
  const following = await followMany(call);
  return overSocket(call, following);
}

export async function streamChannel(call: Call<typeof FollowQuery>): Promise<Response> {
  return asEvents(await followOne(resumed(call)));
}

export async function streamChannels(call: Call<typeof FollowManyQuery>): Promise<Response> {
  return asEvents(await followMany(resumed(call)));
}

/** `Last-Event-ID` says where EventSource was before its connection broke. */
function resumed<Query extends typeof FollowQuery>(call: Call<Query>): Call<Query> {
  const last = call.request.headers.get("last-event-id");
  return last === null || last === "" ? call : { ...call, query: { ...call.query, after: last } };
}

function overSocket({ request, services: { keys } }: Call, following: Following): Response {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") throw upgradeRequired();
  const { socket, response } = upgrade(request);
  const leaving = new AbortController();
  socket.onopen = () => feed(socket, following, leaving.signal);
  const stopWatching = keys.watch(
    secretOf(request),
    () => close(socket, UNAUTHORIZED, "the API key can no longer be used"),
  );
  socket.onclose = () => {
    stopWatching();
    leaving.abort();
  };
  // A broken connection is followed by its close event.
  socket.onerror = () => {};
  socket.onmessage = ({ data }) => {
    const length = typeof data === "string" ? data.length : (data as ArrayBuffer).byteLength;
    if (length > MAX_FRAME) socket.close(TOO_BIG, `a message has at most ${MAX_FRAME} bytes`);
  };
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

/** Sends what comes, as fast as it is read. Who reads nothing for a while is cut off, and can resume. */
async function feed(socket: WebSocket, following: Following, signal: AbortSignal): Promise<void> {
  const bundles = following.bundles(signal);
  try {
    while (true) {
      const { done, value } = await bundles.next();
      if (done) {
        return close(socket, value === undefined ? NORMAL : GOING_AWAY, value && CLOSE_REASONS[value]);
      }
      send(socket, value);
      if (socket.bufferedAmount > MAX_BUFFERED && !await drained(socket)) {
        close(socket, TRY_AGAIN_LATER, "too slow: reconnect and catch up");
        return;
      }
    }
  } catch {
    close(socket, TRY_AGAIN_LATER, "the database does not answer: reconnect and catch up");
  } finally {
    await bundles.return(undefined);
  }
}

function send(socket: WebSocket, { messages, isCrowded }: Bundle): void {
  if (socket.readyState !== WebSocket.OPEN) return;
  if (isCrowded) socket.send(messages.map(({ text }) => text).join("\n"));
  else for (const { text } of messages) socket.send(text);
}

/** Resolves to true when the reader has taken what waits, to false when it takes nothing. */
async function drained(socket: WebSocket): Promise<boolean> {
  let least = socket.bufferedAmount, since = performance.now();
  while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount > MAX_BUFFERED) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (socket.bufferedAmount < least) [least, since] = [socket.bufferedAmount, performance.now()];
    if (performance.now() - since > STALLED_MS) return false;
  }
  return true;
}

function close(socket: WebSocket, code: number, reason = ""): void {
  if (socket.readyState === WebSocket.OPEN) socket.close(code, reason);
}

/** Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
function asEvents(following: Following): Response {
  const encoder = new TextEncoder();
  const leaving = new AbortController();
  const bundles = following.bundles(leaving.signal);
  let comments: ReturnType<typeof setInterval> | undefined;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
      comments = setInterval(() => {
        // Only while nothing waits: a comment must not fill the buffer of a reader that does not read.
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(": \n\n"));
      }, COMMENT_MS);
    },
    async pull(controller) {
      const { done, value } = await bundles.next();
      if (done) {
        clearInterval(comments);
        return controller.close();
      }
      controller.enqueue(encoder.encode(value.messages.map(eventOf).join("")));
    },
    async cancel() {
      clearInterval(comments);
      leaving.abort();
      await bundles.return(undefined);
    },
  }, { highWaterMark: 1 });
  return new Response(body, {
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store", ...NO_SNIFF },
  });
}

function eventOf({ kind, text, position }: Bundle["messages"][number]): string {
  return `id: ${position}\nevent: ${kind}\ndata: ${text}\n\n`;
}
