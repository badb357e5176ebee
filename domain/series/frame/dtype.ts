/** What the cells of a column are in a format that has types, beyond what JSON can say of them. */
import type { Dtype, DtypeKind, PlainName } from "../../../db/series/catalogue_row.ts";
import { type Cell, cellAt, type Column, type ColumnType } from "./column.ts";
import type { DateUnit } from "./stamps.ts";
import { readTimeText } from "./time_text.ts";

export type { Dtype, DtypeKind };

const INTEGERS = {
  int8: [-128n, 127n],
  int16: [-32768n, 32767n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 255n],
  uint16: [0n, 65535n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const satisfies Record<string, readonly [bigint, bigint]>;

/** Names of integer types. */
export type IntegerName = keyof typeof INTEGERS;

/** The dtype of a column that says none. */
export function dtypeOf(
  { type, dtype }: { readonly type: ColumnType; readonly dtype?: Dtype | undefined },
): Dtype {
  if (dtype !== undefined) return dtype;
  const plain = {
    float: "float64",
    integer: "int64",
    boolean: "bool",
    string: "string",
    mixed: "string",
  } as const;
  return { type: plain[type] };
}

/** Whether it is one of integers. */
export function isInteger(type: string): type is IntegerName {
  return Object.hasOwn(INTEGERS, type);
}

/** Whether a column of this type can hold cells of this dtype. */
export function suits(dtype: Dtype, type: ColumnType): boolean {
  const kind = dtype.type === "category" ? dtype.of : dtype;
  if (kind.type === "null") return type === "float";
  if (isInteger(kind.type)) return type === "integer" || type === "float" || type === "mixed";
  if (kind.type.startsWith("float")) return type === "float" || type === "integer";
  return type === (kind.type === "bool" ? "boolean" : "string");
}

/** The dtype that holds the cells of both; undefined: only the plain type of the column does. */
export function uniteDtypes(one: Dtype, other: Dtype): Dtype | undefined {
  if (same(one, other)) return one;
  const { numpy, extension } = one;
  const kept = same([numpy, extension], [other.numpy, other.extension]) ? { numpy, extension } : {};
  const kind = uniteKinds(one, other);
  return kind && { ...kind, ...kept };
}

function uniteKinds(one: Dtype, other: Dtype): DtypeKind | undefined {
  if (one.type === "null") return other;
  if (other.type === "null") return one;
  if (one.type === "category" && other.type === "category") return uniteCategories(one, other);
  if (one.type === "timestamp" && other.type === "timestamp") {
    if ((one.zone === undefined) !== (other.zone === undefined)) return undefined;
    return { type: "timestamp", unit: finer(one.unit, other.unit), zone: one.zone };
  }
  if ((one.type === "duration" || one.type === "time") && one.type === other.type) {
    return { type: one.type, unit: finer(one.unit, (other as typeof one).unit) };
  }
  if (isInteger(one.type) && isInteger(other.type)) return uniteIntegers(one.type, other.type);
  const isNumber = ({ type }: Dtype) => isInteger(type) || type.startsWith("float");
  if (isNumber(one) && isNumber(other)) {
    return { type: one.type === other.type ? one.type as PlainName : "float64" };
  }
  return one.type === other.type && one.type !== "decimal" ? one : undefined;
}

function uniteIntegers(one: IntegerName, other: IntegerName): DtypeKind {
  const [least, most] = INTEGERS[one], [low, high] = INTEGERS[other];
  const from = least < low ? least : low, to = most > high ? most : high;
  const names = Object.keys(INTEGERS) as IntegerName[];
  return { type: names.find((name) => INTEGERS[name][0] <= from && INTEGERS[name][1] >= to) ?? "int64" };
}

type Category = DtypeKind & { readonly type: "category" };

/** The categories of both, those of the first in front. Ordered stays what both have in one order. */
function uniteCategories(one: Category, other: Category): DtypeKind | undefined {
  if (!same(one.of, other.of)) return undefined;
  const known = new Set(one.categories);
  const categories = [...one.categories, ...other.categories.filter((each) => !known.has(each))];
  const places = new Map(categories.map((each, place) => [each, place]));
  const inOrder = other.categories.every((each, i) =>
    i === 0 || places.get(other.categories[i - 1]!)! < places.get(each)!
  );
  return { ...one, ordered: one.ordered && other.ordered && inOrder, categories };
}

const FINER: readonly DateUnit[] = ["s", "ms", "us", "ns"];

/** The finer of two units. */
export function finer(one: DateUnit, other: DateUnit): DateUnit {
  return FINER.indexOf(one) > FINER.indexOf(other) ? one : other;
}

/** Whether the cells of a column that came without a dtype are all such as this one has. */
export function conforms(column: Column, dtype: Dtype): boolean {
  if (!suits(dtype, column.type)) return false;
  const { type } = dtype;
  if (isInteger(type)) return areWithin(column, type);
  if (type === "float32" || type === "float16") {
    const narrow = type === "float32" ? Math.fround : Math.f16round ?? (() => NaN);
    return (column.values as Float64Array).every((value) => value !== value || narrow(value) === value);
  }
  if (type === "category") {
    const known = new Set(dtype.categories.map(String));
    return Array.from(column.values, (_, row) => cellAt(column, row)).every((cell) =>
      cell === null || known.has(String(cell))
    );
  }
  if (column.type !== "string" || type === "string") return true;
  return column.values.every((text) => text === null || readTimeText(dtype, text) !== undefined);
}

function areWithin(column: Column, type: IntegerName): boolean {
  const [least, most] = INTEGERS[type];
  const low = Number(least), high = Number(most);
  return cellsOf(column).every((cell) =>
    cell === null ||
    (typeof cell === "bigint"
      ? cell >= least && cell <= most
      : Number.isNaN(cell) || (Number.isInteger(cell) && (cell as number) >= low && (cell as number) <= high))
  );
}

/** The values as they are held; NaN is null. */
function cellsOf({ values }: Column): readonly Cell[] {
  return values as unknown as readonly Cell[];
}

/** Whether two values are the same as JSON. */
export function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
