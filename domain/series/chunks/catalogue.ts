import {
  castColumn,
  type Column,
  type ColumnType,
  isAllNull,
  nullColumn,
  uniteTypes,
} from "../frame/column.ts";
import { conforms, type Dtype, dtypeOf, suits, uniteDtypes } from "../frame/dtype.ts";
import type { DataFrame } from "../frame/frame.ts";

/** The type of a stored column; `null`: every cell is null, so that it takes whatever type comes. */
export type StoredType = ColumnType | "null";

/** A column of a stored series. Its place in the catalogue never changes. */
export interface StoredColumn {
  readonly name: string;
  readonly type: StoredType;
  /** What the cells are beyond their type; see dtypeOf. */
  readonly dtype?: Dtype | undefined;
}

/** The type with which a column is read and written: a column of nulls is one of floats, as in pandas. */
export function typeOf({ type }: Pick<StoredColumn, "type">): ColumnType {
  return type === "null" ? "float" : type;
}

/** The column with the type that its series has; absent: all null. */
export function asStored(column: Column | undefined, stored: StoredColumn, rows: number): Column {
  const cast = castColumn(column ?? nullColumn(stored.name, rows), typeOf(stored));
  return stored.dtype === undefined ? cast : { ...cast, dtype: stored.dtype };
}

interface Entry {
  /** The column before the change, if it was there. */
  readonly base: StoredColumn | undefined;
  /** Type that unites the parts seen so far. */
  type: StoredType;
  /** Parts that have a value in this column. */
  valued: number;
  /** Whether integers may be beyond 2^63-1, and whether some may be negative: no array has both. */
  isBeyond: boolean;
  isNegative: boolean;
  /** Unites what the parts seen so far say their cells are; `plain`: nothing beyond their type. */
  dtype: Dtype | "plain" | undefined;
}

/**
 * Works out the columns of a series after a change, from what it had and the frames that it will consist of: new
 * columns append, types unite, a null among integers makes floats, and what was float stays float.
 */
export class CatalogueChange {
  readonly #entries = new Map<string, Entry>();
  #parts = 0;

  constructor(readonly base: readonly StoredColumn[]) {
    for (const column of base) {
      this.#entries.set(column.name, newEntry(column));
    }
  }

  /** Rows of the series stay as they are. */
  keepRest(): void {
    this.#parts++;
    for (const column of this.base) this.#unite(column);
  }

  /** These rows will be part of the series. */
  add(frame: DataFrame): void {
    if (frame.stamps.length === 0) return;
    this.#parts++;
    for (const column of frame.columns) {
      const { name, dtype } = column;
      this.#unite({ name, type: isAllNull(column) ? "null" : column.type, dtype }, column);
    }
  }

  /** The columns after the change. */
  finish(): StoredColumn[] {
    return Array.from(this.#entries, ([name, entry]) => {
      const { base, type: united, valued, dtype } = entry;
      const floats = valued < this.#parts || base?.type === "float" || base?.type === "null";
      if (united === "integer" && !floats && entry.isBeyond && entry.isNegative) {
        return { name, type: "mixed" };
      }
      const type = united === "integer" && floats ? "float" : united;
      const isKnown = dtype !== undefined && dtype !== "plain" &&
        (type === "null" || suits(dtype, type));
      return isKnown ? { name, type, dtype } : { name, type };
    });
  }

  #unite({ name, type, dtype }: StoredColumn, column?: Column): void {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      this.#entries.set(name, entry = newEntry(undefined));
    }
    if (type === "null") {
      if (entry.valued === 0) entry.dtype ??= dtype;
      return;
    }
    entry.dtype = uniteSaid(entry, { name, type, dtype }, column);
    if (type === "integer") {
      entry.isBeyond ||= column ? column.values instanceof BigUint64Array : dtype?.type === "uint64";
      entry.isNegative ||= column ? hasNegative(column) : !dtype?.type.startsWith("uint");
    }
    entry.type = entry.type === "null" ? type : uniteTypes(entry.type, type);
    entry.valued++;
  }
}

function newEntry(base: StoredColumn | undefined): Entry {
  return { base, type: "null", valued: 0, isBeyond: false, isNegative: false, dtype: undefined };
}

function hasNegative({ values }: Column): boolean {
  return !(values instanceof BigUint64Array) &&
    (values as unknown as readonly (number | bigint)[]).some((value) => value < 0);
}

/** What a column's cells are after another part, which may say nothing of them but fit what was said before. */
function uniteSaid(entry: Entry, part: StoredColumn, column: Column | undefined): Entry["dtype"] {
  const { valued, base } = entry;
  const dtype = valued === 0 && part.dtype === undefined ? entry.dtype ?? base?.dtype : entry.dtype;
  if (
    part.dtype === undefined && dtype !== undefined && dtype !== "plain" && column && conforms(column, dtype)
  ) {
    return dtype;
  }
  if (valued === 0) return part.dtype ?? "plain";
  if (part.dtype === undefined && dtype === "plain") return "plain";
  const before = dtype === undefined || dtype === "plain" ? dtypeOf({ type: typeOf(entry) }) : dtype;
  return uniteDtypes(before, part.dtype ?? dtypeOf({ type: typeOf(part) })) ?? "plain";
}
