import { deepEqual, equal, match, ok } from "../support/assert.ts";
import fc from "fast-check";
import { type Line, linesOf, NDJSON_TYPES, parseLine } from "../../domain/ndjson.ts";
import { createTestApp, type TestApp } from "../support/app.ts";

/** A route that takes lines of JSON. */
interface Place {
  readonly name: string;
  readonly method: string;
  path(subject: string): string;
  /** Two lines, as values. */
  values(subject: string): unknown[];
  /** What is stored afterwards. */
  read(app: TestApp, subject: string): Promise<unknown>;
  readonly stored: unknown;
}

const answerOf = async (app: TestApp, path: string) => await (await app.request(path)).json();
const PLACES: readonly Place[] = [
  {
    name: "events",
    method: "POST",
    path: () => "/event/a",
    values: (subject) => [{ account: "1", event: subject }, { account: "2", event: subject }],
    read: async (app, subject) => (await answerOf(app, `/event/a/${subject}`)).datapoints.at(-1)[1],
    stored: 2,
  },
  {
    name: "session events",
    method: "POST",
    path: () => "/user/batches",
    values: (subject) =>
      ["start", "end"].map((event) => ({
        user_id: subject,
        session_id: "s",
        event,
        country: "DE",
        ts: "2026-01-01T00:00:00Z",
      })),
    read: async (app, subject) =>
      (await answerOf(app, `/user/last-sessions-user?user_id=${subject}`))[subject],
    stored: ["s"],
  },
  {
    name: "time series",
    method: "PUT",
    path: (subject) => `/api/store/r/${subject}`,
    values: () => [{ index: "2026-01-01", n: 1 }, { index: "2026-01-02", n: 2 }],
    read: (app, subject) => answerOf(app, `/api/store/r/${subject}?jsonformat=values`),
    stored: [[1], [2]],
  },
];
const TYPES = [...NDJSON_TYPES, "Application/X-NDJSON; charset=utf-8"];
/** The same lines, written differently. */
const WRITINGS: readonly ((lines: string[]) => string)[] = [
  (lines) => lines.join("\n"),
  (lines) => lines.map((line) => `${line}\n`).join(""),
  (lines) => lines.map((line) => `${line}\r\n`).join(""),
  (lines) => lines.join("\r\n\r\n"),
  (lines) => `\ufeff${lines.join("\n")}`,
];

for (const { name, method, path, values, read, stored } of PLACES) {
  Deno.test(`${name} are taken as lines of JSON under every media type, however the lines end`, async () => {
    await using app = await createTestApp();
    for (const [t, type] of TYPES.entries()) {
      for (const [w, write] of WRITINGS.entries()) {
        const subject = `s${t}-${w}`;
        const body = write(values(subject).map((value) => JSON.stringify(value)));
        const headers = { "Content-Type": type };
        const response = await app.request(path(subject), { method, headers, body });
        equal(response.status, 200, `${type}, ${JSON.stringify(body)}: ${await response.text()}`);
        deepEqual(await read(app, subject), stored, `${type}, ${JSON.stringify(body)}`);
      }
    }
    const headers = { "Content-Type": "application/x-json-lines" };
    const body = values("other").map((value) => JSON.stringify(value)).join("\n");
    equal((await app.request(path("other"), { method, headers, body })).status, 415);
  });
}

Deno.test("a time series is answered as lines under the media type that is asked for", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/api/store/r/s", { n: { "2026-01-01": 1 } });
  const texts = NDJSON_TYPES.map(async (type) => {
    const response = await app.request("/api/store/r/s", { headers: { Accept: type } });
    equal(response.headers.get("content-type"), type);
    return await response.text();
  });
  equal(new Set(await Promise.all(texts)).size, 1);
});

async function allLines(pieces: Uint8Array[], maxLine?: number): Promise<Line[]> {
  const all: Line[] = [];
  for await (const lines of linesOf(pieces, maxLine)) all.push(...lines);
  return all;
}

Deno.test("linesOf() gives the same lines however the bytes are cut, and skips those that are too long", async () => {
  const line = fc.string({ unit: fc.constantFrom("a", "é", "🦀", " "), maxLength: 12 });
  const cuts = fc.array(fc.nat(200), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.constantFrom("\n", "\r\n"), fc.boolean(), cuts, async (
      lines,
      ending,
      endsWithOne,
      cuts,
    ) => {
      const bytes = new TextEncoder().encode(lines.join(ending) + (endsWithOne ? ending : ""));
      const places = [
        0,
        ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b),
        bytes.length,
      ];
      const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
      const want = lines.map((text) => text.length > 8 ? undefined : text);
      const found = await allLines(pieces, 8);
      // An empty last line is a line only when it ends.
      if (!endsWithOne && lines.at(-1) === "") want.pop();
      if (lines.length === 0 && endsWithOne) want.push("");
      deepEqual(found, want);
    }),
  );
});

Deno.test("linesOf() keeps no more of an endless line than it may have", async () => {
  const piece = new Uint8Array(1000).fill(0x61), end = new TextEncoder().encode("\nshort");
  deepEqual(await allLines([...Array(1000).fill(piece), end], 50), [undefined, "short"]);
  deepEqual(await allLines(Array(1000).fill(piece), 50), [undefined]);
});

/** How often JSON is parsed while something is done. */
async function parsedDuring(work: () => unknown): Promise<number> {
  const parse = JSON.parse;
  let parsed = 0;
  JSON.parse = (...given) => {
    parsed++;
    return parse(...given);
  };
  try {
    await work();
  } finally {
    JSON.parse = parse;
  }
  return parsed;
}

Deno.test("lines without anything are passed over, and never parsed: a body may have a million", async () => {
  const blank = ["", " ", "\t \r", "\u00a0\u2028"];
  equal(
    await parsedDuring(() => {
      for (const line of blank) equal(parseLine(line), undefined);
    }),
    0,
  );
  deepEqual(parseLine(" 1 "), { value: 1 });
});

Deno.test("of events, no more lines are parsed than a batch may have", async () => {
  await using app = await createTestApp();
  const headers = { "Content-Type": NDJSON_TYPES[0] };
  let answer: Response | undefined;
  const parsed = await parsedDuring(async () => {
    answer = await app.request("/event/shop", { method: "POST", headers, body: "x\n".repeat(100_000) });
  });
  equal(answer?.status, 400);
  match((await answer!.json()).detail, /at most \d+ events at a time/);
  ok(parsed > 0 && parsed < 20_000, `${parsed} lines were parsed`);
});
