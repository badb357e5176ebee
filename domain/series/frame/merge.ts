import { type Cell, cellAt, type Column, isAllNull, nullColumn, takeRows, uniteTypes } from "./column.ts";
import { uniteDtypes } from "./dtype.ts";
import { columnOf } from "./column_builder.ts";
import { concatFrames, type DataFrame, firstRowFrom, sliceFrame } from "./frame.ts";

/** A row index that stands for "this frame has no such row". */
const NO_ROW = 0xffffffff;

/**
 * What saving does to a series: the rows of `base` in [first, last] of `update` (inclusive, exact to the
 * nanosecond) go, those of `update` come. New columns append; absent cells are null. `update` must have rows.
 */
export function replaceWindow(base: DataFrame, update: DataFrame): DataFrame {
  const first = update.stamps[0]!, last = update.stamps[update.stamps.length - 1]!;
  const before = sliceFrame(base, 0, firstRowFrom(base.stamps, first));
  const after = sliceFrame(base, firstRowFrom(base.stamps, last + 1n), base.stamps.length);
  return concatFrames([before, update, after]);
}

/**
 * What saving with mode=merge does: rows and columns of both; a cell of `update` wins, null too, unless it is a gap.
 * Columns of `base` come first. Aware if either is.
 */
export function mergeFrames(base: DataFrame, update: DataFrame): DataFrame {
  const { stamps, baseRows, updateRows } = unionRows(base.stamps, update.stamps);
  const updates = new Map(update.columns.map((column) => [column.name, column]));
  const known = new Set(base.columns.map((column) => column.name));
  const columns = base.columns.map((column) => {
    const other = updates.get(column.name) ?? gapColumn(column.name, update.stamps.length);
    const merged = mergeColumn(column, baseRows, other, updateRows);
    const dtype = column.dtype && other.dtype && uniteDtypes(column.dtype, other.dtype);
    return dtype === undefined ? merged : { ...merged, dtype };
  });
  for (const column of update.columns) {
    if (known.has(column.name)) continue;
    columns.push(mergeColumn(nullColumn(column.name, base.stamps.length), baseRows, column, updateRows));
  }
  return { stamps, aware: base.aware || update.aware, columns };
}

/** The stamps of both, ascending, and for each the row in either frame. */
function unionRows(base: BigInt64Array, update: BigInt64Array) {
  const stamps = new BigInt64Array(base.length + update.length);
  const baseRows = new Uint32Array(stamps.length), updateRows = new Uint32Array(stamps.length);
  let row = 0, left = 0, right = 0;
  while (left < base.length || right < update.length) {
    const one = base[left], other = update[right];
    const takeLeft = one !== undefined && (other === undefined || one <= other);
    const takeRight = other !== undefined && (one === undefined || other <= one);
    stamps[row] = takeLeft ? one : other!;
    baseRows[row] = takeLeft ? left++ : NO_ROW;
    updateRows[row] = takeRight ? right++ : NO_ROW;
    row++;
  }
  return {
    stamps: stamps.slice(0, row),
    baseRows: baseRows.slice(0, row),
    updateRows: updateRows.slice(0, row),
  };
}

function gapColumn(name: string, rows: number): Column {
  return { ...nullColumn(name, rows), gaps: new Uint8Array(rows).fill(1) };
}

function mergeColumn(base: Column, baseRows: Uint32Array, update: Column, updateRows: Uint32Array): Column {
  const { gaps } = update;
  const isUpdated = (updateRow: number) => updateRow !== NO_ROW && gaps?.[updateRow] !== 1;
  if (base.type === "float" && update.type === "float") {
    const values = Float64Array.from(baseRows, (baseRow, row) => {
      const updateRow = updateRows[row]!;
      if (isUpdated(updateRow)) return update.values[updateRow]!;
      return baseRow === NO_ROW ? NaN : base.values[baseRow]!;
    });
    return { name: base.name, type: "float", values };
  }
  if (baseRows.every((row) => row === NO_ROW)) return takeRows(update, updateRows);
  const cells: Cell[] = [];
  for (let row = 0; row < baseRows.length; row++) {
    const updateRow = updateRows[row]!, baseRow = baseRows[row]!;
    if (isUpdated(updateRow)) cells.push(cellAt(update, updateRow));
    else cells.push(baseRow === NO_ROW ? null : cellAt(base, baseRow));
  }
  const type = isAllNull(base)
    ? update.type
    : isAllNull(update)
    ? base.type
    : uniteTypes(base.type, update.type);
  return columnOf(base.name, type, cells);
}
