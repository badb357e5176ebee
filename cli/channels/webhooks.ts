/** `runnel webhook`: the addresses of a channel's new items, posted to a callback. */
import type { Command } from "commander";
import type { WebhookSettings } from "../../client/mod.ts";
import { addRemoteOptions, connect, type RemoteOptions } from "../terminal/remote.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface SetFlags extends RemoteOptions {
  readonly channel?: string;
  readonly callbackUrl?: string;
  readonly batch?: string;
  readonly parallelCalls?: string;
  readonly maxAttempts?: string;
  readonly startAfter?: string;
  readonly errorChannel?: string;
  readonly secret?: string;
}

export function addWebhookCommands(program: Command, terminal: Terminal): void {
  const webhook = program.command("webhook").description("calls that a running Runnel makes for new items");
  const say = (text: string) => terminal.isTerminal && terminal.out(text);
  const one = (name: string, description: string) =>
    addRemoteOptions(webhook.command(name).description(description)).argument("<name>");

  addRemoteOptions(webhook.command("list").description("list webhooks"))
    .action(async (flags: RemoteOptions) => {
      const names = await connect(flags, terminal).webhooks.list();
      if (names.length === 0) say("There are no webhooks.\n");
      for (const name of names) terminal.out(`${name}\n`);
    });

  one("set", "create a webhook, or change what is given")
    .option("--channel <name>", "whose items are posted")
    .option("--callback-url <address>", "where to")
    .option("--batch <kind>", "single or minute")
    .option("--parallel-calls <number>", "calls at the same time; 1 keeps the order")
    .option("--max-attempts <number>", "attempts before an item is given up; 0: until it arrives")
    .option("--start-after <position>", "latest, earliest, an item's id, or a time")
    .option("--error-channel <name>", "where items go that are given up")
    .option("--secret <secret>", "signs each call: whsec_ and base64")
    .action(async (name: string, { url, key, parallelCalls, maxAttempts, ...settings }: SetFlags) => {
      await connect({ url, ...(key !== undefined && { key }) }, terminal).webhooks.put(name, {
        ...settings,
        ...(parallelCalls !== undefined && { parallelCalls: Number(parallelCalls) }),
        ...(maxAttempts !== undefined && { maxAttempts: Number(maxAttempts) }),
      } as WebhookSettings);
      say(`The webhook ${name} is set.\n`);
    });

  one("show", "write how far a webhook is, as JSON").action(async (name: string, flags: RemoteOptions) => {
    const { _links: _, ...state } = await connect(flags, terminal).webhooks.get(name);
    terminal.out(`${JSON.stringify(state, null, 2)}\n`);
  });
  for (const [command, paused] of [["pause", true], ["resume", false]] as const) {
    one(command, paused ? "stop the calls for now" : "go on where the calls stopped")
      .action(async (name: string, flags: RemoteOptions) => {
        await connect(flags, terminal).webhooks.change(name, { paused });
        say(`The webhook ${name} ${paused ? "is paused" : "goes on"}.\n`);
      });
  }
  one("delete", "remove a webhook").action(async (name: string, flags: RemoteOptions) => {
    await connect(flags, terminal).webhooks.delete(name);
    say(`The webhook ${name} is gone.\n`);
  });
}
