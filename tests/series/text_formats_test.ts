import * as assert from "../support/assert.ts";
import { csvPass } from "../../domain/series/formats/csv/write_csv.ts";
import { RunnelError } from "../../domain/errors.ts";
import { readNdjson } from "../../domain/series/formats/json/ndjson.ts";
import { runPasses } from "../../domain/series/formats/text/row_pass.ts";
import { writeFrameText } from "../../domain/series/formats/json/write_frame.ts";
import { readCsv } from "./csv.ts";

function refused(read: () => unknown, message: RegExp): void {
  assert.throws(read, (error) => error instanceof RunnelError && message.test(error.message));
}

Deno.test("readCsv() gives each column the first type that holds all its cells", () => {
  const frame = readCsv(
    'date,n,f,b,t,"q,""x"""\r\n2020-01-02,2,1.5,True,007,""\r\n2020-01-01,1,,false,x,"a\nb"\r\n',
  );
  const wanted =
    '{"columns":["n","f","b","t","q,\\"x\\""],"index":["2020-01-01T00:00:00.000","2020-01-02T00:00:00.000"],' +
    '"data":[[1,null,false,"x","a\\nb"],[2,1.5,true,"007",""]]}';
  assert.equal(writeFrameText(frame, "split"), wanted);
});

Deno.test("readCsv() reads what pandas' to_csv writes, without a name for the stamps", () => {
  const frame = readCsv(",open,volume\n2019-12-30,3240.25,3272470000\n2019-12-31,3244.67,3458250000\n");
  assert.equal(
    writeFrameText(frame, "records"),
    '[{"open":3240.25,"volume":3272470000},{"open":3244.67,"volume":3458250000}]',
  );
});

Deno.test("readCsv() names the line that is wrong", () => {
  refused(() => readCsv(""), /The body is empty/);
  refused(() => readCsv("index,a\n"), /has no rows/);
  refused(
    () => readCsv("when,a\n2020-01,1\nsoon,1\n"),
    /the first, "when", does not hold stamps: .*\?index=/,
  );
  refused(() => readCsv("index,a,a\n2020-01-01,1,2\n"), /line 1: a column name stands twice/);
  refused(
    () => readCsv("index,a\n2020-01-01,1\n2020-01-02,1,2\n"),
    /CSV line 3: 3 cells, but the header has 2/,
  );
  refused(() => readCsv('index,a\n2020-01-01,"x\ny"\n2020-01-02\n'), /CSV line 4: 1 cells/);
  refused(() => readCsv('index,a\n2020-01-01,"x'), /line 2: a quoted cell has no end/);
  refused(() => readCsv('index,a\n2020-01-01,"x"y\n'), /line 2: only a separator or a line end/);
  refused(() => readCsv('index,a\n2020-01-01,x"y"\n'), /line 2: a quote stands inside/);
  refused(() => readCsv("index,a\nsoon,1\n"), /Row 0: the label "soon" is not a time/);
});

Deno.test("csvPass() writes floats so that they read back the same, and null as nothing", () => {
  const values = Float64Array.of(1, 0.1 + 0.2, 1e300, NaN, -0);
  const stamps = BigInt64Array.from(values, (_, row) => BigInt(row) * 1_000_000_000n);
  const pass = csvPass({ aware: true, columns: [{ name: "a", type: "float", nulls: true }] });
  let text = "";
  const frame = { stamps, aware: true, columns: [{ name: "a", type: "float" as const, values }] };
  for (const chunk of runPasses([pass], frame)) text += new TextDecoder().decode(chunk);
  const wanted = ["1.0", "0.30000000000000004", "1e+300", "", "-0.0"].map((cell, row) =>
    `1970-01-01T00:00:0${row}.000Z,${cell}\n`
  );
  assert.equal(text, `index,a\n${wanted.join("")}`);
});

Deno.test("readNdjson() reads one record a line, and empty lines are nothing", () => {
  const frame = readNdjson('{"index":"2020-01-01","a":1}\r\n\n{"a":2,"index":"2020-01-02","b":true}\n');
  assert.equal(writeFrameText(frame, "records"), '[{"a":1,"b":null},{"a":2,"b":true}]');
});

Deno.test("readNdjson() names line and column of what is wrong", () => {
  refused(() => readNdjson('{"index":"2020-01-01"} {"index":"2020-01-02"}'), /line 1, column 24: .*own line/);
  refused(() => readNdjson('{"index":"2020-01-01",\n"a":1}'), /line 1, column 1: .*runs over a line/);
  refused(
    () => readNdjson('{"index":"2020-01-01"}\n[1]\n'),
    /line 2, column 1: record 1 should be an object/,
  );
  refused(() => readNdjson("\n"), /has no rows/);
});
