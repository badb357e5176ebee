/** `runnel channel export|import`: items of a channel as lines of JSON, with their headers. */
import type { Command } from "commander";
import type { ChannelsClient, NewItem } from "../../client/mod.ts";
import { importLines, type LineImporter } from "../terminal/lines.ts";
import { addRemoteOptions, connect, type RemoteOptions } from "../terminal/remote.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Items and characters that are stored in one commit. */
const MAX_COMMIT_ITEMS = 5_000, MAX_COMMIT_CHARACTERS = 8 << 20;
/** What an exported line may have; the first four say where the item was, and are left aside. */
const FIELDS = new Set([
  "id",
  "href",
  "timestamp",
  "channel",
  "contentType",
  "contentEncoding",
  "contentLanguage",
  "key",
  "data",
  "dataBase64",
]);

interface ImportFlags extends RemoteOptions {
  readonly json?: true;
}

export function addFileCommands(channel: Command, terminal: Terminal): void {
  addRemoteOptions(
    channel.command("export").description("write all items that are stored now, a line of JSON each"),
  )
    .argument("<name>")
    .action((name: string, flags: RemoteOptions) =>
      exportItems(connect(flags, terminal).channels, name, terminal)
    );

  addRemoteOptions(channel.command("import").description("store the items of a file that export wrote"))
    .argument("<name>").argument("[file]", "plain, gzip or bzip2; - is the standard input", "-")
    .option("--json", "each line is itself the body of an item")
    .action(async (name: string, file: string, { json, ...flags }: ImportFlags) => {
      const importer = new ItemImporter(connect(flags, terminal).channels, name, json ?? false);
      await importLines(file, importer);
      if (terminal.isTerminal) terminal.out(`Stored ${importer.stored.toLocaleString("en")} items.\n`);
    });
}

async function exportItems(channels: ChannelsClient, name: string, { out }: Terminal): Promise<void> {
  const last = await channels.newest(name);
  if (last === null) return;
  const stop = new AbortController();
  for await (const item of channels.follow(name, { after: "earliest", content: true, signal: stop.signal })) {
    if (item.id <= last.id) out(`${JSON.stringify(item)}\n`);
    if (item.id >= last.id) stop.abort();
  }
}

/** Sends items to a channel. Each commit stores all of its items or none. */
class ItemImporter implements LineImporter {
  stored = 0;
  #waiting: NewItem[] = [];
  #characters = 0;

  constructor(readonly channels: ChannelsClient, readonly name: string, readonly isBody: boolean) {}

  async add(value: unknown, line: string): Promise<void> {
    this.#waiting.push(this.isBody ? { body: line, type: "application/json" } : itemOf(value));
    this.#characters += line.length;
    if (this.#waiting.length === MAX_COMMIT_ITEMS || this.#characters > MAX_COMMIT_CHARACTERS) {
      await this.end();
    }
  }

  async end(): Promise<void> {
    const items = this.#waiting;
    if (items.length > 0) await this.channels.bulk(this.name, items);
    this.stored += items.length;
    [this.#waiting, this.#characters] = [[], 0];
  }
}

function itemOf(value: unknown): NewItem {
  const refuse = (what: string) => new Error(`${what} (--json stores lines as they stand)`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse("not an exported item");
  }
  const item = value as Record<string, unknown>;
  for (const [name, field] of Object.entries(item)) {
    if (!FIELDS.has(name)) throw refuse(`an exported item has no ${JSON.stringify(name)}`);
    if (typeof field !== "string") throw refuse(`${name} is a text`);
  }
  const { contentType, contentEncoding, contentLanguage, key, data, dataBase64 } = item as Record<
    string,
    string
  >;
  if ((data === undefined) === (dataBase64 === undefined)) {
    throw refuse("an exported item has data or dataBase64");
  }
  return {
    body: data ?? bytesOf(dataBase64!, refuse),
    type: contentType,
    encoding: contentEncoding,
    language: contentLanguage,
    key,
  };
}

function bytesOf(base64: string, refuse: (what: string) => Error): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw refuse("dataBase64 is no base64");
  }
}
