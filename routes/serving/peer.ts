/** What is known of a request's connection. */
import type { Connections } from "./connections.ts";

/** Headers by which a proxy says for whom it asks. */
const FORWARDING = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/**
 * Makes the function that describes a connection, and tells `connections` of its requests. `isHere`: it listens on a
 * loopback address, which only this machine can reach; then no connection is asked where it comes from.
 */
export function createPeer(
  trustProxy: boolean,
  isHere = false,
): (info: Deno.ServeHandlerInfo | undefined, connections?: Connections) => Peer {
  return (info, connections) => new Peer(info, trustProxy, isHere, connections);
}

/** The connection of one request, as the server knows it; see `GateEnv`. A class: closures would be made for each. */
export class Peer {
  /** Template of the request's route. */
  route?: string;
  #remote: Deno.Addr | undefined;
  #slot: number | undefined;

  constructor(
    readonly info: Deno.ServeHandlerInfo | undefined,
    readonly trustProxy: boolean,
    readonly isHere: boolean,
    readonly connections: Connections | undefined,
  ) {}

  /**
   * A request is local when it comes from this machine, and no proxy asked for somebody else: with `trustProxy`, the
   * first address that X-Forwarded-For names decides.
   */
  isLocal({ headers }: Request): boolean {
    if (!this.isHere && !this.isFromHere()) return false;
    const first = this.trustProxy ? headers.get("x-forwarded-for")?.split(",", 1)[0]?.trim() : undefined;
    if (first !== undefined && first !== "") return isLoopback(first);
    return !FORWARDING.some((name) => headers.has(name));
  }

  /** The other end. Deno forgets it once the request became a WebSocket or its client left, so it is kept. */
  get remote(): Deno.Addr | undefined {
    try {
      return this.#remote ??= this.info?.remoteAddr;
    } catch {
      return undefined;
    }
  }

  address(): string | undefined {
    const { remote } = this;
    return remote !== undefined && "hostname" in remote ? remote.hostname : undefined;
  }

  /** A unix socket has peers of this machine only. */
  isFromHere(): boolean {
    return this.remote?.transport as string === "unix" || isLoopback(this.address() ?? "");
  }

  /** Settles when the answer is sent, or its client has left. */
  sent(): Promise<void> | undefined {
    return this.info?.completed;
  }

  /** The request's answer is not at hand. */
  began(): void {
    this.#slot = this.connections?.began(this);
  }

  /** The request has its answer. */
  ended(status: number): void {
    this.connections?.ended(this, this.#slot, status);
  }
}

/**
 * Whom a request comes from: with `trustProxy`, what the proxy itself added last to X-Forwarded-For (what stands before
 * may be made up), else the connection's address.
 */
export function clientAddress(
  { headers }: Request,
  address: string | undefined,
  trustProxy: boolean,
): string | undefined {
  const list = trustProxy ? headers.get("x-forwarded-for") : undefined;
  return list?.split(",").at(-1)?.trim() || address;
}

/** True for the names and addresses by which a machine reaches itself. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "::ffff:127.0.0.1" ||
    /^127(\.\d+){3}$/.test(host);
}
