/** Lines, headers and numbers of CSV. What is read is what read_csv of pandas 1.5.3 reads, where nothing else is said. */
import { deepEqual, equal, throws } from "../support/assert.ts";
import fc from "fast-check";
import { RunnelError } from "../../domain/errors.ts";
import { cellAt } from "../../domain/series/frame/column.ts";
import { createTestApp } from "../support/app.ts";
import { readCsv } from "./csv.ts";

/** Names and cells of all columns but the stamps'. */
function cellsOf(text: string, options?: Parameters<typeof readCsv>[1]): Record<string, unknown[]> {
  const { columns, stamps } = readCsv(text, options);
  return Object.fromEntries(columns.map((column) => {
    const cells = Array.from(stamps, (_, row) => cellAt(column, row));
    return [column.name, cells.map((cell) => typeof cell === "bigint" ? Number(cell) : cell)];
  }));
}

function refused(text: string, message: RegExp): void {
  throws(() => readCsv(text), (error) => error instanceof RunnelError && message.test(error.message));
}

Deno.test("readCsv() reads lines that end in LF, CRLF or CR, the last one with or without", () => {
  const lines = ["date,a,b", "2020-01-01,1,x", "2020-01-02,2,y"];
  for (const end of ["\n", "\r\n", "\r"]) {
    for (const last of ["", end, end + end]) {
      deepEqual(cellsOf(lines.join(end) + last), { a: [1, 2], b: ["x", "y"] }, JSON.stringify([end, last]));
    }
  }
});

Deno.test("readCsv() skips lines that are empty or blank, wherever they stand, and counts them", () => {
  for (const blank of ["\n", "\r\n", "\r", "  \n", "\t\n", "\n \r\n\r"]) {
    const text = `${blank}date,a\n${blank}2020-01-01,1\n${blank}2020-01-02,2\n${blank}`;
    deepEqual(cellsOf(text), { a: [1, 2] }, JSON.stringify(blank));
  }
  refused("\n\ndate,a\r\n\r\n2020-01-01,1\r \r2020-01-02\r", /CSV line 7: 1 cells/);
  refused(" \n\t\n", /The body is empty/);
  // Where tabs separate cells, a line of tabs is a row.
  refused("date\ta\n\t\n", /not a time/);
});

Deno.test("readCsv() keeps a line end that stands in quotes", () => {
  const text = 'date,a\r2020-01-01,"x\ry"\r2020-01-02,"x\r\ny\nz"\r';
  deepEqual(cellsOf(text), { a: ["x\ry", "x\r\ny\nz"] });
  refused('date,a\r2020-01-01,"x\ry\r\nz"\r2020-01-02\r', /CSV line 5: 1 cells/);
});

Deno.test("readCsv() calls a column by its header, whatever a cell of that text would be", () => {
  deepEqual(cellsOf("date,NA,null,1.5\n2020-01-01,1,NA,x\n"), { NA: [1], null: [null], "1.5": ["x"] });
});

Deno.test("readCsv() obeys the line in which Excel names the separator", () => {
  const cells = { a: ["1,5"], b: [2] };
  deepEqual(cellsOf("sep=;\ndate;a;b\n2020-01-01;1,5;2\n"), cells);
  deepEqual(cellsOf('\ufeff"sep=;"\r\ndate;a;b\r\n2020-01-01;1,5;2\r\n'), cells);
  deepEqual(cellsOf("SEP=|\rdate|a|b\r2020-01-01|1,5|2\r"), cells);
  deepEqual(cellsOf("sep=\t\ndate\ta\tb\n2020-01-01\t1,5\t2\n"), cells);
  deepEqual(cellsOf("sep=,date\n1,2020-01-01\n"), { "sep=": [1] });
  refused("sep=;", /The body is empty/);
  refused("sep=;\ndate;a\n2020-01-01\n", /CSV line 3: 1 cells/);
});

Deno.test("a CSV without a header is refused, and taken with header=none", async () => {
  const text = "2020-01-01,1.5,x\n2020-01-02,2.5,y\n";
  refused(text, /line 1: "2020-01-01" is a value, .*\?header=none/);
  refused("1577836800,1\n1577836801,2\n", /line 1: "1577836800" is a value/);
  // A wide table has values for names, and a name for its stamps.
  deepEqual(cellsOf("date,2020,1e3\n2020-01-01,1,2\n"), { "2020": [1], "1e3": [2] });
  deepEqual(cellsOf(text, { header: "none" }), { "1": [1.5, 2.5], "2": ["x", "y"] });
  deepEqual(cellsOf("7,2020-01-01\n8,2020-01-02\n", { header: "none", index: "1" }), { "0": [7, 8] });
  await using app = await createTestApp();
  const path = "/api/store/csv/headless";
  const save = (query: string, body = text) => app.request(`${path}?${query}`, { method: "PUT", body });
  equal((await save("format=csv")).status, 400);
  equal((await app.request(path)).status, 404);
  equal((await save("format=csv&header=none")).status, 200);
  equal(
    await (await app.request(`${path}?jsonformat=split`)).text(),
    '{"columns":["1","2"],"index":["2020-01-01T00:00:00.000","2020-01-02T00:00:00.000"],"data":[[1.5,"x"],[2.5,"y"]]}',
  );
  const json = await save("header=none", '{"a":{"2020-01-01":1}}');
  equal(json.status, 400);
  equal((await save("format=csv&header=first")).status, 400);
});

Deno.test("readCsv() keeps integers that floats cannot hold, beside null as pandas does", () => {
  const kept = (...cells: string[]) => {
    const rows = cells.map((cell, row) => `2020-01-0${row + 1},${cell}\n`);
    const { type, values } = readCsv(`date,v\n${rows.join("")}`).columns[0]!;
    return [type, ...values];
  };
  deepEqual(kept("9007199254740993", "-1"), ["integer", 9007199254740993n, -1n]);
  deepEqual(kept("18446744073709551615", "+1"), ["integer", 2n ** 64n - 1n, 1n]);
  deepEqual(kept("9223372036854775807", ""), ["float", 2 ** 63, NaN]);
  deepEqual(kept("9223372036854775808", "NA"), ["mixed", 2n ** 63n, null]);
  deepEqual(kept("9223372036854775808", "-1"), ["mixed", 2n ** 63n, -1n]);
  deepEqual(kept("18446744073709551616", ""), ["string", "18446744073709551616", null]);
  deepEqual(kept("-9223372036854775809", "1"), ["string", "-9223372036854775809", "1"]);
  deepEqual(kept("9223372036854775808", "1.5"), ["float", 2 ** 63, 1.5]);
});

Deno.test("readCsv() reads each number as the double that is nearest to it", () => {
  const digits = fc.array(fc.nat(9), { minLength: 1, maxLength: 25 }).map((all) => all.join(""));
  const exponent = fc.oneof(fc.constant(""), fc.integer({ min: -330, max: 310 }).map((power) => `e${power}`));
  const number = fc.tuple(fc.constantFrom("", "-", "+"), digits, digits, exponent, fc.boolean())
    .map(([sign, whole, fraction, power, isBare]) => `${sign}${isBare ? "" : whole}.${fraction}${power}`);
  const shortest = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => `${value}`);
  const blank = fc.constantFrom("", " ", "\t ");
  const cell = fc.tuple(blank, fc.oneof(number, shortest), blank);
  fc.assert(fc.property(fc.array(cell, { minLength: 1, maxLength: 28 }), (cells) => {
    const rows = cells.map((cell, row) => `2020-01-${`${row + 1}`.padStart(2, "0")},${cell.join("")}\n`);
    const { values } = readCsv(`date,v,\n2019-01-01,.5,\n${rows.join("").replaceAll("\n", ",\n")}`)
      .columns[0]!;
    deepEqual([...values].slice(1), cells.map(([, text]) => Number(text)));
  }));
});
