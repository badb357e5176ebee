/**
 * What pandas writes beside the types of Arrow and Parquet, under the key "pandas", to make an equal frame of them:
 * https://pandas.pydata.org/docs/development/developer.html
 */
import { invalid } from "../../errors.ts";
import { type Dtype, dtypeOf, isInteger } from "../frame/dtype.ts";
import type { Labels } from "../../../db/series/catalogue_row.ts";
import type { FrameHead } from "../formats/text/frame_head.ts";

/** Characters that the index of columns may take, and the name of one of pandas' types. */
const MAX_COLUMN_INDEX = 4096, MAX_NUMPY = 200;

/** What the metadata say, as far as it is needed. */
export interface PandasMetadata {
  /** Field that holds the index; undefined: it is a range, which no series has. */
  readonly index: string | undefined;
  readonly labels: Labels;
  /** Names of pandas' types, by field. */
  readonly numpy: ReadonlyMap<string, string>;
}

/** Reads the metadata; undefined: there are none that pandas wrote. Several index levels: RunnelError. */
export function readPandas(text: string | undefined): PandasMetadata | undefined {
  if (text === undefined) return undefined;
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw invalid('The metadata under "pandas" are not JSON.');
  }
  const { index_columns: index, columns, column_indexes: columnIndexes } = (said ?? {}) as Record<
    string,
    unknown
  >;
  if (!Array.isArray(index) || !Array.isArray(columns)) return undefined;
  const levels = index.filter((level) => typeof level === "string");
  if (index.length > 1) {
    throw invalid(`The frame has an index of ${index.length} levels; a series has one, its stamps.`);
  }
  const entries = columns.filter((entry) => typeof entry === "object" && entry !== null) as Record<
    string,
    unknown
  >[];
  const numpy = new Map<string, string>();
  for (const { field_name: field, name, numpy_type: type } of entries) {
    const key = field ?? name;
    if (typeof key === "string" && typeof type === "string" && type.length <= MAX_NUMPY) numpy.set(key, type);
  }
  const own = entries.find(({ field_name: field, name }) => (field ?? name) === levels[0]);
  const named = typeof own?.name === "string" && own.name !== "__index_level_0__" ? own.name : null;
  return {
    index: levels[0],
    numpy,
    labels: { ...(levels.length > 0 && { name: named }), columns: keptColumnIndexes(columnIndexes) },
  };
}

/** The usual ones, of texts without a name, need not be kept. */
function keptColumnIndexes(said: unknown): string | undefined {
  if (!Array.isArray(said)) return undefined;
  const text = JSON.stringify(said);
  const [only] = said as { name?: unknown; numpy_type?: unknown }[];
  if (said.length === 1 && only?.name === null && only.numpy_type === "object") return undefined;
  if (text.length <= MAX_COLUMN_INDEX) return text;
  throw invalid(
    `The metadata of pandas say more than ${MAX_COLUMN_INDEX} characters of the index of columns.`,
  );
}

/** The name of pandas' type for a dtype, unless another was said. */
export function numpyOf(dtype: Dtype): string {
  switch (dtype.type) {
    case "timestamp":
      return `datetime64[${dtype.unit}]`;
    case "duration":
      return `timedelta64[${dtype.unit}]`;
    case "category":
      return "int32";
    default:
      return isInteger(dtype.type) || dtype.type.startsWith("float") || dtype.type === "bool"
        ? dtype.type
        : "object";
  }
}

/** The dtype with the name of pandas' type, where that is not the usual. */
export function withNumpy(dtype: Dtype, numpy: string | undefined): Dtype {
  const isUsual = numpy === undefined || numpy === numpyOf(dtype) || dtype.type === "category" ||
    dtype.type === "timestamp";
  return isUsual ? dtype : { ...dtype, numpy };
}

const PANDAS_TYPES: Partial<Record<Dtype["type"], string>> = {
  ...{ string: "unicode", date64: "date", category: "categorical", duration: "timedelta", null: "empty" },
};

function pandasType(dtype: Dtype): string {
  if (dtype.type === "timestamp") return dtype.zone === undefined ? "datetime" : "datetimetz";
  return PANDAS_TYPES[dtype.type] ?? dtype.type;
}

function typeMetadata(dtype: Dtype): unknown {
  if (dtype.type === "timestamp" && dtype.zone !== undefined) return { timezone: dtype.zone };
  if (dtype.type === "category") return { num_categories: dtype.categories.length, ordered: dtype.ordered };
  if (dtype.type === "decimal") return { precision: dtype.precision, scale: dtype.scale };
  return null;
}

/** The dtype of a frame's stamps. */
export function indexDtype(
  { aware, zone, labels }: Omit<FrameHead, "columns">,
): Dtype & { type: "timestamp" } {
  const unit = labels?.unit ?? "ns";
  return { type: "timestamp", unit, ...(aware && { zone: zone ?? "UTC" }) };
}

/** The field that holds the stamps: named as the index is, where no column has the name. */
export function indexField({ labels, columns }: FrameHead): string {
  const name = labels?.name ?? "index";
  return columns.some((column) => column.name === name) ? "__index_level_0__" : name;
}

/** The metadata of a frame, as pyarrow writes them. */
export function writePandas(head: FrameHead): string {
  const index = indexField(head);
  const entry = (name: string | null, field: string, dtype: Dtype) => ({
    ...{ name, field_name: field, pandas_type: pandasType(dtype) },
    ...{ numpy_type: dtype.numpy ?? numpyOf(dtype), metadata: typeMetadata(dtype) },
  });
  const texts = { name: null, field_name: null, pandas_type: "unicode", numpy_type: "object" };
  return JSON.stringify({
    index_columns: [index],
    column_indexes: head.labels?.columns === undefined
      ? [{ ...texts, metadata: { encoding: "UTF-8" } }]
      : JSON.parse(head.labels.columns),
    columns: [
      ...head.columns.map((column) => entry(column.name, column.name, dtypeOf(column))),
      entry(head.labels?.name ?? null, index, indexDtype(head)),
    ],
    creator: { library: "runnel" },
    pandas_version: "1.5.3",
  });
}
