/** A server that goes on when a connection cannot be accepted. */
import { describeError } from "../../domain/errors.ts";
import { backlogFor, CONNECTION_LIMITS, type ConnectionLimits, Connections } from "./connections.ts";
import { socketsOf } from "./sockets.ts";

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

/** Answers a request; `connections` wants to know when it began and ended. */
export type Handler = (
  request: Request,
  info: Deno.ServeHandlerInfo,
  connections: Connections | undefined,
) => Response | Promise<Response>;

/**
 * Serves until `shutdown`. Deno's server ends, and the process with it, at the first connection that it cannot accept:
 * above all when descriptors run out (EMFILE). `Connections` keeps their number below that where the system lets it look;
 * else the ended server lets go of its connections, and another listens on the same port at once. `onListen` is called
 * once. A port that is taken at the start: throws.
 */
export function keepServing(
  { hostname, port }: Address,
  handler: Handler,
  onListen: (port: number) => void,
  log: (line: string) => void,
  limits: ConnectionLimits = CONNECTION_LIMITS,
): Listener {
  let connections: Connections | undefined;
  let isStopping = false, loggedAt = -Infinity;
  let abort = new AbortController();
  const serve = (at: number, opened: (port: number) => void) => {
    abort = new AbortController();
    const server = Deno.serve({
      hostname,
      port: at,
      // What waits here is accepted at one go, before their number is looked at again.
      tcpBacklog: backlogFor(socketsOf(at)?.limit),
      signal: abort.signal,
      onListen: ({ port }) => {
        const sockets = socketsOf(port);
        connections = sockets && new Connections(sockets, limits, log);
        opened(port);
      },
    }, (request, info) => handler(request, info, connections));
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
    connections?.close();
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
      connections?.close();
      return server.shutdown().catch(() => {});
    },
  };
}

function firstLine(error: unknown): string {
  return error instanceof Error ? error.message : describeError(error).split("\n", 1)[0]!;
}
