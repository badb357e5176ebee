/** The terminal of this process, for commands. */
import type { Runnel } from "../../domain/services.ts";
import { readPassword } from "./password.ts";
import type { Terminal } from "./terminal.ts";

/** `open` opens the database at `databaseUrl`; `apiKey` is for commands that talk to a server. */
export function createTerminal(
  open: () => Promise<Runnel>,
  databaseUrl: string,
  apiKey: string | undefined,
): Terminal {
  return {
    out: (text) => writeAll(Deno.stdout, text),
    err: (text) => writeAll(Deno.stderr, text),
    isTerminal: Deno.stdout.isTerminal(),
    read: async (path) =>
      path === "-"
        ? new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer())
        : await Deno.readFile(path),
    databaseUrl,
    apiKey,
    readPassword,
    async withServices(use) {
      await using runnel = await open();
      return await use(runnel.services);
    },
  };
}

/** Writes all of a text or of bytes, however little is taken at a time. */
export function writeAll(to: { writeSync(bytes: Uint8Array): number }, text: string | Uint8Array): void {
  let bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  while (bytes.length > 0) bytes = bytes.subarray(to.writeSync(bytes));
}
