import { deepEqual, equal, throws } from "../support/assert.ts";
import fc from "fast-check";
import { iso, readTime } from "../../domain/time.ts";

Deno.test("readTime() reads what Date writes, in any zone, to the nanosecond", () => {
  const offset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
  const moment = fc.record({
    millis: fc.integer({ min: Date.UTC(1, 0, 3), max: Date.UTC(9999, 11, 29) }),
    nanos: fc.integer({ min: 0, max: 999_999 }),
    offset,
    separator: fc.constantFrom("T", "t", " "),
    colon: fc.constantFrom("", ":"),
  });
  fc.assert(fc.property(moment, ({ millis, nanos, offset, separator, colon }) => {
    const local = new Date(millis + offset * 60_000).toISOString().slice(0, -1).replace("T", separator);
    const minutes = Math.abs(offset), two = (value: number) => String(value).padStart(2, "0");
    const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${colon}${two(minutes % 60)}`;
    const text = `${local}${String(nanos).padStart(6, "0")}${zone}`;
    deepEqual(readTime(text), { millis, nanos, isDay: false }, text);
    if (zone.startsWith("+")) deepEqual(readTime(text.replace("+", " ")), readTime(text), text);
  }));
});

Deno.test("iso() writes what Date writes, from the first day of a year to the last that Date knows", () => {
  const near = fc.record({ millis: fc.integer({ min: -8.64e15, max: 8.64e15 }), later: fc.nat(200_000_000) });
  fc.assert(fc.property(near, ({ millis, later }) => {
    for (const time of [millis, Math.min(millis + later, 8.64e15), millis]) {
      equal(iso(time), new Date(time).toISOString());
    }
  }));
  for (const time of [0, -0, -1, 0.5, 1.7, 86_399_999, 86_400_000]) {
    equal(iso(time), new Date(time).toISOString());
  }
  for (const time of [NaN, Infinity, 8.64e15 + 1]) throws(() => iso(time), RangeError);
});

Deno.test("readTime() knows exactly the days that exist", () => {
  for (let day = Date.UTC(1895, 11, 1); day < Date.UTC(2105, 0, 1); day += 86_400_000) {
    const text = new Date(day).toISOString().slice(0, 10);
    deepEqual(readTime(text), { millis: day, nanos: 0, isDay: true });
  }
  for (let month = 0; month <= 13; month++) {
    for (const year of [1900, 2000, 2023, 2024]) {
      for (let day = 0; day <= 32; day++) {
        const text = `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
        const date = new Date(Date.UTC(year, month - 1, day));
        const exists = date.toISOString().startsWith(text);
        equal(readTime(text) !== undefined, exists, text);
        equal(readTime(`${text}T12:00Z`) !== undefined, exists, text);
      }
    }
  }
});

Deno.test("readTime() refuses what is no time", () => {
  for (
    const wrong of [
      "",
      "2026",
      "2026-01",
      "2026-1-2",
      "20260102",
      "2026/01/02",
      "+2026-01-02",
      "2026-01-02T",
      "2026-01-02T03",
      "2026-01-02T0304",
      "2026-01-02x03:04",
      "2026-01-02T24:00",
      "2026-01-02T03:60",
      "2026-01-02T03:04:60",
      "2026-01-02T03:04:",
      "2026-01-02T03:04:05.",
      "2026-01-02T03:04:05.1234567890",
      "2026-01-02T03:04:05 ",
      "2026-01-02T03:04:05ZZ",
      "2026-01-02T03:04:05 Z",
      "2026-01-02T03:04:05+1",
      "2026-01-02T03:04:05+24:00",
      "2026-01-02T03:04:05+01:60",
      "2026-01-02T03:04:05+01:0",
      "2026-01-02T03:04:05+01:000",
      "2026-01-02T03:04:05++01",
      "2026-01-02T03:04:05\n",
      " 2026-01-02",
      "2026-01-02Z",
      "2026-01-02T03:04:05[Europe/Berlin]",
      "yesterday",
      "1767323045000",
    ]
  ) equal(readTime(wrong), undefined, wrong);
});
