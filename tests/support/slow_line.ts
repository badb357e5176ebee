/** A network that carries few bytes a second. */

/** How much passes at once, and the pause after it in milliseconds. */
const PIECE = 32 * 1024, PAUSE_MS = 20;

/** Opens a slow line to a server: 1.6 MB/s at most for each connection, towards the client. */
export function openSlowLine(target: string): { readonly url: string } & AsyncDisposable {
  const { hostname, port } = new URL(target);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.Conn>();
  const accepting = (async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname, port: Number(port) });
      for (const each of [client, server]) connections.add(each);
      carry(client, server, 0);
      carry(server, client, PAUSE_MS);
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const each of connections) close(each);
    },
  };
}

async function carry(from: Deno.Conn, to: Deno.Conn, pauseMillis: number): Promise<void> {
  const piece = new Uint8Array(PIECE), writer = to.writable.getWriter();
  try {
    for (let length; (length = await from.read(piece)) !== null;) {
      await writer.write(piece.slice(0, length));
      if (pauseMillis > 0) await new Promise((resolve) => setTimeout(resolve, pauseMillis));
    }
  } catch {
    // One side has closed, which ends the other.
  }
  close(from);
  close(to);
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
