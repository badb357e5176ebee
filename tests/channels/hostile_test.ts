import { doesNotMatch, equal, ok } from "../support/assert.ts";
import { createChannel, insert } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { openFiles, residentBytes } from "../support/measure.ts";
import { exchange, RawConnection } from "../support/socket.ts";

const MAX_ITEM_BYTES = 1 << 20;

/** A process with an empty channel `raw`; afterwards nothing may be in it, and nothing of ours in the log. */
async function storesNothing(attack: (url: string, pid: number) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  await using process = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    env: { MAX_ITEM_BYTES: String(MAX_ITEM_BYTES) },
  });
  const channel = await createChannel(process.url, "raw");
  await attack(process.url, process.pid);
  const latest = await fetch(`${channel}/latest`, { redirect: "manual" });
  await latest.body?.cancel();
  equal(latest.status, 404, "something was stored");
  const list = await (await fetch(`${process.url}/channel`)).json();
  equal(list._links.channels.length, 1, JSON.stringify(list));
  await insert(channel, "and it still works");
  doesNotMatch(process.log(), /Error/);
}

const post = (headers: string, body = "") =>
  `POST /channel/raw HTTP/1.1\r\nHost: runnel\r\n${headers}\r\n${body}`;
const get = (target: string, headers = "") => `GET ${target} HTTP/1.1\r\nHost: runnel\r\n${headers}\r\n`;

Deno.test("a body without end is refused with 413 at the limit", () =>
  storesNothing(async (url, pid) => {
    const before = residentBytes(pid);
    await Promise.all(Array.from({ length: 4 }, () => sendWithoutEnd(url)));
    equal((await exchange(url, post(`Content-Length: ${MAX_ITEM_BYTES + 1}\r\n`)))?.status, 413);
    equal((await exchange(url, post("Content-Length: 9007199254740993\r\n")))?.status, 413);
    ok(residentBytes(pid) - before < 128 << 20, "memory grew with refused bodies");
  }));

/** Sends until the answer has come, which may be while the process no longer reads. */
async function sendWithoutEnd(url: string): Promise<void> {
  const connection = await RawConnection.open(url);
  await connection.send(post("Transfer-Encoding: chunked\r\n"));
  const chunk = new TextEncoder().encode(`10000\r\n${"x".repeat(0x10000)}\r\n`);
  const sending = (async () => {
    while (await connection.send(chunk));
  })();
  equal((await connection.response())?.status, 413);
  connection[Symbol.dispose]();
  await sending;
}

Deno.test("clients that hang up in the middle of a body store nothing and leave nothing open", () =>
  storesNothing(async (url, pid) => {
    await hangUp(url, 20);
    const files = openFiles(pid);
    const before = residentBytes(pid);
    await hangUp(url, 300);
    // The process has seen a connection's end once it has answered what came after it.
    for (let attempt = 0; attempt < 200 && openFiles(pid) > files + 5; attempt++) {
      equal((await exchange(url, get("/health")))?.status, 200);
    }
    ok(openFiles(pid) <= files + 5, `${openFiles(pid)} files are open, ${files} were`);
    ok(residentBytes(pid) - before < 96 << 20, "memory grew with each client that hung up");
  }));

async function hangUp(url: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    using connection = await RawConnection.open(url);
    const [headers, body] = i % 2 === 0
      ? [`Content-Length: ${i % 4 === 0 ? 100 : 500_000}\r\n`, "half"]
      : ["Transfer-Encoding: chunked\r\n", "ff\r\nhalf"];
    await connection.send(post(headers, body));
  }
}

Deno.test("requests that are none are refused", () =>
  storesNothing(async (url) => {
    const refused: Record<string, string> = {
      "a header of 100 kB": post(`X-Long: ${"x".repeat(100_000)}\r\nContent-Length: 1\r\n`, "x"),
      "a Host that is none": post("Content-Length: 1\r\n", "x").replace("Host: runnel", 'Host: a"b/<c>'),
      "a Host with a path": post("Content-Length: 1\r\n", "x").replace("Host: runnel", "Host: runnel/x?y"),
      "two lengths": post("Content-Length: 1\r\nContent-Length: 2\r\n", "xx"),
      "a negative length": post("Content-Length: -1\r\n", "x"),
      "no number as length": post("Content-Length: 1e1\r\n", "0123456789"),
      "an unknown coding": post("Transfer-Encoding: surprise\r\n", "x"),
      "a chunk without length": post("Transfer-Encoding: chunked\r\n", "zz\r\nx\r\n0\r\n\r\n"),
      "a Content-Type of 10 kB": post(
        `Content-Type: text/${"x".repeat(10_000)}\r\nContent-Length: 1\r\n`,
        "x",
      ),
      "a new channel from nowhere":
        'POST /channel HTTP/1.1\r\nHost: a"b\r\nContent-Length: 14\r\n\r\n{"name":"evil"}',
      "a space in the target": get("/channel /raw"),
      "no HTTP": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    };
    for (const [name, request] of Object.entries(refused)) {
      using connection = await RawConnection.open(url);
      await connection.send(request);
      const response = await connection.response();
      // A server may also just hang up on what is no HTTP.
      ok(
        response === undefined || (response.status >= 400 && response.status < 500),
        `${name}: ${response?.status}`,
      );
    }
  }));

Deno.test("odd paths, methods and headers are answered without an error of ours", () =>
  storesNothing(async (url) => {
    const targets = [
      "/channel/../channel/raw/x",
      "/channel/raw/..%2F..%2Fetc",
      "/channel/raw%2Fx",
      "/channel/raw/%00",
      "/channel/%00",
      "/channel/%ZZ",
      "/channel/%E0%A4%A",
      "/channel/%ff%fe",
      "/channel/raw/%",
      "/channel/raw/VVVVVVVVVVVVVVVV",
      "/channel/raw/0000000000000000",
      "//channel//raw",
      "/channel/raw/latest/%2e%2e",
      `/channel/${"x".repeat(5000)}`,
      "/channel?tag=%00%ff",
      "/\xff\xfe",
    ];
    for (const target of targets) {
      const response = await exchange(url, get(target));
      ok(response !== undefined && response.status < 500, `${target}: ${response?.status} ${response?.body}`);
    }
    for (const method of ["TRACE", "CONNECT", "BREW", "PUT", "DELETE", "PATCH", "post"]) {
      const response = await exchange(url, get("/channel/raw/latest").replace("GET", method));
      ok(
        response === undefined || (response.status >= 400 && response.status < 500),
        `${method}: ${response?.status}`,
      );
    }
  }));

Deno.test("what was stored from odd headers can be read again, and odd ranges do no harm", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await createChannel(process.url, "raw");
  const types = ["text/plain;x=\xe9\xff", "\x80", "nonsense", "a/b/c;;;", "text/html; charset=\xff", "x\ty"];
  for (const type of types) {
    for (const header of ["Content-Type", "Content-Encoding", "Content-Language"]) {
      const stored = await exchange(
        process.url,
        post(`${header}: ${type}\r\nContent-Length: 10\r\n`, "0123456789"),
      );
      ok(
        stored?.status === 201 || stored?.status === 400,
        `${header} ${JSON.stringify(type)}: ${stored?.status}`,
      );
      if (stored.status !== 201) continue;
      const path = new URL(JSON.parse(stored.body)._links.self.href).pathname;
      const read = await exchange(process.url, get(path));
      equal(read?.status, 200, `${header} ${JSON.stringify(type)}: ${read?.body}`);
      equal(read.body, "0123456789");
    }
  }
  const latest = (await exchange(process.url, get("/channel/raw/latest")))!;
  const path = new URL(latest.headers.get("location")!).pathname;
  const ranges: Record<string, number> = {
    "bytes=0-": 206,
    "bytes=-3": 206,
    "bytes=9-99999999999999999999999": 206,
    "bytes=-99999999999999999999999": 206,
    "bytes=10-": 416,
    "bytes=99999999999999999999999-": 416,
    "bytes=-0": 416,
    "bytes=5-2": 200,
    "bytes=--5": 200,
    "bytes=0-1,3-4": 200,
    "lines=1-2": 200,
    "bytes=a-b": 200,
  };
  for (const [range, status] of Object.entries(ranges)) {
    equal((await exchange(process.url, get(path, `Range: ${range}\r\n`)))?.status, status, range);
  }
  doesNotMatch(process.log(), /Error/);
});

Deno.test("requests that are sent without waiting are answered in order", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await createChannel(process.url, "raw");
  using connection = await RawConnection.open(process.url);
  const bodies = Array.from({ length: 20 }, (_, i) => `item ${i}`);
  await connection.send(bodies.map((body) => post(`Content-Length: ${body.length}\r\n`, body)).join(""));
  const ids: string[] = [];
  for (const _ of bodies) {
    const response = await connection.response();
    equal(response?.status, 201);
    ids.push(JSON.parse(response.body).id);
  }
  await connection.send(ids.map((id) => get(`/channel/raw/${id}`)).join(""));
  for (const body of bodies) equal((await connection.response())?.body, body);
});
