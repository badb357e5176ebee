/** Stamps of a CSV that are ISO 8601 texts, as most are: they need no text and no object each. */
import type { FrameStamps } from "../../frame/frame.ts";
import { halvesOf, isStamp, putStamp, readStamp, stampAt } from "../../frame/stamps.ts";
import type { CsvTable } from "./csv_table.ts";

/**
 * The stamps of a column, if each cell is a text that parseStamp reads, all of them with an offset or none. Undefined:
 * readLabels has to read them, or to say what is wrong.
 */
export function plainStamps(table: CsvTable, at: number): FrameStamps | undefined {
  const { text: { bytes }, bounds, rows, width } = table;
  const stamps = new BigInt64Array(rows), halves = halvesOf(stamps);
  let aware: boolean | undefined;
  for (let row = 0, cell = at * 2; row < rows; row++, cell += width * 2) {
    if (!stampAt(bytes, bounds[cell]!, bounds[cell + 1]!) || !isStamp(readStamp)) return undefined;
    if (readStamp.aware !== (aware ??= readStamp.aware)) return undefined;
    putStamp(halves, row, readStamp.day, readStamp.nanos);
  }
  return aware === undefined ? undefined : { stamps, aware };
}
