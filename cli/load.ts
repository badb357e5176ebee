/** `runnel load`: events of user sessions from a file of JSON Lines, into the configured database or over HTTP. */
import { type Command, InvalidArgumentError } from "commander";
import { formatTime, MAX_BATCH, type SessionEvent } from "../domain/sessions/event.ts";
import { type LoadCount, loadLines } from "../domain/sessions/load.ts";
import { countBytes, decompressed, openInput } from "./input.ts";
import { createProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Events in one commit of the file: the more, the fewer pages are written twice. */
const COMMIT = 50_000;
const MAX_ATTEMPTS = 10;

interface LoadOptions {
  readonly url?: URL;
  readonly key?: string;
  readonly skipInvalid?: boolean;
}

export function addLoadCommand(program: Command, terminal: Terminal): void {
  program.command("load").description("store events of user sessions; what is stored already changes nothing")
    .argument("<file>", "JSON Lines, plain or compressed with gzip or bzip2; - reads standard input")
    .option("--url <address>", "send them to a running Runnel instead of the configured database", httpUrl)
    .option("--key <key>", "API key for --url")
    .option("--skip-invalid", "exit with 0 although lines were refused")
    .action(async (file: string, options: LoadOptions) => {
      const { url, key } = options;
      const count = url === undefined
        ? await terminal.withServices(({ sessions }) => load(file, COMMIT, (events) => sessions.add(events)))
        : await load(file, MAX_BATCH, (events) => send(url, key, events));
      report(count, terminal);
      if (count.refused > 0 && !options.skipInvalid) {
        throw new Error("lines were refused; everything else is stored (--skip-invalid accepts this)");
      }
    });
}

async function load(
  file: string,
  size: number,
  store: (events: readonly SessionEvent[]) => Promise<void>,
): Promise<LoadCount> {
  await using input = await openInput(file);
  const progress = createProgress(input.bytes);
  try {
    const pieces = decompressed(countBytes(input.pieces, (bytes) => progress.read(bytes)));
    return await loadLines(pieces, { store, size, onProgress: ({ accepted }) => progress.stored(accepted) });
  } finally {
    progress.stop();
  }
}

function report({ accepted, refused, refusals }: LoadCount, { out, err }: Terminal): void {
  const number = (value: number) => value.toLocaleString("en");
  out(`${number(accepted)} lines accepted, ${number(refused)} refused\n`);
  for (const { line, path, message } of refusals) {
    err(`line ${line}: ${path === "" ? message : `${path}: ${message}`}\n`);
  }
  if (refused > refusals.length) err(`and ${number(refused - refusals.length)} more\n`);
}

/** Sends a batch; where the server is overloaded it waits as long as the server says. */
async function send(url: URL, key: string | undefined, events: readonly SessionEvent[]): Promise<void> {
  const body = JSON.stringify(events.map((event) => ({ ...event, ts: formatTime(event.ts) })));
  const headers = {
    "Content-Type": "application/json",
    ...(key !== undefined && { Authorization: `Bearer ${key}` }),
  };
  for (let attempt = 1;; attempt++) {
    const response = await fetch(new URL("user/batches", url), { method: "POST", headers, body });
    const text = await response.text();
    if (response.ok) return;
    const seconds = Number(response.headers.get("retry-after"));
    if (response.status !== 503 || attempt === MAX_ATTEMPTS) {
      throw new Error(`${url} answered ${response.status}: ${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, (seconds || 1) * 1000));
  }
}

function httpUrl(text: string): URL {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError("an http:// or https:// address");
  }
  return new URL(text.endsWith("/") ? text : `${text}/`);
}
