import { ColumnBuilder } from "../../frame/column_builder.ts";
import { readCell } from "./column_set.ts";
import { invalid, quote } from "../../../errors.ts";
import { checkCells, type DataFrame, makeFrame } from "../../frame/frame.ts";
import { JsonReader } from "./json_reader.ts";
import { readLabels } from "../labels.ts";
import { readIndex, readRecords } from "./read_rows.ts";
import { readSplit } from "./read_split.ts";
import { readTable } from "./read_table.ts";
import { RowLabels } from "./row_labels.ts";
import type { ReadOptions } from "../options.ts";

/** The shapes in which pandas writes a frame as JSON (DataFrame.to_json, `orient`). */
export const ORIENTS = ["split", "records", "index", "columns", "values", "table"] as const;
/** One of ORIENTS. */
export type Orient = typeof ORIENTS[number];

/**
 * Reads a frame from JSON text in the orient named, as pandas.read_json would where series.md does not say
 * otherwise: column labels stay text, values stay what they are. Rows come out sorted by stamp. Throws
 * RunnelError, naming the place, for whatever is not such a frame; "values" is always refused.
 */
export function readFrame(text: string, orient: Orient, options: ReadOptions = {}): DataFrame {
  if (orient === "values") {
    throw invalid(
      "A frame in orient values has no stamps, so it cannot be read into a time series: send split, records with a stamp, " +
        "index, columns or table.",
    );
  }
  if (text.trim() === "") {
    throw invalid(`The body is empty: send a frame as JSON in orient ${orient}.`);
  }
  const reader = new JsonReader(text);
  const readers = {
    split: readSplit,
    records: readRecords,
    index: readIndex,
    columns: readColumns,
    table: readTable,
  };
  return readers[orient](reader, options);
}

/** {"a": {label: cell}}: an object of objects; labels are united in the order first seen, gaps are null. */
function readColumns(reader: JsonReader, options: ReadOptions): DataFrame {
  if (reader.kind() !== "object") {
    throw reader.error("orient columns is an object: column name to {label: cell}");
  }
  const rows = new RowLabels();
  const builders = new Map<string, ColumnBuilder>();
  /** By row, the last column that had it, to find labels that repeat. */
  const seenBy: number[] = [];
  reader.openObject();
  while (reader.more()) {
    const name = reader.readKey();
    if (builders.has(name)) throw reader.error(`column ${quote(name)} stands twice`);
    const number = builders.size;
    checkCells(rows.labels.length, number + 1);
    const builder = new ColumnBuilder(name, rows.labels.length);
    builders.set(name, builder);
    if (reader.kind() !== "object") {
      throw reader.error(`column ${quote(name)} should be an object: label to cell`);
    }
    rows.restart();
    reader.openObject();
    while (reader.more()) {
      const row = rows.readRow(reader);
      if (seenBy[row] === number) {
        throw reader.error(`column ${quote(name)} has the label ${quote(rows.labels[row]!)} twice`);
      }
      seenBy[row] = number;
      readCell(reader, builder, row, rows.labels[row]!);
    }
  }
  reader.expectEnd();
  if (rows.labels.length === 0) throw invalid("The frame has no rows: send at least one.");
  checkCells(rows.labels.length, builders.size);
  const stamps = readLabels(rows.labels, options.dateUnit);
  return makeFrame(stamps, [...builders.values()].map((builder) => builder.finish(rows.labels.length)));
}
