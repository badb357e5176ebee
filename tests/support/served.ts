/** Runnel under `deno serve`, which decides where to listen, as edge hosting does. */

const ROOT = new URL("../../", import.meta.url).pathname;

/** A Runnel that a host serves; `url` answers once `answering` was awaited. */
export interface Served {
  readonly url: string;
  readonly process: Deno.ChildProcess;
  /** The first answer of /health. */
  answering(): Promise<Response>;
}

/** Starts it over a database, with those permissions. */
export function serveByHost(database: string, permissions: readonly string[] = ["-A"]): Served {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const url = `http://127.0.0.1:${port}`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["serve", "-q", ...permissions, "--host", "127.0.0.1", "--port", `${port}`, "main.ts"],
    cwd: ROOT,
    env: { DATABASE_URL: database, PORT: "0" },
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  return {
    url,
    process,
    async answering() {
      while (true) {
        const response = await fetch(`${url}/health`).catch(() => undefined);
        if (response !== undefined) return response;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}
