/** One record of an array: an object with a stamp under one key, and cells under the names of their columns. */
import { quote } from "../../../errors.ts";
import { type ColumnSet, readCell } from "./column_set.ts";
import type { JsonReader } from "./json_reader.ts";
import { readLabelValue, type RowLabels } from "./row_labels.ts";

/**
 * Reads the record at the reader's position. `columnOf` answers the column of a key that is not the one expected there.
 * Throws RunnelError naming the record's number, from 0.
 */
export function readRecord(
  reader: JsonReader,
  stampKey: string,
  rows: RowLabels,
  columns: ColumnSet,
  columnOf: (key: string, row: number) => Parameters<typeof readCell>[1],
): void {
  const row = rows.labels.length;
  if (reader.kind() !== "object") throw noObject(reader, row);
  let label: string | undefined;
  columns.beginRow(row);
  reader.openObject();
  while (reader.more()) {
    if (label === undefined && reader.skipKey(stampKey)) {
      label = readLabelValue(reader, row);
      continue;
    }
    const expected = columns.skipExpected(reader);
    const key = expected ? "" : reader.readKey();
    if (expected || key !== stampKey) readCell(reader, expected ?? columnOf(key, row), row, row);
    else if (label === undefined) label = readLabelValue(reader, row);
    else throw reader.error(`record ${row} has ${quote(stampKey)} twice`);
  }
  if (label === undefined) {
    throw reader.error(`record ${row} has no ${quote(stampKey)}, where its stamp should be`);
  }
  rows.add(label);
}

/** The error where a record should be, and is none. */
export const noObject = (reader: JsonReader, row: number) =>
  reader.error(`record ${row} should be an object`);
