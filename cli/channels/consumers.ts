/** `runnel consumer`: workers that share a channel. */
import { type Command, InvalidArgumentError } from "commander";
import type { ConsumerClient, ConsumerSettings, ConsumerState } from "../../client/mod.ts";
import { addRemoteOptions, connect, type RemoteOptions } from "../terminal/remote.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface CreateFlags extends RemoteOptions {
  readonly start?: string;
  readonly ackWait?: string;
  readonly maxDeliver?: number;
  readonly maxInFlight?: number;
  readonly deadLetter?: string;
}

interface PullFlags extends RemoteOptions {
  readonly max?: number;
  readonly wait?: string;
  readonly ack?: true;
  readonly follow?: true;
  readonly count?: number;
}

export function addConsumerCommands(program: Command, terminal: Terminal): void {
  const consumer = program.command("consumer").description(
    "workers that share a channel of a running Runnel",
  );
  const say = (text: string) => terminal.isTerminal && terminal.out(text);
  const of = (flags: RemoteOptions, channel: string, name: string) =>
    connect(flags, terminal).channels.consumer(channel, name);

  addRemoteOptions(consumer.command("list").description("list the consumers of a channel"))
    .argument("<channel>")
    .action(async (channel: string, flags: RemoteOptions) => {
      const consumers = await connect(flags, terminal).channels.consumers(channel);
      terminal.out(
        terminal.isTerminal ? consumerTable(consumers, channel) : `${JSON.stringify(consumers)}\n`,
      );
    });

  addRemoteOptions(consumer.command("create").description("create a consumer, or change what is given"))
    .argument("<channel>").argument("<name>")
    .option("--start <position>", "latest, earliest, an item's id (what comes after it), or a time")
    .option("--ack-wait <duration>", "how long a worker holds an item, such as 30s")
    .option("--max-deliver <number>", "how often an item is given out", wholeNumber)
    .option("--max-in-flight <number>", "items that all workers together hold", wholeNumber)
    .option("--dead-letter <channel>", "where items go that are given up")
    .action(async (channel: string, name: string, { url, key, ...settings }: CreateFlags) => {
      await of({ url, ...(key !== undefined && { key }) }, channel, name).put(settings as ConsumerSettings);
      say(`The consumer ${name} of ${channel} is ready.\n`);
    });

  addRemoteOptions(consumer.command("show").description("write how far a consumer is, as JSON"))
    .argument("<channel>").argument("<name>")
    .action(async (channel: string, name: string, flags: RemoteOptions) => {
      const { _links: _, ...state } = await of(flags, channel, name).get();
      terminal.out(`${JSON.stringify(state, null, 2)}\n`);
    });

  addRemoteOptions(consumer.command("pull").description("take items and write them, a line of JSON each"))
    .argument("<channel>").argument("<name>")
    .option("--max <number>", "at most so many", wholeNumber)
    .option("--wait <duration>", "how long to wait for the first, such as 30s")
    .option("--ack", "acknowledge them once they are written; else they come again")
    .option("--follow", "go on with what comes next, through restarts of the server")
    .option("--count <number>", "stop following after so many", wholeNumber)
    .action(async (channel: string, name: string, flags: PullFlags) => {
      const worker = of(flags, channel, name);
      await (flags.follow ? followItems : pullItems)(worker, flags, terminal);
    });

  addRemoteOptions(consumer.command("delete").description("remove a consumer and what it knows"))
    .argument("<channel>").argument("<name>")
    .action(async (channel: string, name: string, flags: RemoteOptions) => {
      await of(flags, channel, name).delete();
      say(`The consumer ${name} of ${channel} is gone.\n`);
    });
}

/** Writes what there is. */
async function pullItems(
  worker: ConsumerClient,
  { max, wait, ack }: PullFlags,
  terminal: Terminal,
): Promise<void> {
  const { items } = await worker.pull({
    ...(max !== undefined && { max }),
    ...(wait !== undefined && { wait }),
  });
  for (const item of items) terminal.out(`${JSON.stringify(item)}\n`);
  const [first] = items;
  if (ack && first !== undefined) {
    await worker.ack({ ids: items.map(({ id }) => id), lease: first.lease });
  }
}

/** Writes what there is and what comes. */
async function followItems(
  worker: ConsumerClient,
  { max, ack, count = Infinity }: PullFlags,
  terminal: Terminal,
): Promise<void> {
  const onReconnect = () => terminal.isTerminal && terminal.err("reconnecting\n");
  let seen = 0;
  for await (
    const item of worker.items({ ...(max !== undefined && { max }), ackOnNext: ack === true, onReconnect })
  ) {
    terminal.out(`${JSON.stringify(item)}\n`);
    if (++seen < count) continue;
    // Nobody asks for the next one.
    if (ack) await item.ack();
    return;
  }
}

function consumerTable(consumers: readonly ConsumerState[], channel: string): string {
  if (consumers.length === 0) return `${channel} has no consumers.\n`;
  const head = ["CONSUMER", "LAG", "IN FLIGHT", "WAITING AGAIN", "GIVEN UP", "CURSOR"];
  const rows = consumers.map(({ name, lag, inFlight, waitingAgain, givenUp, cursor }) => [
    name,
    `${lag.items}${lag.atLeast ? "+" : ""}`,
    `${inFlight}`,
    `${waitingAgain}`,
    `${givenUp}`,
    cursor,
  ]);
  return table([head, ...rows], (column) => column >= 1 && column <= 4);
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("a whole number above 0");
}
