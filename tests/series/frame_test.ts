import * as assert from "../support/assert.ts";
import { cellAt, type Column, uniteTypes } from "../../domain/series/frame/column.ts";
import { RunnelError } from "../../domain/errors.ts";
import { concatFrames, rangeOf, selectColumns, sliceFrame } from "../../domain/series/frame/frame.ts";
import { mergeFrames, replaceWindow } from "../../domain/series/frame/merge.ts";
import { readFrame } from "../../domain/series/formats/json/read_frame.ts";
import { parseRangeEnd, parseRangeStart } from "../../domain/series/frame/stamps.ts";
import { PassWriter } from "../../domain/series/formats/text/row_pass.ts";
import { writeFrame, writeFrameText, writePasses } from "../../domain/series/formats/json/write_frame.ts";

const index = (body: unknown) => readFrame(JSON.stringify(body), "index");
const text = (frame: ReturnType<typeof index>) =>
  writeFrameText(frame, "index").replaceAll("T00:00:00.000", "");

Deno.test("replaceWindow() replaces what lies between the first and last new stamp, and no more", () => {
  const base = index({
    "2020-01-01": { a: 1 },
    "2020-01-02": { a: 2 },
    "2020-01-03": { a: 3 },
    "2020-01-04": { a: 4 },
  });
  const update = index({ "2020-01-02": { a: 20 }, "2020-01-03T12:00": { a: 30 } });
  const wanted =
    '{"2020-01-01":{"a":1},"2020-01-02":{"a":20},"2020-01-03T12:00:00.000":{"a":30},"2020-01-04":{"a":4}}';
  assert.equal(text(replaceWindow(base, update)), wanted);
});

Deno.test("replaceWindow() is exact to the nanosecond", () => {
  const base = index({
    "2020-01-01T00:00:00.000000001": { a: 1 },
    "2020-01-01T00:00:00.000000003": { a: 3 },
  });
  const update = index({ "2020-01-01T00:00:00.000000002": { a: 2 } });
  assert.deepEqual(replaceWindow(base, update).columns[0]!.values, Float64Array.of(1, 2, 3));
});

Deno.test("replaceWindow() appends new columns, and absent cells are null, which makes integers floats", () => {
  const base = index({ "2020-01-01": { a: 1, b: "x" } });
  const update = index({ "2020-01-02": { c: 5, a: 2 } });
  const wanted = '{"2020-01-01":{"a":1,"b":"x","c":null},"2020-01-02":{"a":2,"b":null,"c":5.0}}';
  assert.equal(text(replaceWindow(base, update)), wanted);
});

Deno.test("concatFrames() keeps a column of floats one of floats, and integers of all widths exact", () => {
  const floats = index({ "2020-01-01": { a: 1.5 } }), whole = index({ "2020-01-02": { a: 2 } });
  assert.equal(text(concatFrames([floats, whole])), '{"2020-01-01":{"a":1.5},"2020-01-02":{"a":2.0}}');
  const big = readFrame('{"2020-01-03":{"a":18446744073709551615}}', "index");
  assert.equal(
    text(concatFrames([whole, big])),
    '{"2020-01-02":{"a":2},"2020-01-03":{"a":18446744073709551615}}',
  );
  const negative = readFrame('{"2020-01-01":{"a":-9223372036854775808}}', "index");
  const all = concatFrames([negative, whole, big]);
  assert.deepEqual([0, 1, 2].map((row) => cellAt(all.columns[0]!, row)), [-(2n ** 63n), 2n, 2n ** 64n - 1n]);
});

Deno.test("replaceWindow() keeps a column of floats one of floats when all of its rows go", () => {
  const base = index({ "2020-01-01": { a: 1.5, b: true } });
  const update = index({ "2020-01-01": { a: 1, b: 2, c: 3 } });
  assert.equal(text(replaceWindow(base, update)), '{"2020-01-01":{"a":1.0,"b":2,"c":3}}');
});

Deno.test("mergeFrames() updates cells, with null too, keeps those not named, and unites rows and columns", () => {
  const base = index({ "2020-01-01": { a: 1, b: "x" }, "2020-01-03": { a: 3, b: "z" } });
  const update = index({
    "2020-01-01": { a: 10, b: null },
    "2020-01-02": { c: true },
    "2020-01-03": { a: 4 },
  });
  const wanted = '{"2020-01-01":{"a":10.0,"b":null,"c":null},"2020-01-02":{"a":null,"b":null,"c":true},' +
    '"2020-01-03":{"a":4.0,"b":"z","c":null}}';
  assert.equal(text(mergeFrames(base, update)), wanted);
});

Deno.test("rangeOf() includes both ends, and a date-only end covers that day", () => {
  const frame = index({
    "2020-01-01": { a: 1 },
    "2020-01-02": { a: 2 },
    "2020-01-02T23:59:59.999999999": { a: 3 },
    "2020-01-03": { a: 4 },
  });
  const rows = (
    start: string,
    end: string,
  ) => [...rangeOf(frame, parseRangeStart(start), parseRangeEnd(end)).columns[0]!.values];
  assert.deepEqual(rows("2020-01-02", "2020-01-02"), [2, 3]);
  assert.deepEqual(rows("2020-01-02T00:00:00.000000001Z", "2020-01-03T01:00+01:00"), [3, 4]);
  assert.deepEqual(rows("2020-01", "2020-01"), [1, 2, 3, 4]);
  assert.deepEqual(rows("2021-01-01", "2020-01-01"), []);
  assert.equal(parseRangeEnd("2262-04-11"), 2n ** 63n - 1n);
  assert.throws(() => parseRangeStart("yesterday"), /start: an ISO 8601 date or time/);
});

Deno.test("selectColumns() gives the columns in the order asked for and names those that are not there", () => {
  const { columns } = index({ "2020-01-01": { a: 1, b: 2 } });
  assert.deepEqual(selectColumns(columns, ["b", "a"]).map(({ name }) => name), ["b", "a"]);
  assert.throws(() => selectColumns(columns, ["b", "b"]), /A column is asked for twice\./);
  assert.throws(() => selectColumns(columns, ["c"]), /There is no column "c"\. There are: "a", "b"\./);
});

Deno.test("readFrame() keeps columns called __proto__, constructor and 2, in the order written", () => {
  const body = '{"2020-01-01":{"b":1,"2":2,"__proto__":3,"constructor":4}}';
  assert.equal(text(readFrame(body, "index")), body);
  const columns = '{"__proto__":{"2020-01-01T00:00:00.000":1},"2":{"2020-01-01T00:00:00.000":2}}';
  assert.equal(writeFrameText(readFrame(columns, "columns"), "columns"), columns);
});

Deno.test("readFrame() names the column and row of what is wrong", () => {
  const cases: [string, "columns" | "index" | "records" | "split", RegExp][] = [
    [
      '{"a":{"2020-01-01":[1]}}',
      "columns",
      /line 1, column 20: column "a", row 2020-01-01: the cell is an array or object/,
    ],
    ['{"a":{"2020-02-30":1}}', "columns", /Row 0: the label "2020-02-30" is not a time/],
    [
      '{"a":{"2020-01-01":1},"b":{"2020-01-02":1,"2020-01-02":2}}',
      "columns",
      /column "b" has the label "2020-01-02" twice/,
    ],
    ['{"a":{"1500-01-01":1}}', "columns", /The stamp "1500-01-01" is outside 1677-09-22 to 2262-04-11/],
    ['{"2020-01-01":{"a":1,"a":2}}', "index", /column "a" stands twice in row 2020-01-01/],
    ['[{"index":"2020-01-01"},{"a":1}]', "records", /record 1 has no "index", where its stamp should be/],
    ['[{"a":1}]', "records", /a record needs its stamp under one of index, date, datetime, timestamp/],
    [
      '{"columns":["a"],"index":["2020-01-01"],"data":[[1,2]]}',
      "split",
      /rows of data have 2 cells, but there are 1 columns/,
    ],
    ['{"columns":["a"],"index":[],"data":[]}', "split", /The frame has no rows/],
    ['{"a":{}}', "columns", /The frame has no rows/],
    ["", "columns", /The body is empty/],
  ];
  for (const [body, orient, message] of cases) {
    assert.throws(
      () => readFrame(body, orient),
      (error) => error instanceof RunnelError && message.test(error.message),
      body,
    );
  }
  assert.throws(() => readFrame("[[1]]", "values"), /orient values has no stamps, so it cannot be read/);
});

Deno.test("writeFrame() writes dates in every unit, floored as texts", () => {
  const frame = readFrame(
    '{"1969-12-31T23:59:59.123456789Z":{},"2020-01-01T00:00:00.987654321Z":{}}',
    "index",
  );
  const labels = (dateFormat: "iso" | "epoch", dateUnit: "s" | "ms" | "us" | "ns") =>
    Object.keys(JSON.parse(writeFrameText(frame, "index", { dateFormat, dateUnit })));
  assert.deepEqual(labels("iso", "s"), ["1969-12-31T23:59:59Z", "2020-01-01T00:00:00Z"]);
  assert.deepEqual(labels("iso", "us"), ["1969-12-31T23:59:59.123456Z", "2020-01-01T00:00:00.987654Z"]);
  assert.deepEqual(labels("iso", "ns"), ["1969-12-31T23:59:59.123456789Z", "2020-01-01T00:00:00.987654321Z"]);
  // JSON.parse puts integer-like keys first.
  assert.deepEqual(labels("epoch", "ns"), ["-876543211", "1577836800987654321"]);
});

Deno.test("writeFrame() refuses stamps that would become one key, and suggests date_unit", () => {
  const frame = index({ "2020-01-01T00:00:00.0001": { a: 1 }, "2020-01-01T00:00:00.0002": { a: 2 } });
  const message = /are the same in "ms": ask for a finer date_unit \(us or ns\)/;
  assert.throws(() => writeFrameText(frame, "columns"), message);
  assert.throws(() => writeFrameText(frame, "index"), message);
  assert.match(writeFrameText(frame, "columns", { dateUnit: "us" }), /00\.000100":1,.*00\.000200":2/);
  assert.match(
    writeFrameText(frame, "records", { includeIndex: true }),
    /"index":"2020-01-01T00:00:00.000","a":2/,
  );
});

Deno.test("writeFrame() writes in pieces of bounded size", () => {
  const rows = 40_000;
  const stamps = BigInt64Array.from({ length: rows }, (_, row) => BigInt(row) * 1_000_000_000n);
  const values = Float64Array.from({ length: rows }, (_, row) => row / 8);
  const frame = { stamps, aware: true, columns: [{ name: "a", type: "float", values } as Column] };
  for (const orient of ["columns", "index", "split", "records", "values", "table"] as const) {
    const sizes = [...writeFrame(frame, orient)].map((chunk) => chunk.length);
    assert.ok(sizes.length > 1 && Math.max(...sizes) <= 256 * 1024, `${orient}: ${sizes}`);
  }
});

Deno.test("writeFrame() makes room for a long text where it stands, not in every row", () => {
  const rows = 200, long = "é".repeat(1_000_000);
  const stamps = BigInt64Array.from({ length: rows }, (_, row) => BigInt(row) * 1_000_000_000n);
  const values = Array.from(stamps, (_, row) => row === 100 ? long : `text ${row}`);
  const frame = { stamps, aware: true, columns: [{ name: "a", type: "string", values } as Column] };
  const pieces = [...writeFrame(frame, "records")];
  const backed = new Set(pieces.map(({ buffer }) => buffer));
  const room = [...backed].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(room < 8_000_000, `${room} bytes for pieces`);
  const text = pieces.map((piece) => new TextDecoder().decode(piece)).join("");
  assert.deepEqual(JSON.parse(text), values.map((a) => ({ a })));
});

Deno.test("writePasses() writes batches as it writes one frame", () => {
  const frame = index({
    "2020-01-01": { a: 1, b: "x" },
    "2020-01-02": { a: 2, b: "y" },
    "2020-01-03": { a: 3, b: null },
  });
  const head = {
    aware: false,
    columns: frame.columns.map(({ name, type }) => ({ name, type, nulls: false })),
  };
  for (const orient of ["columns", "index", "split", "records", "values", "table"] as const) {
    const writer = new PassWriter(), pieces: Uint8Array[] = [];
    for (const pass of writePasses(head, orient)) {
      pieces.push(...writer.open(pass));
      for (const [from, to] of [[0, 0], [0, 2], [2, 3]] as const) {
        const batch = sliceFrame(frame, from, to);
        const columns = pass.columns.map((at) => batch.columns[at]!);
        pieces.push(...writer.rows(pass, { ...batch, columns }));
      }
      pieces.push(...writer.close(pass));
    }
    pieces.push(...writer.finish());
    const written = pieces.map((piece) => new TextDecoder().decode(piece)).join("");
    assert.equal(written, writeFrameText(frame, orient), orient);
  }
});

Deno.test("uniteTypes() knows integers beside floats, and mixes all else", () => {
  assert.equal(uniteTypes("integer", "float"), "float");
  assert.equal(uniteTypes("integer", "integer"), "integer");
  assert.equal(uniteTypes("boolean", "integer"), "mixed");
  assert.equal(uniteTypes("string", "mixed"), "mixed");
});

Deno.test("readFrame() refuses a small body that would become a huge frame of nulls", () => {
  const labels = Array.from({ length: 5000 }, (_, row) => `"${new Date(row * 1000).toISOString()}":1`).join(
    ",",
  );
  const names = Array.from({ length: 5000 }, (_, at) => `"c${at}":{"1970-01-01T00:00:00.000Z":1}`).join(",");
  assert.throws(() => readFrame(`{"a":{${labels}},${names}}`, "columns"), /are more than 16777216 cells/);
  const rows = labels.replaceAll('Z":1', (_, at) => `Z":{"c${at}":1}`);
  assert.throws(() => readFrame(`{${rows}}`, "index"), /cells, empty ones included/);
  const wide = Array.from({ length: 5000 }, (_, at) => `"c${at}":1`).join(",");
  const sparse = Array.from(
    { length: 5000 },
    (_, row) => `{"index":"${new Date(row * 1000).toISOString()}","c${row}":1}`,
  );
  const records = `[{"index":"1969-01-01",${wide}},${sparse.join(",")}]`;
  assert.throws(() => readFrame(records, "records"), /cells, empty ones included/);
});
