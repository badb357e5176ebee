/** `runnel users`: who may log in without Mattermost. */
import type { Command } from "commander";
import { UserName } from "../domain/conversations/inbox.ts";
import { InvalidArgumentError } from "commander";
import { MAX_PASSWORD } from "../domain/conversations/accounts.ts";
import type { Terminal } from "./terminal/terminal.ts";

const MIN_PASSWORD = 8;

export function addUserCommands(program: Command, { out, readPassword, withServices }: Terminal): void {
  const users = program.command("users").description("people who log in without Mattermost");

  users.command("add")
    .description("make a user, or give one a new password, which is read from the terminal")
    .argument("<name>", "who it is: a user sees the channels in which somebody of that name writes", userName)
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
      await withServices(({ conversations }) => conversations.accounts.add(name, password, channels));
      out(`The user ${name} may log in.\n`);
    });

  users.command("list").description("list the users").action(async () => {
    const names = await withServices(({ conversations }) => conversations.accounts.names());
    out(names.length === 0 ? "There are no users.\n" : names.map((name) => `${name}\n`).join(""));
  });

  users.command("remove").description("remove a user; its tokens are void at once")
    .argument("<name>", "who it is")
    .action(async (name: string) => {
      if (!await withServices(({ conversations }) => conversations.accounts.remove(name))) {
        throw new Error(`there is no user named ${name}`);
      }
      out(`The user ${name} is removed.\n`);
    });
}

function userName(text: string): string {
  const result = UserName.safeParse(text);
  if (result.success) return result.data;
  throw new InvalidArgumentError(`a name ${result.error.issues[0]!.message}`);
}

function channelList(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter(Boolean);
}
