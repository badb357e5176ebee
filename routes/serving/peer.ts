/** What is known of a request's connection. */

/** What the server says of a request; see `GateEnv`. */
export interface Peer {
  isLocal(request: Request): boolean;
  address(): string | undefined;
  route?: string;
}

/** Headers by which a proxy says for whom it asks. */
const FORWARDING = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/**
 * Makes the function that describes a connection. A request is local when it comes from this machine, and no proxy asked
 * for somebody else: with `trustProxy`, the first address that X-Forwarded-For names decides. `isHere`: it listens on a
 * loopback address, which only this machine can reach; then no connection is asked where it comes from.
 */
export function createPeer(
  trustProxy: boolean,
  isHere = false,
): (info: Deno.ServeHandlerInfo | undefined) => Peer {
  return (info) => new Connection(info, trustProxy, isHere);
}

/** One a request: a class, because closures would be made for each. */
class Connection implements Peer {
  route?: string;

  constructor(
    readonly info: Deno.ServeHandlerInfo | undefined,
    readonly trustProxy: boolean,
    readonly isHere: boolean,
  ) {}

  isLocal({ headers }: Request): boolean {
    if (!this.isHere && !isFromHere(this.info)) return false;
    const first = this.trustProxy ? headers.get("x-forwarded-for")?.split(",", 1)[0]?.trim() : undefined;
    if (first !== undefined && first !== "") return isLoopback(first);
    return !FORWARDING.some((name) => headers.has(name));
  }

  address(): string | undefined {
    return this.info && addressOf(this.info);
  }
}

/** True for the names and addresses by which a machine reaches itself. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "::ffff:127.0.0.1" ||
    /^127(\.\d+){3}$/.test(host);
}

/** A unix socket has peers of this machine only. */
function isFromHere(info: Deno.ServeHandlerInfo | undefined): boolean {
  if (info?.remoteAddr?.transport as string === "unix") return true;
  const address = info && addressOf(info);
  return address !== undefined && isLoopback(address);
}

function addressOf({ remoteAddr }: Deno.ServeHandlerInfo): string | undefined {
  return remoteAddr !== undefined && "hostname" in remoteAddr ? remoteAddr.hostname : undefined;
}
