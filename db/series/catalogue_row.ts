/** The catalogue of a series, as one JSON text: its columns, their types, and what else all of its rows have in common. */

/** Units in which times are counted. */
export type StampUnit = "s" | "ms" | "us" | "ns";

/** Types that need nothing but their name. `date` counts days, `date64` milliseconds. */
export type PlainName =
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float16"
  | "float32"
  | "float64"
  | "bool"
  | "string"
  | "null"
  | "date"
  | "date64";

/** The type itself. Cells of times, durations and decimals are texts; so are they in JSON. */
export type DtypeKind =
  | { readonly type: PlainName }
  /** `zone`: the stamps are instants, which are shown in it; absent: they are naive. */
  | { readonly type: "timestamp"; readonly unit: StampUnit; readonly zone?: string | undefined }
  | { readonly type: "duration" | "time"; readonly unit: StampUnit }
  | {
    readonly type: "decimal";
    readonly precision: number;
    readonly scale: number;
    readonly bits: 32 | 64 | 128 | 256;
  }
  | {
    readonly type: "category";
    readonly of: DtypeKind;
    readonly ordered: boolean;
    /** In their order, as cells; bigint as text. */
    readonly categories: readonly (string | number | boolean)[];
  };

/** A type with what else must come back as it was. It is stored as JSON. */
export type Dtype = DtypeKind & {
  /** What pandas has the column as, where that is not the usual. */
  readonly numpy?: string | undefined;
  /** Name and metadata of Arrow's extension type. */
  readonly extension?: readonly [name: string, metadata: string] | undefined;
};

/** A column as the catalogue of a series has it; `null`: there are only nulls. */
export interface ColumnRow {
  readonly name: string;
  readonly type: "float" | "integer" | "boolean" | "string" | "mixed" | "null";
  /** What the cells are beyond that. */
  readonly dtype?: Dtype | undefined;
}

/** What a frame is called beside its columns' names, as pandas has it. */
export interface Labels {
  /** Name of the index; `null`: it has none; absent: nobody said. */
  readonly name?: string | null | undefined;
  /** Unit in which the stamps are counted; nanoseconds unless given. */
  readonly unit?: StampUnit | undefined;
  /** The index of the columns where their names are not texts: `column_indexes` of pandas' metadata, as JSON. */
  readonly columns?: string | undefined;
}

/** What is known of a series beside its rows. */
export interface Catalogue {
  readonly columns: readonly ColumnRow[];
  /** Name of the time zone of an aware series; UTC unless given. */
  readonly zone?: string | undefined;
  readonly labels?: Labels | undefined;
}

/** Columns alone, as an array, or with what else the series has. */
export function catalogueText({ columns, zone, labels }: Catalogue): string {
  return JSON.stringify(zone === undefined && labels === undefined ? columns : { columns, zone, labels });
}

/** What catalogueText wrote. */
export function readCatalogue(text: string): Catalogue {
  const stored = JSON.parse(text);
  return Array.isArray(stored) ? { columns: stored } : stored;
}
