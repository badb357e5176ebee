import { jsonString } from "./ascii_writer.ts";
import { type ColumnType, hasNulls } from "./column.ts";
import { SeriesError } from "./error.ts";
import type { DataFrame } from "./frame.ts";
import type { Orient } from "./read_frame.ts";
import { memberKeys, recordRow, type RowCursor, rowPass, runPasses, type WritePass } from "./row_pass.ts";
import { checkDistinctKeys, type DateFormat, type StampFormat } from "./stamp_writer.ts";
import type { DateUnit } from "./stamps.ts";

/** How to write a frame; every default is pandas'. */
export interface WriteOptions {
  /** Default iso, as the service's (pandas: epoch, but iso for table). */
  dateFormat?: DateFormat | undefined;
  /** Default ms. */
  dateUnit?: DateUnit | undefined;
  /** Orient records only: each record begins with its stamp under "index", so that it can be read again. */
  includeIndex?: boolean | undefined;
}

/** What a writer must know before the first row. */
export interface FrameHead {
  aware: boolean;
  /** In order. `nulls` says whether any cell is null; only orient table asks. */
  columns: readonly { name: string; type: ColumnType; nulls: boolean }[];
}

/**
 * Writes a frame byte for byte as pandas 1.5 (DataFrame.to_json) does, as chunks of ASCII of about 64 KB.
 * Throws SeriesError before the first chunk if two stamps would become the same key (see checkDistinctKeys),
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
  }));
  return { aware: frame.aware, columns };
}

/** The stamp format that options ask for. */
export function stampFormat(aware: boolean, options: WriteOptions): StampFormat {
  return { aware, dateFormat: options.dateFormat ?? "iso", dateUnit: options.dateUnit ?? "ms" };
}

/**
 * The passes that write a frame, for rows that come in batches, synchronously or not. Who calls it checks
 * batches with checkDistinctKeys before the first chunk goes out (columns and index). Throws SeriesError
 * where pandas does: table with epoch dates, or with columns both "index" and "level_0"; and for includeIndex
 * beside a column "index".
 */
export function writePasses(head: FrameHead, orient: Orient, options: WriteOptions = {}): WritePass[] {
  const format = stampFormat(head.aware, options);
  const all = head.columns.map((_, at) => at);
  const keys = memberKeys(head.columns);
  switch (orient) {
    case "columns":
      return columnPasses(head, format);
    case "split": {
      const names = head.columns.map((column) => jsonString(column.name)).join(",");
      const labels = rowPass(format, [], (row) => row.stamps.value(row.row));
      const data = rowPass(format, all, arrayRow);
      return [
        { ...labels, open: `{"columns":[${names}],"index":[`, close: `],"data":[` },
        { ...data, open: "", close: "]}" },
      ];
    }
    case "values":
      return [{ ...rowPass(format, all, arrayRow), open: "[", close: "]" }];
    case "index":
      return [{
        ...rowPass(format, all, (row) => {
          row.stamps.key(row.row);
          row.writer.byte(COLON);
          row.writer.byte(OPEN_BRACE);
          row.cells(keys, false);
          row.writer.byte(CLOSE_BRACE);
        }),
        open: "{",
        close: "}",
      }];
    case "records":
      return [{
        ...rowPass(format, all, recordRow(keys, recordStampKey(head, options))),
        open: "[",
        close: "]",
      }];
    case "table":
      return [{
        ...rowPass(format, all, recordRow(keys, tableStampKey(head, format))),
        open: tableOpen(head),
        close: "]}",
      }];
  }
}

const OPEN_BRACE = 0x7b,
  CLOSE_BRACE = 0x7d,
  OPEN_BRACKET = 0x5b,
  CLOSE_BRACKET = 0x5d,
  COLON = 0x3a;

function arrayRow(row: RowCursor): void {
  row.writer.byte(OPEN_BRACKET);
  row.cells(null, false);
  row.writer.byte(CLOSE_BRACKET);
}

function columnPasses(head: FrameHead, format: StampFormat): WritePass[] {
  const passes: WritePass[] = head.columns.map((column, at) => ({
    ...rowPass(format, [at], (row) => {
      row.stamps.key(row.row);
      row.writer.byte(COLON);
      row.cells(null, false);
    }),
    open: `${at === 0 ? "{" : ","}${jsonString(column.name)}:{`,
    close: at === head.columns.length - 1 ? "}}" : "}",
  }));
  return passes.length > 0 ? passes : [{ open: "{", columns: [], *rows() {}, close: "}" }];
}

/** The key of the stamp in records, or null if they go without. Throws SeriesError if a column has it. */
export function recordStampKey(head: FrameHead, options: WriteOptions): string | null {
  if (!options.includeIndex) return null;
  if (!head.columns.some((column) => column.name === "index")) return "index";
  throw new SeriesError('A column is called "index", so records cannot carry their stamps under that name.');
}

/** pandas resets the index into a column, which it calls level_0 if index is taken. */
function tableStampKey(head: FrameHead, format: StampFormat): string {
  if (format.dateFormat === "epoch") {
    throw new SeriesError("Orient table writes dates as iso only: ask for date_format=iso.");
  }
  const names = new Set(head.columns.map((column) => column.name));
  if (!names.has("index")) return "index";
  if (!names.has("level_0")) return "level_0";
  throw new SeriesError(
    'Columns are called "index" and "level_0", so orient table has no name for the stamps.',
  );
}

function tableOpen(head: FrameHead): string {
  const fields = head.columns.map(({ name, type, nulls }) => {
    const plain = { float: "number", integer: "integer", boolean: nulls ? "string" : "boolean" };
    return `{"name":${jsonString(name)},"type":"${
      type === "string" || type === "mixed" ? "string" : plain[type]
    }"}`;
  });
  const index = `{"name":"index","type":"datetime"${head.aware ? ',"tz":"UTC"' : ""}}`;
  const schema = `{"fields":[${
    [index, ...fields].join(",")
  }],"primaryKey":["index"],"pandas_version":"1.4.0"}`;
  return `{"schema":${schema},"data":[`;
}
