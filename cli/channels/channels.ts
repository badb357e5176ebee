/** `runnel channel`: list and create channels, post, get and follow items over HTTP, repair one. */
import { type Command, InvalidArgumentError } from "commander";
import type { FollowedItem } from "../../client/mod.ts";
import { addConsumerCommands } from "./consumers.ts";
import { addFileCommands } from "./files.ts";
import { addRemoteOptions, connect, type RemoteOptions } from "../terminal/remote.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { addWebhookCommands } from "./webhooks.ts";

interface CreateFlags extends RemoteOptions {
  readonly ttlMillis?: number;
  readonly maxItems?: number;
  readonly description?: string;
}

interface PostFlags extends RemoteOptions {
  readonly data?: string;
  readonly type: string;
}

/** Adds `channel` with its commands, and those of what reads channels. */
export function addChannelCommands(program: Command, terminal: Terminal): void {
  const channel = program.command("channel").description("channels of a running Runnel");
  for (const add of [addList, addCreate, addPost, addGet, addTail, addFileCommands, addRepair]) {
    add(channel, terminal);
  }
  addConsumerCommands(program, terminal);
  addWebhookCommands(program, terminal);
}

function addList(channel: Command, terminal: Terminal): void {
  addRemoteOptions(channel.command("list").description("list channels"))
    .option("--tag <tag>", "those with this tag")
    .action(async ({ tag, ...flags }: RemoteOptions & { readonly tag?: string }) => {
      const names = await connect(flags, terminal).channels.list(tag);
      if (names.length === 0) tell(terminal, "There are no channels.\n");
      for (const name of names) terminal.out(`${name}\n`);
    });
}

function addCreate(channel: Command, terminal: Terminal): void {
  addRemoteOptions(channel.command("create").description("create a channel"))
    .argument("<name>")
    .option("--ttl-millis <number>", "how long an item can be read", positiveInteger)
    .option("--max-items <number>", "at most that many items are kept", positiveInteger)
    .option("--description <text>", "what it is for")
    .action(async (name: string, { ttlMillis, maxItems, description, ...flags }: CreateFlags) => {
      await connect(flags, terminal).channels.create(name, {
        ...(ttlMillis !== undefined && { ttlMillis }),
        ...(maxItems !== undefined && { maxItems }),
        ...(description !== undefined && { description }),
      });
      tell(terminal, `Created ${name}.\n`);
    });
}

function addPost(channel: Command, terminal: Terminal): void {
  addRemoteOptions(channel.command("post").description("store an item and write its id"))
    .argument("<name>").argument("[file]", "the item's body; - is the standard input", "-")
    .option("-d, --data <text>", "the item's body, instead of a file")
    .option("--type <type>", "its media type", "text/plain")
    .action(async (name: string, file: string, { data, type, ...flags }: PostFlags) => {
      const body = data ?? await terminal.read(file);
      const { id } = await connect(flags, terminal).channels.post(name, body, type);
      terminal.out(`${id}\n`);
    });
}

function addGet(channel: Command, terminal: Terminal): void {
  addRemoteOptions(channel.command("get").description("write an item's body"))
    .argument("<name>").argument("[id]", "an item's id, latest or earliest", "latest")
    .action(async (name: string, id: string, flags: RemoteOptions) => {
      const item = await connect(flags, terminal).channels.item(name, id);
      terminal.out(new Uint8Array(await item.arrayBuffer()));
      tell(terminal, "\n");
    });
}

function addTail(channel: Command, terminal: Terminal): void {
  addRemoteOptions(
    channel.command("tail").description(
      "write each new item's body on a line of its own, through restarts of the server",
    ),
  )
    .argument("<name>")
    .option(
      "--since <time>",
      "first what was stored since a time (ISO 8601), or in the last 1h; earliest: all",
    )
    .option("--content", "write bodies (what happens anyway)")
    .option("--json", "write each item with its headers, as JSON")
    .option("--count <number>", "stop after so many items", positiveInteger)
    .action((name: string, flags: TailFlags) => tail(name, flags, terminal));
}

async function tail(
  name: string,
  { count = Infinity, since, json, ...flags }: TailFlags,
  terminal: Terminal,
): Promise<void> {
  const from = since === "earliest" ? { after: since } : since === undefined ? {} : { since };
  const onReconnect = () => terminal.isTerminal && terminal.err("reconnecting\n");
  const items = connect(flags, terminal).channels.follow(name, { ...from, content: true, onReconnect });
  let seen = 0;
  for await (const item of items) {
    terminal.out(json ? JSON.stringify(item) : bodyOf(item));
    terminal.out("\n");
    if (++seen >= count) return;
  }
}

function addRepair(channel: Command, terminal: Terminal): void {
  channel.command("repair")
    .description(
      "give items that bear a time still to come keys of now; on the database itself, while Runnel is stopped",
    )
    .argument("<name>")
    .action(async (name: string) => {
      const moved = await terminal.withServices(({ items }) => items.repair(name));
      terminal.out(
        moved === 0
          ? `No item of ${name} is ahead of the clock.\n`
          : `Moved ${moved} items of ${name} to now.\n`,
      );
    });
}

/** Writes what only people need to read. */
function tell(terminal: Terminal, text: string): void {
  if (terminal.isTerminal) terminal.out(text);
}

interface TailFlags extends RemoteOptions {
  readonly count?: number;
  readonly since?: string;
  readonly json?: true;
}

function bodyOf({ data, dataBase64 }: FollowedItem): string | Uint8Array {
  return data ?? Uint8Array.fromBase64(dataBase64 ?? "");
}

function positiveInteger(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("a whole number above 0");
}
