import * as assert from "../support/assert.ts";
import fc from "fast-check";
import { decodeColumn, encodeColumn } from "../../domain/series/chunks/column_codec.ts";
import { planes, TYPES } from "../../domain/series/chunks/chunk_layout.ts";
import { decodeStamps, encodeStamps } from "../../domain/series/chunks/stamp_codec.ts";
import { type Column, nullColumn } from "../../domain/series/frame/column.ts";
import { integerColumn } from "../../domain/series/frame/column_builder.ts";
import { packIntegers, unpackIntegers } from "../../domain/series/chunks/packed_integers.ts";

function assertSame(column: Column, from = 0, to = column.values.length): void {
  const decoded = decodeColumn(column.name, encodeColumn(column, from, to));
  assert.equal(decoded.type, column.type);
  // deepEqual compares doubles with Object.is, so that -0 and NaN count.
  assert.deepEqual([...decoded.values], [...column.values].slice(from, to));
}

const double = fc.oneof(
  fc.double(),
  fc.constantFrom(NaN, -0, Infinity, -Infinity, 5e-324),
  fc.integer({ min: -1e6, max: 1e6 }).map((cents) => cents / 100),
);

Deno.test("decodeColumn() gives back every double that encodeColumn() got", () => {
  fc.assert(fc.property(fc.array(double, { maxLength: 300 }), (values) => {
    assertSame({ name: "a", type: "float", values: Float64Array.from(values) });
  }));
  const cents = fc.array(
    fc.oneof(fc.integer({ min: -1e9, max: 1e9 }).map((each) => each / 100), fc.constant(NaN)),
  );
  fc.assert(fc.property(cents, (values) => {
    assertSame({ name: "a", type: "float", values: Float64Array.from(values) });
  }));
});

Deno.test("decodeColumn() gives back integers of every width", () => {
  const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(fc.property(fc.array(integer), (values) => assertSame(integerColumn("a", values))));
  fc.assert(fc.property(fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), (values) => {
    assertSame(integerColumn("a", values));
  }));
});

Deno.test("decodeColumn() gives back large integers that lie close together, in a fraction of their bytes", () => {
  const ids = (base: bigint, step: (row: number) => number) =>
    integerColumn("a", Array.from({ length: 1000 }, (_, row) => base + BigInt(step(row))));
  const jitter = (row: number) => row * 1_000_000 + (row * 7919) % 1000;
  const bases = [
    1_700_000_000_000_000n,
    1_700_000_000_000_000_000n,
    2n ** 63n + 5n,
    -(2n ** 63n),
    2n ** 53n - 500n,
  ];
  for (const base of bases) {
    const column = ids(base, jitter);
    assertSame(column);
    assert.ok(encodeColumn(column).length < 1000 * 2, `${base}: ${encodeColumn(column).length} bytes`);
  }
  const near = fc.tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.array(fc.maxSafeInteger()));
  fc.assert(fc.property(near, ([base, steps]) => {
    const all = steps.map((step) => base + BigInt(step));
    const fits = all.filter((each) => each >= -(2n ** 63n) && each < (base < 0n ? 2n ** 63n : 2n ** 64n));
    const column = integerColumn("a", fits);
    if (column.type === "integer") assertSame(column);
  }));
});

Deno.test("decodeColumn() reads integers as earlier versions wrote them", () => {
  const large = [2n ** 62n, 2n ** 62n + 1n, -3n], beyond = [2n ** 64n - 1n, 2n ** 64n - 2n];
  const micros = Float64Array.of(1_700_000_000_000_000, 1_700_000_000_000_001);
  const stored = [
    [planes(TYPES.int64, BigInt64Array.from(large)), large],
    [planes(TYPES.uint64, BigUint64Array.from(beyond)), beyond],
    [planes(TYPES.integer, micros), [...micros]],
  ] as const;
  for (const [bytes, values] of stored) assert.deepEqual([...decodeColumn("a", bytes).values], values);
});

Deno.test("decodeColumn() gives back booleans, texts, mixed cells and nulls", () => {
  assertSame({ name: "a", type: "boolean", values: Uint8Array.of(0, 1, 2, 1) });
  assertSame({ name: "a", type: "string", values: ["", null, "é📈", "__proto__"] });
  assertSame({ name: "a", type: "mixed", values: [1n, 1, -0, Infinity, null, true, "1", -(2n ** 63n), 0.1] });
  assertSame(nullColumn("a", 1000));
  assertSame({ name: "a", type: "float", values: new Float64Array(0) });
});

Deno.test("encodeColumn() takes the rows asked for", () => {
  assertSame(
    { name: "a", type: "float", values: Float64Array.from({ length: 500 }, (_, row) => row / 4) },
    100,
    229,
  );
  assertSame({ name: "a", type: "string", values: ["x", "y", "z"] }, 1, 2);
});

Deno.test("encodeColumn() takes less than 1.5 bytes for a price with two decimals that moves by cents", () => {
  let cents = 10_000, seed = 1;
  const values = Float64Array.from({ length: 4096 }, () => {
    seed = (seed * 48271) % 2147483647;
    cents += seed % 101 - 50;
    return cents / 100;
  });
  const bytes = encodeColumn({ name: "a", type: "float", values });
  assert.ok(bytes.length < 1.5 * values.length, `${bytes.length} bytes for ${values.length} prices`);
});

Deno.test("decodeStamps() gives back all stamps that encodeStamps() got", () => {
  const stamp = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n });
  fc.assert(fc.property(fc.uniqueArray(stamp), (stamps) => {
    const ascending = BigInt64Array.from(stamps).sort();
    assert.deepEqual(decodeStamps(encodeStamps(ascending)), ascending);
  }));
  const minutes = BigInt64Array.from({ length: 4096 }, (_, row) => BigInt(row) * 60_000_000_000n + 7n);
  const encoded = encodeStamps(minutes);
  assert.deepEqual(decodeStamps(encoded), minutes);
  assert.ok(encoded.length < 250, `${encoded.length} bytes for 4096 regular stamps`);
});

Deno.test("unpackIntegers() gives back whole numbers below 2^50, regular, rising and random", () => {
  const number = fc.maxSafeInteger().map((each) => Math.trunc(each / 8));
  fc.assert(fc.property(fc.array(number, { maxLength: 200 }), (numbers) => {
    assert.deepEqual(
      [...unpackIntegers(packIntegers(Float64Array.from(numbers)), numbers.length)],
      numbers.map((each) => each + 0),
    );
  }));
});

Deno.test("decodeColumn() and decodeStamps() refuse what is not theirs", () => {
  assert.throws(() => decodeColumn("a", new Uint8Array(3)), RangeError);
  assert.throws(() => decodeColumn("a", Uint8Array.of(99, 0, 0, 0, 0, 0, 0, 0)), RangeError);
  assert.throws(() => decodeStamps(encodeColumn(nullColumn("a", 1))), RangeError);
  assert.throws(() => decodeColumn("a", encodeStamps(BigInt64Array.of(1n))), RangeError);
});
