/** Labels that are whole numbers: read from their array, they are what their texts are. */
import { deepEqual, equal, throws } from "../support/assert.ts";
import fc from "fast-check";
import { readCounts, readLabels } from "../../domain/series/formats/labels.ts";
import { DATE_UNITS } from "../../domain/series/frame/stamps.ts";

const Count = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 31_535_998n, max: 31_536_002n }),
  fc.bigInt({ min: 1_000_000_000n, max: 9_300_000_000n }),
  fc.bigInt({ min: 1_000_000_000_000n, max: 9_300_000_000_000n }),
);

Deno.test("readCounts() makes the stamps that readLabels() makes of the texts, or leaves the refusal to it", () => {
  let read = 0, refused = 0;
  fc.assert(
    fc.property(
      fc.array(Count, { minLength: 1, maxLength: 4 }),
      fc.option(fc.constantFrom(...DATE_UNITS), { nil: undefined }),
      (counts, unit) => {
        const texts = counts.map(String), fast = readCounts(BigInt64Array.from(counts), unit);
        if (fast === undefined) {
          throws(() => readLabels(texts, unit));
          refused++;
        } else {
          deepEqual(fast, readLabels(texts, unit));
          read++;
        }
      },
    ),
    { numRuns: 2000 },
  );
  equal(read > 100 && refused > 100, true, `${read} were read, ${refused} refused`);
});

Deno.test("readCounts() reads doubles and short integers, too", () => {
  for (const counts of [[1_600_000_000, 1_600_000_001], [31_536_001], [2 ** 53 - 1]]) {
    deepEqual(readCounts(Float64Array.from(counts)), readLabels(counts.map(String)));
  }
  deepEqual(readCounts(Int32Array.of(1_600_000_000)), readLabels(["1600000000"]));
});
