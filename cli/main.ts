/** The `runnel` command. Without arguments the program serves; this is what it does with them. */
import { Command } from "commander";
import { addChannelCommands } from "./channels/channels.ts";
import { addKeyCommands } from "./keys.ts";
import { addStoreCommands } from "./series/store.ts";
import { addLoadCommand } from "./sessions.ts";
import { addImportCommands } from "./conversations.ts";
import { addRecapCommand } from "./recap.ts";
import { addPortableCommands } from "./portable.ts";
import { addUserCommands } from "./users.ts";
import { VERSION } from "../domain/version.ts";
import { addJobCommands } from "./jobs.ts";
import { addOperationCommands } from "./operation.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Runs the command that the arguments name and answers the exit status: 0, or 1 when it failed. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command("runnel")
    .description(
      "Runnel keeps channels, profiles and events, time series, user sessions and conversations. Without a command it serves.",
    )
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  program.commandsGroup("Serving:");
  program.command("serve").description("serve HTTP (what happens without a command, too)");
  addJobCommands(program, terminal);
  addOperationCommands(program, terminal);
  program.commandsGroup("Who is let in:");
  addKeyCommands(program, terminal);
  addUserCommands(program, terminal);
  program.commandsGroup("The areas:");
  addChannelCommands(program, terminal);
  addLoadCommand(program, terminal);
  addStoreCommands(program, terminal);
  const exports = program.command("export").description("write the data of an area to a file");
  const imports = program.command("import").description("store an area's exported data, or another system's");
  addPortableCommands(exports, imports, terminal);
  addImportCommands(imports, terminal);
  addRecapCommand(program, terminal);
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (isCommanderExit(error)) return error.exitCode;
    terminal.err(`runnel: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function isCommanderExit(error: unknown): error is { exitCode: number } {
  return error instanceof Error && "exitCode" in error;
}
