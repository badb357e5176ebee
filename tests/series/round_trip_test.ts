import * as assert from "../support/assert.ts";
import fc from "fast-check";
import type { Cell, Column } from "../../domain/series/frame/column.ts";
import { columnOf } from "../../domain/series/frame/column_builder.ts";
import { csvPass } from "../../domain/series/formats/csv/write_csv.ts";
import type { DataFrame } from "../../domain/series/frame/frame.ts";
import { ndjsonPass, readNdjson } from "../../domain/series/formats/json/ndjson.ts";
import { type Orient, readFrame } from "../../domain/series/formats/json/read_frame.ts";
import { writeFrameText } from "../../domain/series/formats/json/write_frame.ts";
import { type FrameHead, headOf, type WriteOptions } from "../../domain/series/formats/text/frame_head.ts";
import { runPasses, type WritePass } from "../../domain/series/formats/text/row_pass.ts";
import { readCsv } from "./csv.ts";

/** Fractions that ten decimals write exactly, so that the text is the value. */
const fraction = fc.integer({ min: -(2 ** 40), max: 2 ** 40 }).map((each) => each / 1024);
const text = fc.string({ unit: "binary", maxLength: 8 });
const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
/** Names that would be trouble as members of an object, or to a comparison of raw text. */
const name = fc.oneof(
  text,
  fc.constantFrom("__proto__", "constructor", "2", "10", "a/b", 'q"', "back\\", "é"),
);

/** A column as reading gives it: one that holds the first cell and the rest makes its type certain. */
function column(name: string, rows: number): fc.Arbitrary<Column> {
  const cells = (cell: fc.Arbitrary<Cell>) => fc.array(cell, { minLength: rows, maxLength: rows });
  const nullable = (cell: fc.Arbitrary<Cell>) => fc.option(cell, { nil: null });
  return fc.oneof(
    cells(integer).map((each) => columnOf(name, "integer", each)),
    cells(nullable(fraction)).map((each) => columnOf(name, "float", [0.5, ...each.slice(1)])),
    cells(nullable(fc.boolean())).map((each) => columnOf(name, "boolean", [true, ...each.slice(1)])),
    cells(nullable(text)).map((each) => columnOf(name, "string", ["", ...each.slice(1)])),
    fc.constant(columnOf(name, "float", new Array(rows).fill(null))),
  );
}

const frame: fc.Arbitrary<DataFrame> = fc.record({
  stamps: fc.uniqueArray(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), {
    minLength: 1,
    maxLength: 6,
  }),
  aware: fc.boolean(),
  names: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
}).chain(({ stamps, aware, names }) =>
  fc.tuple(...names.map((each) => column(each, stamps.length))).map((columns) => ({
    stamps: BigInt64Array.from(stamps).sort(),
    aware,
    columns,
  }))
);

/** Nothing is lost in nanoseconds, and includeIndex makes records readable. */
const LOSSLESS: WriteOptions = { dateUnit: "ns", includeIndex: true };
const READABLE: Orient[] = ["columns", "index", "split", "records", "table"];

function assertSameFrame(actual: DataFrame, expected: DataFrame): void {
  assert.deepEqual(actual.stamps, expected.stamps);
  assert.equal(actual.aware, expected.aware);
  assert.deepEqual(actual.columns.map(describe), expected.columns.map(describe));
}

function describe({ name, type, values }: Column) {
  return { name, type, values: [...values].map(String) };
}

Deno.test("a frame written in any readable orient and read again is the same frame", () => {
  fc.assert(
    fc.property(frame, (frame) => {
      if (frame.columns.some((column) => column.name === "index")) return;
      for (const orient of READABLE) {
        const read = readFrame(writeFrameText(frame, orient, LOSSLESS), orient);
        assertSameFrame(read, frame);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("a frame read from any orient is written the same in every orient", () => {
  fc.assert(fc.property(frame, (frame) => {
    if (frame.columns.some((column) => column.name === "index")) return;
    const orients: Orient[] = [...READABLE, "values"];
    const wanted = orients.map((orient) => writeFrameText(frame, orient, LOSSLESS));
    for (const orient of READABLE) {
      const read = readFrame(writeFrameText(frame, orient, LOSSLESS), orient);
      assert.deepEqual(orients.map((each) => writeFrameText(read, each, LOSSLESS)), wanted, orient);
    }
  }));
});

Deno.test("a frame written with epoch dates is the same when read with their unit", () => {
  fc.assert(fc.property(frame, (frame) => {
    const naive = { ...frame, aware: false };
    for (const orient of ["columns", "index", "split"] as const) {
      const written = writeFrameText(naive, orient, { dateFormat: "epoch", dateUnit: "ns" });
      assertSameFrame(readFrame(written, orient, { dateUnit: "ns" }), naive);
    }
  }));
});

function write(frame: DataFrame, makePass: (head: FrameHead, options: WriteOptions) => WritePass): string {
  const decoder = new TextDecoder();
  let written = "";
  for (const chunk of runPasses([makePass(headOf(frame), LOSSLESS)], frame)) written += decoder.decode(chunk);
  return written;
}

Deno.test("a frame written as NDJSON and read again is the same frame", () => {
  fc.assert(fc.property(frame, (frame) => {
    if (frame.columns.some((column) => column.name === "index")) return;
    const written = write(frame, ndjsonPass);
    assert.equal(written.split("\n").length, frame.stamps.length + 1);
    assertSameFrame(readNdjson(written), frame);
  }));
});

Deno.test("a frame of numbers and booleans written as CSV and read again is the same frame", () => {
  fc.assert(fc.property(frame, (frame) => {
    const columns = frame.columns.filter(({ name, type }) => type !== "string" && name !== "index");
    const plain = { ...frame, columns };
    assertSameFrame(readCsv(write(plain, csvPass)), plain);
  }));
});

Deno.test("texts written as CSV are read as they are, if one of them is not a number", () => {
  fc.assert(fc.property(fc.array(fc.option(text, { nil: null }), { minLength: 1 }), (values) => {
    const stamps = BigInt64Array.from(values, (_, row) => BigInt(row) * 1_000_000_000n);
    const texts = ["not a number", ...values.slice(1)];
    const frame: DataFrame = {
      stamps,
      aware: true,
      columns: [{ name: "a,b", type: "string", values: texts }],
    };
    assertSameFrame(readCsv(write(frame, csvPass)), frame);
  }));
});
