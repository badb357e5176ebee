/** What is known of a request's connection. */
import type { GateEnv } from "../gate.ts";

/** Makes the function that says of a connection whether it may come in while there is no API key. */
export function createPeerCheck(
  allowAnonymous: boolean,
): (info: Deno.ServeHandlerInfo | undefined) => GateEnv["Bindings"] {
  return (info) => ({
    anonymous: allowAnonymous || isThisMachine(info && addressOf(info)),
    address: () => info && addressOf(info),
  });
}

/** True for the names and addresses by which a machine reaches itself. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "::ffff:127.0.0.1" ||
    /^127(\.\d+){3}$/.test(host);
}

function isThisMachine(address: string | undefined): boolean {
  return address !== undefined && isLoopback(address);
}

function addressOf({ remoteAddr }: Deno.ServeHandlerInfo): string | undefined {
  return remoteAddr !== undefined && "hostname" in remoteAddr ? remoteAddr.hostname : undefined;
}
