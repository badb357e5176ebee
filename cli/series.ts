/** `runnel store`: save, retrieve, delete and list time series over HTTP. */
import { type Command, Option } from "commander";
import type {
  ListedReference,
  ListedSymbol,
  Orient,
  RetrieveOptions,
  Revision,
  SavedOrient,
} from "../client/mod.ts";
import { addRemoteOptions, connect, type RemoteOptions } from "./terminal/remote.ts";
import { table } from "./terminal/table.ts";
import type { Terminal } from "./terminal/terminal.ts";

const SAVED_ORIENTS: readonly SavedOrient[] = ["split", "records", "index", "columns", "table"];
const ORIENTS: readonly Orient[] = [...SAVED_ORIENTS, "values"];
const FORMATS = ["csv", "ndjson", "arrow", "feather", "parquet"] as const;
type Format = typeof FORMATS[number];
/** Rows that people are shown unless they ask for more. */
const SHOWN_ROWS = 50;

/** What says how rows are chosen and reduced. */
const BIN_FLAGS = [
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

interface SaveFlags extends RemoteOptions {
  readonly jsonFormat?: SavedOrient;
  readonly csv?: true;
  readonly format?: Format;
  readonly index?: string;
  readonly merge?: true;
  readonly append?: true;
}

interface RetrieveFlags
  extends
    RemoteOptions,
    Pick<RetrieveOptions, "start" | "end" | "asOf" | "dateFormat" | typeof BIN_FLAGS[number]> {
  readonly jsonFormat?: Orient;
  readonly csv?: true;
  readonly format?: Format;
  readonly columns?: string;
  readonly limit?: string;
  readonly tail?: string;
}

export function addStoreCommands(program: Command, terminal: Terminal): void {
  const store = program.command("store").description("time series of a running Runnel, as data frames");
  const out = (text: string) => terminal.isTerminal && terminal.out(text);

  addRemoteOptions(store.command("save").description("save a data frame from a file or the standard input"))
    .argument("<reference>").argument("<symbol>").argument(
      "[file]",
      `JSON, or .${FORMATS.join(", .")}; - is the standard input`,
      "-",
    )
    .addOption(new Option("--json-format <orient>", "shape of the JSON, as in pandas").choices(SAVED_ORIENTS))
    .option("--csv", "the input is CSV")
    .addOption(new Option("--format <format>", "what the input is, if not JSON").choices(FORMATS))
    .option("--index <column>", "the column that holds the stamps, in CSV, Arrow and Parquet")
    .addOption(
      new Option("--append", "refuse rows that do not come after the last one").conflicts("merge"),
    )
    .option("--merge", "update cells, rather than replace the rows between the first and the last stamp")
    .action(async (reference: string, symbol: string, file: string, flags: SaveFlags) => {
      const ending = FORMATS.find((each) => file.endsWith(`.${each}`));
      const format = formatOf(flags) ?? flags.jsonFormat ?? ending ?? "columns";
      const text = await terminal.read(file);
      await connect(flags, terminal).store.saveText(reference, symbol, text, format, {
        mode: flags.merge ? "merge" : flags.append ? "append" : "replace",
        ...(flags.index !== undefined && { index: flags.index }),
      });
      out(`Saved ${reference} ${symbol}.\n`);
    });

  addRemoteOptions(
    store.command("retrieve").description("write a data frame: a table for people, else JSON or CSV"),
  )
    .argument("<reference>").argument("<symbol>")
    .addOption(new Option("--json-format <orient>", "shape of the JSON, as in pandas").choices(ORIENTS))
    .option("--csv", "write CSV")
    .addOption(new Option("--format <format>", "write this rather than JSON").choices(FORMATS))
    .addOption(new Option("--date-format <format>", "how stamps are written").choices(["iso", "epoch"]))
    .option("--start <stamp>", "first stamp, inclusive, ISO 8601")
    .option("--end <stamp>", "last stamp, inclusive; a day counts whole")
    .option("--as-of <version>", "as it was: the number of a revision, or an ISO time")
    .option("--columns <names>", "names of columns, separated by commas")
    .option("--limit <rows>", "the first rows only")
    .option("--tail <rows>", "the last rows only")
    .addOption(new Option("--order <order>", "desc: the last first").choices(["asc", "desc"]))
    .option("--where <conditions>", "only rows whose cells are so, such as 'close>100,volume>=5'")
    .option("--every <width>", "reduce to bins, such as 15m, 1h30m, 1d, 1w, 1mo, 1q or 1y")
    .option("--agg <aggregates>", "what becomes of a bin: mean, mean+p95, or open:first,close:last and so on")
    .option("--tz <zone>", "time zone of days and longer bins, such as Europe/Berlin")
    .option("--origin <origin>", "where bins are counted from: epoch, start_of_day, start_day or a time")
    .option("--offset <width>", "shift all bins, such as 9h30m")
    .addOption(new Option("--closed <side>", "which end belongs to a bin").choices(["left", "right"]))
    .addOption(new Option("--label <side>", "which end names a bin").choices(["left", "right"]))
    .option("--fill <fill>", "bins without cells: none, null, previous, linear or 0")
    .action(async (reference: string, symbol: string, flags: RetrieveFlags) => {
      const { store } = connect(flags, terminal);
      const options = retrieveOptions(flags);
      const format = formatOf(flags);
      if (terminal.isTerminal && format === undefined && flags.jsonFormat === undefined) {
        const shown = options.limit ?? options.tail ?? SHOWN_ROWS;
        const limit = options.tail === undefined ? { limit: shown } : {};
        const answer = await store.retrieveText(reference, symbol, "split", { ...options, ...limit });
        return terminal.out(frameTable(await answer.text(), flags.limit ?? flags.tail ? Infinity : shown));
      }
      const answer = await store.retrieveText(
        reference,
        symbol,
        format ?? flags.jsonFormat,
        options,
      );
      for await (const piece of answer.body ?? []) terminal.out(piece);
      if (format === undefined) terminal.out("\n");
    });

  addRemoteOptions(store.command("delete").description("delete a series, or a part of it"))
    .argument("<reference>").argument("<symbol>")
    .option("--start <time>", "from this stamp on")
    .option("--end <time>", "up to this stamp, inclusive")
    .option("--columns <names>", "these columns only, separated by commas")
    .action(async (reference: string, symbol: string, flags: RetrieveFlags) => {
      const part = retrieveOptions(flags);
      await connect(flags, terminal).store.delete(reference, symbol, part);
      const which = Object.keys(part).length > 0 ? "a part of " : "";
      out(`Deleted ${which}${reference} ${symbol}.\n`);
    });

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
      out(`Restored ${reference} ${symbol} as of revision ${revision}: ${rows} rows.\n`);
    });

  addRemoteOptions(store.command("list").description("list references, or the series of one"))
    .argument("[reference]")
    .action(async (reference: string | undefined, flags: RemoteOptions) => {
      const { store } = connect(flags, terminal);
      const listed = reference === undefined ? await store.references() : await store.list(reference);
      if (!terminal.isTerminal) return terminal.out(`${JSON.stringify(listed)}\n`);
      if (listed.length === 0) return terminal.out("There are no series.\n");
      terminal.out(
        reference === undefined
          ? referenceTable(listed as ListedReference[])
          : symbolTable(listed as ListedSymbol[]),
      );
    });
}

function formatOf({ csv, format }: { readonly csv?: true; readonly format?: Format }): Format | undefined {
  return format ?? (csv ? "csv" : undefined);
}

function retrieveOptions(flags: RetrieveFlags): RetrieveOptions {
  const { start, end, asOf, dateFormat, columns, limit, tail } = flags;
  const bins = Object.fromEntries(BIN_FLAGS.map((name) => [name, flags[name]]));
  const given = { start, end, asOf, dateFormat, ...bins, columns: columns?.split(","), limit, tail };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as RetrieveOptions;
}

/** Numbers stand as they were written: 1.0 is not 1, and large ones are not rounded. */
function frameTable(text: string, shown: number): string {
  const asWritten = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" ? context?.source ?? String(value) : value;
  const { columns, index, data } = JSON.parse(text, asWritten) as {
    columns: string[];
    index: string[];
    data: (string | boolean | null)[][];
  };
  if (index.length === 0) return "There are no rows in this range.\n";
  const cell = (value: string | boolean | null) =>
    value === null ? "" : String(value).replace(/[\r\n\t]/g, " ");
  const rows = data.map((cells, row) => [index[row]!, ...cells.map(cell)]);
  const numeric = (column: number) => column > 0 && rows.every((row) => /^-?[\d.e+-]*$/.test(row[column]!));
  const note = index.length === shown
    ? `The first ${shown} rows; --limit, --tail, --start and --end choose others.\n`
    : "";
  return table([["", ...columns], ...rows], numeric) + note;
}

function referenceTable(listed: readonly ListedReference[]): string {
  const rows = listed.map(({ reference, symbols, ttlMillis }) => [
    reference,
    String(symbols),
    ttlMillis === undefined ? "for ever" : `${ttlMillis} ms`,
  ]);
  return table([["REFERENCE", "SYMBOLS", "ROWS LIVE"], ...rows], (column) => column === 1);
}

function revisionTable(listed: readonly Revision[]): string {
  const rows = listed.map((
    { revision, time, rows, change },
  ) => [String(revision), time, String(rows), change]);
  return table([["REVISION", "TIME", "ROWS", "CHANGE"], ...rows], (column) => column === 0 || column === 2);
}

function symbolTable(listed: readonly ListedSymbol[]): string {
  const rows = listed.map(({ symbol, rows, first, last, columns }) => [
    symbol,
    String(rows),
    first,
    last,
    columns.map(({ name }) => name).join(", "),
  ]);
  return table([["SYMBOL", "ROWS", "FIRST", "LAST", "COLUMNS"], ...rows], (column) => column === 1);
}
