/** Frames from Arrow IPC, a stream or a file. */
import { type DataType, type Dictionary, Type } from "apache-arrow";
import { invalid, RunnelError } from "../../errors.ts";
import type { Column } from "../frame/column.ts";
import { checkCells, type DataFrame } from "../frame/frame.ts";
import type { ReadOptions } from "../formats/options.ts";
import { BatchReader, type Budget, newBudget } from "./arrow_cells.ts";
import { type BatchMessage, readMessages } from "./arrow_messages.ts";
import { dtypeOfField } from "./arrow_types.ts";
import { columnOfRaw, type RawCells } from "./raw_column.ts";
import { frameOf, type TypedColumn } from "./typed_frame.ts";

/** A dictionary under way: a delta adds to it, so that the places before stay what they are. */
interface Words {
  readonly parts: RawCells[];
}

/** Some rows of a column, and the dictionary that their places are of. */
interface Rows extends RawCells {
  readonly words?: Words | undefined;
}

/** Reads a frame. Throws RunnelError for whatever is not one. */
export function readArrow(bytes: Uint8Array<ArrayBuffer>, options: ReadOptions = {}): DataFrame {
  try {
    return readAll(bytes, options);
  } catch (error) {
    if (error instanceof RunnelError) throw error;
    // The body is the only thing that is read here, so it is what is wrong.
    throw invalid(
      `The body is not Arrow IPC, or not whole: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

function readAll(bytes: Uint8Array<ArrayBuffer>, options: ReadOptions): DataFrame {
  const { schema, batches } = readMessages(bytes);
  const { fields } = schema;
  const dtypes = fields.map(dtypeOfField);
  const words = new Map<number, Words>();
  const rows: Rows[][] = fields.map(() => []);
  const budget = newBudget();
  let count = 0, wordCount = 0;
  for (const message of batches) {
    const reader = new BatchReader(message, budget);
    if (message.dictionary !== undefined) {
      checkCells(wordCount += reader.rows, 1);
      addWords(words, message, schema.dictionaries.get(message.dictionary.id), budget);
      continue;
    }
    checkCells(count += reader.rows, Math.max(fields.length, 1));
    fields.forEach(({ type }, at) => {
      const isCoded = type.typeId === Type.Dictionary;
      const cells = reader.next(type);
      rows[at]!.push(isCoded ? { ...cells, words: wordsOf(words, type as Dictionary) } : cells);
    });
  }
  const columns = fields.map(({ name, type }, at): TypedColumn => {
    const dtype = dtypes[at]!;
    if (dtype.type !== "category") return { name, dtype, raw: joinCells(rows[at]!) };
    const { dictionary } = type as Dictionary;
    return { name, dtype, ...joinCoded(name, dtype.of, rows[at]!, dictionary) };
  });
  return frameOf(columns, schema.metadata.get("pandas"), options);
}

function addWords(
  words: Map<number, Words>,
  message: BatchMessage,
  type: DataType | undefined,
  budget: Budget,
): void {
  const { id, isDelta } = message.dictionary!;
  if (type === undefined) throw new RangeError("a dictionary belongs to no column");
  if (type.typeId === Type.Dictionary) throw new RangeError("a dictionary has a dictionary");
  const cells = new BatchReader(message, budget).next(type);
  if (isDelta && words.has(id)) words.get(id)!.parts.push(cells);
  else words.set(id, { parts: [cells] });
}

function wordsOf(words: ReadonlyMap<number, Words>, { id }: Dictionary): Words {
  const found = words.get(id);
  if (found === undefined) throw new RangeError("a dictionary that a column needs is missing");
  return found;
}

/** Cells of several batches as one. */
function joinCells(parts: readonly RawCells[]): RawCells {
  if (parts.length === 1) return parts[0]!;
  const rows = parts.reduce((sum, { values }) => sum + values.length, 0);
  const first = parts[0]?.values ?? [];
  const nulls = parts.some((part) => part.nulls !== null) ? new Uint8Array(rows) : null;
  let row = 0;
  for (const part of parts) {
    if (part.nulls !== null) nulls!.set(part.nulls, row);
    row += part.values.length;
  }
  if (Array.isArray(first)) return { values: parts.flatMap(({ values }) => values as string[]), nulls };
  const values = new (first.constructor as Float64ArrayConstructor)(rows);
  row = 0;
  for (const part of parts) {
    values.set(part.values as Float64Array, row);
    row += part.values.length;
  }
  return { values, nulls };
}

/** Places of several batches as places among the words of all their dictionaries. */
function joinCoded(
  name: string,
  of: Parameters<typeof columnOfRaw>[1],
  parts: readonly Rows[],
  type: DataType,
): { raw: RawCells; categories: Column } {
  const all = [...new Set(parts.map(({ words }) => words!))];
  const cells = all.map((words) => joinCells(words.parts));
  if (all.length <= 1) {
    const words = cells[0] ?? { values: [], nulls: null };
    return { raw: joinCells(parts), categories: columnOfRaw(name, of, words) };
  }
  const places = new Map<unknown, number>();
  const moved = cells.map(({ values }) =>
    Array.from(values as ArrayLike<unknown>, (word) => placeOf(places, word))
  );
  const raw = joinCells(parts.map(({ values, nulls, words }) => {
    const table = moved[all.indexOf(words!)]!;
    const codes = Float64Array.from(
      values as ArrayLike<number | bigint>,
      (code) => table[Number(code)] ?? -1,
    );
    return { values: codes, nulls };
  }));
  const known = [...places.keys()];
  const isText = typeof known[0] === "string" || typeof known[0] === "bigint";
  if (!isText && type.typeId === Type.Null) throw new RangeError("a dictionary has no type");
  return {
    raw,
    categories: columnOfRaw(name, of, {
      values: (isText ? known : Float64Array.from(known as number[])) as RawCells["values"],
      nulls: null,
    }),
  };
}

function placeOf(places: Map<unknown, number>, word: unknown): number {
  const place = places.get(word) ?? places.size;
  places.set(word, place);
  return place;
}
