import { jsonString } from "../text/ascii.ts";
import { type Cells, jsonCells } from "../text/cells.ts";
import type { Column } from "../../frame/column.ts";
import { invalid } from "../../../errors.ts";
import type { DataFrame } from "../../frame/frame.ts";
import type { Orient } from "./read_frame.ts";
import { rowPass, runPasses, type WritePass } from "../text/row_pass.ts";
import { nameWriter, tableField } from "./table_fields.ts";
import {
  type FrameHead,
  headOf,
  recordStampKey,
  stampFormat,
  type WriteOptions,
} from "../text/frame_head.ts";
import { checkDistinctKeys, stampCells, type StampFormat } from "../text/stamp_cells.ts";

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
