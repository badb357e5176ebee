import assert from "node:assert/strict";
import { AsciiWriter } from "../../domain/series/ascii_writer.ts";
import { JsonReader } from "../../domain/series/json_reader.ts";
import { bitsOf, fromBits, readVector } from "./vectors.ts";

interface NumberVectors {
  encode: { bits: string; value: string; text: string }[];
  decode: { text: string; type?: string; value?: string; nearest_bits?: string; error?: unknown }[];
}

const { encode, decode } = readVector<NumberVectors>("numbers.json");

Deno.test("AsciiWriter.float() writes each of the 323 doubles as pandas does", () => {
  assert.equal(encode.length, 323);
  for (const { bits, value, text } of encode) {
    const writer = new AsciiWriter();
    writer.float(fromBits(bits));
    assert.equal(new TextDecoder().decode(writer.take()), text, `${value} (${bits})`);
  }
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
