/** `runnel recap`: what was missed in a chat channel, for a person who logs in. */
import { type Command, InvalidArgumentError } from "commander";
import type { Recap } from "../client/mod.ts";
import { addRemoteOptions, connect, type RemoteOptions } from "./terminal/remote.ts";
import type { Terminal } from "./terminal/terminal.ts";

interface RecapFlags extends RemoteOptions {
  readonly user: string;
  readonly since?: string;
  readonly until?: string;
  readonly timezone?: string;
  readonly words?: number;
  readonly markRead?: true;
  readonly json?: true;
}

export function addRecapCommand(program: Command, terminal: Terminal): void {
  addRemoteOptions(
    program.command("recap").description(
      "what was missed in a chat channel; the password is read from the terminal",
    ),
  )
    .argument("<channel>", "its id")
    .requiredOption("--user <name>", "who asks")
    .option("--since <time>", "from when on (ISO 8601), or last-visit; 24 hours ago unless given")
    .option("--until <time>", "until when; now unless given")
    .option("--timezone <zone>", "of times that name none, such as Europe/Berlin; UTC unless given")
    .option("--words <number>", "at most so many", wholeNumber)
    .option("--mark-read", "begin the next recap since last-visit where this one ends")
    .option("--json", "write the whole recap as JSON")
    .action(async (channel: string, flags: RecapFlags) => {
      const { user, since, until, timezone, words, markRead, json, ...remote } = flags;
      const password = await terminal.readPassword(`Password for ${user}: `);
      const reader = await connect(remote, terminal).conversations.logIn(user, password);
      try {
        const recap = await reader.recap(channel, { since, until, timezone, words });
        terminal.out(json ? `${JSON.stringify(recap)}\n` : textOf(recap));
        if (markRead) await reader.markRead(channel, recap.until);
      } finally {
        await reader.logOut();
      }
    });
}

function textOf({ messages, people, text, open_questions }: Recap): string {
  if (messages === 0) return "Nothing was said.\n";
  const lines = [`${messages} messages of ${people.length} people`, "", text];
  if (open_questions.length > 0) {
    lines.push("", "Open questions:", ...open_questions.map(({ who, text }) => `${who}: ${text}`));
  }
  return `${lines.join("\n")}\n`;
}

function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("a whole number");
}
