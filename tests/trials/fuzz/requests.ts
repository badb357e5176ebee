/** Requests for every operation of /openapi.json: valid, nearly valid and hostile. */
import fc from "fast-check";
import { type Body, bodyOf, type BodyShape, utf8 } from "./bodies.ts";
import { anyString, HOSTILE_STRINGS, type Schema, valueOf } from "./values.ts";
import type { World } from "./world.ts";

/** A request as it goes over the wire; each character of its texts is one byte. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** What the parts of /openapi.json that are read look like. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { schema: Schema; example?: unknown }>>;
  };
  readonly security: readonly Readonly<Record<string, unknown>>[];
}

type Schemas = OpenApi["components"]["schemas"];

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"];
/** Parts of a path that no name should be. */
const ODD_PARTS = [
  "..",
  ".",
  "%2e",
  "%2E%2e",
  "%00",
  "%",
  "%ZZ",
  "%E0%A4%A",
  "%ff%fe",
  "",
  "%2F",
  "a%2Fb",
  ";",
  "*",
  ":name",
  "{name}",
];

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  "Accept": [
    "*/*",
    "text/html",
    "text/csv",
    "application/json;q=0",
    "application/x-ndjson",
    "a/b;q=NaN",
    ",,,",
    "\xff",
  ],
  "Accept-Encoding": ["gzip", "br", "*", "gzip;q=2", "identity;q=0"],
  "Range": [
    "bytes=0-",
    "bytes=-1",
    "bytes=5-2",
    "bytes=0-0,1-1",
    "bytes=99999999999999999999-",
    "lines=1",
    "bytes=\xff",
  ],
  "If-None-Match": ["*", '"x"', "W/", '"'.repeat(3), "\xff"],
  "If-Modified-Since": ["Thu, 01 Jan 1970 00:00:00 GMT", "yesterday", "9999999999999"],
  "If-Latest": ["*", "none", "0000000000000000", "\xff", "VVVVVVVVVVVVVVVV"],
  "Idempotency-Key": ["a", '"a"', "b", "x".repeat(300), "\xff", " "],
  "Item-Key": ["a", "b", "x".repeat(300), "\xff", "%00"],
  "Content-Language": ["en", "x".repeat(300), "\xe9"],
  "Last-Event-ID": ["0", "0000000000000000", "zzzz", "\xff"],
  "Runnel-Meta-A": ["b", "\xff", "x".repeat(5_000)],
  "Authorization": [
    "Bearer x",
    "Bearer ",
    "Basic Og==",
    "Bearer a.b.c",
    `Bearer ${"x".repeat(9_000)}`,
    "\xff",
  ],
  "Origin": ["http://evil.example", "null", "http://127.0.0.1", "http://[", "\xff"],
  "Sec-Fetch-Site": ["cross-site", "same-site", "same-origin", "none"],
  "X-Forwarded-For": ["1.2.3.4", "127.0.0.1", "::1, x"],
  "X-Forwarded-Host": ["evil.example", '"', "a/b"],
  "X-Request-Id": ["a", "\xff", "x".repeat(3_000)],
  "Upgrade": ["websocket", "h2c", "WebSocket"],
  "Expect": ["100-continue", "200-ok"],
  "Cookie": ["runnel=x", "session=\xff", ";;;==="],
  "Prefer": ["wait=1"],
};

/**
 * Makes the generator of requests: for all operations alike, but for the one that makes keys. After the first key every
 * other request would be 401.
 */
export function requestsFor(
  { paths, components: { schemas } }: OpenApi,
  world: World,
): fc.Arbitrary<WireRequest> {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).filter(([method]) => !(method === "post" && path === "/keys")).map((
      [method, operation],
    ) => ({
      // A password takes a tenth of a second to check: others would wait.
      weight: path === "/api/auth" ? 1 : 20,
      arbitrary: requestOf(method.toUpperCase(), path, operation, schemas, world),
    }))
  );
  return fc.oneof(...operations);
}

function requestOf(
  method: string,
  path: string,
  operation: Operation,
  schemas: Schemas,
  world: World,
): fc.Arbitrary<WireRequest> {
  const target = fc.tuple(pathOf(path, operation, world), queryOf(operation, schemas)).map(([at, query]) =>
    at + query
  );
  const isOf = (scheme: string) => operation.security.some((need) => scheme in need);
  return fc.record({
    method: often(19, fc.constant(method), fc.constantFrom(...METHODS)),
    target,
    headers: headersOf(path, isOf("person"), world),
    body: contentOf(method, operation, schemas),
  }).map(({ body: { bytes, headers: described }, headers, ...request }) => ({
    ...request,
    headers: [...described, ...headers.filter(([name]) => !described.some(([other]) => other === name))],
    body: bytes,
  }));
}

/** The first most of the time: so many times as often as the second. */
function often<T>(weight: number, usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

function contentOf(method: string, { requestBody }: Operation, schemas: Schemas): fc.Arbitrary<Body> {
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const shape: BodyShape | undefined = content && { type: type!, ...content };
  const empty = fc.constant<Body>({ bytes: "", headers: [] });
  return shape === undefined && (method === "GET" || method === "DELETE")
    ? often(29, empty, bodyOf(shape, schemas))
    : bodyOf(shape, schemas);
}

function pathOf(path: string, { parameters }: Operation, world: World): fc.Arbitrary<string> {
  const parts = path.split("/").slice(1).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) return often(200, fc.constant(part), fc.constantFrom(...ODD_PARTS));
    const { schema } = parameters.find((parameter) => parameter.in === "path" && parameter.name === name)!;
    return fc.oneof(
      { weight: 12, arbitrary: fc.nat().map((n) => world.name(name, path, n)) },
      { weight: 2, arbitrary: valueOf(schema, {}).map((value) => encoded(plain(value))) },
      { weight: 2, arbitrary: anyString.map(encoded) },
      { weight: 1, arbitrary: fc.constantFrom(...ODD_PARTS) },
    );
  });
  const whole = fc.tuple(...parts).map((all) => `/${all.join("/")}`);
  return often(60, whole, whole.map((at) => `/${at}//`));
}

function queryOf({ parameters }: Operation, schemas: Schemas): fc.Arbitrary<string> {
  const known = parameters.filter((parameter) => parameter.in === "query");
  const pairs = known.map(({ name, schema }) =>
    fc.option(
      often(4, valueOf(schema, schemas).map(plain), anyString).map((value) => `${name}=${encoded(value)}`),
      { freq: known.length > 8 ? 1 : 2 },
    )
  );
  const some = fc.tuple(...pairs).map((all) => all.filter((pair) => pair !== null));
  const odd = fc.constantFrom(
    "unknown=1",
    "access_token=x",
    "&&&",
    "%",
    "%00=%00",
    "a=b=c",
    "=",
    "__proto__=1",
    "limit=1&limit=2",
  );
  return fc.tuple(some, often(25, fc.constant(""), odd)).map(([given, more]) => {
    const query = [...given, ...(more === "" ? [] : [more])].join("&");
    return query === "" ? "" : `?${query}`;
  });
}

function plain(value: unknown): string {
  return Array.isArray(value)
    ? value.map(plain).join(",")
    : typeof value === "string"
    ? value
    : JSON.stringify(value) ?? "";
}

function headersOf(
  path: string,
  isOfPerson: boolean,
  world: World,
): fc.Arbitrary<(readonly [string, string])[]> {
  const some = fc.array(
    fc.constantFrom(...Object.keys(HEADERS)).chain((name) =>
      fc.constantFrom(...HEADERS[name]!).map((value) => [name, value] as const)
    ),
    { maxLength: 2 },
  );
  const isSocket = path.endsWith("/ws");
  return often(3, fc.constant<(readonly [string, string])[]>([]), some).map((given) => [
    ...new Map([
      ...isSocket ? WEBSOCKET : [],
      ...isOfPerson ? [["Authorization", `Bearer ${world.token}`] as const] : [],
      ...given,
    ]),
  ]);
}

const WEBSOCKET: readonly (readonly [string, string])[] = [
  ["Upgrade", "websocket"],
  ["Connection", "Upgrade"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];

/** A text as part of an address, each byte that is no letter or digit escaped. Some hostile texts are left as they are. */
function encoded(text: string): string {
  if (HOSTILE_STRINGS.includes(text) && text.startsWith("%")) return text;
  return utf8(text).replace(
    /[^\w.~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`,
  );
}
