/** `runnel users`: who may log in without Mattermost. */
import type { Command } from "commander";
import { UserName } from "../domain/conversations/inbox.ts";
import { InvalidArgumentError } from "commander";
import { MAX_PASSWORD } from "../domain/conversations/people/accounts.ts";
import {
  exportedMattermostPerson,
  mattermostPerson,
  type Person,
  slackPerson,
} from "../domain/conversations/people/access.ts";
import { COMMAND_LINE } from "../domain/access/audit.ts";
import type { Terminal } from "./terminal/terminal.ts";

const MIN_PASSWORD = 8;

export function addUserCommands(program: Command, { out, readPassword, withServices }: Terminal): void {
  const users = program.command("users").description("people who log in without Mattermost");

  users.command("add")
    .description("make a user, or give one a new password, which is read from the terminal")
    .argument("<name>", "who it is", userName)
    .option(
      "--channels <list>",
      "ids of channels to see from the start, separated by commas; made as needed",
      channelList,
    )
    .action(async (name: string, { channels = [] }: { channels?: string[] }) => {
      const password = await readPassword(`Password for ${name}: `);
      if (password.length < MIN_PASSWORD || password.length > MAX_PASSWORD) {
        throw new Error(`a password has ${MIN_PASSWORD} to ${MAX_PASSWORD} characters`);
      }
      await withServices(async ({ conversations, audit }) => {
        await conversations.accounts.add(name, password, channels);
        await audit.record(COMMAND_LINE, "add user", [name, ...channels].join(" "));
      });
      out(`The user ${name} may log in.\n`);
    });

  users.command("link").description(
    "say which accounts at chat systems are a user's, who then reads their channels",
  )
    .argument("<name>", "who it is", userName)
    .option("--slack <id>", "the user's id at Slack, such as U123")
    .option("--mattermost <id>", "the user's id at Mattermost, or the name in an imported export")
    .option("--remove", "take the links back")
    .action(async (name: string, { remove, ...ids }: LinkFlags) => {
      const accounts = accountsOf(ids);
      if (accounts.length === 0) throw new Error("name an account: --slack ID, or --mattermost ID");
      await withServices(async ({ conversations: { accounts: users }, audit }) => {
        if (remove) { for (const account of accounts) await users.unlink(name, account); }
        else await users.link(name, accounts);
        await audit.record(COMMAND_LINE, remove ? "unlink user" : "link user", [name, ...accounts].join(" "));
      });
      out(remove ? `${name} is no longer ${accounts.join(", ")}.\n` : `${name} is ${accounts.join(", ")}.\n`);
    });

  users.command("list").description("list the users").action(async () => {
    const names = await withServices(({ conversations }) => conversations.accounts.names());
    out(names.length === 0 ? "There are no users.\n" : names.map((name) => `${name}\n`).join(""));
  });

  users.command("remove").description("remove a user; its tokens are void at once")
    .argument("<name>", "who it is")
    .action(async (name: string) => {
      await withServices(async ({ conversations, audit }) => {
        if (!await conversations.accounts.remove(name)) throw new Error(`there is no user named ${name}`);
        await audit.record(COMMAND_LINE, "remove user", name);
      });
      out(`The user ${name} is removed.\n`);
    });
}

interface LinkFlags {
  readonly slack?: string;
  readonly mattermost?: string;
  readonly remove?: true;
}

/** Mattermost's live accounts have ids, those of an export have names. */
function accountsOf({ slack, mattermost }: LinkFlags): Person[] {
  return [
    ...(slack === undefined ? [] : [slackPerson(slack)]),
    ...(mattermost === undefined ? [] : [mattermostPerson(mattermost), exportedMattermostPerson(mattermost)]),
  ];
}

function userName(text: string): string {
  const result = UserName.safeParse(text);
  if (result.success) return result.data;
  throw new InvalidArgumentError(`a name ${result.error.issues[0]!.message}`);
}

function channelList(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter(Boolean);
}
