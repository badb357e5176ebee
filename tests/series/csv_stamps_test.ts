/** The short way through the stamps of a CSV. */
import { deepEqual, equal, throws } from "../support/assert.ts";
import fc from "fast-check";
import { plainStamps } from "../../domain/series/formats/csv/csv_stamps.ts";
import { readLabels } from "../../domain/series/formats/labels.ts";
import { readCsv, tableOf } from "./csv.ts";

const plainOf = (labels: readonly string[]) =>
  plainStamps(tableOf(labels.map((label) => `"${label}",1\n`).join(""), 2), 0);

const digits = (length: number) =>
  fc.integer({ min: 0, max: 10 ** length - 1 })
    .map((number) => String(number).padStart(length, "0"));
const day = fc.date({ min: new Date("1680-01-01"), max: new Date("2260-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const time = fc.tuple(
  fc.constantFrom("T", " "),
  fc.date({ min: new Date(0), max: new Date(86_399_999), noInvalidDate: true }),
  fc.option(fc.nat(8).chain((length) => digits(length + 1)), { nil: undefined }),
).map(([separator, date, fraction]) =>
  `${separator}${date.toISOString().slice(11, 19)}${fraction === undefined ? "" : `.${fraction}`}`
);

Deno.test("plainStamps() reads what readLabels() reads, with an offset or without", () => {
  const month = day.map((text) => text.slice(0, 7));
  const moment = fc.tuple(day, time).map(([a, b]) => a + b);
  const minute = fc.tuple(day, time).map(([a, b]) => a + b.slice(0, 6));
  const naive = fc.array(fc.oneof(day, month, minute, moment), { minLength: 1 });
  fc.assert(fc.property(naive, (labels) => deepEqual(plainOf(labels), readLabels(labels))));
  const offset = fc.constantFrom("Z", "+00:00", "-0500", "+05:45", "-23:59");
  const aware = fc.array(fc.tuple(fc.oneof(minute, moment), offset).map(([a, b]) => a + b), { minLength: 1 });
  fc.assert(fc.property(aware, (labels) => deepEqual(plainOf(labels), readLabels(labels))));
});

Deno.test("plainStamps() leaves to readLabels() what it does not know, wherever it stands", () => {
  const others = [
    ...[
      "2020-1-2",
      "2020/01/02",
      "2020-01-02Z",
      "2020-02-30",
      "1577836800",
      "",
    ],
    ...["2020-01-02T24:00:00", "2020-01-02T03:60:00", "2020-01-02T03:04:61", "2020-01-02x03:04:05", "NA"],
    ...["2020-01-02T03:04:05.", "2020-01-02T03:04:05.1234567890", "2020-01-02T03:04:05.12x", "01-02-2020"],
    ...[
      "2020-01-02T03:04:05+01",
      "2020-01-02T03:04:05,5",
      "2020-01-02T03:04:05 01:00",
      "2020-01-02T03:04:05z",
      "2262-04-11T23:59:59",
      "1677-09-21",
      "2020-01-0",
    ],
    ...["2020-01-02T03:04:0", "2020-01-02T", "2020-01-02 ", " 2020-01-02", "2020-01-02T03-04-05"],
  ];
  for (const label of others) {
    for (const labels of [[label], ["2020-01-01T00:00:00", label], [label, "2020-01-01"]]) {
      equal(plainOf(labels), undefined, labels.join());
    }
  }
  equal(plainOf(["2020-01-01T00:00:00Z", "2020-01-01T00:00:01"]), undefined);
  const csv = (label: string) => readCsv(`date,v\n2020-01-01,1\n"${label}",2\n`).stamps[1];
  equal(csv("2020-01-02T03:04:05.000000001"), 1577934245000000001n);
  equal(csv("2020-01-02T03:04"), 1577934240000000000n);
  throws(() => csv("2020-02-30"), /2020-02-30/);
  throws(() => csv("1677-09-21"), /outside 1677-09-22/);
});
