import * as assert from "../support/assert.ts";
import { readLabels } from "../../domain/series/formats/labels.ts";
import { RunnelError } from "../../domain/errors.ts";
import { writeFrameText } from "../../domain/series/formats/json/write_frame.ts";
import { readVector, type VectorCell } from "./vectors.ts";

interface DateVectors {
  to_text: Record<string, string | number>[];
  labels: { label: string; row_label: { dtype: string; label: VectorCell } }[];
  label_pairs: { labels: string[]; result: { dtype: string; labels: VectorCell[] } }[];
  split_index_numbers: { json: string; split_index: { dtype: string; label: VectorCell } }[];
}

const vectors = readVector<DateVectors>("dates.json");

Deno.test("writeFrame() writes each stamp as pandas does, as value and as key, naive and UTC", () => {
  assert.equal(vectors.to_text.length, 20);
  for (const vector of vectors.to_text) {
    for (const aware of [false, true]) {
      const frame = { stamps: BigInt64Array.of(BigInt(vector["ns"]!)), aware, columns: [] };
      const prefix = aware ? "utc_" : "";
      for (const dateFormat of ["iso", "epoch"] as const) {
        let value = vector[`${prefix}index_${dateFormat}`];
        // pandas' arithmetic overflows for the first of all stamps, and the sign is lost.
        if (value === 9223372036854 && vector["iso_ns"]?.toString().startsWith("1677")) {
          value = -9223372036854;
        }
        const key = vector[`${prefix}label_${dateFormat}`] ?? (dateFormat === "iso" ? value : undefined);
        const split = writeFrameText(frame, "split", { dateFormat });
        assert.equal(
          split,
          `{"columns":[],"index":[${JSON.stringify(value)}],"data":[[]]}`,
          `${vector["ns"]}`,
        );
        assert.equal(
          writeFrameText(frame, "index", { dateFormat }),
          `{"${key}":{}}`,
          `${vector["ns"]} as key`,
        );
      }
    }
  }
});

/** Labels that pandas takes for times and series.md refuses as guesses, or bounds it differs on. */
const REFUSED = new Set([
  "2020-01-01T00:00:00.1234567891", // ten digits: finer than a nanosecond
  "2020-01-01T00:00:00z",
  "2020-01-01T00:00:00+02",
  "2020-1-1",
  "2020/01/01",
  "2020.01.01",
  "01/02/2020",
  "13/02/2020",
  "02-01-2020",
  "01.02.2020",
  "Jan 1 2020",
  "1 January 2020",
  "January 2020",
  "Wed, 01 Jan 2020 00:00:00 GMT",
  "2020-01-01T00:00:00 UTC",
  "2020-01-01 00:00:00 EST",
  "20200101T093000",
  "2020Q1",
  "1e3",
  "1.5", // a number must exceed 31536000
  "-1.5",
  "",
  "NaT",
  "nan",
  "NaN",
  " 2020-01-01 ",
  "now",
  "today",
  "12:30",
  "10:30:15",
]);

/** pandas lets this one overflow to 1677; the first unit in which it fits is nanoseconds. */
const OTHER_UNIT: Record<string, bigint> = { "9223372036854776": 9223372036854776n };

Deno.test("readLabels() reads each label as pandas does, or refuses what pandas guesses", () => {
  assert.equal(vectors.labels.length, 105);
  for (const { label, row_label } of vectors.labels) {
    const stamp = (row_label.label as { ts_ns?: string } | null)?.ts_ns;
    if (stamp === undefined || REFUSED.has(label)) {
      assert.throws(() => readLabels([label]), RunnelError, label);
      continue;
    }
    const read = readLabels([label]);
    assert.equal(read.stamps[0], OTHER_UNIT[label] ?? BigInt(stamp), label);
    assert.equal(read.aware, row_label.dtype !== "datetime64[ns]", label);
  }
});

/** Pairs that are times to one of us only, and the rule. */
const PAIRS: Record<string, string> = {
  "2020-01-01T00:00:00+01:00,2020-01-01T00:00:00+02:00": "all are instants in UTC",
  "1,1.5": "numbers must exceed 31536000",
  "2020-01-01,": "null labels are refused",
  "2020-01-01,NaT": "null labels are refused",
  "01/02/2020,13/02/2020": "guesses are refused",
  "13/02/2020,01/02/2020": "guesses are refused",
};

Deno.test("readLabels() takes all labels for times or refuses, as pandas converts all or none", () => {
  for (const { labels, result } of vectors.label_pairs) {
    const pandasSays = result.dtype.startsWith("datetime64");
    const accepted = PAIRS[labels.join(",")] ? !pandasSays : pandasSays;
    if (!accepted) {
      assert.throws(() => readLabels(labels), RunnelError, labels.join(","));
      continue;
    }
    const { stamps } = readLabels(labels);
    if (!pandasSays) continue;
    const wanted = result.labels.map((label) => BigInt((label as { ts_ns: string }).ts_ns));
    assert.deepEqual([...stamps], wanted, labels.join(","));
  }
});

Deno.test("readLabels() reads the numbers of a split index as pandas does, but exactly", () => {
  for (const { json, split_index } of vectors.split_index_numbers) {
    const stamp = (split_index.label as { ts_ns?: string } | null)?.ts_ns;
    if (stamp === undefined) assert.throws(() => readLabels([json]), RunnelError, json);
    // pandas loses half a microsecond in a double.
    else {assert.equal(
        readLabels([json]).stamps[0],
        json === "1577836800000.5" ? 1577836800000500000n : BigInt(stamp),
        json,
      );}
  }
});

Deno.test("readLabels() takes any number with a unit given", () => {
  assert.deepEqual([...readLabels(["-1", "0", "31536000"], "ms").stamps], [
    -1_000_000n,
    0n,
    31536000_000_000n,
  ]);
  assert.throws(() => readLabels(["9223372037"], "s"), /outside 1677-09-22 to 2262-04-11/);
  assert.throws(() => readLabels(["0.0000000001"], "s"), /finer than a nanosecond/);
});
