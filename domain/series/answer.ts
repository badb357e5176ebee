/** Writing what a source holds, in every format, batch by batch. */
import { csvPass } from "./formats/csv/write_csv.ts";
import { hasNulls } from "./frame/column.ts";
import { ndjsonPass } from "./formats/json/ndjson.ts";
import type { Orient } from "./formats/json/read_frame.ts";
import { PassWriter, type WritePass } from "./formats/text/row_pass.ts";
import type { FrameSource } from "./storage/source.ts";
import { checkDistinctKeys, findAlike } from "./formats/text/stamp_cells.ts";
import { areWhole, type DateUnit } from "./frame/stamps.ts";
import { writePasses } from "./formats/json/write_frame.ts";
import { type FrameHead, stampFormat, type WriteOptions } from "./formats/text/frame_head.ts";

/** The shapes of a frame as text: pandas' orients, and those of other tools. */
export type TextFormat = Orient | "csv" | "ndjson";
/** The shapes of a frame that have types: Arrow IPC as a stream, or as a file, which is also called Feather; Parquet. */
export type TypedFormat = "arrow" | "feather" | "parquet";
/** All shapes of a frame. */
export type FrameFormat = TextFormat | TypedFormat;

/** Cells of one record batch, or row group. */
const BATCH_CELLS = 1 << 18, GROUP_CELLS = 1 << 20;

/** How to write a frame. */
export interface TextOptions extends Omit<WriteOptions, "dateUnit"> {
  /**
   * `auto`: the coarsest unit, milliseconds at least, that keeps stamps apart, and in CSV and lines of JSON writes them
   * exactly. Auto unless given where stamps are keys and in those two; else milliseconds, as in pandas.
   */
  readonly dateUnit?: DateUnit | "auto" | undefined;
}

/** Prepares a source's rows in any shape, as prepareText does. Options are those of text; types need none. */
export async function prepareFrame(
  source: FrameSource,
  format: FrameFormat,
  options: TextOptions,
): Promise<AsyncGenerator<Uint8Array<ArrayBuffer>>> {
  if (format !== "arrow" && format !== "feather" && format !== "parquet") {
    return await prepareText(source, format, options);
  }
  const { typedRows } = await import("./typed/typed_rows.ts");
  const all = source.batches([...source.columns.keys()]);
  if (format === "parquet") {
    const { parquetHead, writeParquet } = await import("./typed/parquet/write.ts");
    const head = parquetHead(source);
    return closing(source, writeParquet(head, typedRows(head, all, GROUP_CELLS)));
  }
  const { writeArrow } = await import("./typed/arrow_write.ts");
  return closing(source, writeArrow(source, typedRows(source, all, BATCH_CELLS), format === "feather"));
}

async function* closing<T>(source: FrameSource, pieces: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* pieces;
  } finally {
    await source.close();
  }
}

/**
 * Prepares the text of a source's rows. Throws RunnelError, before the first piece, where the rows cannot be
 * written so. The source is closed at the end of the text, and when the caller returns early or this throws.
 */
async function prepareText(
  source: FrameSource,
  format: TextFormat,
  { dateUnit: wanted, ...others }: TextOptions,
): Promise<AsyncGenerator<Uint8Array<ArrayBuffer>>> {
  try {
    const options = { ...others, dateUnit: await unitFor(source, format, wanted, others) };
    const head: FrameHead = source;
    if (format === "csv") return write(source, [csvPass(head, options)]);
    if (format === "ndjson") return write(source, [ndjsonPass(head, options)]);
    const passes = writePasses(format === "table" ? await withNulls(source, head) : head, format, options);
    return write(source, passes);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Whether stamps are names of members. */
function hasKeys(format: TextFormat): boolean {
  return format === "columns" || format === "index";
}

async function unitFor(
  source: FrameSource,
  format: TextFormat,
  wanted: DateUnit | "auto" | undefined,
  options: WriteOptions,
): Promise<DateUnit> {
  if (wanted !== undefined && wanted !== "auto") {
    if (hasKeys(format)) await checkKeys(source, { ...options, dateUnit: wanted });
    return wanted;
  }
  const isExact = format === "csv" || format === "ndjson";
  if (wanted === undefined && !isExact && !hasKeys(format)) return "ms";
  const units: DateUnit[] = ["ms", "us", "ns"];
  let before: bigint | undefined;
  for await (const { stamps } of source.batches([])) {
    while (units.length > 1) {
      const dateUnit = units[0]!, asKeys = stampFormat(source.aware, { ...options, dateUnit });
      if (isExact ? areWhole(stamps, dateUnit) : findAlike(stamps, asKeys, before) === undefined) break;
      units.shift();
    }
    if (units.length === 1) break;
    before = stamps.at(-1);
  }
  const dateUnit = units[0]!;
  if (dateUnit === "ns" && hasKeys(format)) await checkKeys(source, { ...options, dateUnit });
  return dateUnit;
}

/** Throws RunnelError if two stamps would be the same key. */
async function checkKeys(source: FrameSource, options: WriteOptions): Promise<void> {
  let before: bigint | undefined;
  for await (const { stamps } of source.batches([])) {
    checkDistinctKeys(stamps, stampFormat(source.aware, options), before);
    before = stamps.at(-1);
  }
}

/** Only orient table says whether booleans have nulls. */
async function withNulls(source: FrameSource, head: FrameHead): Promise<FrameHead> {
  const booleans = [...head.columns.keys()].filter((at) => head.columns[at]!.type === "boolean");
  const nulls = new Set<number>();
  if (booleans.length > 0) {
    for await (const { columns } of source.batches(booleans)) {
      columns.forEach((column, i) => hasNulls(column) && nulls.add(booleans[i]!));
    }
  }
  return { ...head, columns: head.columns.map((column, at) => ({ ...column, nulls: nulls.has(at) })) };
}

async function* write(
  source: FrameSource,
  passes: readonly WritePass[],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const writer = new PassWriter();
  try {
    for (const pass of passes) {
      yield* writer.open(pass);
      for await (const batch of source.batches(pass.columns)) yield* writer.rows(pass, batch);
      yield* writer.close(pass);
    }
    yield* writer.finish();
  } finally {
    await source.close();
  }
}
