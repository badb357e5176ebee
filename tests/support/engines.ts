/** Every way in which Runnel is connected to its data, each with real parts: what the application's tests run on. */
import type { DatabaseOptions } from "../../db/open.ts";
import { type LibsqlServer, startLibsqlServer } from "./libsql_server.ts";
import { TextLineStream } from "./lines.ts";

/**
 * `file`: a file of its own; `shared-file`: a file that another process writes all the time; `server`: a libSQL server;
 * `replica`: a copy in this process of a server's database; `read-replica`: a libSQL server that follows a primary.
 */
export const ENGINES = ["file", "shared-file", "server", "replica", "read-replica"] as const;
export type EngineName = typeof ENGINES[number];

/** An empty database. `await using` ends its servers. */
export interface TestDatabase extends AsyncDisposable {
  readonly options: DatabaseOptions;
  /** For a second application over the same data. */
  readonly sharedUrl: string;
  /** To be called once the file has its schema. */
  meetNeighbour(): Promise<void>;
}

/** The engine that this run of the tests is for (`deno task test:engines`); undefined: each test decides. */
export function wantedEngine(): EngineName | undefined {
  const name = Deno.env.get("TEST_ENGINE");
  if (name === undefined || (ENGINES as readonly string[]).includes(name)) return name as EngineName;
  throw new Error(`TEST_ENGINE is ${name}, and must be one of ${ENGINES.join(", ")}`);
}

/** Starts what the engine needs, with its files in a folder. */
export async function startEngine(name: EngineName, folder: string): Promise<TestDatabase> {
  await using started = new AsyncDisposableStack();
  const use = async (primary?: LibsqlServer) => started.use(await startLibsqlServer({ primary }));
  const path = `${folder}/runnel.db`, url = `file:${path}`;
  const meetNeighbour = async () => {
    if (name === "shared-file") stack.use(await startNeighbour(path));
  };
  const shared = name === "file" || name === "shared-file" ? undefined : await use();
  const own = name === "read-replica" ? await use(shared) : shared;
  const stack = started.move();
  return {
    options: own === undefined ? { url } : name === "replica" ? { url, syncUrl: own.url } : { url: own.url },
    sharedUrl: own?.url ?? url,
    meetNeighbour,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function startNeighbour(file: string): Promise<AsyncDisposable> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", new URL("./neighbour.ts", import.meta.url).pathname, file],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextLineStream()).getReader();
  await lines.read();
  return {
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      await lines.cancel();
    },
  };
}
