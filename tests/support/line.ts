/** The network between Runnel and a database server: it counts what passes, and takes as long as it is told to. */

/** A proxy in front of a server. `await using` ends it. */
export interface Line extends AsyncDisposable {
  readonly url: string;
  /** Where it leads to; may be set. */
  target: string;
  /** Requests since the start: each is a round trip. */
  readonly requests: number;
  /** Keeps requests to such paths waiting, until what it answers is called. */
  hold(path: RegExp): () => void;
  /** The round trips that something takes. */
  count(what: () => Promise<unknown>): Promise<number>;
}

/** Opens a line to an HTTP server. A request takes `delayMillis` more than the server needs. */
export function openLine(to: string, delayMillis = 0): Line {
  let requests = 0, target = to;
  let held: { readonly path: RegExp; readonly released: Promise<void> } | undefined;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    requests++;
    const { pathname, search } = new URL(request.url);
    const body = await request.bytes();
    if (held?.path.test(pathname)) await held.released;
    if (delayMillis > 0) await new Promise((resolve) => setTimeout(resolve, delayMillis));
    const answer = await fetch(target + pathname + search, {
      method: request.method,
      headers: request.headers,
      ...(body.length > 0 && { body }),
    });
    return new Response(await answer.bytes(), {
      status: answer.status,
      headers: { "Content-Type": answer.headers.get("content-type") ?? "application/octet-stream" },
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    get target() {
      return target;
    },
    set target(other) {
      target = other;
    },
    get requests() {
      return requests;
    },
    hold(path) {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = { path, released: promise };
      return resolve;
    },
    async count(what) {
      const before = requests;
      await what();
      return requests - before;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
