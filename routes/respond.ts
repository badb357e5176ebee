/** Small makers of answers that every route uses. */
import { describeError } from "../domain/errors.ts";
import { type Coding, packed, WORTH_PACKING } from "./serving/compression.ts";

/** On every answer: a browser must not guess another content type. Pages have more, see `html`. */
export const NO_SNIFF = { "X-Content-Type-Options": "nosniff" } as const;

/** On every answer that may hold what users stored: a browser must not run it with the rights of Runnel's own pages. */
export const USER_CONTENT = {
  ...NO_SNIFF,
  "Content-Security-Policy": "sandbox; default-src 'none'",
} as const;

/** A JSON answer, `application/json` without a charset, as the published descriptions show it. */
export function json(value: unknown, status = 200, headers?: Record<string, string>): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "Content-Type": "application/json", ...USER_CONTENT, ...headers },
  });
}

/** A plain text answer, `text/plain` without a charset. */
export function text(value: string, status = 200): Response {
  return new Response(value, { status, headers: { "Content-Type": "text/plain", ...USER_CONTENT } });
}

/** 204. */
export function noContent(): Response {
  return new Response(null, { status: 204, headers: NO_SNIFF });
}

/** 303 with a Location. */
export function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { Location: location, ...NO_SNIFF } });
}

/** A page of Runnel's own. It loads nothing from elsewhere and runs no script but its own files'. */
export function html(page: string, status = 200): Response {
  return new Response(page, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy":
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      "Cache-Control": "no-store",
      "X-Frame-Options": "DENY",
      "Referrer-Policy": "same-origin",
      ...NO_SNIFF,
    },
  });
}

/** 200 with nothing in it, as the published description of profiles and events prints it. */
export function emptyPage(): Response {
  return new Response(null, {
    headers: { "Content-Type": "text/html; charset=utf-8", "Content-Length": "0", ...NO_SNIFF },
  });
}

/** Bytes from which a content is sent in pieces of so many: an answer that is made of bytes copies all of them. */
const PIECE = 256 << 10;

/** An answer with that content, which nobody changes. */
export function whole(
  content: Uint8Array<ArrayBuffer>,
  status: number,
  headers: Record<string, string>,
): Response {
  if (content.byteLength <= PIECE) return new Response(content, { status, headers });
  let at = 0;
  const pieces = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      controller.enqueue(content.subarray(at, at += PIECE));
      if (at >= content.byteLength) controller.close();
    },
  }, { highWaterMark: 0 });
  return new Response(pieces, { status, headers: { ...headers, "Content-Length": `${content.byteLength}` } });
}

/** How an answer is sent piece by piece. */
export interface StreamOptions {
  readonly type: string;
  readonly headers?: Record<string, string>;
  /** What the client can unpack, if anything; `isNear`: a large answer is there sooner as it is. */
  readonly packing?: { readonly coding: Coding; readonly isNear: boolean } | undefined;
  /** Writes a line of the log: an error in the middle of an answer can only break it off. */
  readonly log: (line: string) => void;
}

/** An answer that is sent as it is made, and no faster than the client reads it. HEAD gets its head only. */
export async function streamed(
  { method, url }: Request,
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>,
  { type, headers, packing, log }: StreamOptions,
): Promise<Response> {
  const head: Record<string, string> = { "Content-Type": type, ...USER_CONTENT, ...headers };
  // The first piece goes out only when there is one: until then an error has a status.
  const first = await pieces.next(), second = first.done ? first : await pieces.next();
  const start = [first, second].flatMap(({ done, value }) => done ? [] : [value!]);
  const isWhole = second.done === true;
  const isPacked = packing !== undefined &&
    (isWhole ? (start[0]?.length ?? 0) >= WORTH_PACKING : !packing.isNear);
  if (isPacked) head["Content-Encoding"] = packing.coding;
  if (method === "HEAD") {
    await pieces.return(undefined);
    if (isWhole && !isPacked) head["Content-Length"] = String(start[0]?.length ?? 0);
    return new Response(null, { headers: head });
  }
  if (isWhole && !isPacked) return new Response(start[0] ?? null, { headers: head });
  const all = resumed(start, pieces);
  const sent = isPacked ? packed(all, packing.coding) : all;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await sent.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        // The path alone: a query may hold a key.
        log(`${method} ${new URL(url).pathname}: the answer broke off: ${describeError(error)}`);
        throw error;
      }
    },
    async cancel() {
      await sent.return(undefined);
    },
  }, { highWaterMark: 1 });
  return new Response(body, { headers: head });
}

/** Pieces that were taken already, then the others. */
async function* resumed<T>(start: readonly T[], pieces: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* start;
    yield* pieces;
  } finally {
    await pieces.return(undefined);
  }
}

/** A JSON array that is sent element by element. */
export function jsonArray<T>(
  request: Request,
  elements: AsyncGenerator<T>,
  describe: (element: T) => unknown,
  log: StreamOptions["log"],
): Promise<Response> {
  async function* pieces() {
    let text = "[";
    for await (const element of elements) {
      if (text.length > 1 << 16) {
        yield text;
        text = "";
      }
      text += `${text === "[" ? "" : ","}${JSON.stringify(describe(element))}`;
    }
    yield text + "]";
  }
  return streamed(request, encoded(pieces()), { type: "application/json", log });
}

/** Text as bytes. */
export async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  for await (const text of texts) yield encoder.encode(text);
}

/** Bytes from which the memory of a piece is worth giving back at once. */
const WORTH_RELEASING = 64 << 10;

/**
 * Pieces whose memory is given back once the one after the next is asked for: by then they are on their way. The garbage
 * collector would leave 100 to 200 MB of them. For pieces that nobody else holds, and a reader that takes each as it comes.
 */
export async function* released(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let last: Uint8Array<ArrayBuffer> | undefined;
  for await (const piece of pieces) {
    yield piece;
    if (last !== undefined && last.byteLength >= WORTH_RELEASING) last.buffer.transfer(0);
    last = piece;
  }
}

/** ISO 8601 in UTC with milliseconds, of milliseconds since the epoch. */
export function iso(millis: number): string {
  return new Date(millis).toISOString();
}
