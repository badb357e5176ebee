/** Cells as Parquet stores them, as counts, numbers and texts. */
import type { DecodedArray, SchemaElement } from "hyparquet";
import type { DtypeKind } from "../../frame/dtype.ts";
import type { RawCells } from "../raw_column.ts";

type Stored = number | bigint | boolean | string | Uint8Array | null | undefined;

const ARRAYS = {
  ...{ int8: Int8Array, int16: Int16Array, int32: Int32Array, date: Int32Array },
  ...{ uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, bool: Uint8Array },
  ...{ float16: Float64Array, float32: Float32Array, float64: Float64Array },
};
/** Days from Julian day 0 to 1970. */
const EPOCH_DAY = 2_440_588n, DAY_NS = 86_400_000_000_000n;

/** The cells of all parts, which are rows one after the other. */
export function rawOfPhysical(
  dtype: DtypeKind,
  element: SchemaElement,
  parts: readonly DecodedArray[],
): RawCells {
  const [only] = parts;
  if (parts.length === 1 && dtype.type === "float64" && only instanceof Float64Array) {
    return { values: only as Float64Array<ArrayBuffer>, nulls: null };
  }
  const rows = parts.reduce((sum, part) => sum + part.length, 0);
  const values = valuesFor(dtype, rows);
  let nulls: Uint8Array | null = null, row = 0;
  const read = readerOf(dtype, element);
  for (const part of parts) {
    for (let i = 0; i < part.length; i++, row++) {
      const cell = part[i] as Stored;
      if (cell === null || cell === undefined) {
        (nulls ??= new Uint8Array(rows))[row] = 1;
        if (dtype.type === "decimal") (values as bigint[])[row] = 0n;
      } else (values as unknown[])[row] = read(cell);
    }
  }
  return { values: values as RawCells["values"], nulls };
}

function valuesFor({ type }: DtypeKind, rows: number) {
  if (type === "string" || type === "decimal") return new Array(rows).fill(type === "string" ? "" : 0n);
  if (type === "uint64") return new BigUint64Array(rows);
  if (type === "null") return new Uint8Array(rows);
  return Object.hasOwn(ARRAYS, type)
    ? new ARRAYS[type as keyof typeof ARRAYS](rows)
    : new BigInt64Array(rows);
}

function readerOf(dtype: DtypeKind, element: SchemaElement): (cell: NonNullable<Stored>) => unknown {
  switch (dtype.type) {
    case "string":
      return (cell) => {
        if (typeof cell !== "string") throw new RangeError("a text is none");
        return cell;
      };
    case "decimal":
      return (cell) => cell instanceof Uint8Array ? bigEndian(cell) : BigInt(cell);
    case "float16":
      return (cell) => float16(cell as Uint8Array);
    case "bool":
      return Number;
    case "timestamp":
      return element.type === "INT96" ? (cell) => nanosOf(cell as bigint) : (cell) => BigInt(cell as bigint);
    default:
      return valuesFor(dtype, 0) instanceof BigInt64Array || dtype.type === "uint64"
        ? (cell) => BigInt(cell as bigint)
        : (cell) => cell;
  }
}

function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = value << 8n | BigInt(byte);
  return BigInt.asIntN(bytes.length * 8, value);
}

function float16(bytes: Uint8Array): number {
  const bits = bytes[0]! | bytes[1]! << 8,
    sign = bits >> 15 ? -1 : 1,
    exponent = bits >> 10 & 31,
    fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** INT96: nanoseconds of a day, then its Julian day. */
function nanosOf(value: bigint): bigint {
  return (BigInt.asIntN(32, value >> 64n) - EPOCH_DAY) * DAY_NS + BigInt.asUintN(64, value);
}
