/** Bodies that come compressed. */
import { deepEqual, equal, match } from "../support/assert.ts";
import { Buffer } from "node:buffer";
import {
  brotliCompressSync,
  brotliDecompressSync,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import { packed } from "../../routes/serving/compression.ts";
import { testOnBothEngines } from "../support/app.ts";

const STORE = "/api/store/r/zipped";
const FRAME = '{"a":{"2020-01-01T00:00:00.000":1}}';

testOnBothEngines("a body in gzip is unpacked, within the limit of plain ones", async (app) => {
  const save = async (body: string | Uint8Array, wanted: number, coding = "gzip", more = {}) => {
    const headers = { "Content-Encoding": coding, ...more };
    const response = await app.request(STORE, {
      method: "PUT",
      body: Uint8Array.from(Buffer.from(body)),
      headers,
    });
    const text = await response.text();
    equal(response.status, wanted, text);
    return text;
  };
  await save(gzipSync(FRAME), 200);
  await save(gzipSync("date,a\n2020-01-02,2\n"), 200, "GZIP", { "Content-Type": "text/csv" });
  await save('{"a":{"2020-01-03":3}}', 200, "identity");
  const kept = '{"a":{"2020-01-01T00:00:00.000":1,"2020-01-02T00:00:00.000":2,"2020-01-03T00:00:00.000":3}}';
  const bomb = gzipSync(new Uint8Array(10_000_000));
  match(await save(bomb, 413), /at most 1000000 bytes/);
  match(await save(FRAME, 400), /not gzip/);
  match(await save(gzipSync(FRAME).subarray(0, -9), 400), /not whole/);
  match(await save(FRAME, 415, "compress"), /gzip, br, zstd or identity, not compress/);
  equal(await (await app.request(STORE)).text(), kept);
}, { maxFrameBytes: 1_000_000 });

const PACKERS = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync } as const;
const UNPACKERS = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync } as const;
const CODINGS = ["gzip", "br", "zstd"] as const;

testOnBothEngines(
  "a packed body that is cut off anywhere is refused, and so is what unpacks to too much",
  async (app) => {
    const put = async (body: Uint8Array, coding: string) => {
      const headers = { "Content-Encoding": coding, "Content-Type": "text/csv" };
      const answer = await app.request(STORE, { method: "PUT", body: Uint8Array.from(body), headers });
      const text = await answer.text();
      return { status: answer.status, text };
    };
    const csv = `date,a\n${
      Array.from({ length: 40 }, (_, i) => `2020-01-02T00:00:${10 + i % 50},${i}`).join("\n")
    }\n`;
    for (const coding of CODINGS) {
      const body = PACKERS[coding](csv);
      equal((await put(body, coding)).status, 200);
      for (let length = 0; length < body.length; length += 3) {
        const { status, text } = await put(body.subarray(0, length), coding);
        equal(status, 400, `${coding} cut off at ${length}: ${text}`);
      }
      equal((await put(Buffer.concat([body, Buffer.from("more")]), coding)).status, 400, coding);
      match((await put(PACKERS[coding](new Uint8Array(10_000_000)), coding)).text, /at most 1000000 bytes/);
    }
    const halves = [csv.slice(0, 100), csv.slice(100)].map((half) => zstdCompressSync(half));
    equal((await put(Buffer.concat(halves), "zstd")).status, 200);
    equal((await (await app.request(`${STORE}?format=csv`)).text()).split("\n").length, 42);
  },
  { maxFrameBytes: 1_000_000 },
);

testOnBothEngines(
  "an answer comes in the coding that the client likes best, and HEAD says so",
  async (app) => {
    const stamps = Array.from({ length: 500 }, (_, i) => 1_600_000_000 + i);
    const frame = { columns: ["a"], index: stamps, data: stamps.map((_, i) => [i / 4]) };
    await app.request(`${STORE}?jsonformat=split`, { method: "PUT", body: JSON.stringify(frame) });
    const plain = await (await app.request(STORE)).text();
    const wanted = [
      ...[["gzip", "gzip"], ["br", "br"], ["zstd", "zstd"], ["gzip, deflate", "gzip"], [
        "gzip, br, zstd",
        "zstd",
      ]],
      ...[["gzip;q=1, br;q=0.5", "gzip"], ["*", "zstd"], ["identity", null], ["deflate", null], [
        "gzip;q=0",
        null,
      ]],
      ...[["identity, gzip;q=0.5", null], ["br;q=0.1, identity;q=0", "br"]],
    ] as const;
    for (const [accepted, coding] of wanted) {
      const headers = { "Accept-Encoding": accepted };
      const answer = await app.request(STORE, { headers });
      equal(answer.headers.get("content-encoding"), coding, accepted);
      equal(answer.headers.get("vary"), "Accept, Accept-Encoding");
      const bytes = new Uint8Array(await answer.arrayBuffer());
      equal(
        coding === null ? Buffer.from(bytes).toString() : UNPACKERS[coding as "br"](bytes).toString(),
        plain,
      );
      const head = await app.request(STORE, { method: "HEAD", headers });
      for (const name of ["content-encoding", "content-type", "vary", "etag"]) {
        equal(head.headers.get(name), answer.headers.get(name), name);
      }
      if (coding === null) equal(head.headers.get("content-length"), String(bytes.length));
    }
    const few = await app.request(`${STORE}?limit=2`, { headers: { "Accept-Encoding": "gzip" } });
    equal(few.headers.get("content-encoding"), null);
    const long = Array.from({ length: 120_000 }, (_, i) => `${1_600_000_000 + i},${i}`).join("\n");
    await app.request(STORE, {
      method: "PUT",
      body: `t,a\n${long}\n`,
      headers: { "Content-Type": "text/csv" },
    });
    const pieces = await app.request(`${STORE}?format=csv`, { headers: { "Accept-Encoding": "zstd" } });
    // Within a machine.
    equal(pieces.headers.get("content-encoding"), null);
    equal((await pieces.text()).length > 3_000_000, true);
  },
);

Deno.test("packed() packs pieces as they come, and lets go of them when the reader leaves", async () => {
  let isLeft = false;
  async function* pieces(count: number) {
    try {
      for (let i = 0; i < count; i++) yield new Uint8Array(100_000).fill(i % 7);
    } finally {
      isLeft = true;
    }
  }
  for (const coding of CODINGS) {
    const taken: Uint8Array[] = [];
    for await (const piece of packed(pieces(40), coding)) taken.push(piece);
    const bytes = UNPACKERS[coding](Buffer.concat(taken));
    equal(bytes.length, 4_000_000);
    equal(bytes[3_900_000], 39 % 7);
    isLeft = false;
    for await (const _ of packed(pieces(1e9), coding)) break;
    equal(isLeft, true);
  }
});

testOnBothEngines("the ETag is the revision, which reads and changes can ask for", async (app) => {
  const put = (value: number, headers: Record<string, string> = {}, query = "") =>
    app.request(`${STORE}${query}`, { method: "PUT", body: `{"a":{"2020-01-0${value}":${value}}}`, headers });
  const status = async (answer: Response | Promise<Response>) => {
    const { status, body } = await answer;
    await body?.cancel();
    return status;
  };
  equal(await status(put(1, { "If-Match": '"1"' })), 412);
  equal(await status(put(1, { "If-Match": "*" })), 412);
  equal(await status(app.request(STORE)), 404);
  equal(await status(put(1, { "If-None-Match": "*" })), 200);
  equal(await status(put(1, { "If-None-Match": "*" })), 412);
  const read = (headers: Record<string, string>, query = "") => app.request(`${STORE}${query}`, { headers });
  const first = await read({});
  equal(first.headers.get("etag"), '"1"');
  await first.body?.cancel();
  for (const tag of ['"1"', 'W/"1"', '"0", "1"', "*"]) {
    const same = await read({ "If-None-Match": tag });
    deepEqual([same.status, same.headers.get("etag"), await same.text()], [304, '"1"', ""]);
  }
  equal(await status(put(2, { "If-Match": '"1"' })), 200);
  const fresh = await read({ "If-None-Match": '"1"' });
  deepEqual([fresh.status, fresh.headers.get("etag")], [200, '"2"']);
  await fresh.body?.cancel();
  for (const mode of ["replace", "merge", "append"]) {
    equal(await status(put(3, { "If-Match": '"1"' }, `?mode=${mode}`)), 412, mode);
  }
  equal(await status(read({ "If-Match": '"1"' })), 412);
  equal(await status(read({ "If-None-Match": '"1"' }, "?asOf=1")), 304);
  const remove = (query: string, tag: string) =>
    status(app.request(`${STORE}${query}`, { method: "DELETE", headers: { "If-Match": tag } }));
  for (const query of ["", "?start=2020-01-01", "?columns=a", "?columns=a&start=2020-01-01"]) {
    equal(await remove(query, '"1"'), 412, query);
  }
  equal(await (await read({})).text(), '{"a":{"2020-01-01T00:00:00.000":1,"2020-01-02T00:00:00.000":2}}');
  equal(await remove("?end=2020-01-01", '"2"'), 200);
  equal(await remove("", '"2"'), 412);
  equal(await remove("", '"3"'), 200);
  equal(await remove("", "*"), 412);
  const saves = await Promise.all(
    Array.from({ length: 8 }, (_, i) => status(put(1 + i, { "If-None-Match": "*" }))),
  );
  deepEqual(saves.toSorted(), [200, ...Array.from({ length: 7 }, () => 412)]);
  await app.request("/api/store/r?ttlMillis=9000000000000", { method: "PATCH" });
  equal(await status(read({ "If-None-Match": "*" })), 200);
});
