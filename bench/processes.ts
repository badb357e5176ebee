/** Starting and stopping what is measured, and the load generator. */
import type { Running } from "./harness.ts";
import { TextLineStream } from "../tests/support/lines.ts";
import {
  type ProcessOptions,
  startProcess,
  temporaryFolder,
  type TestProcess,
} from "../tests/support/process.ts";

/** A Runnel of its own over a database of its own; both are gone when it is disposed of. */
export async function startRunnel(options: Partial<ProcessOptions> = {}): Promise<TestProcess> {
  const folder = await temporaryFolder();
  const process = await startProcess({ database: `file:${folder.path}/runnel.db`, ...options });
  return {
    ...process,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A peer's process. */
export interface Peer extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

/** Starts a program that listens on a port given to it, and waits until it accepts connections. */
export async function startPeer(
  program: string,
  argsFor: (port: number) => string[],
  cwd?: string,
): Promise<Peer> {
  const port = freePort();
  const process = new Deno.Command(program, {
    args: argsFor(port),
    stdout: "null",
    stderr: "null",
    ...(cwd !== undefined && { cwd }),
  }).spawn();
  await accepting(port, program);
  return {
    port,
    pid: process.pid,
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
    },
  };
}

/** A port that was free a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function accepting(port: number, program: string): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`${program} does not listen on port ${port}`);
}

/** What wrk is to send. */
export interface Load {
  readonly url: string;
  readonly connections: number;
  /** Seconds; 3 unless given. */
  readonly seconds?: number;
  /** A Lua script as wrk reads it (https://github.com/wg/wrk, SCRIPTING); GET without one. */
  readonly script?: string;
}

/** What wrk measured. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  /** 99th percentile of the latency, in milliseconds. */
  readonly p99: number;
}

/** Drives load with wrk and one thread. Answers other than 2xx and 3xx make it fail. */
export async function wrk({ url, connections, seconds = 3, script }: Load): Promise<LoadResult> {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency"];
  const file = await Deno.makeTempFile({ suffix: ".lua" });
  try {
    if (script !== undefined) {
      await Deno.writeTextFile(file, script);
      args.push("-s", file);
    }
    const text = await outputOf("wrk", [...args, url]);
    const wrong = /Non-2xx or 3xx responses: (\d+)/.exec(text);
    if (wrong !== null) throw new Error(`${url}: ${wrong[1]} answers were errors`);
    const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? [];
    return {
      requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)![1]),
      p99: Number(p99) * { us: 0.001, ms: 1, s: 1000 }[unit as "us" | "ms" | "s"],
    };
  } finally {
    await Deno.remove(file);
  }
}

/** Seconds of the same load before measuring, so that every contestant's code is compiled. */
const WARM_UP = 2;

/** Loads the process until its code is compiled, before the load that counts. */
export async function warmedUp(process: AsyncDisposable, load: Load, warmUp = load): Promise<Running> {
  await wrk({ ...warmUp, seconds: WARM_UP });
  return {
    measure: async () => (await wrk(load)).requestsPerSecond,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() as Promise<void>,
  };
}

/** What a program printed. Fails when it does not exit with 0. */
export async function outputOf(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`${program} failed: ${text}${new TextDecoder().decode(stderr)}`);
  return text;
}

/** How a script of the benchmarks is run: with the packages that only benchmarks need. */
export const RUN = ["run", "-q", "-A", "--config", new URL("../deno.dev.json", import.meta.url).pathname];

/** Starts a Deno script that prints its port as its first line. */
export async function startScript(script: URL, args: string[] = []): Promise<Peer> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [...RUN, script.pathname, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextLineStream()).getReader();
  const { value } = await lines.read();
  return {
    port: Number(value),
    pid: process.pid,
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      await lines.cancel();
    },
  };
}

/** CPU time that a process has used, in milliseconds (proc_pid_stat(5)). */
export async function cpuMillis(pid: number): Promise<number> {
  const fields = (await Deno.readTextFile(`/proc/${pid}/stat`)).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
