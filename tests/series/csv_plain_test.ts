/** The short way through lines without quotes. A quoted stamp in the last line keeps a body from it. */
import { deepEqual } from "../support/assert.ts";
import fc from "fast-check";
import { readCsv } from "./csv.ts";

const whole = fc.constantFrom(
  "0",
  "-0",
  "7",
  "+5",
  "007",
  "999999999",
  "1000000000",
  "-2147483648",
  "4294967296",
);
const long = fc.constantFrom(
  "9007199254740991",
  "9007199254740993",
  "-9223372036854775808",
  "18446744073709551616",
);
const fraction = fc.constantFrom(
  "1.5",
  "-0.0",
  ".5",
  "5.",
  "-.25",
  "1e3",
  "1E-2",
  "0.1234567890123",
  "12345678.9",
);
const odd = fc.constantFrom("inf", "-Infinity", " 1", "2 ", "1.2.3", "-", ".", "1e", "--1", "0x1", "1_0");
const none = fc.constantFrom("", "NA", "nan", "NULL", "#N/A", "-nan");
const text = fc.constantFrom("x", "true", "False", "é", "a b", "2020-01-01", "NAN", "TRUE");
const any = fc.oneof(
  whole,
  long,
  fraction,
  odd,
  none,
  text,
  fc.double().map(String),
  fc.maxSafeInteger().map(String),
);
/** Mostly of one kind, as columns are. */
const column = fc.constantFrom(
  whole,
  fraction,
  none,
  text,
  any,
  fc.oneof(whole, none),
  fc.oneof(whole, fraction),
)
  .chain((cell) => fc.array(cell, { minLength: 6, maxLength: 6 }));

interface Body {
  readonly columns: readonly string[][];
  readonly rows: number;
  readonly stampPlace: number;
  readonly separator: string;
  readonly end: string;
  readonly last: string;
  readonly zone: string;
}

const body: fc.Arbitrary<Body> = fc.record({
  columns: fc.array(column, { maxLength: 4 }),
  rows: fc.integer({ min: 1, max: 6 }),
  stampPlace: fc.nat(2),
  separator: fc.constantFrom(",", ";", "\t", "|"),
  end: fc.constantFrom("\n", "\r\n", "\r", "\n\n"),
  last: fc.constantFrom("", "\n", "\r\n"),
  zone: fc.constantFrom("", "Z", "+05:30"),
});

function csvOf({ columns, rows, stampPlace, separator, end, last, zone }: Body, isQuoted: boolean): string {
  const place = Math.min(stampPlace, columns.length);
  const lines = Array.from({ length: rows }, (_, row) => {
    const stamp = `2020-01-0${row + 1}T00:00${row === 0 ? "" : `:00.${row}`}${zone}`;
    return columns.map((cells) => cells[row]!).toSpliced(
      place,
      0,
      isQuoted && row === rows - 1 ? `"${stamp}"` : stamp,
    );
  });
  const header = columns.map((_, at) => `c${at}`).toSpliced(place, 0, "date");
  return `sep=${separator}\n${[header, ...lines].map((cells) => cells.join(separator)).join(end)}${last}`;
}

function outcome(csv: string): unknown {
  try {
    return readCsv(csv);
  } catch (error) {
    return String(error);
  }
}

Deno.test("readCsv() reads lines without quotes as it reads those with", () => {
  fc.assert(
    fc.property(body, (body) => deepEqual(outcome(csvOf(body, false)), outcome(csvOf(body, true)))),
    { numRuns: 3000 },
  );
});

Deno.test("readCsv() reads many lines without quotes, however many it expected", () => {
  const lines = Array.from(
    { length: 5000 },
    (_, row) => `${new Date(row * 1000).toISOString()},${row},${row / 8},t${row}`,
  );
  // The first line is so long that fewer are expected.
  const first = `1960-01-01T00:00:00.000000000Z,-1,1.0000000000000000000000000000000000000000000000,${
    "long".repeat(50)
  }`;
  const { stamps, columns } = readCsv(`date,a,b,c\n${[first, ...lines].join("\n")}`);
  deepEqual([...stamps.subarray(1)], lines.map((_, row) => BigInt(row) * 1_000_000_000n));
  deepEqual(columns.map(({ type }) => type), ["integer", "float", "string"]);
  deepEqual(columns.map(({ values }) => [values[0], values[5000]]), [[-1, 4999], [1, 4999 / 8], [
    "long".repeat(50),
    "t4999",
  ]]);
});
