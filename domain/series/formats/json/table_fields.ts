/** Fields of the schema of orient table, as pandas writes them, and the dtypes that they are. */
import type { Labels } from "../../../../db/series/catalogue_row.ts";
import type { Column, ColumnType } from "../../frame/column.ts";
import { conforms, type Dtype, type DtypeKind, dtypeOf, isInteger } from "../../frame/dtype.ts";
import { isTimeZone } from "../../../time.ts";
import { jsonString } from "../text/ascii.ts";
import type { JsonValue } from "./json_reader.ts";

/** pandas' extension types, and what their cells are. */
const EXTENSIONS = /^(U?Int(?:8|16|32|64)|Float(?:32|64)|boolean|string)$/;
const NUMBER_LABELS = { int: /^-?\d+$/, float: /^-?\d+\.\d+(e[+-]?\d+)?$/ };

/** What a field says of its column beyond Table Schema's own types. */
export function dtypeOfTableField(field: ReadonlyMap<string, JsonValue>): DtypeOf | undefined {
  const type = field.get("type"), extension = field.get("extDtype"), constraints = field.get("constraints");
  if (type === "duration") return () => ({ type: "duration", unit: "ns" });
  if (type === "datetime" && !field.has("freq")) {
    const tz = field.get("tz");
    if (!field.has("tz")) return () => ({ type: "timestamp", unit: "ns" });
    return () => ({
      type: "timestamp",
      unit: "ns",
      zone: typeof tz === "string" && isTimeZone(tz) ? tz : "UTC",
    });
  }
  if (typeof extension === "string" && EXTENSIONS.test(extension)) {
    const kind = extension === "boolean" ? "bool" : extension.toLowerCase();
    return () => ({ type: kind as "int8", numpy: extension });
  }
  const categories = constraints instanceof Map ? constraints.get("enum") : undefined;
  if (!Array.isArray(categories) || !categories.every(isCategory)) return undefined;
  return (column) => ({
    type: "category",
    of: wordsOf(categories, column),
    ordered: field.get("ordered") === true,
    categories: categories.map((each) => typeof each === "bigint" ? Number(each) : each as string),
  });
}

type DtypeOf = (column: Column) => Dtype;

function isCategory(value: JsonValue): boolean {
  return typeof value === "bigint"
    ? Number.isSafeInteger(Number(value))
    : ["string", "number", "boolean"].includes(typeof value);
}

function wordsOf(categories: readonly JsonValue[], column: Column): DtypeKind {
  const areWhole = categories.every((each) => typeof each === "bigint" || Number.isSafeInteger(each));
  if (categories.length > 0 && areWhole) return { type: "int64" };
  const { type } = dtypeOf({ type: column.type });
  return { type } as DtypeKind;
}

/** The column with what its field says of it, if its cells are such; pandas writes NaT for a duration that is null. */
export function withTableDtype(column: Column, dtypeFor: DtypeOf | undefined): Column {
  if (dtypeFor === undefined) return column;
  const dtype = dtypeFor(column);
  const named = dtype.type === "duration" && column.type === "string"
    ? { ...column, values: column.values.map((text) => text === "NaT" ? null : text) }
    : column;
  return conforms(named, dtype) ? { ...named, dtype } : column;
}

/** What names that are numbers say of the columns' index. */
export function labelsOfNames(names: readonly JsonValue[]): Labels["columns"] {
  if (names.length === 0 || !names.every((name) => typeof name === "bigint" || typeof name === "number")) {
    return undefined;
  }
  const type = names.every((name) => typeof name === "bigint" || Number.isInteger(name))
    ? "int64"
    : "float64";
  return JSON.stringify([{
    name: null,
    field_name: null,
    pandas_type: type,
    numpy_type: type,
    metadata: null,
  }]);
}

/** How names of columns are written in fields: as numbers, where they are. */
export function nameWriter(labels: Labels | undefined): (name: string) => string {
  const numpy: unknown = labels?.columns === undefined ? "" : JSON.parse(labels.columns)[0]?.numpy_type;
  const kind = /^u?int\d+$/.test(String(numpy))
    ? "int"
    : /^float\d+$/.test(String(numpy))
    ? "float"
    : undefined;
  return (name) => kind !== undefined && NUMBER_LABELS[kind].test(name) ? name : jsonString(name);
}

/** The field of a column. */
export function tableField(
  { name, type, nulls, dtype }: {
    readonly name: string;
    readonly type: ColumnType;
    readonly nulls: boolean;
    readonly dtype?: Dtype | undefined;
  },
  writeName: (name: string) => string,
): string {
  const plain = {
    float: "number",
    integer: "integer",
    boolean: nulls ? "string" : "boolean",
    string: "string",
    mixed: "string",
  };
  const said = dtype === undefined ? `"type":"${plain[type]}"` : typeText(dtype, plain[type]);
  return `{"name":${writeName(name)},${said}}`;
}

function typeText(dtype: Dtype, plain: string): string {
  if (dtype.type === "timestamp") {
    return `"type":"datetime"${dtype.zone === undefined ? "" : `,"tz":${jsonString(dtype.zone)}`}`;
  }
  if (dtype.type === "duration") return `"type":"duration"`;
  if (dtype.type === "category") {
    const { ordered, categories, of } = dtype;
    const texts = categories.map((each) =>
      typeof each === "string" ? jsonString(each) : numberText(each, of)
    );
    return `"type":"any","constraints":{"enum":[${texts.join()}]},"ordered":${ordered}`;
  }
  if (dtype.numpy === undefined || !EXTENSIONS.test(dtype.numpy)) return `"type":"${plain}"`;
  const type = isInteger(dtype.type)
    ? "integer"
    : dtype.type === "bool"
    ? "boolean"
    : dtype.type === "string"
    ? "any"
    : "number";
  return `"type":"${type}","extDtype":"${dtype.numpy}"`;
}

function numberText(value: number | boolean, of: DtypeKind): string {
  return of.type.startsWith("float") && Number.isInteger(value) ? `${value}.0` : String(value);
}

/** Whether cells that are held as floats are whole numbers to pandas, whose extension types have nulls. */
export function isNullableInteger({ type, dtype }: Column): boolean {
  return type === "float" && dtype?.numpy !== undefined && EXTENSIONS.test(dtype.numpy) &&
    isInteger(dtype.type);
}
