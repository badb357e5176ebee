import type { DataFrame } from "../../frame/frame.ts";
import { JsonReader } from "./json_reader.ts";
import type { ReadOptions } from "../options.ts";
import { RecordReader } from "./read_rows.ts";
import type { WritePass } from "../text/row_pass.ts";
import { cellsFor, recordPass } from "./write_frame.ts";
import { type FrameHead, recordStampKey, stampFormat, type WriteOptions } from "../text/frame_head.ts";

/**
 * Reads newline-delimited JSON (https://github.com/ndjson/ndjson-spec): one record a line, each with its
 * stamp as in orient records. Empty lines are skipped. Throws RunnelError naming line and column.
 */
export function readNdjson(text: string, options: ReadOptions = {}): DataFrame {
  const reader = new JsonReader(text);
  const records = new RecordReader(reader);
  let end = 0;
  while (reader.peek() !== -1) {
    const start = reader.position;
    if (end > 0 && !text.slice(end, start).includes("\n")) {
      throw reader.error("a record should begin on its own line");
    }
    records.read();
    end = reader.position;
    if (text.slice(start, end).includes("\n")) {
      throw reader.error("the record that begins here runs over a line", start);
    }
  }
  return records.finish(options);
}

/**
 * The pass that writes newline-delimited JSON: the records of orient records with includeIndex, a newline
 * after each, with floats that read back as the same doubles. Throws RunnelError if a column is called "index".
 */
export function ndjsonPass(head: FrameHead, options: WriteOptions = {}): WritePass {
  const stampKey = recordStampKey(head, { ...options, includeIndex: true });
  const cells = cellsFor({ ...options, doublePrecision: "full" });
  return recordPass(head, stampFormat(head.aware, options), stampKey, { cells, isLines: true });
}
