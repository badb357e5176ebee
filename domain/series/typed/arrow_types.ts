/** Types of Arrow, and the dtypes that they are here. */
import {
  Bool,
  type DataType,
  DateDay,
  DateMillisecond,
  DateUnit as ArrowDateUnit,
  Decimal,
  Dictionary,
  Duration,
  Field,
  Float,
  Int,
  Int32,
  Null,
  type Null as NullType,
  Precision,
  Time,
  Timestamp,
  TimeUnit,
  Type,
  Utf8,
} from "apache-arrow";
import { invalid, quote } from "../../errors.ts";
import { isTimeZone } from "../../time.ts";
import type { Dtype, DtypeKind } from "../frame/dtype.ts";
import { DATE_UNITS, type DateUnit } from "../frame/stamps.ts";

/** In the order of Arrow's TimeUnit. */
const unitOf = (unit: TimeUnit): DateUnit => DATE_UNITS[unit]!;
const timeUnitOf = (unit: DateUnit): TimeUnit => DATE_UNITS.indexOf(unit);
const FLOATS = ["float16", "float32", "float64"] as const;
const EXTENSION_NAME = "ARROW:extension:name", EXTENSION_METADATA = "ARROW:extension:metadata";
/** Characters of an extension type's metadata. */
const MAX_EXTENSION = 4096;

/** The dtype of a field, without the categories that a dictionary brings. Throws RunnelError for what no cell can hold. */
export function dtypeOfField({ name, type, metadata }: Field): Dtype {
  const kind = kindOf(name, type);
  const extension = metadata.get(EXTENSION_NAME), more = metadata.get(EXTENSION_METADATA) ?? "";
  if (extension === undefined) return kind;
  if (extension.length + more.length > MAX_EXTENSION) {
    throw invalid(
      `Column ${quote(name)}: its extension type has more than ${MAX_EXTENSION} characters of metadata.`,
    );
  }
  return { ...kind, extension: [extension, more] };
}

function kindOf(name: string, type: DataType): DtypeKind {
  switch (type.typeId) {
    case Type.Null:
      return { type: "null" };
    case Type.Int: {
      const { isSigned, bitWidth } = type as Int;
      return { type: `${isSigned ? "int" : "uint"}${bitWidth}` };
    }
    case Type.Float:
      return { type: FLOATS[(type as Float).precision]! };
    case Type.Bool:
      return { type: "bool" };
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return { type: "string" };
    case Type.Timestamp: {
      const { unit, timezone } = type as Timestamp;
      return {
        type: "timestamp",
        unit: unitOf(unit),
        ...(timezone ? { zone: checkZone(name, timezone) } : {}),
      };
    }
    case Type.Duration:
      return { type: "duration", unit: unitOf((type as Duration).unit) };
    case Type.Time:
      return { type: "time", unit: unitOf((type as Time).unit) };
    case Type.Date:
      return { type: (type as DateDay | DateMillisecond).unit === ArrowDateUnit.DAY ? "date" : "date64" };
    case Type.Decimal: {
      const { precision, scale, bitWidth } = type as Decimal;
      if (precision < 1 || precision > 76 || Math.abs(scale) > 76) throw refused(name, type);
      return { type: "decimal", precision, scale, bits: bitWidth as 128 };
    }
    case Type.Dictionary:
      return {
        type: "category",
        of: kindOf(name, (type as Dictionary).dictionary),
        ordered: (type as Dictionary).isOrdered,
        categories: [],
      };
    default:
      throw refused(name, type);
  }
}

/** Zones of columns come back as they were named; a fixed offset is a name, too. */
function checkZone(name: string, zone: string): string {
  if (zone.length <= 100 && (isTimeZone(zone) || /^[+-]\d\d:\d\d$/.test(zone))) return zone;
  throw invalid(`Column ${quote(name)}: ${quote(zone.slice(0, 100))} is no time zone that is known.`);
}

function refused(name: string, type: DataType) {
  return invalid(
    `Column ${quote(name)} holds ${
      String(type).slice(0, 100)
    }: a cell is a number, a text, a boolean, a time, a ` +
      `duration, a date, a decimal or one of categories.`,
  );
}

/** The field that a column is written as. `id` tells dictionaries apart. */
export function fieldOf(name: string, dtype: Dtype, id: number): Field {
  const metadata = new Map<string, string>();
  if (dtype.extension !== undefined) {
    metadata.set(EXTENSION_NAME, dtype.extension[0]);
    metadata.set(EXTENSION_METADATA, dtype.extension[1]);
  }
  return new Field(name, arrowType(dtype, id), true, metadata);
}

/** The type that cells of a dtype are written as. */
export function arrowType(dtype: DtypeKind, id = 0): DataType {
  switch (dtype.type) {
    case "float16":
    case "float32":
    case "float64":
      return new Float(FLOATS.indexOf(dtype.type) as Precision);
    case "bool":
      return new Bool();
    case "string":
      return new Utf8();
    case "null":
      return new Null() as NullType;
    case "timestamp":
      return new Timestamp(timeUnitOf(dtype.unit), dtype.zone ?? null);
    case "duration":
      return new Duration(timeUnitOf(dtype.unit));
    case "time":
      return new Time(timeUnitOf(dtype.unit), dtype.unit === "s" || dtype.unit === "ms" ? 32 : 64);
    case "date":
      return new DateDay();
    case "date64":
      return new DateMillisecond();
    case "decimal":
      return new Decimal(dtype.scale, dtype.precision, dtype.bits);
    case "category":
      return new Dictionary(arrowType(dtype.of), new Int32(), id, dtype.ordered);
    default: {
      const bits = Number(dtype.type.replace(/\D+/, ""));
      return new Int(!dtype.type.startsWith("u") as true, bits as 32);
    }
  }
}
