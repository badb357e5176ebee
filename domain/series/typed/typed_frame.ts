/** Frames from columns that have types: which one holds the stamps, and what pandas says of the others. */
import { invalid, quote } from "../../errors.ts";
import { isTimeZone } from "../../time.ts";
import type { Column } from "../frame/column.ts";
import { type Dtype, isInteger } from "../frame/dtype.ts";
import { checkCells, type DataFrame, type FrameStamps, makeFrame } from "../frame/frame.ts";
import { MAX_STAMP, MIN_STAMP, UNIT_NS } from "../frame/stamps.ts";
import { isStampName, STAMP_NAMES } from "../formats/csv/read_csv.ts";
import { readCounts, readLabels } from "../formats/labels.ts";
import type { ReadOptions } from "../formats/options.ts";
import { readPandas, withNumpy } from "./pandas_metadata.ts";
import { columnOfCategories, columnOfRaw, type RawCells } from "./raw_column.ts";

/** Characters in the texts of a frame: categories may repeat a few bytes often. */
const MAX_TEXT = 1 << 27;
/** What a catalogue keeps of categories. */
const MAX_CATEGORIES = 1 << 16, MAX_CATEGORY_TEXT = 1 << 20;
const DAY_NS = 86_400_000_000_000n;

/** A column as it came. */
export interface TypedColumn {
  readonly name: string;
  readonly dtype: Dtype;
  readonly raw: RawCells;
  /** Of a column of categories, whose cells are places among these. */
  readonly categories?: Column | undefined;
}

/** Makes a frame; `pandas`: the text of the metadata of that name. Throws RunnelError for what is no series. */
export function frameOf(
  columns: readonly TypedColumn[],
  pandas: string | undefined,
  options: ReadOptions,
): DataFrame {
  const metadata = readPandas(pandas);
  if (new Set(columns.map(({ name }) => name)).size < columns.length) {
    throw invalid("Two columns have one name.");
  }
  const place = stampColumn(columns, options.index ?? metadata?.index, options.index !== undefined);
  const stamped = columns[place]!;
  const rows = stamped.raw.values.length;
  if (rows === 0) throw invalid("The frame has no rows: send at least one.");
  checkCells(rows, columns.length);
  const stamps = stampsOf(stamped, options);
  // Without metadata nobody said that the index has no name, but the column has one.
  const labels = metadata?.labels.name !== undefined
    ? metadata.labels
    : { ...metadata?.labels, name: stamped.name };
  const others = columns.filter((_, at) => at !== place).map((column) => {
    const dtype = withNumpy(column.dtype, metadata?.numpy.get(column.name));
    return makeColumn({ ...column, dtype });
  });
  checkTexts(others);
  return makeFrame(
    { ...stamps, labels: { ...labels, unit: stamps.labels?.unit } },
    others,
    options.duplicates,
  );
}

function makeColumn({ name, dtype, raw, categories }: TypedColumn): Column {
  if (dtype.type !== "category" || categories === undefined) return columnOfRaw(name, dtype, raw);
  const column = columnOfCategories(name, dtype, raw, categories);
  const known = (column.dtype as Dtype & { type: "category" }).categories;
  const text = known.reduce((sum: number, each) => sum + String(each).length, 0);
  if (known.length <= MAX_CATEGORIES && text <= MAX_CATEGORY_TEXT) return column;
  throw invalid(
    `Column ${
      quote(name)
    } has ${known.length} categories of ${text} characters; at most ${MAX_CATEGORIES} of ` +
      `${MAX_CATEGORY_TEXT} can be kept: send it as texts.`,
  );
}

function checkTexts(columns: readonly Column[]): void {
  let text = 0;
  for (const { type, values } of columns) {
    if (type === "string") { for (const each of values) text += each?.length ?? 0; }
  }
  if (text > MAX_TEXT) {
    throw invalid(`The texts have more than ${MAX_TEXT} characters: send fewer rows at a time.`);
  }
}

/** The place of the stamps: where it is said, else by the rules of CSV, else the first times. */
function stampColumn(columns: readonly TypedColumn[], named: string | undefined, isAsked: boolean): number {
  if (named !== undefined) {
    const at = columns.findIndex(({ name }) => name === named);
    if (at >= 0) return at;
    throw invalid(
      `There is no column ${quote(named)}, which ${isAsked ? "index" : "the metadata of pandas"} names.`,
    );
  }
  const placed = columns.findIndex(({ name, dtype }) => isStampName(name) && canBeStamps(dtype));
  const at = placed >= 0 ? placed : columns.findIndex(({ dtype }) => dtype.type === "timestamp");
  if (at >= 0) return at;
  throw invalid(
    `No column holds stamps: none is called ${
      [...STAMP_NAMES].join(", ")
    }, and none has times. Name it with ?index=.`,
  );
}

function canBeStamps({ type }: Dtype): boolean {
  return type === "timestamp" || type === "date" || type === "date64" || type === "string" || isInteger(type);
}

function stampsOf({ name, dtype, raw: { values, nulls } }: TypedColumn, options: ReadOptions): FrameStamps {
  if (!canBeStamps(dtype)) throw invalid(`Column ${quote(name)} holds ${dtype.type}, not stamps.`);
  const bad = nulls?.indexOf(1) ?? -1;
  if (bad >= 0) throw invalid(`Row ${bad}: the stamp in column ${quote(name)} is null.`);
  if (dtype.type === "timestamp") {
    const { unit, zone } = dtype;
    const stamps = toNanos(values as BigInt64Array<ArrayBuffer>, UNIT_NS[unit]);
    return { stamps, aware: zone !== undefined, ...(isNamed(zone) && { zone }), labels: unitLabel(unit) };
  }
  if (dtype.type === "date" || dtype.type === "date64") {
    return {
      stamps: toNanos(values as Int32Array, dtype.type === "date" ? DAY_NS : UNIT_NS.ms),
      aware: false,
    };
  }
  const counts = isInteger(dtype.type)
    ? readCounts(values as ArrayLike<number | bigint>, options.dateUnit)
    : undefined;
  return counts ?? readLabels(Array.from(values as ArrayLike<unknown>, String), options.dateUnit);
}

const unitLabel = (unit: keyof typeof UNIT_NS) => ({ unit: unit === "ns" ? undefined : unit });

/** A fixed offset is an instant, too, but no name that a series keeps. */
function isNamed(zone: string | undefined): zone is string {
  return zone !== undefined && zone !== "UTC" && isTimeZone(zone);
}

function toNanos(counts: BigInt64Array<ArrayBuffer> | Int32Array, unit: bigint): BigInt64Array<ArrayBuffer> {
  const stamps = unit === 1n ? counts as BigInt64Array<ArrayBuffer> : new BigInt64Array(counts.length);
  const least = MIN_STAMP / unit, most = MAX_STAMP / unit;
  for (let row = 0; row < counts.length; row++) {
    const count = counts[row]!, whole = unit === 1n ? count as bigint : BigInt(count);
    if (whole < least || whole > most) {
      throw invalid(`Row ${row}: the stamp is outside 1677-09-22 to 2262-04-11.`);
    }
    if (unit !== 1n) stamps[row] = whole * unit;
  }
  return stamps;
}
