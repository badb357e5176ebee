/** Sends requests over connections that are kept, and gives up on those that are not answered. */
import { RawConnection, type RawResponse } from "../../support/socket.ts";
import type { WireRequest } from "./requests.ts";

/** How long an answer may take, in milliseconds: above Runnel's own limits for what does not wait by itself. */
const HANG_MS = 20_000;
/** How long an answer is waited for that may take its time: what waits for items. */
const PATIENCE_MS = 1_500;

/** What became of a request. */
export type Outcome = RawResponse | "hang" | "no answer" | "waited";

/** One connection after another. */
export class Wire implements Disposable {
  #connection: RawConnection | undefined;

  constructor(readonly url: string) {}

  /** Sends a request; the connection is kept when the answer is whole. */
  async send(request: WireRequest): Promise<Outcome> {
    const isFresh = this.#connection === undefined;
    const outcome = await this.#exchange(request);
    // A kept connection may have been closed just before: only a fresh one that gives no answer is a fault.
    return outcome === "no answer" && !isFresh ? await this.#exchange(request) : outcome;
  }

  [Symbol.dispose](): void {
    this.#drop();
  }

  async #exchange(request: WireRequest): Promise<Outcome> {
    const mayWait = waits(request);
    const connection = this.#connection ??= await RawConnection.open(this.url);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Outcome>((resolve) => {
      timer = setTimeout(() => resolve(mayWait ? "waited" : "hang"), mayWait ? PATIENCE_MS : HANG_MS);
    });
    // Answers may come before the body was read.
    const sending = connection.send(textOf(request));
    const answering = receive(connection, request);
    const outcome = await Promise.race([answering, late]);
    clearTimeout(timer);
    if (typeof outcome === "string" || isLast(outcome)) {
      this.#drop();
      await Promise.all([sending, answering]);
    } else if (!await Promise.race([sending, Promise.resolve(false)])) this.#drop();
    return outcome;
  }

  #drop(): void {
    this.#connection?.[Symbol.dispose]();
    this.#connection = undefined;
  }
}

async function receive(connection: RawConnection, { method }: WireRequest): Promise<Outcome> {
  try {
    while (true) {
      const answer = await connection.response(method === "HEAD") ?? "no answer";
      // To `Expect: 100-continue`, before the answer.
      if (typeof answer === "string" || answer.status !== 100) return answer;
    }
  } catch {
    return "no answer";
  }
}

/** Whether nothing more can come over the connection: it was closed, or became something else. */
function isLast({ status, headers }: RawResponse): boolean {
  return status === 101 || status >= 400 || headers.get("connection") === "close" ||
    headers.get("content-type") === "text/event-stream";
}

/** Followers are answered as long as they listen, and a pull or a look ahead may wait for a minute. */
function waits({ target }: WireRequest): boolean {
  return /\/(events|ws|pull|sessions-live)\b|[?&]wait=/.test(target);
}

/** The bytes of a request, one a character. */
export function textOf({ method, target, headers, body }: WireRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const length = body !== "" || !/^(GET|HEAD|DELETE|OPTIONS)$/.test(method)
    ? `Content-Length: ${body.length}\r\n`
    : "";
  return `${method} ${target} HTTP/1.1\r\nHost: runnel\r\n${lines}${length}\r\n${body}`;
}
