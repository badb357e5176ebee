/** Types of Parquet (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md), and the dtypes that they are here. */
import type { SchemaElement } from "hyparquet";
import { invalid, quote } from "../../../errors.ts";
import type { Dtype, DtypeKind } from "../../frame/dtype.ts";
import type { DateUnit } from "../../frame/stamps.ts";

const UNITS = { MILLIS: "ms", MICROS: "us", NANOS: "ns" } as const;
const UNIT_NAMES = { s: "MILLIS", ms: "MILLIS", us: "MICROS", ns: "NANOS" } as const;
const PLAIN: Partial<Record<string, DtypeKind>> = {
  ...{ BOOLEAN: { type: "bool" }, FLOAT: { type: "float32" }, DOUBLE: { type: "float64" } },
  ...{ INT32: { type: "int32" }, INT64: { type: "int64" }, BYTE_ARRAY: { type: "string" } },
  INT96: { type: "timestamp", unit: "ns" },
};

/** The dtype of a column that Arrow's schema says nothing of. */
export function dtypeOfElement(element: SchemaElement): DtypeKind {
  const { type, converted_type: converted, logical_type: logical } = element;
  switch (logical?.type) {
    case "TIMESTAMP":
      return timestamp(UNITS[logical.unit], logical.isAdjustedToUTC);
    case "TIME":
      return { type: "time", unit: UNITS[logical.unit] };
    case "INTEGER":
      return { type: `${logical.isSigned ? "int" : "uint"}${logical.bitWidth}` as "int8" };
    case "FLOAT16":
      return { type: "float16" };
  }
  switch (converted) {
    case "TIMESTAMP_MILLIS":
      return timestamp("ms", true);
    case "TIMESTAMP_MICROS":
      return timestamp("us", true);
    case "TIME_MILLIS":
      return { type: "time", unit: "ms" };
    case "TIME_MICROS":
      return { type: "time", unit: "us" };
    case "DATE":
      return { type: "date" };
    case "DECIMAL":
      return decimal(element);
  }
  const [, unsigned, bits] = /^(U?)INT_(8|16|32|64)$/.exec(converted ?? "") ?? [];
  if (bits !== undefined) return { type: `${unsigned === "U" ? "uint" : "int"}${bits}` as "int8" };
  const known = PLAIN[type ?? ""];
  const isText = type !== "BYTE_ARRAY" || isUtf8(element) ||
    (converted === undefined && logical === undefined);
  if (known !== undefined && isText) return known;
  throw invalid(
    `Column ${quote(element.name)} holds ${converted ?? logical?.type ?? type}, which no cell can be.`,
  );
}

/** Whether the bytes of a column are texts. */
export function isUtf8({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === "UTF8" || converted === "ENUM" || converted === "JSON" || logical?.type === "STRING";
}

function timestamp(unit: DateUnit, aware: boolean): DtypeKind {
  return { type: "timestamp", unit, ...(aware && { zone: "UTC" }) };
}

function decimal({ name, precision = 0, scale = 0 }: SchemaElement): DtypeKind {
  if (precision < 1 || precision > 76 || scale < 0 || scale > precision) {
    throw invalid(
      `Column ${
        quote(name)
      } is a decimal of ${precision} digits, ${scale} behind the point: 1 to 76 can be kept.`,
    );
  }
  return { type: "decimal", precision, scale, bits: precision <= 38 ? 128 : 256 };
}

/** The element that cells of a dtype are written as; Arrow's schema, which stands beside it, says the rest. */
export function elementOf(name: string, dtype: DtypeKind): SchemaElement {
  const element = { name, repetition_type: "OPTIONAL" as const };
  switch (dtype.type) {
    case "bool":
      return { ...element, type: "BOOLEAN" };
    case "string":
      return { ...element, type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
    case "float16":
      return { ...element, type: "FIXED_LEN_BYTE_ARRAY", type_length: 2, logical_type: { type: "FLOAT16" } };
    case "float32":
      return { ...element, type: "FLOAT" };
    case "float64":
      return { ...element, type: "DOUBLE" };
    case "null":
      return { ...element, type: "INT32", logical_type: { type: "NULL" } };
    case "duration":
      return { ...element, type: "INT64" };
    case "date":
    case "date64":
      return { ...element, type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } };
    case "timestamp": {
      const logical = {
        type: "TIMESTAMP",
        isAdjustedToUTC: dtype.zone !== undefined,
        unit: UNIT_NAMES[dtype.unit],
      } as const;
      return { ...element, type: "INT64", logical_type: logical };
    }
    case "time": {
      const unit = UNIT_NAMES[dtype.unit];
      const logical = { type: "TIME", isAdjustedToUTC: false, unit } as const;
      return { ...element, type: unit === "MILLIS" ? "INT32" : "INT64", logical_type: logical };
    }
    case "decimal": {
      const { precision, scale } = dtype;
      const type_length = Math.ceil((precision * Math.log2(10) + 1) / 8);
      const type = "FIXED_LEN_BYTE_ARRAY";
      return { ...element, type, type_length, converted_type: "DECIMAL", precision, scale };
    }
    case "category":
      return elementOf(name, dtype.of);
    default: {
      const bits = Number(dtype.type.replace(/\D+/, "")), isSigned = !dtype.type.startsWith("u");
      const type = bits === 64 ? "INT64" : "INT32";
      const converted_type = `${isSigned ? "" : "U"}INT_${bits}` as "INT_8";
      return { ...element, type, converted_type };
    }
  }
}

/** The dtype, with the unit that the file has it in. */
export function withUnitOf(dtype: Dtype, element: SchemaElement): Dtype {
  const said = dtypeOfElement(element);
  const isTime = dtype.type === "timestamp" || dtype.type === "time";
  if (isTime && said.type === dtype.type) return { ...dtype, unit: said.unit };
  return dtype.type === "date64" ? { ...dtype, type: "date" } : dtype;
}
