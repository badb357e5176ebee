/** What commands that talk to a server have in common. */
import type { Command } from "commander";
import { RunnelClient } from "../../client/mod.ts";
import type { Terminal } from "./terminal.ts";

/** Options of every such command. */
export interface RemoteOptions {
  readonly url: string;
  readonly key?: string;
}

/** Adds --url and --key. */
export function addRemoteOptions(command: Command): Command {
  return command
    .option("--url <url>", "address of Runnel", "http://127.0.0.1:8080")
    .option("--key <key>", "API key (else the one in RUNNEL_API_KEY)");
}

/** The client that the options ask for. */
export function connect({ url, key }: RemoteOptions, { apiKey }: Terminal): RunnelClient {
  const fetchOrExplain = async (request: Request) => {
    try {
      return await fetch(request);
    } catch (error) {
      throw new Error(`nothing answers at ${url}: is Runnel running there?`, { cause: error });
    }
  };
  return new RunnelClient({ url, key: key ?? apiKey, fetch: fetchOrExplain });
}
