/** The `runnel` command in this process, without a database of its own. */
import { runCommand } from "../../cli/main.ts";

/** What a command left behind. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command as at a terminal, or in a pipe; `input` is the standard input or any file. */
export async function runnel(
  args: string[],
  { isTerminal = false, input = "", apiKey = "" } = {},
): Promise<Run> {
  let out = "", err = "";
  const decoder = new TextDecoder();
  const code = await runCommand(args, {
    readPassword: () => Promise.reject(new Error("no password is asked for here")),
    out: (text) => out += typeof text === "string" ? text : decoder.decode(text),
    err: (text) => err += text,
    isTerminal,
    databaseUrl: "",
    read: () => Promise.resolve(new TextEncoder().encode(input)),
    apiKey: apiKey || undefined,
    withServices: () => Promise.reject(new Error("no database is needed")),
  });
  return { code, out, err };
}
