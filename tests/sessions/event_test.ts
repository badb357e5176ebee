import { equal } from "node:assert/strict";
import fc from "fast-check";
import { formatTime, parseTime } from "../../domain/sessions/event.ts";

Deno.test("parseTime() reads what Date reads, whatever was read before", () => {
  const millis = fc.integer({ min: 0, max: Date.UTC(2199, 11, 31) });
  const text = fc.tuple(millis, fc.constantFrom("", "Z", ".5", "+02:00")).map(([ms, tail]) => ({
    text: new Date(ms).toISOString().slice(0, 19) + tail,
    micros: Math.floor(ms / 1000) * 1_000_000 +
      (tail === ".5" ? 500_000 : tail === "+02:00" ? -7_200_000_000 : 0),
  })).filter(({ micros }) => micros >= 0);
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      // Neighbours of one date take a shorter way.
      for (const { text, micros } of [...texts, ...texts]) equal(parseTime(text), micros, text);
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseTime() refuses what is no time, also after a time of the same date", () => {
  equal(formatTime(parseTime("2026-01-31T23:59:59")!), "2026-01-31T23:59:59");
  for (
    const wrong of [
      "2026-01-31T24:00:00",
      "2026-01-31T23:60:00",
      "2026-01-31T23:59:60",
      "2026-01-31T2x:59:59",
      "2026-01-31T23:59:5 ",
      "2026-01-31x23:59:59",
      "2026-02-30T23:59:59",
      "2026-13-01T00:00:00",
      "1969-12-31T23:59:59",
      "2200-01-01T00:00:00",
      "2026-01-31T23:59",
      "2026-01-31",
      "",
    ]
  ) {
    const isShortTime = wrong === "2026-01-31T23:59";
    equal(parseTime(wrong), isShortTime ? Date.UTC(2026, 0, 31, 23, 59) * 1000 : undefined, wrong);
  }
  equal(parseTime("2026-01-31T20:40+01"), Date.UTC(2026, 0, 31, 19, 40) * 1000);
  equal(parseTime("2026-01-31T20:40:50"), Date.UTC(2026, 0, 31, 20, 40, 50) * 1000);
});
