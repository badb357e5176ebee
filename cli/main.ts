/** The `runnel` command. Without arguments the program serves; this is what it does with them. */
import { Command } from "commander";
import { addChannelCommands } from "./channel.ts";
import { addKeyCommands } from "./keys.ts";
import { addStoreCommands } from "./store.ts";
import { addLoadCommand } from "./load.ts";
import { addImportCommands } from "./import.ts";
import { addUserCommands } from "./users.ts";
import type { Terminal } from "./terminal.ts";

/** Runs the command that the arguments name and answers the exit status: 0, or 1 when it failed. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command("runnel")
    .description("Runnel: durable data channels in one process. Without a command it serves.")
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  program.command("serve").description("serve HTTP (what happens without a command, too)");
  addKeyCommands(program, terminal);
  addChannelCommands(program, terminal);
  addStoreCommands(program, terminal);
  addLoadCommand(program, terminal);
  addUserCommands(program, terminal);
  addImportCommands(program, terminal);
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
