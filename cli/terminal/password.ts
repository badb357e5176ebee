/** Reading a password from the terminal, or from what is piped in. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import process from "node:process";

/** The typed line, which is not shown; without a terminal, the first line of stdin. */
export function readPassword(question: string): Promise<string> {
  const isTerminal = Deno.stdin.isTerminal();
  if (isTerminal) Deno.stderr.writeSync(new TextEncoder().encode(question));
  // In terminal mode readline echoes what is typed to its output: here, nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: isTerminal });
  return new Promise((resolve, reject) => {
    lines.once("line", (line) => {
      resolve(line);
      lines.close();
    });
    lines.once("SIGINT", () => lines.close());
    lines.once("close", () => {
      if (isTerminal) Deno.stderr.writeSync(new TextEncoder().encode("\n"));
      reject(new Error("no password was given"));
    });
  });
}
