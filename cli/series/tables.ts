/** Frames and lists of series as people read them at a terminal. */
import type { ListedReference, ListedSymbol, Revision } from "../../client/mod.ts";
import { table } from "../terminal/table.ts";

/** A frame in orient split; of `shown` rows or more, a note says how others are chosen. */
export function frameTable(text: string, shown: number): string {
  // Numbers stand as they were written: 1.0 is not 1, and large ones are not rounded.
  const asWritten = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" ? context?.source ?? String(value) : value;
  const { columns, index, data } = JSON.parse(text, asWritten) as {
    columns: string[];
    index: string[];
    data: (string | boolean | null)[][];
  };
  if (index.length === 0) return "There are no rows in this range.\n";
  const cell = (value: string | boolean | null) =>
    value === null ? "" : String(value).replace(/[\r\n\t]/g, " ");
  const rows = data.map((cells, row) => [index[row]!, ...cells.map(cell)]);
  const numeric = (column: number) => column > 0 && rows.every((row) => /^-?[\d.e+-]*$/.test(row[column]!));
  const note = index.length === shown
    ? `The first ${shown} rows; --limit, --tail, --start and --end choose others.\n`
    : "";
  return table([["", ...columns], ...rows], numeric) + note;
}

/** References, with what holds for their series. */
export function referenceTable(listed: readonly ListedReference[]): string {
  const rows = listed.map(({ reference, symbols, ttlMillis, duplicates }) => [
    reference,
    String(symbols),
    ttlMillis === undefined ? "for ever" : `${ttlMillis} ms`,
    duplicates ?? "refuse",
  ]);
  return table([["REFERENCE", "SYMBOLS", "ROWS LIVE", "DUPLICATES"], ...rows], (column) => column === 1);
}

/** Revisions of a series. */
export function revisionTable(listed: readonly Revision[]): string {
  const rows = listed.map((
    { revision, time, rows, change },
  ) => [String(revision), time, String(rows), change]);
  return table([["REVISION", "TIME", "ROWS", "CHANGE"], ...rows], (column) => column === 0 || column === 2);
}

/** The series of a reference. */
export function symbolTable(listed: readonly ListedSymbol[]): string {
  const rows = listed.map(({ symbol, rows, first, last, columns }) => [
    symbol,
    String(rows),
    first,
    last,
    columns.map(({ name }) => name).join(", "),
  ]);
  return table([["SYMBOL", "ROWS", "FIRST", "LAST", "COLUMNS"], ...rows], (column) => column === 1);
}
