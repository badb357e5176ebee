/** `runnel load`: events of user sessions from a file of JSON Lines, into the configured database or over HTTP. */
import { constants, setPriority } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import { formatTime, type SessionEvent } from "../domain/sessions/event.ts";
import { type EventSink, type LoadCount, loadLines } from "../domain/sessions/loading/load.ts";
import type { PlainEvent } from "../domain/sessions/loading/plain_event.ts";
import { countBytes, decompressed, openInput } from "./terminal/input.ts";
import { createProgress } from "./terminal/progress.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Into the file. */
const LOADER = { committed: 20_000, settles: true };
/** Events in one request. */
const SENT = 10_000;
/** Requests under way at the same time: one is stored while the next is read. */
const MAX_SENDING = 2;
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
      // Before threads start, which inherit it. A server beside it answers in 1 ms instead of 4 (p99 of /health).
      setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
      const count = url === undefined
        ? await terminal.withServices(({ sessions }) =>
          load(file, (onStored) => sessions.loader({ ...LOADER, onStored }))
        )
        : await load(file, (onStored) => new Sender(url, key, onStored));
      report(count, terminal);
      if (count.refused > 0 && !options.skipInvalid) {
        throw new Error("lines were refused; everything else is stored (--skip-invalid accepts this)");
      }
    });
}

async function load(
  file: string,
  createSink: (onStored: (events: number) => void) => EventSink,
): Promise<LoadCount> {
  await using input = await openInput(file);
  const progress = createProgress(input.bytes);
  try {
    const pieces = decompressed(countBytes(input.pieces, (bytes) => progress.read(bytes)));
    const sink = createSink((events) => progress.stored(events));
    return await loadLines(pieces, sink, ({ accepted }) => progress.accepted(accepted));
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

/** Sends events to a running Runnel. */
class Sender implements EventSink {
  readonly #sending = new Set<Promise<void>>();
  #lines: string[] = [];
  #stored = 0;
  #failure: unknown;

  constructor(
    readonly url: URL,
    readonly key: string | undefined,
    readonly onStored: (events: number) => void,
  ) {}

  add(event: SessionEvent): void {
    this.#lines.push(JSON.stringify({ ...event, ts: formatTime(event.ts) }));
  }

  addPlain(event: PlainEvent): void {
    this.add(event.toEvent());
  }

  async ready(): Promise<void> {
    if (this.#lines.length >= SENT) this.#send();
    while (this.#sending.size >= MAX_SENDING) await Promise.race(this.#sending);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async end(): Promise<void> {
    if (this.#lines.length > 0) this.#send();
    await Promise.all(this.#sending);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #send(): void {
    const lines = this.#lines;
    this.#lines = [];
    const request = sendLines(this.url, this.key, lines.join("\n")).then(
      () => this.onStored(this.#stored += lines.length),
      (error) => void (this.#failure ??= error),
    ).finally(() => this.#sending.delete(request));
    this.#sending.add(request);
  }
}

/** Sends lines; where the server is overloaded it waits as long as the server says. */
async function sendLines(url: URL, key: string | undefined, body: string): Promise<void> {
  const headers = {
    "Content-Type": "application/x-ndjson",
    ...(key !== undefined && { Authorization: `Bearer ${key}` }),
  };
  for (let attempt = 1;; attempt++) {
    const response = await fetch(new URL("user/batches", url), { method: "POST", headers, body });
    const text = await response.text();
    if (response.ok && JSON.parse(text).refused === 0) return;
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
