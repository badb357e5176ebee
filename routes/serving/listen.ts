/** Listening, and ending in order. */
import type { Hono } from "hono";
import type { ApiKeys } from "../../domain/access/keys.ts";
import type { Runnel } from "../../domain/services.ts";
import type { GateEnv } from "../gate.ts";
import { createPeer, isLoopback } from "./peer.ts";
import { keepServing, type Listener } from "./keep_serving.ts";

/** How long a stop waits for requests that are under way, and then for the database. Together less than 4 s. */
const DRAIN_MS = 2_400, CLOSE_MS = 1_400;

/** Listening failed for a reason that the operator can mend; the message says how. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** Where to listen. */
export interface ListenOptions {
  readonly HOST: string;
  readonly PORT: number;
  readonly ALLOW_ANONYMOUS: boolean;
  readonly TRUST_PROXY: boolean;
}

/** Serves until a signal. `ListenError`: the port is taken, or others reach the address and there is no key. */
export async function listen(
  app: Hono<GateEnv>,
  keys: ApiKeys,
  { HOST, PORT, ALLOW_ANONYMOUS, TRUST_PROXY }: ListenOptions,
  log: (line: string) => void,
): Promise<Listener> {
  // A database that is away cannot say; each request asks again, and stays outside until it can.
  if (!isLoopback(HOST) && !ALLOW_ANONYMOUS && !await keys.exist().catch(() => true)) {
    throw new ListenError(
      `HOST is ${HOST}, which others can reach, but there is no API key. Make one (runnel keys add NAME --scopes admin), ` +
        "or set ALLOW_ANONYMOUS=true to let everybody in",
    );
  }
  const peer = createPeer(TRUST_PROXY, isLoopback(HOST));
  const shown = HOST.includes(":") ? `[${HOST}]` : HOST;
  try {
    return keepServing(
      { hostname: HOST, port: PORT },
      (request, info, connections) => app.fetch(request, peer(info, connections)),
      (port) => log(`Runnel listens on http://${shown}:${port}/`),
      log,
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new ListenError(
      `port ${PORT} of ${HOST} is taken: set PORT to another, or to 0 for a free one`,
    );
  }
}

/** On SIGTERM or SIGINT: answers what was accepted, tells subscribers, closes the database, and exits with 0. */
export function stopOnSignals(runnel: Runnel, server?: Listener): void {
  let isStopping = false;
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    const drained = server?.shutdown();
    const closing = runnel.services.close();
    // A client that stopped in the middle of its request must not keep the database from being closed.
    await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_MS))]);
    setTimeout(() => Deno.exit(1), CLOSE_MS);
    await closing;
    await runnel[Symbol.asyncDispose]();
    Deno.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, stop);
}
