/** The options of a writer, and what it must know of a frame before the first row. */
import { type ColumnType, hasNulls } from "../../frame/column.ts";
import { invalid } from "../../../errors.ts";
import type { Dtype } from "../../frame/dtype.ts";
import type { DataFrame, FrameKind } from "../../frame/frame.ts";
import type { DateUnit } from "../../frame/stamps.ts";
import type { DateFormat, StampFormat } from "./stamp_cells.ts";

/** How to write a frame; every default is pandas'. */
export interface WriteOptions {
  /** Default iso, as the service's (pandas: epoch, but iso for table). */
  dateFormat?: DateFormat | undefined;
  /** Default ms. */
  dateUnit?: DateUnit | undefined;
  /** Decimals of floats, 0 to 15, as pandas' `double_precision`; `full`: as many as read back as the same double. Default 10. */
  doublePrecision?: number | "full" | undefined;
  /** Orient records only: each record begins with its stamp under "index", so that it can be read again. */
  includeIndex?: boolean | undefined;
}

/** What a writer must know before the first row. */
export interface FrameHead extends FrameKind {
  /** In order. `nulls` says whether any cell is null; only orient table asks. */
  readonly columns: readonly {
    readonly name: string;
    readonly type: ColumnType;
    readonly nulls: boolean;
    readonly dtype?: Dtype | undefined;
  }[];
}

/** What writers must know of a frame that is in memory. */
export function headOf(frame: DataFrame): FrameHead {
  const columns = frame.columns.map((column) => ({
    name: column.name,
    type: column.type,
    nulls: hasNulls(column),
    dtype: column.dtype,
  }));
  return { aware: frame.aware, zone: frame.zone, labels: frame.labels, columns };
}

/** The stamp format that options ask for. */
export function stampFormat(aware: boolean, options: WriteOptions): StampFormat {
  return { aware, dateFormat: options.dateFormat ?? "iso", dateUnit: options.dateUnit ?? "ms" };
}

/** The key of the stamp in records, or null if they go without. Throws RunnelError if a column has it. */
export function recordStampKey(head: FrameHead, options: WriteOptions): string | null {
  if (!options.includeIndex) return null;
  if (!head.columns.some((column) => column.name === "index")) return "index";
  throw invalid('A column is called "index", so records cannot carry their stamps under that name.');
}
