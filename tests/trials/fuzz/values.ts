/** Values for requests: what a JSON schema allows, what it just does not, and what nobody should send. */
import fc from "fast-check";

/** A JSON schema as /openapi.json has it. */
export type Schema = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 5;

/** Strings that have broken programs before. */
export const HOSTILE_STRINGS: readonly string[] = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "\udfff\ud800",
  "\u2028\u202e",
  "\uFEFF",
  "e\u0301\u0301\u0301",
  "😀".repeat(80),
  "x".repeat(201),
  "x".repeat(70_000),
  "../../etc/passwd",
  "..",
  "%00",
  "__proto__",
  "constructor",
  "toString",
  "' OR 1=1 --",
  "{{7*7}}",
  "\r\nX-Injected: 1",
  "\x1b[31m",
  "NaN",
  "Infinity",
  "-0",
  "1e400",
  "9007199254740993",
  "99999999999999999999999999",
  "-1",
  "0",
  "0x10",
  "1_000",
  "null",
  "true",
  "[]",
  "*",
  "%",
  "(a+)+$",
];

/** Strings of the kinds that Runnel reads: times, widths, zones, filters. */
const KNOWN_STRINGS: readonly string[] = [
  "2026-01-02T03:04:05Z",
  "2026-01-02",
  "2026-02-30",
  "0000-01-01",
  "9999-12-31T23:59:59.999999999Z",
  "+275760-09-13",
  "1600000000000",
  "-8640000000000001",
  "2026-01-02T03:04:05+14:00",
  "1s",
  "5m",
  "1h",
  "7d",
  "1mo",
  "-1d",
  "0s",
  "99999999d",
  "Europe/Berlin",
  "Etc/GMT+99",
  "close>1",
  "close>1 and close<2",
  "mean",
  "mean,max,p99",
  "close:mean",
  "epoch",
  "previous",
  "split",
  "records",
  "table",
  "csv",
  "ndjson",
  "ns",
  "us",
  "earliest",
  "latest",
  "day",
  "second",
  "minute",
  "close",
  "ops",
];

const HOSTILE_NUMBERS = [
  0,
  -0,
  -1,
  1,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  1e308,
  5e-324,
  0.1,
  1e21,
  253402300800000,
];

/** Any string: hostile, known or random. */
export const anyString: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_STRINGS) },
  { weight: 3, arbitrary: fc.constantFrom(...KNOWN_STRINGS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
);

const anyScalar = fc.oneof(
  anyString,
  fc.constantFrom(...HOSTILE_NUMBERS),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
);

/** Any JSON value. */
const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: anyScalar },
  { weight: 1, arbitrary: fc.array(anyScalar, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.dictionary(anyString, anyScalar, { maxKeys: 4 }) },
);

/** Values that a schema mostly allows; one part in ten is something else. */
export function valueOf(schema: Schema, schemas: Readonly<Record<string, Schema>>): fc.Arbitrary<unknown> {
  return near(schema, schemas, 0);
}

function near(
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
  depth: number,
): fc.Arbitrary<unknown> {
  if (depth > MAX_DEPTH) return anyScalar;
  return fc.oneof(
    { weight: 9, arbitrary: allowed(schema, schemas, depth) },
    { weight: 1, arbitrary: anyValue },
  );
}

function allowed(
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
  depth: number,
): fc.Arbitrary<unknown> {
  const at = (inner: unknown) => near(inner as Schema, schemas, depth + 1);
  if (typeof schema.$ref === "string") return at(schemas[schema.$ref.split("/").at(-1)!] ?? {});
  const choices = (schema.anyOf ?? schema.oneOf ?? schema.allOf) as Schema[] | undefined;
  if (choices !== undefined && choices.length > 0) return fc.oneof(...choices.map(at));
  if ("const" in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case "string":
      return text(schema);
    case "integer":
      return integer(schema);
    case "number":
      return fc.oneof(integer(schema), fc.double({ noNaN: true }));
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(at(schema.items ?? {}), { maxLength: 4 });
    case "object":
      return object(schema, at);
    default:
      return anyValue;
  }
}

function text({ pattern, examples, example }: Schema): fc.Arbitrary<string> {
  const given = [...(examples as unknown[] ?? []), ...(example === undefined ? [] : [example])].map(String);
  const shown = given.length > 0 ? [fc.constantFrom(...given)] : [];
  if (typeof pattern !== "string") return fc.oneof(fc.constantFrom(...KNOWN_STRINGS), anyString, ...shown);
  try {
    return fc.oneof(fc.stringMatching(new RegExp(pattern), { size: "small" }), ...shown);
  } catch {
    // A pattern that fast-check cannot generate from.
    return fc.oneof(anyString, ...shown);
  }
}

function integer({ minimum = -(2 ** 53), maximum = 2 ** 53 }: Schema): fc.Arbitrary<number> {
  const min = Math.max(Number(minimum), -(2 ** 53)), max = Math.min(Number(maximum), 2 ** 53);
  const edges = [min, max, min - 1, max + 1, min + 1];
  return fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 20 }));
}

function object(
  { properties = {}, required = [], additionalProperties }: Schema,
  at: (schema: unknown) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(properties as object).map(([name, field]) => [name, at(field)]),
  );
  const known = fc.record(fields, {
    requiredKeys: (required as string[]).filter((name) => name in fields),
    noNullPrototype: true,
  });
  if (typeof additionalProperties !== "object" || additionalProperties === null) return known;
  const others = fc.dictionary(anyString, at(additionalProperties), { maxKeys: 3 });
  return fc.tuple(known, others).map(([fixed, free]) => ({ ...free, ...(fixed as object) }));
}
