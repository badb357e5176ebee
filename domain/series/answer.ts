/** Writing what a source holds, in every format, batch by batch. */
import { csvPass } from "./csv.ts";
import type { DataFrame } from "./frame.ts";
import { hasNulls } from "./column.ts";
import { ndjsonPass } from "./ndjson.ts";
import type { Orient } from "./read_frame.ts";
import type { WritePass } from "./row_pass.ts";
import type { FrameSource } from "./source.ts";
import { checkDistinctKeys } from "./stamp_writer.ts";
import { type FrameHead, stampFormat, type WriteOptions, writePasses } from "./write_frame.ts";

/** The shapes of a frame as text: pandas' orients, and those of other tools. */
export type FrameFormat = Orient | "csv" | "ndjson";

/** Pieces of text are gathered to about this size. */
const PIECE_BYTES = 1 << 17;

/**
 * Prepares the text of a source's rows. Throws SeriesError, before the first piece, where the rows cannot be
 * written so. The source is closed at the end of the text, and when the caller returns early or this throws.
 */
export async function prepareText(
  source: FrameSource,
  format: FrameFormat,
  options: WriteOptions,
): Promise<AsyncGenerator<Uint8Array<ArrayBuffer>>> {
  try {
    const head: FrameHead = { aware: source.aware, columns: source.columns };
    if (format === "csv") return gathered(write(source, [csvPass(head, options)]));
    if (format === "ndjson") return gathered(write(source, [ndjsonPass(head, options)]));
    const passes = writePasses(format === "table" ? await withNulls(source, head) : head, format, options);
    if (format === "columns" || format === "index") {
      let before: bigint | undefined;
      for await (const { stamps } of source.batches([])) {
        checkDistinctKeys(stamps, stampFormat(source.aware, options), before);
        before = stamps.at(-1);
      }
    }
    return gathered(write(source, passes));
  } catch (error) {
    await source.close();
    throw error;
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
  const encoder = new TextEncoder();
  try {
    for (const pass of passes) {
      if (pass.open !== "") yield encoder.encode(pass.open);
      for await (const batch of source.batches(pass.columns)) yield* pass.rows(batch satisfies DataFrame);
      if (pass.close !== "") yield encoder.encode(pass.close);
    }
  } finally {
    await source.close();
  }
}

async function* gathered(
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let waiting: Uint8Array[] = [], bytes = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    bytes += piece.length;
    if (bytes < PIECE_BYTES) continue;
    yield join(waiting, bytes);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield join(waiting, bytes);
}

function join(pieces: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(bytes);
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}
