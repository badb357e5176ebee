import { ColumnBuilder } from "../../frame/column_builder.ts";
import { readCell } from "./column_set.ts";
import { invalid, quote } from "../../../errors.ts";
import { type DataFrame, makeFrame } from "../../frame/frame.ts";
import type { JsonReader } from "./json_reader.ts";
import { readLabels } from "../labels.ts";
import type { ReadOptions } from "../options.ts";
import { readLabelValue } from "./row_labels.ts";

/**
 * {"columns": [names], "index": [labels], "data": [[cells]]}: exactly these keys, in any order, of exact
 * lengths.
 */
export function readSplit(reader: JsonReader, options: ReadOptions): DataFrame {
  if (reader.kind() !== "object") {
    throw reader.error("orient split is an object with columns, index and data");
  }
  let names: string[] | undefined, labels: string[] | undefined, data: SplitData | undefined;
  reader.openObject();
  while (reader.more()) {
    const key = reader.readKey();
    if (key === "columns" && !names) names = readNames(reader);
    else if (key === "index" && !labels) labels = readIndexLabels(reader);
    else if (key === "data" && !data) data = readData(reader);
    else if (key === "columns" || key === "index" || key === "data") {
      throw reader.error(`${quote(key)} stands twice`);
    } else throw reader.error(`orient split has columns, index and data, and no ${quote(key)}`);
  }
  reader.expectEnd();
  if (!names || !labels || !data) {
    const missing = !names ? "columns" : !labels ? "index" : "data";
    throw invalid(`Orient split needs columns, index and data: ${missing} is missing.`);
  }
  if (data.rows !== labels.length) {
    throw invalid(
      `data has ${data.rows} rows, but index has ${labels.length} labels: they must be as many.`,
    );
  }
  if (labels.length === 0) throw invalid("The frame has no rows: send at least one.");
  if (data.builders.length !== names.length) {
    throw invalid(
      `The rows of data have ${data.builders.length} cells, but there are ${names.length} columns.`,
    );
  }
  const stamps = readLabels(labels, options.dateUnit);
  const columns = data.builders.map((builder, at) => ({
    ...builder.finish(data.rows),
    name: names[at]!,
  }));
  return makeFrame(stamps, columns, options.duplicates);
}

function readNames(reader: JsonReader): string[] {
  if (reader.kind() !== "array") throw reader.error("columns should be an array of names");
  const names = new Set<string>();
  reader.openArray();
  while (reader.moreItems()) {
    const start = reader.position;
    if (reader.kind() !== "scalar") throw reader.error("a column name should be a text");
    const kind = reader.readScalar();
    if (kind === "null" || kind === "true" || kind === "false") {
      throw reader.error(`a column name should be a text, not ${kind}`);
    }
    // pandas writes integer and float labels as numbers here; their spelling is the name, as it is in other
    // orients.
    const name = kind === "string" ? reader.string : reader.text.slice(start, reader.position).trim();
    if (names.has(name)) throw reader.error(`column ${quote(name)} stands twice`);
    names.add(name);
  }
  return [...names];
}

function readIndexLabels(reader: JsonReader): string[] {
  if (reader.kind() !== "array") throw reader.error("index should be an array of stamps");
  const labels: string[] = [];
  reader.openArray();
  while (reader.moreItems()) labels.push(readLabelValue(reader, labels.length));
  return labels;
}

interface SplitData {
  rows: number;
  /** By position: the names may come later. */
  builders: ColumnBuilder[];
}

function readData(reader: JsonReader): SplitData {
  if (reader.kind() !== "array") throw reader.error("data should be an array of rows");
  const builders: ColumnBuilder[] = [];
  let rows = 0;
  reader.openArray();
  for (; reader.moreItems(); rows++) {
    if (reader.kind() !== "array") throw reader.error(`row ${rows} of data should be an array of cells`);
    let at = 0;
    reader.openArray();
    for (; reader.moreItems(); at++) {
      if (rows === 0) builders.push(new ColumnBuilder(String(at)));
      const builder = builders[at];
      if (!builder) {
        throw reader.error(`row ${rows} of data has more cells than row 0, which has ${builders.length}`);
      }
      readCell(reader, builder, rows, rows);
    }
    if (at < builders.length) {
      throw reader.error(`row ${rows} of data has ${at} cells, row 0 has ${builders.length}`);
    }
  }
  return { rows, builders };
}
