import { jsonString } from "./ascii.ts";
import { type Cells, jsonCells } from "./cells.ts";
import { type Column, type ColumnType, hasNulls } from "../frame/column.ts";
import { invalid } from "../../errors.ts";
import type { Dtype } from "../frame/dtype.ts";
import type { DataFrame, FrameKind } from "../frame/frame.ts";
import type { Orient } from "./read_frame.ts";
import { rowPass, runPasses, type WritePass } from "./row_pass.ts";
import { nameWriter, tableField } from "./table_fields.ts";
import { checkDistinctKeys, type DateFormat, stampCells, type StampFormat } from "./stamp_cells.ts";
import type { DateUnit } from "../frame/stamps.ts";

/** How to write a frame; every default is pandas'. */
export interface WriteOptions {
  /** Default iso, as the service's (pandas: epoch, but iso for table). */
  dateFormat?: DateFormat | undefined;
  /** Default ms. */
  dateUnit?: DateUnit | undefined;
  /** Decimals of floats, 0 to 15, as pandas' `double_precision`; `full`: as many as read back as the same double. Default 10. */
  doublePrecision?: number | "full" | undefined;
  /** Orient records only: each record begins with its stamp under "index", so that it can be read again. */
  includeIndex?: boolean | undefined;
}

/** What a writer must know before the first row. */
export interface FrameHead extends FrameKind {
  /** In order. `nulls` says whether any cell is null; only orient table asks. */
  readonly columns: readonly {
    readonly name: string;
    readonly type: ColumnType;
    readonly nulls: boolean;
    readonly dtype?: Dtype | undefined;
  }[];
}

/**
 * Writes a frame byte for byte as pandas 1.5 (DataFrame.to_json) does, as pieces of ASCII of at most 256 KB, unless a row is longer.
 * Throws RunnelError before the first chunk if two stamps would become the same key (see checkDistinctKeys),
 * and where pandas refuses (see writePasses).
 */
export function* writeFrame(
  frame: DataFrame,
  orient: Orient,
  options: WriteOptions = {},
): Generator<Uint8Array<ArrayBuffer>> {
  const passes = writePasses(headOf(frame), orient, options);
  if (orient === "columns" || orient === "index") {
    checkDistinctKeys(frame.stamps, stampFormat(frame.aware, options));
  }
  yield* runPasses(passes, frame);
}

/** The same text in one string, for small frames and tests. */
export function writeFrameText(frame: DataFrame, orient: Orient, options: WriteOptions = {}): string {
  const decoder = new TextDecoder();
  let text = "";
  for (const chunk of writeFrame(frame, orient, options)) text += decoder.decode(chunk);
  return text;
}

/** What writers must know of a frame that is in memory. */
export function headOf(frame: DataFrame): FrameHead {
  const columns = frame.columns.map((column) => ({
    name: column.name,
    type: column.type,
    nulls: hasNulls(column),
    dtype: column.dtype,
  }));
  return { aware: frame.aware, zone: frame.zone, labels: frame.labels, columns };
}

/** The stamp format that options ask for. */
export function stampFormat(aware: boolean, options: WriteOptions): StampFormat {
  return { aware, dateFormat: options.dateFormat ?? "iso", dateUnit: options.dateUnit ?? "ms" };
}

/**
 * The passes that write a frame, for rows that come in batches, synchronously or not. Who calls it checks
 * batches with checkDistinctKeys before the first chunk goes out (columns and index). Throws RunnelError
 * where pandas does: table with epoch dates, or with columns both "index" and "level_0"; and for includeIndex
 * beside a column "index".
 */
export function writePasses(head: FrameHead, orient: Orient, options: WriteOptions = {}): WritePass[] {
  const format = stampFormat(head.aware, options);
  const keys = memberKeys(head);
  const cells = cellsFor(options);
  switch (orient) {
    case "columns":
      return columnPasses(head, format, cells);
    case "split": {
      const names = head.columns.map((column) => jsonString(column.name)).join(",");
      const labels = rowPass({ columns: [], stamps: (stamps) => stampCells(stamps, format, "value") });
      return [
        { ...labels, open: `{"columns":[${names}],"index":[`, close: `],"data":[` },
        { ...arrayPass(head, cells), close: "]}" },
      ];
    }
    case "values":
      return [{ ...arrayPass(head, cells), open: "[", close: "]" }];
    case "index": {
      const stamps = (stamps: BigInt64Array) => stampCells(stamps, format, "key", "", ":{");
      return [{ ...rowPass({ columns: allOf(head), stamps, keys, cells, end: "}" }), open: "{", close: "}" }];
    }
    case "records":
      return [{
        ...recordPass(head, format, recordStampKey(head, options), { cells }),
        open: "[",
        close: "]",
      }];
    case "table": {
      const key = tableStampKey(head, format);
      return [{
        ...recordPass(head, format, key, { cells: (column) => cells(forTable(column)) }),
        open: tableOpen(head),
        close: "]}",
      }];
    }
  }
}

/** How the cells of a column are written. */
type CellsOf = (column: Column) => Cells;

/** How cells are written with so many decimals. */
export function cellsFor({ doublePrecision = 10 }: WriteOptions): CellsOf {
  return doublePrecision === 10 ? jsonCells : (column) => jsonCells(column, doublePrecision);
}

const allOf = ({ columns }: FrameHead) => columns.map((_, at) => at);

/** The keys of columns as JSON members, each with its colon, and a comma ahead of all but the first. */
function memberKeys({ columns }: FrameHead): string[] {
  return columns.map(({ name }, at) => `${at === 0 ? "" : ","}${jsonString(name)}:`);
}

/** Rows as arrays. */
function arrayPass(head: FrameHead, cells: CellsOf): WritePass {
  const keys = head.columns.map((_, at) => at === 0 ? "[" : ",");
  // Without columns there is nothing that the bracket could stand ahead of.
  return rowPass({ columns: allOf(head), keys, cells, end: keys.length === 0 ? "[]" : "]" });
}

/** Rows as objects, each with its stamp first under `stampKey` unless that is null; `isLines`: one a line, without commas. */
export function recordPass(
  head: FrameHead,
  format: StampFormat,
  stampKey: string | null,
  { cells = jsonCells, isLines = false }: { readonly cells?: CellsOf; readonly isLines?: boolean } = {},
): WritePass {
  const keys = memberKeys(head);
  const parts = { columns: allOf(head), cells, end: isLines ? "}\n" : "}", separator: isLines ? "" : "," };
  if (stampKey !== null) {
    const open = `{${jsonString(stampKey)}:`, comma = keys.length === 0 ? "" : ",";
    const stamps = (stamps: BigInt64Array) => stampCells(stamps, format, "value", open, comma);
    return rowPass({ ...parts, stamps, keys });
  }
  if (keys.length === 0) return rowPass({ ...parts, end: `{${parts.end}` });
  return rowPass({ ...parts, keys: [`{${keys[0]}`, ...keys.slice(1)] });
}

function columnPasses(head: FrameHead, format: StampFormat, cells: CellsOf): WritePass[] {
  // All columns have the same keys, so what is made for one is kept for the others.
  const made = new WeakMap<BigInt64Array, Cells>();
  const stamps = (stamps: BigInt64Array) => {
    let keys = made.get(stamps);
    if (keys === undefined) made.set(stamps, keys = stampCells(stamps, format, "key", "", ":"));
    return keys;
  };
  const passes = head.columns.map((column, at): WritePass => ({
    ...rowPass({ columns: [at], stamps, cells, keys: [""] }),
    open: `${at === 0 ? "{" : ","}${jsonString(column.name)}:{`,
    close: at === head.columns.length - 1 ? "}}" : "}",
  }));
  return passes.length > 0
    ? passes
    : [{ ...rowPass({ columns: [] }), rows: () => undefined, open: "{", close: "}" }];
}

/** The key of the stamp in records, or null if they go without. Throws RunnelError if a column has it. */
export function recordStampKey(head: FrameHead, options: WriteOptions): string | null {
  if (!options.includeIndex) return null;
  if (!head.columns.some((column) => column.name === "index")) return "index";
  throw invalid('A column is called "index", so records cannot carry their stamps under that name.');
}

/** pandas resets the index into a column of its name; one without a name is called index, or level_0 if that is taken. */
function tableStampKey(head: FrameHead, format: StampFormat): string {
  if (format.dateFormat === "epoch") {
    throw invalid("Orient table writes dates as iso only: ask for date_format=iso.");
  }
  const names = new Set(head.columns.map((column) => column.name));
  const free = [head.labels?.name ?? "index", "index", "level_0"].find((name) => !names.has(name));
  if (free !== undefined) return free;
  throw invalid(
    'Columns are called "index" and "level_0", so orient table has no name for the stamps.',
  );
}

/** pandas writes NaT for a duration that is null, here alone. */
function forTable(column: Column): Column {
  if (column.dtype?.type !== "duration" || column.type !== "string") return column;
  return { ...column, values: column.values.map((text) => text ?? "NaT") };
}

function tableOpen(head: FrameHead): string {
  const writeName = nameWriter(head.labels);
  const fields = head.columns.map((column) => tableField(column, writeName));
  // The name of the index, even where its member is called otherwise.
  const name = head.labels?.name ?? "index", isTaken = head.columns.some((column) => column.name === name);
  const key = jsonString(isTaken ? "index" : name);
  const index = `{"name":${key},"type":"datetime"${
    head.aware ? `,"tz":${jsonString(head.zone ?? "UTC")}` : ""
  }}`;
  const schema = `{"fields":[${
    [index, ...fields].join(",")
  }],"primaryKey":[${key}],"pandas_version":"1.4.0"}`;
  return `{"schema":${schema},"data":[`;
}
