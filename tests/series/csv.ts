/** CSV bodies of tests, written as texts. */
import { readCsv as readBytes } from "../../domain/series/formats/csv/read_csv.ts";
import { CsvScanner } from "../../domain/series/formats/csv/csv_scanner.ts";
import { type CsvTable, CsvText } from "../../domain/series/formats/csv/csv_table.ts";
import type { DataFrame } from "../../domain/series/frame/frame.ts";
import type { ReadOptions } from "../../domain/series/formats/options.ts";

const encoder = new TextEncoder();

/** The frame of a CSV text. */
export function readCsv(text: string, options?: ReadOptions): DataFrame {
  return readBytes(encoder.encode(text), options);
}

/** The cells of lines without a header. */
export function tableOf(text: string, width: number): CsvTable {
  return new CsvScanner(new CsvText(encoder.encode(text), false)).table(width);
}
