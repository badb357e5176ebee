/** `runnel import`: chat history from the exports of Slack and Mattermost. */
import { Presets, SingleBar } from "cli-progress";
import type { Command } from "commander";
import { Buffer } from "node:buffer";
import process from "node:process";
import yauzl from "yauzl";
import type { Conversations } from "../domain/conversations/conversations.ts";
import type { ExportFiles, ImportProgress } from "../domain/conversations/slack/export.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { linesOf } from "../domain/ndjson.ts";

/** Largest file within an archive, in bytes. */
const MAX_FILE = 512 << 20;
/** Longest line of an export, in characters: a post has its replies in it. */
const MAX_LINE = 64 << 20;

/** Adds the chat systems to the command `import`. */
export function addImportCommands(imports: Command, { out, withServices }: Terminal): void {
  imports.command("slack").description("chat history from Slack's export; the same one again changes nothing")
    .argument("<zip>", "the archive")
    .action((path: string) =>
      withServices(async ({ conversations }) => {
        const archive = await openArchive(path);
        try {
          await follow(conversations.importSlack(archive));
        } finally {
          archive.close();
        }
      })
    );

  imports.command("mattermost").description(
    "chat history from Mattermost's bulk export; the same one again changes nothing",
  )
    .argument("<jsonl>", "the file of JSON lines")
    .action((path: string) =>
      withServices(async ({ conversations }) => {
        using file = await Deno.open(path);
        const { size } = await file.stat();
        await follow(conversations.importMattermost(wholeLines(file), size));
      })
    );

  /** Shows a bar in a terminal, and says in the end how much it was. */
  async function follow(progress: ReturnType<Conversations["importSlack"]>): Promise<void> {
    const format = "{bar} {percentage} % | {messages} messages | {eta_formatted} left";
    const bar = new SingleBar(
      { format, stream: process.stderr, clearOnComplete: true },
      Presets.shades_classic,
    );
    let last: ImportProgress = { done: 0, total: 0, messages: 0 };
    bar.start(1, 0, { messages: 0 });
    try {
      for await (last of progress) {
        bar.setTotal(last.total);
        bar.update(last.done, { messages: last.messages });
      }
    } finally {
      bar.stop();
    }
    out(`${last.messages} messages are in.\n`);
  }
}

async function openArchive(path: string): Promise<ExportFiles & { close(): void }> {
  const archive = await yauzl.openPromise(path, { autoClose: false });
  const entries = new Map<string, { uncompressedSize: number }>();
  for await (const entry of archive.eachEntry()) entries.set(entry.fileName, entry);
  return {
    names: [...entries.keys()],
    async read(name) {
      const entry = entries.get(name)!;
      if (entry.uncompressedSize > MAX_FILE) throw new Error(`${name} has more than ${MAX_FILE} bytes`);
      const pieces: Uint8Array[] = [];
      for await (const piece of await archive.openReadStreamPromise(entry)) pieces.push(piece);
      return Buffer.concat(pieces).toString();
    },
    close: () => archive.close(),
  };
}

async function* wholeLines(file: Deno.FsFile): AsyncGenerator<string> {
  for await (const lines of linesOf(file.readable, MAX_LINE)) {
    for (const line of lines) {
      if (line === undefined) throw new Error(`a line has more than ${MAX_LINE} characters`);
      yield line;
    }
  }
}
