/**
 * Series as records: what holds for a reference, then the rows of its series in frames of Arrow (a stream in base64), which
 * keeps every type as it is; cells of columns that have several kinds of them stand beside it. Frames have the same rows
 * however a series is stored.
 */
import { z } from "zod";
import { invalidPart } from "../errors.ts";
import { DOTS_REFUSED, isDots } from "../names.ts";
import type { Importer, Portable } from "../operation/portable.ts";
import { prepareFrame } from "./answer.ts";
import { fromStored, toStored } from "./chunks/column_codec.ts";
import { cellAt, type Column } from "./frame/column.ts";
import { isInteger } from "./frame/dtype.ts";
import { concatFrames, type DataFrame, sliceFrame } from "./frame/frame.ts";
import type { Series } from "./series.ts";
import { type FrameSource, MemorySource } from "./storage/source.ts";
import type { SeriesCatalogue } from "../../db/series/catalogue.ts";

/** Cells in a frame. */
const FRAME_CELLS = 1 << 17;

const Name = z.string().min(1).max(512)
  .refine((text) => text.isWellFormed() && !text.includes("\0"), "well-formed text")
  .refine((text) => !isDots(text), DOTS_REFUSED);
const ReferenceRecord = z.strictObject({
  record: z.literal("reference"),
  reference: Name,
  ttlMillis: z.int().positive().nullable(),
  duplicates: z.enum(["keep", "refuse"]),
});
const RowsRecord = z.strictObject({
  record: z.literal("rows"),
  reference: Name,
  symbol: Name,
  first: z.string(),
  last: z.string(),
  rows: z.int().positive(),
  arrow: z.base64(),
  mixed: z.array(z.strictObject({
    /** The column's place. */
    at: z.int().nonnegative(),
    name: z.string(),
    cells: z.array(z.union([z.null(), z.boolean(), z.string(), z.number(), z.tuple([z.string()])])),
  })).optional(),
});
const Record = z.discriminatedUnion("record", [ReferenceRecord, RowsRecord]);

export function portableSeries(series: Series, catalogue: SeriesCatalogue): Portable {
  return {
    async *records() {
      for await (const { reference, ttlMillis, keepsDuplicates } of series.references.list()) {
        yield [{
          record: "reference",
          reference,
          ttlMillis,
          duplicates: keepsDuplicates ? "keep" : "refuse",
        }];
        for await (const { symbol } of series.listing.list(reference)) {
          const source = await series.open({ reference, symbol }, {});
          for await (const frame of evenFrames(source)) {
            yield [await recordOf(reference, symbol, source, frame)];
          }
        }
      }
    },
    importer: () => new SeriesImporter(series, catalogue),
  };
}

/** Frames are large: each is stored as it comes. */
class SeriesImporter implements Importer {
  stored = 0;

  constructor(readonly series: Series, readonly catalogue: SeriesCatalogue) {}

  async add(value: unknown): Promise<void> {
    const result = Record.safeParse(value);
    if (!result.success) {
      const { path, message } = result.error.issues[0]!;
      throw invalidPart(path.join(".") || "record", message);
    }
    const record = result.data;
    if (record.record === "reference") {
      const { reference, ttlMillis, duplicates } = record;
      await this.catalogue.setTtl(reference, ttlMillis);
      await this.series.references.setDuplicates(reference, duplicates);
    } else {
      const { reference, symbol } = record;
      await this.series.save({ reference, symbol }, await this.#frameOf(record), "append");
    }
    this.stored++;
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  async #frameOf({ arrow, rows, mixed = [] }: z.output<typeof RowsRecord>): Promise<DataFrame> {
    const bytes = Uint8Array.fromBase64(arrow);
    const frame = await this.series.bodies.parse({ bytes, format: "arrow", options: { duplicates: "keep" } });
    const columns: Column[] = [...frame.columns];
    for (const { at, name, cells } of mixed) {
      columns.splice(at, 0, { name, type: "mixed", values: cells.map(fromStored) });
    }
    for (const { name, values } of columns) {
      if (values.length !== rows) throw invalidPart("rows", `column ${name} has ${values.length}`);
    }
    if (frame.stamps.length === rows) return { ...frame, columns };
    throw invalidPart("rows", `the frame has ${frame.stamps.length}`);
  }
}

/** The rows of a source in frames of one length, whatever its chunks are. Closes it. */
async function* evenFrames(source: FrameSource): AsyncGenerator<DataFrame> {
  const size = Math.max(1, Math.floor(FRAME_CELLS / Math.max(1, source.columns.length)));
  try {
    let rest: DataFrame | undefined;
    for await (const batch of source.batches([...source.columns.keys()])) {
      let frame: DataFrame = rest === undefined ? batch : concatFrames([rest, batch]);
      while (frame.stamps.length >= size) {
        yield sliceFrame(frame, 0, size);
        frame = sliceFrame(frame, size, frame.stamps.length);
      }
      rest = frame;
    }
    if (rest !== undefined && rest.stamps.length > 0) yield rest;
  } finally {
    await source.close();
  }
}

async function recordOf(
  reference: string,
  symbol: string,
  source: FrameSource,
  frame: DataFrame,
): Promise<object> {
  const { stamps } = frame;
  const isTyped = (_: unknown, at: number) => !hasKinds(source.columns[at]!);
  const typed = { ...frame, columns: frame.columns.filter(isTyped) };
  const memory = new MemorySource(source, source.columns.filter(isTyped), [typed]);
  const pieces = await Array.fromAsync(await prepareFrame(memory, "arrow", {}));
  const mixed = frame.columns.flatMap((column, at) =>
    isTyped(column, at) ? [] : [{ at, name: column.name, cells: cellsOf(column, stamps.length) }]
  );
  const arrow = new Uint8Array(await new Blob(pieces).arrayBuffer()).toBase64();
  const [first, last] = [`${stamps[0]!}`, `${stamps.at(-1)!}`];
  const rows = { record: "rows", reference, symbol, first, last, rows: stamps.length, arrow };
  return mixed.length === 0 ? rows : { ...rows, mixed };
}

/** Whether a column has cells of several kinds, which Arrow has no type for. */
function hasKinds({ type, dtype }: FrameSource["columns"][number]): boolean {
  return type === "mixed" && !(dtype !== undefined && (dtype.type === "category" || isInteger(dtype.type)));
}

function cellsOf(column: Column, rows: number) {
  return Array.from({ length: rows }, (_, row) => toStored(cellAt(column, row)));
}
