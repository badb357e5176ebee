/** `runnel channel export|import`: items of a channel as lines of JSON, with their headers. */
import type { Command } from "commander";
import type { ChannelsClient, NewItem } from "../../client/mod.ts";
import { linesOf, parseLine } from "../../domain/ndjson.ts";
import { decompressed, openInput } from "../terminal/input.ts";
import { addRemoteOptions, connect, type RemoteOptions } from "../terminal/remote.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Characters of the longest line: an item of 64 MiB in base64. */
const MAX_LINE = 90 << 20;
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
      const stored = await importItems(connect(flags, terminal).channels, name, file, json ?? false);
      if (terminal.isTerminal) terminal.out(`Stored ${stored.toLocaleString("en")} items.\n`);
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

/** Answers how many were stored. Each commit stores all of its items or none; what fails says how many were stored before. */
async function importItems(
  channels: ChannelsClient,
  name: string,
  file: string,
  isBody: boolean,
): Promise<number> {
  await using input = await openInput(file);
  let waiting: NewItem[] = [], characters = 0, stored = 0, number = 0;
  const store = async () => {
    if (waiting.length > 0) await channels.bulk(name, waiting);
    stored += waiting.length;
    [waiting, characters] = [[], 0];
  };
  try {
    for await (const lines of linesOf(decompressed(input.pieces), MAX_LINE)) {
      for (const line of lines) {
        number++;
        const parsed = parseLine(line);
        if (parsed === undefined) continue;
        if ("message" in parsed) throw new Error(`line ${number}: ${parsed.message}`);
        waiting.push(isBody ? { body: line!, type: "application/json" } : itemOf(parsed.value, number));
        characters += line!.length;
        if (waiting.length === MAX_COMMIT_ITEMS || characters > MAX_COMMIT_CHARACTERS) await store();
      }
    }
    await store();
  } catch (error) {
    if (stored === 0) throw error;
    throw new Error(`${(error as Error).message}; the first ${stored} items are stored`, { cause: error });
  }
  return stored;
}

function itemOf(value: unknown, line: number): NewItem {
  const refuse = (what: string) => new Error(`line ${line}: ${what} (--json stores lines as they stand)`);
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
