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
  return new KeptServer({ hostname, handler, log, limits }, port, onListen);
}

interface Serving {
  readonly hostname: string;
  readonly handler: Handler;
  readonly log: (line: string) => void;
  readonly limits: ConnectionLimits;
}

class KeptServer implements Listener {
  readonly #serving: Serving;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #connections: Connections | undefined;
  #isStopping = false;
  #loggedAt = -Infinity;
  #abort = new AbortController();

  constructor(serving: Serving, port: number, onListen: (port: number) => void) {
    this.#serving = serving;
    this.#server = this.#serve(port, onListen);
  }

  shutdown(): Promise<void> {
    this.#isStopping = true;
    this.#connections?.close();
    return this.#server.shutdown().catch(() => {});
  }

  #serve(at: number, opened: (port: number) => void): Deno.HttpServer<Deno.NetAddr> {
    const { hostname, handler, limits, log } = this.#serving;
    this.#abort = new AbortController();
    const server = Deno.serve({
      hostname,
      port: at,
      // What waits here is accepted at one go, before their number is looked at again.
      tcpBacklog: backlogFor(socketsOf(at)?.limit),
      signal: this.#abort.signal,
      onListen: ({ port }) => {
        const sockets = socketsOf(port);
        this.#connections = sockets && new Connections(sockets, limits, log);
        opened(port);
      },
    }, (request, info) => handler(request, info, this.#connections));
    server.finished.catch((error) => this.#reopen(server.addr.port, error));
    return server;
  }

  #reopen(at: number, error: unknown): void {
    if (this.#isStopping) return;
    this.#tell(error);
    this.#connections?.close();
    this.#abort.abort();
    setTimeout(() => {
      if (this.#isStopping) return;
      try {
        this.#server = this.#serve(at, () => {});
      } catch (failure) {
        this.#reopen(at, failure);
      }
    }, REOPEN_MS);
  }

  #tell(error: unknown): void {
    if (performance.now() - this.#loggedAt <= LOG_EVERY_MS) return;
    this.#loggedAt = performance.now();
    const advice = "raise ulimit -n, or limit connections in a proxy in front";
    this.#serving.log(
      `open connections were closed, because no more can be accepted (${firstLine(error)}): ${advice}`,
    );
  }
}

function firstLine(error: unknown): string {
  return error instanceof Error ? error.message : describeError(error).split("\n", 1)[0]!;
}
