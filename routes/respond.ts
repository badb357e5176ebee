/** Small makers of answers that every route uses. */
import { describeError } from "../domain/errors.ts";

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

/** How an answer is sent piece by piece. */
export interface StreamOptions {
  readonly type: string;
  readonly headers?: Record<string, string>;
  /** Writes a line of the log: an error in the middle of an answer can only break it off. */
  readonly log: (line: string) => void;
}

/** An answer that is sent as it is made, and no faster than the client reads it. HEAD gets its head only. */
export async function streamed(
  { method, url }: Request,
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>,
  { type, headers, log }: StreamOptions,
): Promise<Response> {
  const head = { headers: { "Content-Type": type, ...USER_CONTENT, ...headers } };
  // The first piece goes out only when there is one: until then an error has a status.
  const first = await pieces.next();
  if (method === "HEAD" || first.done) {
    await pieces.return(undefined);
    return new Response(null, head);
  }
  const second = await pieces.next();
  if (second.done) return new Response(first.value, head);
  const waiting = [first.value, second.value];
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const next = waiting.shift();
      if (next !== undefined) return controller.enqueue(next);
      try {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        // The path alone: a query may hold a key.
        log(`${method} ${new URL(url).pathname}: the answer broke off: ${describeError(error)}`);
        throw error;
      }
    },
    async cancel() {
      await pieces.return(undefined);
    },
  }, { highWaterMark: 1 });
  return new Response(body, head);
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
