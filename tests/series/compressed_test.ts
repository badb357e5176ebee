/** Bodies that come compressed. */
import { equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
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
  match(await save(FRAME, 415, "compress"), /gzip or identity, not compress/);
  equal(await (await app.request(STORE)).text(), kept);
}, { maxFrameBytes: 1_000_000 });
