/** Sending what comes to a follower, over a WebSocket or as Server-Sent Events. */
import type { EndReason } from "../../domain/live/hub.ts";
import { USER_CONTENT } from "../respond.ts";
import type { Call } from "../route.ts";
import { bodyOf } from "../answers/body.ts";
import { Passing } from "../serving/answers.ts";
import { CLOSE, close, drained, goAway, openSocket } from "./socket.ts";

/** Largest frame that a subscriber may send, in bytes. */
const MAX_FRAME = 4 << 10;
/** A comment keeps proxies from closing a quiet stream; a client that lost it comes back after so long. */
const COMMENT_MS = 15_000, RETRY_MS = 1_000;

/** One thing to send: a line of text, and the position that a follower resumes after once it has it. */
export interface Message {
  readonly kind: string;
  readonly text: string;
  readonly position: string;
}

/** Messages that belong together, none where a filter let nothing through; whether they should go as one. */
export interface Bundle {
  readonly messages: readonly Message[];
  readonly isCrowded: boolean;
  /** The position after all of them. */
  readonly position: string;
}

/** A follower that knows whom it follows, before the first message. */
export interface Following {
  /** The position before the first message. */
  readonly position: string;
  /** Until `signal`, or until there is nothing more to come. */
  bundles(signal: AbortSignal): AsyncGenerator<Bundle, EndReason | undefined>;
}

/** What a query has that says where to begin. */
interface Resumable {
  readonly after?: string | undefined;
  readonly since?: string | undefined;
}

/** `Last-Event-ID` says where EventSource was before its connection broke, so it goes before where the query begins. */
export function resumed<Some extends Pick<Call, "request"> & { readonly query: Resumable }>(
  call: Some,
): Some {
  const last = call.request.headers.get("last-event-id");
  if (last === null || last === "") return call;
  return { ...call, query: { ...call.query, after: last, since: undefined } };
}

/** Follows over a WebSocket: each message is a frame, unless very much is sent at once. */
export function overSocket(call: Call, following: Following): Response {
  return openSocket(call, MAX_FRAME, { opened: (socket, signal) => feed(call, socket, following, signal) });
}

/** Sends what comes, as fast as it is read. Who reads nothing for a while is cut off, and can resume. */
async function feed(
  call: Call,
  socket: WebSocket,
  following: Following,
  signal: AbortSignal,
): Promise<void> {
  const bundles = following.bundles(signal), passing = new Passing(call);
  try {
    while (true) {
      const { done, value } = await bundles.next();
      if (done) {
        return value === undefined ? close(socket, CLOSE.normal) : goAway(socket, value);
      }
      if (!passing.next(lengthOf(value))) {
        return close(socket, CLOSE.tryAgainLater, "too much is under way: reconnect and catch up");
      }
      send(socket, value);
      if (!await drained(socket)) {
        return close(socket, CLOSE.tryAgainLater, "too slow: reconnect and catch up");
      }
    }
  } catch {
    close(socket, CLOSE.tryAgainLater, "the database does not answer: reconnect and catch up");
  } finally {
    passing.end();
    await bundles.return(undefined);
  }
}

function lengthOf({ messages }: Bundle): number {
  return messages.reduce((sum, { text }) => sum + text.length, 0);
}

function send(socket: WebSocket, { messages, isCrowded }: Bundle): void {
  if (socket.readyState !== WebSocket.OPEN || messages.length === 0) return;
  if (isCrowded) socket.send(messages.map(({ text }) => text).join("\n"));
  else for (const { text } of messages) socket.send(text);
}

/**
 * Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html). An `id` without data moves the
 * position to which EventSource returns: at the beginning, so that a connection that breaks before the first item loses
 * none, and where a filter let nothing through.
 */
export function asEvents(call: Call, following: Following): Response {
  const headers = { "Content-Type": "text/event-stream", "Cache-Control": "no-store", ...USER_CONTENT };
  if (call.request.method === "HEAD") return new Response(null, { headers });
  const encoder = new TextEncoder(), passing = new Passing(call);
  const leaving = new AbortController();
  const bundles = following.bundles(leaving.signal);
  let told = following.position, position = told;
  let comments: ReturnType<typeof setInterval> | undefined;
  const body = bodyOf(call, {
    start(controller) {
      controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\nid: ${told}\n\n`));
      comments = setInterval(() => {
        // Only while nothing waits: a comment must not fill the buffer of a reader that does not read.
        if ((controller.desiredSize ?? 0) <= 0) return;
        controller.enqueue(encoder.encode(position === told ? ": \n\n" : `id: ${position}\n\n`));
        told = position;
      }, COMMENT_MS);
    },
    async next() {
      passing.end();
      while (true) {
        const { done, value } = await bundles.next();
        // Without room for what comes, too: EventSource is back soon, and goes on after what it has.
        if (done || !passing.next(lengthOf(value))) return undefined;
        position = value.position;
        if (value.messages.length === 0) continue;
        told = position;
        return encoder.encode(value.messages.map(eventOf).join(""));
      }
    },
    async end() {
      clearInterval(comments);
      passing.end();
      leaving.abort();
      await bundles.return(undefined);
    },
  }, 1);
  return new Response(body, { headers });
}

function eventOf({ kind, text, position }: Bundle["messages"][number]): string {
  return `id: ${position}\nevent: ${kind}\ndata: ${text}\n\n`;
}
