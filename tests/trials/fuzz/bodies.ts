/** Bodies of requests as bytes: well formed, nearly so, and hostile; plain or in an encoding that may lie. */
import { Buffer } from "node:buffer";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { anyString, type Schema, valueOf } from "./values.ts";

/** What an operation takes: its media type, schema and example. */
export interface BodyShape {
  readonly type: string;
  readonly schema: Schema;
  readonly example?: unknown;
}

/** Bytes, one a character, with the headers that describe them. */
export interface Body {
  readonly bytes: string;
  readonly headers: readonly (readonly [string, string])[];
}

const TYPES = [
  "application/json",
  "application/json; charset=utf-16",
  "application/x-ndjson",
  "text/plain",
  "text/csv",
  "multipart/mixed; boundary=x",
  "multipart/mixed; boundary=",
  "application/x-www-form-urlencoded",
  "application/octet-stream",
  "text/html",
  "nonsense",
  "a/b;;;",
  "\xff/\xfe",
];

const DEEP = ["[", '{"a":', '[{"a":[', '{"close":{"2020-01-01":'].flatMap((open) =>
  [100, 5_000, 200_000 / open.length].map((times) => open.repeat(times))
);

const HOSTILE_TEXTS: readonly string[] = [
  ...DEEP,
  DEEP[1]! + "]".repeat(5_000),
  `${"[".repeat(3_000)}1${"]".repeat(3_000)}`,
  `${'{"a":'.repeat(900)}1${"}".repeat(900)}`,
  '{"name":"a","name":"b"}',
  '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
  '{"a":1e400,"b":-1e400,"c":1e-400}',
  `{"n":${"9".repeat(5_000)}}`,
  `[${"9".repeat(400)}.${"9".repeat(400)}e${"9".repeat(20)}]`,
  '"\\ud800"',
  '{"\\ud800":"\\udc00\\ud800"}',
  '{"name":"a\\u0000b"}',
  "\0",
  "\0\0\0\0",
  "\ufeff{}",
  "\ufeff[]",
  "{",
  "[",
  '"',
  "nul",
  "NaN",
  "{}",
  "[]",
  "null",
  "0",
  "true",
  '""',
  "[null]",
  "[{}]",
  "[[]]",
  "{}\n{}\n[]\n",
  "\n\n\n",
  "\r\r\r",
  '{"a":1}\n{"a":',
  "a,b\n1,2\n3",
  'a,"b\n1',
  ",,,,\n,,,\n",
  `${"a,".repeat(5_000)}\n${"1,".repeat(5_000)}`,
  "--x\r\n\r\nitem\r\n--x--",
  "--x\r\nContent-Type: text/plain\r\n\r\nitem",
  "--x--",
  "--x\r\n: \r\n\r\n--x\r\n",
  "token=x&text=%ff%00&team_id=",
  "payload=%7B",
];
/** Bytes that are no UTF-8. */
const NO_UTF8 = ["\xff\xfe", "\x80", '{"a":"\xc3"}', "\xed\xa0\x80", '{"n\xf0":1}', "\xef\xbb\xbf{}"];

/** Bodies for an operation that takes that shape, or that takes none. */
export function bodyOf(
  shape: BodyShape | undefined,
  schemas: Readonly<Record<string, Schema>>,
): fc.Arbitrary<Body> {
  const text = contentOf(shape, schemas);
  const fitting = shape === undefined || shape.type === "*/*" ? "application/json" : shape.type;
  const type = fc.oneof({ weight: 8, arbitrary: fc.constant(fitting) }, {
    weight: 1,
    arbitrary: fc.constantFrom(...TYPES, ""),
  });
  return fc.tuple(text, type, encoding).map(([content, type, encode]) => {
    const { bytes, header } = encode(content);
    return {
      bytes,
      headers: [
        ...(type === "" ? [] : [["Content-Type", type] as const]),
        ...(header === undefined ? [] : [["Content-Encoding", header] as const]),
      ],
    };
  });
}

function contentOf(
  shape: BodyShape | undefined,
  schemas: Readonly<Record<string, Schema>>,
): fc.Arbitrary<string> {
  const hostile = fc.oneof(
    fc.constantFrom(...HOSTILE_TEXTS).map(utf8),
    fc.constantFrom(...NO_UTF8),
    anyString.map(utf8),
  );
  if (shape === undefined) {
    return fc.oneof({ weight: 4, arbitrary: fc.constant("") }, { weight: 1, arbitrary: hostile });
  }
  const value = valueOf(shape.schema, schemas);
  const example = typeof shape.example === "string" ? shape.example : JSON.stringify(shape.example ?? {});
  const isLines = shape.type.endsWith("ndjson");
  const json = isLines
    ? fc.array(value, { maxLength: 5 }).map((values) =>
      values.map((value) => `${JSON.stringify(value)}\n`).join("")
    )
    : value.map((value) => JSON.stringify(value) ?? "");
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(utf8(example)) },
    { weight: 4, arbitrary: json.map(utf8) },
    { weight: 3, arbitrary: mutated(fc.oneof(fc.constant(example), json)).map(utf8) },
    { weight: 2, arbitrary: hostile },
  );
}

/** A text with one place changed: cut, doubled, or with something put in. */
function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const insert = fc.constantFrom(
    "\0",
    "\\ud800",
    "\\u0000",
    ",",
    "}",
    "[",
    "1e999",
    "-",
    '"',
    "\\",
    "null",
    "\u2028",
  );
  return fc.tuple(
    text,
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom("cut", "put", "number", "key", "value"),
    insert,
  )
    .map(([text, where, how, piece]) => {
      const at = Math.floor(text.length * where);
      switch (how) {
        case "cut":
          return text.slice(0, at);
        case "put":
          return text.slice(0, at) + piece + text.slice(at);
        case "number":
          return text.replace(/\d+/, "123456789012345678901234567890");
        case "key":
          return text.replace(/"(\w+)":/, '"$1":1,"$1":');
        default:
          return text.replace(/:("[^"]*"|\d+)/, `:${JSON.stringify(piece)}`);
      }
    });
}

type Encode = (content: string) => { bytes: string; header: string | undefined };

const zip = (compress: (bytes: Uint8Array) => Uint8Array, name: string): Encode => (content) => ({
  bytes: latin1(compress(bytesOf(content))),
  header: name,
});
/** 50 MB of zeros in 50 kB. */
const bomb = latin1(gzipSync(new Uint8Array(50 << 20)));

const encoding: fc.Arbitrary<Encode> = fc.oneof(
  { weight: 600, arbitrary: fc.constant<Encode>((bytes) => ({ bytes, header: undefined })) },
  {
    weight: 80,
    arbitrary: fc.constantFrom<Encode>(
      zip(gzipSync, "gzip"),
      zip(deflateSync, "deflate"),
      zip(brotliCompressSync, "br"),
      zip((bytes) => gzipSync(gzipSync(bytes)), "gzip, gzip"),
      zip(gzipSync, "GZIP"),
      zip(gzipSync, "x-gzip"),
    ),
  },
  {
    weight: 60,
    arbitrary: fc.constantFrom<Encode>(
      (bytes) => ({ bytes, header: "gzip" }),
      (bytes) => ({ bytes: latin1(gzipSync(bytesOf(bytes))).slice(0, -9), header: "gzip" }),
      (bytes) => ({ bytes: latin1(gzipSync(bytesOf(bytes))) + "rest", header: "gzip" }),
      (bytes) => ({ bytes: latin1(gzipSync(bytesOf(bytes))).replace(/[^]$/, "\0"), header: "gzip" }),
      (bytes) => ({ bytes, header: "zstd" }),
      (bytes) => ({ bytes, header: "\xff" }),
      (bytes) => ({ bytes, header: "identity" }),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Encode>(() => ({ bytes: bomb, header: "gzip" })) },
);

/** A text in UTF-8, each byte one character. */
export function utf8(text: string): string {
  return latin1(new TextEncoder().encode(text));
}

/** The bytes of a text whose characters are bytes. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
