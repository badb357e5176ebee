/**
 * Streams of a libSQL server that are kept open. @libsql/client opens a stream for each call and closes it in the same
 * request, and for each stream the server opens a connection, which reads the whole schema: 1.3 ms of its processor for a
 * call, against 0.3 over a stream that is open. Here the close is taken out of the request, and the next call names the
 * baton that the answer held (https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md).
 */

import { type Answer, type Call, callOf, responseOf, type Send } from "./exchange.ts";

/** Streams that are kept at once, of each kind of calls: a server has 128 connections for all processes. */
const MOST_KEPT = 2;
/** How long a stream is kept without a call. A server forgets it after 10 s. */
const KEPT_MS = 5_000;

/** How @libsql/client writes a call that opens a stream and closes it. */
const OPENING = '{"requests":[', CLOSING = ',{"type":"close"}]}';
/** How it begins to store the text of a statement under a number that it counts from 0. */
const STORING = '{"type":"store_sql",';
/** What a server says of a stream that it has forgotten. It has done nothing then. */
const FORGOTTEN = /baton|stream/i;

/** A call without its beginning and end, and how many texts of statements it stores. */
interface Asked {
  readonly requests: string;
  readonly stored: number;
}

/** What became of one request. */
interface Outcome {
  readonly type: string;
  readonly response?: {
    readonly type: string;
    readonly result?: { readonly step_errors?: readonly unknown[] };
  };
}

/** What the server answers, as far as it is looked at. */
interface Answered {
  readonly baton?: string | null;
  readonly base_url?: string | null;
  readonly results: readonly Outcome[];
}

const CLOSED: Outcome = { type: "ok", response: { type: "close" } };

/** The streams of one kind of calls to one server. */
export class Streams {
  readonly #send: Send;
  /** Batons of streams that wait for a call, the one that was used last at the end. */
  #idle: { readonly baton: string; readonly since: number }[] = [];
  /** Streams that are kept, those in a call included. */
  #kept = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Answers a request of @libsql/client as the server does, over a stream that is kept. */
  async fetch(request: Request): Promise<Response> {
    const call = await callOf(request), asked = askedBy(call.body);
    const baton = asked && this.#takeIdle();
    if (asked === undefined || (baton === undefined && this.#kept >= MOST_KEPT)) {
      return responseOf(await this.#send(call));
    }
    if (baton === undefined) this.#kept++;
    return await this.#call(call, asked, baton);
  }

  async #call(call: Call, { requests, stored }: Asked, first: string | undefined): Promise<Response> {
    let baton = first, isKept = false;
    try {
      while (true) {
        const answer = await this.#send({ ...call, body: bodyOf(requests + forgetting(stored), baton) });
        if (baton !== undefined && isForgotten(answer)) {
          baton = undefined;
          continue;
        }
        if (answer.status !== 200) return responseOf(answer);
        const answered: Answered = JSON.parse(answer.text);
        isKept = this.#keep(answered);
        return new ParsedResponse(asIfClosed(answered, stored));
      }
    } finally {
      if (!isKept) this.#kept--;
    }
  }

  /**
   * Keeps the stream of an answer, and says whether it does. After an error nobody knows in what state a stream is. What is
   * not kept the server forgets by itself.
   */
  #keep({ baton, base_url, results }: Answered): boolean {
    if (typeof baton !== "string" || typeof base_url === "string" || results.some(hasFailed)) return false;
    this.#idle.push({ baton, since: performance.now() });
    return true;
  }

  #takeIdle(): string | undefined {
    const last = this.#idle.pop();
    if (last === undefined || performance.now() - last.since < KEPT_MS) return last?.baton;
    // Those before it wait for longer. The server forgets them by itself.
    this.#kept -= 1 + this.#idle.splice(0).length;
    return undefined;
  }
}

/** An answer that is parsed already. */
class ParsedResponse extends Response {
  constructor(readonly parsed: unknown) {
    super();
  }

  override json(): Promise<unknown> {
    return Promise.resolve(this.parsed);
  }
}

/** What a body asks that @libsql/client wrote; undefined: it is none of a call that opens a stream and closes it. */
function askedBy(body: string | undefined): Asked | undefined {
  if (!body?.startsWith(OPENING) || !body.endsWith(CLOSING)) return undefined;
  const requests = body.slice(OPENING.length, -CLOSING.length);
  // In a text each quote has a backslash before it.
  return { requests, stored: requests.split(STORING).length - 1 };
}

/** Requests that free the numbers of stored texts, for the next call. */
function forgetting(stored: number): string {
  return Array.from({ length: stored }, (_, id) => `,{"type":"close_sql","sql_id":${id}}`).join("");
}

function bodyOf(requests: string, baton: string | undefined): string {
  const stream = baton === undefined ? "" : `"baton":${JSON.stringify(baton)},`;
  return `{${stream}"requests":[${requests}]}`;
}

function isForgotten({ status, text }: Answer): boolean {
  return status >= 400 && status < 500 && FORGOTTEN.test(text);
}

function hasFailed({ type, response }: Outcome): boolean {
  return type !== "ok" || (response?.result?.step_errors?.some((error) => error !== null) ?? false);
}

/** The answer that @libsql/client waits for: without those to `forgetting`, with one to the close. */
function asIfClosed(answered: Answered, stored: number): Answered {
  const { results } = answered;
  return { ...answered, baton: null, results: [...results.slice(0, results.length - stored), CLOSED] };
}
