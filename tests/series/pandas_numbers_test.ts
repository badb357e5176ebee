import * as assert from "../support/assert.ts";
import fc from "fast-check";
import { putFloat } from "../../domain/series/formats/text/ascii.ts";
import { JsonReader } from "../../domain/series/formats/json/json_reader.ts";
import { bitsOf, fromBits, readVector } from "./vectors.ts";

interface NumberVectors {
  encode: { bits: string; value: string; text: string }[];
  decode: { text: string; type?: string; value?: string; nearest_bits?: string; error?: unknown }[];
}

const { encode, decode } = readVector<NumberVectors>("numbers.json");

function floatText(value: number): string {
  const bytes = new Uint8Array(40);
  return new TextDecoder().decode(bytes.subarray(0, putFloat(bytes, 0, value)));
}

Deno.test("putFloat() writes each of the 323 doubles as pandas does", () => {
  assert.equal(encode.length, 323);
  for (const { bits, value, text } of encode) {
    assert.equal(floatText(fromBits(bits)), text, `${value} (${bits})`);
  }
});

/** The rule as the contract states it, for sizes from 1e-15 to 1e16. */
function byTheRule(value: number): string {
  const size = Math.abs(value), whole = Math.trunc(size), scaled = (size - whole) * 1e10;
  const cut = Math.trunc(scaled), rest = scaled - cut;
  const rounded = cut + (rest > 0.5 || (rest === 0.5 && (cut === 0 || cut % 2 === 1)) ? 1 : 0);
  const [carried, decimals] = rounded >= 1e10 ? [whole + 1, 0] : [whole, rounded];
  const digits = String(decimals).padStart(10, "0").replace(/0+$/, "") || "0";
  return `${value < 0 ? "-" : ""}${BigInt(carried)}.${digits}`;
}

Deno.test("putFloat() writes what the rule says, also where it takes a shorter way", () => {
  const decimals = fc.tuple(fc.integer({ min: -(2 ** 33), max: 2 ** 33 }), fc.integer({ min: 0, max: 6 }))
    .map(([integer, places]) => integer / 10 ** places);
  // Doubles beside a short one, which are not to be taken for it where ten decimals tell them apart.
  const beside = fc.tuple(decimals, fc.integer({ min: -3, max: 3 })).map(([value, steps]) =>
    value === 0 ? 0 : value + steps * 2 ** (Math.floor(Math.log2(Math.abs(value))) - 52)
  );
  const any = fc.double({ min: -1e16, max: 1e16, noNaN: true }).filter((value) => Math.abs(value) >= 1e-15);
  fc.assert(
    fc.property(fc.oneof(decimals, beside, any), (value) => assert.equal(floatText(value), byTheRule(value))),
    { numRuns: 20_000 },
  );
});

Deno.test("JsonReader reads integers exactly and floats correctly rounded, which pandas is not always", () => {
  for (const { text, type, value, nearest_bits } of decode) {
    const reader = new JsonReader(text);
    if (type === undefined) {
      assert.throws(() => reader.readScalar(), /outside -2\^63 to 2\^64-1|needs a digit/, text);
      continue;
    }
    const kind = reader.readScalar();
    reader.expectEnd();
    if (type === "int") assert.equal(String(kind === "big" ? reader.big : reader.number), value, text);
    else assert.equal(bitsOf(reader.number), nearest_bits, text);
  }
});
