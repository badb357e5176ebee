/** A server that goes on when a connection cannot be accepted. */
import { describeError } from "../../domain/errors.ts";

/** How long to wait before the port is opened again, and how often a failure is logged. */
const REOPEN_MS = 50, LOG_EVERY_MS = 10_000;

/** A listening server. */
export interface Listener {
  /** Accepts nothing more; resolves when what was accepted is answered. */
  shutdown(): Promise<void>;
}

/** Where to listen. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/**
 * Serves until `shutdown`. Deno's server ends, and the process with it, at the first connection that it cannot accept:
 * above all when descriptors run out (EMFILE). Here the ended server lets go of its connections, and another listens on
 * the same port at once. `onListen` is called once. A port that is taken at the start: throws.
 */
export function keepServing(
  { hostname, port }: Address,
  handler: Deno.ServeHandler,
  onListen: (port: number) => void,
  log: (line: string) => void,
): Listener {
  let isStopping = false, loggedAt = -Infinity;
  let abort = new AbortController();
  const serve = (at: number, opened: (port: number) => void) => {
    abort = new AbortController();
    const server = Deno.serve({
      hostname,
      port: at,
      signal: abort.signal,
      onListen: ({ port }) => opened(port),
    }, handler);
    server.finished.catch((error) => reopen(server.addr.port, error));
    return server;
  };
  const reopen = (at: number, error: unknown): void => {
    if (isStopping) return;
    if (performance.now() - loggedAt > LOG_EVERY_MS) {
      loggedAt = performance.now();
      log(
        `open connections were closed, because no more can be accepted (${
          firstLine(error)
        }): raise ulimit -n, ` +
          "or limit connections in a proxy in front",
      );
    }
    abort.abort();
    setTimeout(() => {
      if (isStopping) return;
      try {
        server = serve(at, () => {});
      } catch (failure) {
        reopen(at, failure);
      }
    }, REOPEN_MS);
  };
  let server = serve(port, onListen);
  return {
    shutdown() {
      isStopping = true;
      return server.shutdown().catch(() => {});
    },
  };
}

function firstLine(error: unknown): string {
  return error instanceof Error ? error.message : describeError(error).split("\n", 1)[0]!;
}
