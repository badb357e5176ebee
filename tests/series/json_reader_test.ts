import * as assert from "../support/assert.ts";
import fc from "fast-check";
import { RunnelError } from "../../domain/errors.ts";
import { MAX_DEPTH, parseJson } from "../../domain/series/formats/json/json_reader.ts";

Deno.test("parseJson() keeps the order of members, also of integer-like and prototype names", () => {
  const value = parseJson('{"b":1,"2":2,"1":3,"__proto__":4,"constructor":5,"":6}');
  assert.ok(value instanceof Map);
  assert.deepEqual([...value.keys()], ["b", "2", "1", "__proto__", "constructor", ""]);
});

Deno.test("parseJson() tells integers from floats and keeps both exact", () => {
  const text = "[1, 1.0, -0, -0.0, 18446744073709551615, -9223372036854775808, 1e3, 0.1, 5e-324, 1e400]";
  const wanted = [1n, 1, 0n, -0, 18446744073709551615n, -9223372036854775808n, 1000, 0.1, 5e-324, Infinity];
  assert.deepEqual(parseJson(text), wanted);
});

Deno.test("parseJson() reads every double to the nearest, and every string", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    for (const text of [value.toExponential(), value.toFixed(10)]) {
      const read = parseJson(text);
      assert.equal(typeof read === "bigint" ? Number(read) : read, Number(text), text);
    }
  }));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(parseJson(JSON.stringify(text)), text);
    const escaped = text.replace(/[^]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
    assert.equal(parseJson(`"${escaped}"`), text);
  }));
});

Deno.test("parseJson() agrees with JSON.parse on what is JSON", () => {
  const token = fc.constantFrom(
    ...'[]{},:"\\1-0.e+tn \n/'.split(""),
    "null",
    "true",
    '"a"',
    "12",
    "\\u00e9",
    "NaN",
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
      const text = tokens.join("");
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      // What JSON.parse takes and this does not: a key twice, and integers beyond 64 bits.
      if (!isJson) assert.throws(() => parseJson(text), RunnelError, text);
      else if (!/("[^"]*")\s*:[^]*\1\s*:/.test(text) && !/\d{19}/.test(text)) {
        assert.doesNotThrow(() => parseJson(text), text);
      }
    }),
    { numRuns: 5000 },
  );
});

const BAD: [string, RegExp][] = [
  ['{"a":1,}', /line 1, column 8: a comma stands before "}"/],
  ["[1,\n 2,\n x]", /line 3, column 2: expected a value, found "x"/],
  ["[NaN]", /expected a value, found "N"/],
  ["[Infinity]", /expected a value/],
  ["[-Infinity]", /needs a digit/],
  ["[01]", /may not start with 0/],
  ["[1.]", /needs a digit/],
  ["[1e]", /needs a digit/],
  ['{"a":1,"a":2}', /the key "a" stands twice/],
  ["[1] x", /expected the end of the text, found "x"/],
  ["\ufeff[1]", /expected a value/],
  ['["\\ud800"]', /lone surrogate/],
  ['["\ud800"]', /lone surrogate/],
  ['["\\x"]', /"\\x" is not an escape/],
  ['["a\nb"]', /control character/],
  ['["a', /has no end/],
  ["[18446744073709551616]", /outside -2\^63 to 2\^64-1/],
  ["[-9223372036854775809]", /outside -2\^63 to 2\^64-1/],
  ["", /expected a value, found the end of the text/],
];

for (const [text, message] of BAD) {
  Deno.test(`parseJson() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseJson(text),
      (error) => error instanceof RunnelError && message.test(error.message),
    );
  });
}

Deno.test("parseJson() takes 1,024 levels and refuses 1,025", () => {
  parseJson("[".repeat(MAX_DEPTH) + "]".repeat(MAX_DEPTH));
  assert.throws(() => parseJson("[".repeat(MAX_DEPTH + 1)), /nested deeper than 1024/);
  assert.throws(() => parseJson('{"a":'.repeat(1_000_000)), /nested deeper than 1024/);
});

Deno.test("parseJson() refuses an integer of a million digits without computing it", () => {
  assert.throws(() => parseJson("9".repeat(1_000_000)), /outside/);
});
