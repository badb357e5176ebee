/** How numbers are rounded and written, digit by digit. */
import { equal } from "../support/assert.ts";
import fc from "fast-check";
import {
  putFloat,
  putInteger,
  putPadded,
  putPair,
  putShortest,
} from "../../domain/series/formats/text/ascii.ts";
import { floatText } from "../../domain/series/formats/text/float_text.ts";

const bytes = new Uint8Array(64);

/** What a put function writes between two bytes that it must leave as they are. */
function written(put: (bytes: Uint8Array, at: number) => number): string {
  bytes.fill(0x23);
  const end = put(bytes, 1);
  equal(bytes[0], 0x23);
  return new TextDecoder().decode(bytes.subarray(1, end));
}

const HALVES = [0.25, 0.75, 0.05, -0.25, -0.75, 0.5, 1.5, 2.5, -0.5, 0.125, 0.375, 0.625, 0.875, 9.96875];
/** `Series(HALVES).to_json(orient="values", double_precision=…)` of pandas 1.5.3. */
const BY_PANDAS: Record<number, string> = {
  0: "0,1,0,-0,-1,1,2,3,-1,0,0,1,1,10",
  1: "0.2,0.8,0.1,-0.2,-0.8,0.5,1.5,2.5,-0.5,0.1,0.4,0.6,0.9,10.0",
  2: "0.25,0.75,0.05,-0.25,-0.75,0.5,1.5,2.5,-0.5,0.12,0.38,0.62,0.88,9.97",
  4: "0.25,0.75,0.05,-0.25,-0.75,0.5,1.5,2.5,-0.5,0.125,0.375,0.625,0.875,9.9688",
};

Deno.test("floatText() rounds halves as pandas does: up from an odd digit and from zero", () => {
  for (const [precision, wanted] of Object.entries(BY_PANDAS)) {
    equal(HALVES.map((value) => floatText(value, Number(precision))).join(), wanted);
  }
});

Deno.test("floatText() with ten decimals writes what putFloat() writes", () => {
  fc.assert(fc.property(fc.double(), (value) => {
    equal(floatText(value, 10), written((bytes, at) => putFloat(bytes, at, value)));
  }));
});

Deno.test("putShortest() writes a float that reads back as the same double, never as an integer", () => {
  const cents = fc.integer().map((value) => value / 100);
  const finite = fc.oneof(cents, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(-0));
  fc.assert(fc.property(finite, (value) => {
    const text = written((bytes, at) => putShortest(bytes, at, value));
    equal(Object.is(Number(text), value), true, text);
    equal(/[.e]/.test(text), true, text);
  }));
});

Deno.test("putInteger(), putPadded() and putPair() write every digit", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => {
    equal(written((bytes, at) => putInteger(bytes, at, value)), `${value}`);
  }));
  equal(written((bytes, at) => putInteger(bytes, at, -0)), "0");
  for (const value of [9, 10, 99, 100, 999, 1000, 9999, 10_000, 2 ** 31 - 1, 2 ** 31, 1e9, 1e9 - 1, 1e15]) {
    equal(written((bytes, at) => putInteger(bytes, at, value)), `${value}`);
  }
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.nat(3), (value, more) => {
    const width = `${value}`.length + more;
    equal(written((bytes, at) => putPadded(bytes, at, value, width)), `${value}`.padStart(width, "0"));
  }));
  for (let value = 0; value < 100; value++) {
    equal(written((bytes, at) => putPair(bytes, at, value)), `${value}`.padStart(2, "0"));
  }
});
