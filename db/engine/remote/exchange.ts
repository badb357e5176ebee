/**
 * One call of a server and its answer, as texts. Making a `Request` or a `Response` at each step between @libsql/client
 * and the network costs more of the processor than the step itself.
 */

/** A request of @libsql/client, read. */
export interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  /** Undefined: it has none. */
  readonly body: string | undefined;
}

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** Sends a call. Fails with `unavailable` when there is no whole answer. */
export type Send = (call: Call) => Promise<Answer>;

/** Reads a request. */
export async function callOf(request: Request): Promise<Call> {
  const { url, method } = request, body = await request.text();
  return {
    url,
    method,
    // Not compressed: both sides are busier than the network between them.
    headers: { ...Object.fromEntries(request.headers), "Accept-Encoding": "identity" },
    body: body === "" ? undefined : body,
  };
}

/** The answer as @libsql/client reads it. */
export function responseOf({ status, type, text }: Answer): Response {
  return new Response(text, { status, ...(type !== null && { headers: { "Content-Type": type } }) });
}
