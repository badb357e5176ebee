import { deepEqual } from "../support/assert.ts";
import fc from "fast-check";
import { ranked, SortedRuns } from "../../domain/series/bins/sorted_runs.ts";

Deno.test("ranked() answers the number of each rank, whatever the runs are", () => {
  const few = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 40 });
  const any = fc.array(fc.double({ noNaN: true }), { maxLength: 40 });
  const runs = fc.array(fc.oneof(few, any), { minLength: 1, maxLength: 6 })
    .filter((all) => all.some((run) => run.length > 0));
  fc.assert(fc.property(runs, (all) => {
    const sorted = Float64Array.from(all.flat()).sort();
    const each = all.map((run) => Float64Array.from(run).sort());
    // Zeros of both signs are the same number.
    const plus = (value: number) => value + 0;
    deepEqual(Array.from(sorted, (_, rank) => plus(ranked(each, rank))), Array.from(sorted, plus));
  }));
});

Deno.test("SortedRuns has every number once, in ascending runs", () => {
  const cells = Float64Array.from({ length: 30_000 }, (_, row) => Math.sin(row * row));
  const kept = new SortedRuns(3000);
  for (const turn of [cells, cells.subarray(0, 1)]) {
    kept.clear();
    for (const cell of turn) kept.add(cell);
    const runs = kept.runs();
    deepEqual(runs.map((run) => run.toSorted()), runs);
    const joined = Float64Array.from(runs.flatMap((run) => [...run])).sort();
    deepEqual([kept.count, joined], [turn.length, turn.toSorted()]);
  }
});
