/** `runnel store`: time series over HTTP. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ListedReference, ListedSymbol } from "../../client/mod.ts";
import { addRemoteOptions, connect, type RemoteOptions } from "../terminal/remote.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { addRetrieveCommand, addSaveCommand } from "./frames.ts";
import { referenceTable, revisionTable, symbolTable } from "./tables.ts";

interface DeleteFlags extends RemoteOptions {
  readonly start?: string;
  readonly end?: string;
  readonly columns?: string;
  readonly forget?: true;
}

interface SetFlags extends RemoteOptions {
  readonly ttlMillis?: number | "null";
  readonly duplicates?: "refuse" | "keep";
}

export function addStoreCommands(program: Command, terminal: Terminal): void {
  const store = program.command("store").description("time series of a running Runnel, as data frames");
  addSaveCommand(store, terminal);
  addRetrieveCommand(store, terminal);
  addDeleteCommand(store, terminal);
  addRevisionCommands(store, terminal);
  addListCommand(store, terminal);
  addSetCommand(store, terminal);
}

function addDeleteCommand(store: Command, terminal: Terminal): void {
  addRemoteOptions(store.command("delete").description("delete a series, or a part of it"))
    .argument("<reference>").argument("<symbol>")
    .option("--start <time>", "from this stamp on")
    .option("--end <time>", "up to this stamp, inclusive")
    .option("--columns <names>", "these columns only, separated by commas")
    .option("--forget", "keep nothing that could be restored")
    .action(async (reference: string, symbol: string, flags: DeleteFlags) => {
      const { start, end, columns, forget } = flags;
      const part = {
        ...(start !== undefined && { start }),
        ...(end !== undefined && { end }),
        ...(columns !== undefined && { columns: columns.split(",") }),
      };
      await connect(flags, terminal).store.delete(reference, symbol, { ...part, ...(forget && { forget }) });
      const which = Object.keys(part).length > 0 ? "a part of " : "";
      tell(terminal, `Deleted ${which}${reference} ${symbol}.\n`);
    });
}

function addRevisionCommands(store: Command, terminal: Terminal): void {
  addRemoteOptions(store.command("revisions").description("list what a series was, the newest first"))
    .argument("<reference>").argument("<symbol>")
    .action(async (reference: string, symbol: string, flags: RemoteOptions) => {
      const listed = await connect(flags, terminal).store.revisions(reference, symbol);
      terminal.out(terminal.isTerminal ? revisionTable(listed) : `${JSON.stringify(listed)}\n`);
    });
  addRemoteOptions(store.command("restore").description("make a series what it was at a revision"))
    .argument("<reference>").argument("<symbol>").argument("<revision>")
    .action(async (reference: string, symbol: string, revision: string, flags: RemoteOptions) => {
      const { rows } = await connect(flags, terminal).store.restore(reference, symbol, Number(revision));
      tell(terminal, `Restored ${reference} ${symbol} as of revision ${revision}: ${rows} rows.\n`);
    });
}

function addListCommand(store: Command, terminal: Terminal): void {
  addRemoteOptions(store.command("list").description("list references, the series of one, or one series"))
    .argument("[reference]").argument("[symbol]")
    .action(async (reference: string | undefined, symbol: string | undefined, flags: RemoteOptions) => {
      const { store } = connect(flags, terminal);
      const listed = reference === undefined
        ? await store.references()
        : await store.list(reference, symbol === undefined ? {} : { symbol });
      if (!terminal.isTerminal) return terminal.out(`${JSON.stringify(listed)}\n`);
      if (listed.length === 0) return terminal.out("There are no series.\n");
      terminal.out(
        reference === undefined
          ? referenceTable(listed as ListedReference[])
          : symbolTable(listed as ListedSymbol[]),
      );
    });
}

function addSetCommand(store: Command, terminal: Terminal): void {
  const about = "set what holds for the series of a reference, and write it";
  addRemoteOptions(store.command("set").description(about))
    .argument("<reference>")
    .option("--ttl-millis <number>", "how long rows live after their stamp; null: for ever", readTtl)
    .addOption(
      new Option("--duplicates <what>", "rows that share a stamp (ticks): refuse them, or keep them")
        .choices(["refuse", "keep"]),
    )
    .action(async (reference: string, { ttlMillis, duplicates, ...flags }: SetFlags) => {
      const settings = await connect(flags, terminal).store.change(reference, {
        ...(ttlMillis !== undefined && { ttlMillis: ttlMillis === "null" ? null : ttlMillis }),
        ...(duplicates !== undefined && { duplicates }),
      });
      if (!terminal.isTerminal) return terminal.out(`${JSON.stringify(settings)}\n`);
      const life = settings.ttlMillis === null ? "for ever" : `${settings.ttlMillis} ms`;
      terminal.out(`${reference}: rows live ${life}, duplicates: ${settings.duplicates}.\n`);
    });
}

/** The parser of arguments takes null for nothing, so that it stays a word here. */
function readTtl(text: string): number | "null" {
  if (text === "null") return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number of milliseconds, or null.");
}

/** What only people want to be told. */
function tell(terminal: Terminal, sentence: string): void {
  if (terminal.isTerminal) terminal.out(sentence);
}
