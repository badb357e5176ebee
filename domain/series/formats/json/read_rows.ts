import { ColumnSet, readCell } from "./column_set.ts";
import { invalid, quote } from "../../../errors.ts";
import { type DataFrame, makeFrame } from "../../frame/frame.ts";
import type { JsonReader } from "./json_reader.ts";
import { readLabels } from "../labels.ts";
import type { ReadOptions } from "../options.ts";
import { noObject, readRecord } from "./record.ts";
import { peekKeys, RowLabels } from "./row_labels.ts";

/** The names under which a record may carry its stamp; the first that the first record has is the one. */
export const STAMP_KEYS = ["index", "date", "datetime", "timestamp"] as const;

/**
 * {label: {"a": cell}}: an object of row objects; columns are united in the order first seen, gaps are null.
 */
export function readIndex(reader: JsonReader, options: ReadOptions): DataFrame {
  if (reader.kind() !== "object") {
    throw reader.error("orient index is an object: label to {column name: cell}");
  }
  const rows = new RowLabels();
  const columns = new ColumnSet();
  reader.openObject();
  while (reader.more()) {
    const label = reader.readKey();
    const row = rows.add(label);
    if (reader.kind() !== "object") {
      throw reader.error(`row ${quote(label)} should be an object: column name to cell`);
    }
    columns.beginRow(row);
    reader.openObject();
    while (reader.more()) {
      const builder = columns.skipExpected(reader) ?? columns.findOrAdd(reader.readKey(), row);
      readCell(reader, builder, row, label);
    }
  }
  reader.expectEnd();
  return finish(rows, columns, { ...options, duplicates: "refuse" });
}

/** [{"index": stamp, "a": cell}]: an array of records, each with its stamp under one of STAMP_KEYS. */
export function readRecords(reader: JsonReader, options: ReadOptions): DataFrame {
  if (reader.kind() !== "array") throw reader.error("orient records is an array of objects");
  const records = new RecordReader(reader);
  reader.openArray();
  while (reader.moreItems()) records.read();
  reader.expectEnd();
  return records.finish(options);
}

/** Reads records, one at each call, that share one stamp key. */
export class RecordReader {
  readonly #rows = new RowLabels();
  readonly #columns = new ColumnSet();
  readonly #reader: JsonReader;
  #stampKey: string | undefined;

  constructor(reader: JsonReader) {
    this.#reader = reader;
  }

  /** Reads the record at the reader's position. Throws RunnelError naming its number, from 0. */
  read(): void {
    this.#stampKey ??= this.#findStampKey();
    const columns = this.#columns;
    readRecord(this.#reader, this.#stampKey, this.#rows, columns, (key, row) => columns.findOrAdd(key, row));
  }

  /** The frame of all records read. */
  finish(options: ReadOptions): DataFrame {
    return finish(this.#rows, this.#columns, options);
  }

  #findStampKey(): string {
    if (this.#reader.kind() !== "object") throw noObject(this.#reader, 0);
    const keys = new Set(peekKeys(this.#reader));
    const found = STAMP_KEYS.find((key) => keys.has(key));
    if (found) return found;
    throw this.#reader.error(
      `a record needs its stamp under one of ${STAMP_KEYS.join(", ")}; this one has none of them`,
    );
  }
}

function finish(rows: RowLabels, columns: ColumnSet, options: ReadOptions): DataFrame {
  if (rows.labels.length === 0) throw invalid("The frame has no rows: send at least one.");
  const stamps = readLabels(rows.labels, options.dateUnit);
  return makeFrame(stamps, columns.finish(rows.labels.length), options.duplicates);
}
