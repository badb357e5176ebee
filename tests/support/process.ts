/** Runnel as its users run it: a process of its own, on a free port, over a database in a folder of its own. */
import { TextLineStream } from "./lines.ts";

/** A running Runnel. `await using` stops it. */
export interface TestProcess extends AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  /** What it wrote to stderr so far. */
  log(): string;
  /** Its exit code once it has ended by itself or by a signal (null when the signal ended it). */
  readonly ended: Promise<number | null>;
  /** Ends it with that signal and answers its exit code (null when the signal ended it). */
  end(signal: Deno.Signal): Promise<number | null>;
}

/** What a process is started with. */
export interface ProcessOptions {
  /** `file:` or server URL of the database. */
  readonly database: string;
  readonly env?: Record<string, string>;
  /** Instead of what `deno task start` runs. */
  readonly args?: readonly string[];
  /** How many descriptors it may have open; else as many as the test. */
  readonly descriptors?: number;
}

const ROOT = new URL("../../", import.meta.url).pathname;
/** Arguments of the command that `deno task start` runs. */
const START: readonly string[] = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`))
  .tasks.start.command.split(" ").slice(1);

/** Starts the process and waits until it listens. Fails with its log when it ends instead. */
export async function startProcess(
  { database, env = {}, args, descriptors }: ProcessOptions,
): Promise<TestProcess> {
  const limit = descriptors === undefined ? "" : `ulimit -n ${descriptors} && `;
  const process = new Deno.Command("sh", {
    args: [
      "-c",
      `${limit}exec "$0" "$@"`,
      Deno.execPath(),
      ...(args ?? START),
    ],
    cwd: ROOT,
    env: { PORT: "0", DATABASE_URL: database, ALLOWED_HOSTS: "runnel", ...env },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "";
  const listening = Promise.withResolvers<string>();
  const reading = (async () => {
    for await (const line of process.stderr.pipeThrough(new TextLineStream())) {
      log += `${line}\n`;
      const url = /listens on (http:\/\/[^\s"]+?)\/?("|$)/.exec(line)?.[1];
      if (url !== undefined) listening.resolve(url);
    }
    listening.reject(new Error(`the process ended before it listened:\n${log}`));
  })();
  const url = await listening.promise;
  let running = true;
  const ended = (async () => {
    const status = await process.status;
    running = false;
    await reading;
    return status.signal === null ? status.code : null;
  })();
  const end = (signal: Deno.Signal) => {
    if (running) process.kill(signal);
    return ended;
  };
  return {
    url,
    pid: process.pid,
    log: () => log,
    ended,
    end,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "runnel-test-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
