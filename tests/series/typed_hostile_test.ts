/** Arrow that is cut off, changed or made to harm: refused, in little time and memory. */
import { deepEqual, equal, match, ok, throws } from "../support/assert.ts";
import { tableFromIPC } from "apache-arrow";
import { Message } from "apache-arrow/fb/message";
import { RecordBatch } from "apache-arrow/fb/record-batch";
import { ByteBuffer } from "flatbuffers";
import { RunnelError } from "../../domain/errors.ts";
import { readArrow } from "../../domain/series/typed/arrow_read.ts";
import { readParquet } from "../../domain/series/typed/parquet/read.ts";
import { testOnBothEngines } from "../support/app.ts";

const read = (name: string) => Deno.readFileSync(new URL(`./vectors/typed/${name}`, import.meta.url));
const STREAM = "application/vnd.apache.arrow.stream";

/** Reads what may be anything. Whatever is no frame must be a refusal; answers whether it was one. */
function isRefused(bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    readArrow(bytes);
    return false;
  } catch (error) {
    if (error instanceof RunnelError && error.code === "invalid-request") return true;
    throw error;
  }
}

Deno.test("readArrow() refuses a body that is cut off anywhere", () => {
  for (const name of ["category.arrow", "string.arrow", "int64.feather", "float64.feather"]) {
    const bytes = read(name);
    for (let length = 0; length < bytes.length; length += length < 2000 ? 1 : 37) {
      ok(isRefused(bytes.slice(0, length)), `${name} cut off at ${length}`);
    }
  }
});

Deno.test("readArrow() reads or refuses bodies with any bytes changed", () => {
  let seed = 1, refused = 0;
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const names = [
    "category.arrow",
    "string.arrow",
    "decimals.arrow",
    "bool.arrow",
    "int64.feather",
    "category.feather",
  ];
  for (let round = 0; round < 6000; round++) {
    const bytes = read(names[round % names.length]!);
    const value = [0, 1, 127, 128, 255][random(5)]!;
    const at = random(bytes.length), width = [1, 4, 8][random(3)]!;
    bytes.fill(value, at, at + width);
    if (isRefused(bytes)) refused++;
  }
  ok(refused > 1000, `${refused} were refused`);
});

async function isRefusedParquet(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    await readParquet(bytes);
    return false;
  } catch (error) {
    if (error instanceof RunnelError && error.code === "invalid-request") return true;
    throw error;
  }
}

Deno.test("readParquet() refuses a file that is cut off anywhere", async () => {
  for (const name of ["category.parquet", "string.parquet", "int64.parquet"]) {
    const bytes = read(name);
    for (let length = 0; length < bytes.length; length += 7) {
      ok(await isRefusedParquet(bytes.slice(0, length)), `${name} cut off at ${length}`);
    }
  }
});

Deno.test("readParquet() reads or refuses files with any bytes changed", async () => {
  let seed = 7, refused = 0;
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const names = ["category.parquet", "string.parquet", "decimals.parquet", "bool.parquet", "int64.parquet"];
  for (let round = 0; round < 3000; round++) {
    const bytes = read(names[round % names.length]!);
    const value = [0, 1, 127, 128, 255][random(5)]!, at = random(bytes.length), width = [1, 4, 8][random(3)]!;
    bytes.fill(value, at, at + width);
    if (await isRefusedParquet(bytes)) refused++;
  }
  ok(refused > 500, `${refused} were refused`);
});

/** The place of a field of the first record batch, to write another value there. */
function batchOf(bytes: Uint8Array<ArrayBuffer>) {
  const view = new DataView(bytes.buffer);
  let at = 0;
  while (true) {
    const length = view.getInt32(at + 4, true), metadata = bytes.subarray(at + 8, at + 8 + length);
    const message = Message.getRootAsMessage(new ByteBuffer(metadata));
    if (message.headerType() === 3) {
      return { view, start: at + 8, batch: message.header(new RecordBatch()) as RecordBatch };
    }
    at += 8 + length + Number(message.bodyLength());
  }
}

Deno.test("readArrow() refuses counts and places that lie", () => {
  const cases: [what: string, change: (part: ReturnType<typeof batchOf>) => void][] = [
    [
      "negative rows of a column",
      ({ view, start, batch }) => view.setBigInt64(start + batch.nodes(0)!.bb_pos, -5n, true),
    ],
    ["rows by the billion", ({ view, start, batch }) => {
      const rows = start + batch.bb_pos + batch.bb!.__offset(batch.bb_pos, 4);
      view.setBigInt64(rows, 4_000_000_000n, true);
      for (const i of [0, 1]) view.setBigInt64(start + batch.nodes(i)!.bb_pos, 4_000_000_000n, true);
    }],
    [
      "nulls below zero",
      ({ view, start, batch }) => view.setBigInt64(start + batch.nodes(0)!.bb_pos + 8, -1n, true),
    ],
    [
      "a buffer before the body",
      ({ view, start, batch }) => view.setBigInt64(start + batch.buffers(1)!.bb_pos, -64n, true),
    ],
    [
      "a buffer behind the body",
      ({ view, start, batch }) => view.setBigInt64(start + batch.buffers(1)!.bb_pos, 1n << 60n, true),
    ],
    [
      "a buffer too long",
      ({ view, start, batch }) => view.setBigInt64(start + batch.buffers(1)!.bb_pos + 8, 1n << 40n, true),
    ],
    ["a billion columns", ({ view, start, batch }) => {
      view.setInt32(
        start + batch.bb!.__vector(batch.bb_pos + batch.bb!.__offset(batch.bb_pos, 6)) - 4,
        1_000_000_000,
        true,
      );
    }],
  ];
  for (const [what, change] of cases) {
    const bytes = read("float64.arrow");
    change(batchOf(bytes));
    ok(isRefused(bytes), what);
  }
});

Deno.test("readArrow() refuses compressed buffers that say they are gigabytes", () => {
  const bytes = read("float64.feather"), view = new DataView(bytes.buffer);
  const magic = [0x28, 0xb5, 0x2f, 0xfd];
  const at = bytes.findIndex((_, i) => magic.every((byte, j) => bytes[i + j] === byte));
  view.setBigInt64(at - 8, 4n << 30n, true);
  throws(() => readArrow(bytes), /say that they have more than 268435456 bytes/);
});

testOnBothEngines("hostile Arrow is a 400 that changes nothing, in a thread, too", async (app) => {
  const url = "/api/store/hostile/x", headers = { "Content-Type": STREAM };
  equal((await app.request(url, { method: "PUT", headers, body: read("int8.arrow") })).status, 200);
  const before = await (await app.request(url)).text();
  const large = new Uint8Array(3 << 20);
  large.set(read("int16.arrow"));
  const bodies = [
    new Uint8Array(),
    large.subarray(0, 100).slice(),
    large.fill(255, 3000),
    new TextEncoder().encode("{}"),
    read("int8.parquet"),
  ];
  for (const body of bodies) {
    const answer = await app.request(url, { method: "PUT", headers, body });
    const { detail } = await answer.json();
    equal(answer.status, 400, detail);
    match(detail, /not Arrow IPC, or not whole/);
  }
  equal(await (await app.request(url)).text(), before);
  const got = new Uint8Array(await (await app.request(`${url}?format=feather`)).arrayBuffer());
  deepEqual(tableFromIPC(got).numRows, 12);
});
