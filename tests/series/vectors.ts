/** Reads the vectors that real pandas made (vectors/README.md) and turns its frames into ours. */
import { type Cell, type Column, NULL_BOOLEAN } from "../../domain/series/frame/column.ts";
import { integerColumn } from "../../domain/series/frame/column_builder.ts";
import type { DataFrame } from "../../domain/series/frame/frame.ts";

/** A cell or label in canonical form. */
export type VectorCell = null | boolean | string | Record<string, unknown>;

export interface VectorFrame {
  shape: [number, number];
  index: {
    kind: string;
    dtype: string;
    tz?: string | null;
    labels: VectorCell[];
    epoch_ns?: (string | null)[];
  };
  columns: { labels: VectorCell[] };
  dtypes: string[];
  rows: VectorCell[][];
}

export interface VectorOutput {
  orient: "split" | "records" | "index" | "columns" | "values" | "table";
  date_format: "iso" | "epoch";
  output?: string;
  error?: { message: string };
}

export interface FrameVector {
  id: string;
  frame: VectorFrame;
  outputs: VectorOutput[];
}

export interface InputVector {
  id: string;
  orient: VectorOutput["orient"];
  body?: string;
  body_rule?: string;
  result?: VectorFrame | null;
  to_json_iso?: string;
  error?: { message: string };
}

const folder = new URL("./vectors/", import.meta.url);

export function readVector<T>(path: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(path, folder))) as T;
}

export function frameVectors(): FrameVector[] {
  const names = [...Deno.readDirSync(new URL("frames/", folder))].map((entry) => entry.name).sort();
  return names.map((name) => readVector<FrameVector>(`frames/${name}`));
}

export function inputVectors(orient: string): InputVector[] {
  return readVector<{ cases: InputVector[] }>(`inputs/${orient}.json`).cases;
}

/** What a date cell is in the store: what was sent, which is the text or number that pandas writes. */
export function toFrame(vector: VectorFrame, dateFormat: "iso" | "epoch"): DataFrame {
  const stamps = BigInt64Array.from(vector.index.epoch_ns!, (ns) => BigInt(ns!));
  const columns = vector.columns.labels.map((label, at) => {
    const cells = vector.rows.map((row) => toCell(row[at]!, dateFormat));
    return toColumn(labelText(label, dateFormat), vector.dtypes[at]!, cells);
  });
  const { tz } = vector.index;
  return { stamps, aware: tz !== null, ...(tz?.includes("/") && { zone: tz }), columns };
}

function labelText(label: VectorCell, dateFormat: "iso" | "epoch"): string {
  const cell = toCell(label, dateFormat);
  return typeof cell === "number" && Number.isInteger(cell) ? `${cell}.0` : String(cell);
}

function toCell(cell: VectorCell, dateFormat: "iso" | "epoch"): Cell {
  if (cell === null || typeof cell !== "object") return cell;
  if ("int" in cell) return BigInt(cell["int"] as string);
  if ("float" in cell) return toFloat(cell["float"] as string);
  if ("ts_ns" in cell) {
    const ms = Number(BigInt(cell["ts_ns"] as string) / 1_000_000n);
    if (dateFormat === "epoch") return BigInt(ms);
    return new Date(ms).toISOString().slice(0, 23) + (cell["tz"] ? "Z" : "");
  }
  if ("date" in cell) {
    return dateFormat === "iso" ? `${cell["date"]}T00:00:00.000` : BigInt(Date.parse(String(cell["date"])));
  }
  return null;
}

function toFloat(text: string): number {
  return text === "nan" ? NaN : Number(text.replace("inf", "Infinity"));
}

function toColumn(name: string, dtype: string, cells: Cell[]): Column {
  if (dtype === "float64") {
    return {
      name,
      type: "float",
      values: Float64Array.from(cells, (cell) => cell === null ? NaN : Number(cell)),
    };
  }
  if (/^u?int/.test(dtype)) return integerColumn(name, cells as bigint[]);
  if (dtype === "bool" || dtype === "boolean") {
    const values = Uint8Array.from(cells, (cell) => cell === null ? NULL_BOOLEAN : Number(cell));
    return { name, type: "boolean", values };
  }
  return {
    name,
    type: "mixed",
    values: cells.map((cell) => typeof cell === "number" && isNaN(cell) ? null : cell),
  };
}

/** The eight bytes of a double as hexadecimal digits. */
export function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

/** The double that eight bytes in hexadecimal digits are. */
export function fromBits(hex: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
}
