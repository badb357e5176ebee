import {
  castColumn,
  type Column,
  type ColumnType,
  isAllNull,
  nullColumn,
  uniteTypes,
} from "../frame/column.ts";
import type { DataFrame } from "../frame/frame.ts";

/** The type of a stored column; `null`: every cell is null, so that it takes whatever type comes. */
export type StoredType = ColumnType | "null";

/** A column of a stored series. Its place in the catalogue never changes. */
export interface StoredColumn {
  readonly name: string;
  readonly type: StoredType;
}

/** The type with which a column is read and written: a column of nulls is one of floats, as in pandas. */
export function typeOf({ type }: StoredColumn): ColumnType {
  return type === "null" ? "float" : type;
}

/** The column with the type that its series has; absent: all null. */
export function asStored(column: Column | undefined, stored: StoredColumn, rows: number): Column {
  return castColumn(column ?? nullColumn(stored.name, rows), typeOf(stored));
}

interface Entry {
  /** Type before the change, if the column was there. */
  readonly base: StoredType | undefined;
  /** Type that unites the parts seen so far. */
  type: StoredType;
  /** Parts that have a value in this column. */
  valued: number;
}

/**
 * Works out the columns of a series after a change, from what it had and the frames that it will consist of: new
 * columns append, types unite, a null among integers makes floats, and what was float stays float.
 */
export class CatalogueChange {
  readonly #entries = new Map<string, Entry>();
  #parts = 0;

  constructor(readonly base: readonly StoredColumn[]) {
    for (const { name, type } of base) this.#entries.set(name, { base: type, type: "null", valued: 0 });
  }

  /** Rows of the series stay as they are. */
  keepRest(): void {
    this.#parts++;
    for (const { name, type } of this.base) this.#unite(name, type);
  }

  /** These rows will be part of the series. */
  add(frame: DataFrame): void {
    if (frame.stamps.length === 0) return;
    this.#parts++;
    for (const column of frame.columns) this.#unite(column.name, isAllNull(column) ? "null" : column.type);
  }

  /** The columns after the change. */
  finish(): StoredColumn[] {
    return Array.from(this.#entries, ([name, { base, type, valued }]) => {
      const floats = valued < this.#parts || base === "float" || base === "null";
      return { name, type: type === "integer" && floats ? "float" : type };
    });
  }

  #unite(name: string, type: StoredType): void {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      this.#entries.set(name, entry = { base: undefined, type: "null", valued: 0 });
    }
    if (type === "null") return;
    entry.type = entry.type === "null" ? type : uniteTypes(entry.type, type);
    entry.valued++;
  }
}
