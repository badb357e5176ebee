import * as assert from "../support/assert.ts";
import { RunnelError } from "../../domain/errors.ts";
import { writeFrameText } from "../../domain/series/formats/json/write_frame.ts";
import { frameVectors, toFrame } from "./vectors.ts";

/** Frames that cannot be in a store of time series, and why. */
const NOT_TIME_SERIES: Record<string, string> = {
  bool_index: "rows need stamps",
  empty: "rows need stamps",
  float_index: "rows need stamps",
  int_epoch_ms_index: "rows need stamps (these are integers to pandas)",
  range_index: "rows need stamps",
  string_index: "rows need stamps",
  nat_in_index: "null labels are refused",
  duplicate_index: "duplicate stamps are refused",
  duplicate_columns: "duplicate columns are refused",
  multiindex_columns: "column labels are texts",
  mixed_objects: "nested cells are refused",
  timedelta_values: "cells are JSON scalars: a duration is kept as the text or number that was sent",
  lone_surrogate: "lone surrogates are refused",
};

/** Outputs of pandas that the store does not write, by frame and orient, and why. */
const DIFFERENT: Record<string, string> = {
  "columns_dates split epoch": "column labels stay text, so they stand in quotes",
  "columns_float split": "column labels stay text, so they stand in quotes",
  "columns_int split": "column labels stay text, so they stand in quotes",
  "columns_float table": "column labels stay text, so the schema names them in quotes",
  "columns_int table": "column labels stay text, so the schema names them in quotes",
  "named_index table": "the stamps are called index",
  "index_name_overlaps table": "the stamps are called index, so nothing overlaps",
  "tz_fixed_offset table": "a zone without a name is UTC",
  "dates_as_values table": "date cells are kept as texts, and the schema says so",
  "nulls_and_infinities table": "there are no nullable extension types, and date cells are texts",
};

for (const vector of frameVectors()) {
  const reason = NOT_TIME_SERIES[vector.id];
  if (reason) continue;
  Deno.test(`writeFrame() writes ${vector.id} as pandas does`, () => {
    for (const { orient, date_format, output, error } of vector.outputs) {
      const where = `${vector.id} ${orient} ${date_format}`;
      const write = () =>
        writeFrameText(toFrame(vector.frame, date_format), orient, { dateFormat: date_format });
      if (DIFFERENT[`${vector.id} ${orient}`] ?? DIFFERENT[where]) {
        if (error && date_format === "epoch") assert.throws(write, RunnelError, where);
        else assert.notEqual(write(), output, `${where} is listed as different, but is not`);
      } else if (vector.id === "subsecond_us_ns" && (orient === "columns" || orient === "index")) {
        // pandas writes one key twice here; series.md refuses and suggests date_unit.
        assert.throws(write, /ask for a finer date_unit \(us or ns\)/, where);
      } else if (error) assert.throws(write, RunnelError, where);
      else assert.equal(write(), output, where);
    }
  });
}

Deno.test("frames that are not time series are still among the vectors", () => {
  const ids = new Set(frameVectors().map((vector) => vector.id));
  for (const id of Object.keys(NOT_TIME_SERIES)) assert.ok(ids.has(id), `no vector ${id}`);
  assert.equal(ids.size, 44);
});
