/** `runnel store save` and `retrieve`: data frames from files and into them, or as a table for people. */
import { type Command, Option } from "commander";
import type { Orient, RetrieveOptions, SavedOrient, SaveOptions, StoreClient } from "../../client/mod.ts";
import { addRemoteOptions, connect, type RemoteOptions } from "../terminal/remote.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { frameTable } from "./tables.ts";

const SAVED_ORIENTS: readonly SavedOrient[] = ["split", "records", "index", "columns", "table"];
const ORIENTS: readonly Orient[] = [...SAVED_ORIENTS, "values"];
const FORMATS = ["csv", "ndjson", "arrow", "feather", "parquet"] as const;
type Format = typeof FORMATS[number];
const UNITS = ["s", "ms", "us", "ns"] as const;
/** Rows that people are shown unless they ask for more. */
const SHOWN_ROWS = 50;

interface SaveFlags extends RemoteOptions, Pick<SaveOptions, "index" | "header" | "tz" | "dateUnit"> {
  readonly jsonFormat?: SavedOrient;
  readonly csv?: true;
  readonly format?: Format;
  readonly merge?: true;
  readonly append?: true;
}

/** What is passed on as it was typed: the server reads numbers, and says what is wrong. */
const RETRIEVE_FLAGS = [
  "start",
  "end",
  "asOf",
  "dateFormat",
  "dateUnit",
  "doublePrecision",
  "includeIndex",
  "limit",
  "tail",
  "order",
  "where",
  "every",
  "agg",
  "tz",
  "origin",
  "offset",
  "closed",
  "label",
  "fill",
] as const;

interface RetrieveFlags extends RemoteOptions, Pick<RetrieveOptions, typeof RETRIEVE_FLAGS[number]> {
  readonly jsonFormat?: Orient;
  readonly csv?: true;
  readonly format?: Format;
  readonly columns?: string;
}

const choice = (flag: string, about: string, values: readonly string[]) =>
  new Option(flag, about).choices(values);

/** Adds `save`. */
export function addSaveCommand(store: Command, terminal: Terminal): void {
  addRemoteOptions(store.command("save").description("save a data frame from a file or the standard input"))
    .argument("<reference>").argument("<symbol>").argument(
      "[file]",
      `JSON, or .${FORMATS.join(", .")}; - is the standard input`,
      "-",
    )
    .addOption(choice("--json-format <orient>", "shape of the JSON, as in pandas", SAVED_ORIENTS))
    .option("--csv", "the input is CSV")
    .addOption(choice("--format <format>", "what the input is, if not JSON", FORMATS))
    .option("--index <column>", "the column that holds the stamps, in CSV, Arrow and Parquet")
    .addOption(choice("--header <header>", "none: the first line of a CSV is a row", ["none"]))
    .option(
      "--tz <zone>",
      "what stamps without an offset are, such as America/New_York; naive: drop the zone",
    )
    .addOption(choice("--date-unit <unit>", "unit of stamps that are numbers", UNITS))
    .addOption(
      choice("--date-format <format>", "without effect: stamps are read either way", ["iso", "epoch"]),
    )
    .addOption(
      new Option("--append", "refuse rows that do not come after the last one").conflicts("merge"),
    )
    .option("--merge", "update cells, rather than replace the rows between the first and the last stamp")
    .action(async (reference: string, symbol: string, file: string, flags: SaveFlags) => {
      const ending = FORMATS.find((each) => file.endsWith(`.${each}`));
      const format = formatOf(flags) ?? flags.jsonFormat ?? ending ?? "columns";
      const { index, header, tz, dateUnit } = flags;
      await connect(flags, terminal).store.saveText(reference, symbol, await terminal.read(file), format, {
        mode: flags.merge ? "merge" : flags.append ? "append" : "replace",
        ...(index !== undefined && { index }),
        ...(header !== undefined && { header }),
        ...(tz !== undefined && { tz }),
        ...(dateUnit !== undefined && { dateUnit }),
      });
      if (terminal.isTerminal) terminal.out(`Saved ${reference} ${symbol}.\n`);
    });
}

/** Adds `retrieve`. */
export function addRetrieveCommand(store: Command, terminal: Terminal): void {
  const command = addRemoteOptions(
    store.command("retrieve").description("write a data frame: a table for people, else JSON or CSV"),
  )
    .argument("<reference>").argument("<symbol>")
    .addOption(choice("--json-format <orient>", "shape of the JSON, as in pandas", ORIENTS))
    .option("--csv", "write CSV")
    .addOption(choice("--format <format>", "write this rather than JSON", FORMATS))
    .addOption(choice("--date-format <format>", "how stamps are written", ["iso", "epoch"]))
    .addOption(choice("--date-unit <unit>", "unit of stamps; auto keeps them apart", [...UNITS, "auto"]))
    .option("--double-precision <decimals>", "decimals of floats in JSON, 0 to 15, or full")
    .option("--include-index", "records begin with their stamp");
  addRangeOptions(command);
  addBinOptions(command);
  command.action(async (reference: string, symbol: string, flags: RetrieveFlags) => {
    const { store } = connect(flags, terminal);
    const options = retrieveOptions(flags), format = formatOf(flags) ?? flags.jsonFormat;
    if (terminal.isTerminal && format === undefined) {
      return terminal.out(await shownTable(store, [reference, symbol], options));
    }
    const answer = await store.retrieveText(reference, symbol, format, options);
    for await (const piece of answer.body ?? []) terminal.out(piece);
    if (formatOf(flags) === undefined) terminal.out("\n");
  });
}

function addRangeOptions(command: Command): void {
  command.option("--start <stamp>", "first stamp, inclusive, ISO 8601")
    .option("--end <stamp>", "last stamp, inclusive; a day counts whole")
    .option("--as-of <version>", "as it was: the number of a revision, or an ISO time")
    .option("--columns <names>", "names of columns, separated by commas")
    .option("--limit <rows>", "the first rows only")
    .option("--tail <rows>", "the last rows only")
    .addOption(choice("--order <order>", "desc: the last first", ["asc", "desc"]))
    .option("--where <conditions>", "only rows whose cells are so, such as 'close>100,volume>=5'");
}

function addBinOptions(command: Command): void {
  command.option("--every <width>", "reduce to bins, such as 15m, 1h30m, 1d, 1w, 1mo, 1q or 1y")
    .option("--agg <aggregates>", "what becomes of a bin: mean, mean+p95, or open:first,close:last and so on")
    .option("--tz <zone>", "time zone of days and longer bins, such as Europe/Berlin")
    .option("--origin <origin>", "where bins are counted from: epoch, start_of_day, start_day or a time")
    .option("--offset <width>", "shift all bins, such as 9h30m")
    .addOption(choice("--closed <side>", "which end belongs to a bin", ["left", "right"]))
    .addOption(choice("--label <side>", "which end names a bin", ["left", "right"]))
    .option("--fill <fill>", "bins without cells: none, null, previous, linear or 0");
}

async function shownTable(
  store: StoreClient,
  [reference, symbol]: readonly [string, string],
  options: RetrieveOptions,
): Promise<string> {
  const { limit, tail } = options;
  const first = tail === undefined ? { limit: limit ?? SHOWN_ROWS } : {};
  const answer = await store.retrieveText(reference, symbol, "split", { ...options, ...first });
  const note = answer.headers.get("Runnel-Note");
  return frameTable(await answer.text(), limit ?? tail ? Infinity : SHOWN_ROWS) +
    (note === null ? "" : `${note}\n`);
}

function formatOf({ csv, format }: Pick<RetrieveFlags, "csv" | "format">): Format | undefined {
  return format ?? (csv ? "csv" : undefined);
}

function retrieveOptions({ columns, ...flags }: RetrieveFlags): RetrieveOptions {
  const given = RETRIEVE_FLAGS.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]);
  return { ...Object.fromEntries(given), ...(columns !== undefined && { columns: columns.split(",") }) };
}
