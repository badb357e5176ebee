import { NUMBER_BYTES, putAscii, putInteger, putShortest, putUtf8 } from "../text/ascii.ts";
import { type OtherCells, widestOf, widthOf } from "../text/cells.ts";
import type { Cell, Column } from "../../frame/column.ts";
import { isNull } from "./csv_table.ts";
import { rowPass, type WritePass } from "../text/row_pass.ts";
import { stampCells } from "../text/stamp_cells.ts";
import { type FrameHead, recordStampKey, stampFormat, type WriteOptions } from "../text/frame_head.ts";

/** By value; null is an empty cell. */
const CSV_BOOLEANS = ["false", "true", ""];

/**
 * The pass that writes CSV (RFC 4180, but lines end in LF, as pandas' to_csv has it): a header that begins
 * with index, stamps as in JSON, floats in the shortest form that reads back as the same double, null as an
 * empty cell. Throws RunnelError if a column is called "index".
 */
export function csvPass(head: FrameHead, options: WriteOptions = {}): WritePass {
  const names = [
    recordStampKey(head, { ...options, includeIndex: true })!,
    ...head.columns.map(({ name }) => name),
  ];
  const format = stampFormat(head.aware, options);
  const pass = rowPass({
    columns: head.columns.map((_, at) => at),
    stamps: (stamps) => stampCells(stamps, format, "bare"),
    keys: head.columns.map(() => ","),
    cells: csvCells,
    end: "\n",
    separator: "",
  });
  return { ...pass, open: `${names.map(csvText).join(",")}\n` };
}

function csvCells(column: Column): OtherCells {
  const { type, values } = column;
  if (type === "boolean") {
    return {
      kind: "other",
      widest: NUMBER_BYTES,
      put: ({ bytes }, at, row) => putAscii(bytes, at, CSV_BOOLEANS[values[row]!]!),
    };
  }
  if (type === "float") {
    return {
      kind: "other",
      widest: NUMBER_BYTES,
      put: ({ bytes }, at, row) => Number.isFinite(values[row]) ? putShortest(bytes, at, values[row]!) : at,
    };
  }
  if (type === "integer" && values instanceof Float64Array) {
    return {
      kind: "other",
      widest: NUMBER_BYTES,
      put: ({ bytes }, at, row) => putInteger(bytes, at, values[row]!),
    };
  }
  const isInteger = type === "integer";
  const put: OtherCells["put"] = ({ bytes }, at, row) => putUtf8(bytes, at, csvCell(values[row]!, isInteger));
  if (type !== "string" && type !== "mixed") return { kind: "other", widest: NUMBER_BYTES, put };
  // Quotes are doubled, and a character beyond ASCII takes up to three bytes.
  return { kind: "other", widest: widestOf(values, 3), widthAt: (row) => widthOf(values[row]!, 3), put };
}

function csvCell(value: Cell, isInteger: boolean): string {
  if (value === null) return "";
  if (typeof value === "string") return csvText(value);
  if (typeof value !== "number" || isInteger) return String(value);
  if (!Number.isFinite(value)) return "";
  // A template has no sign for it.
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : `${value}`;
}

/** In quotes if it must be, and if without them it would be null. */
function csvText(text: string): string {
  return isNull(text) || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
