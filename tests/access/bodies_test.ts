import { equal, match, ok } from "../support/assert.ts";
import { setImmediate } from "node:timers";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { createTestApp, type TestApp } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

/** A body whose pieces the test sends, and its end if there is to be one. */
function endless() {
  let controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (given) => void (controller = given) });
  return {
    body,
    send: (bytes: number) => controller.enqueue(new Uint8Array(bytes)),
    end: () => controller.close(),
  };
}

async function appWithChannel(options: Parameters<typeof createTestApp>[0]): Promise<TestApp> {
  const app = await createTestApp(options);
  equal((await app.send("POST", "/channel", { name: "news" })).status, 201);
  return app;
}

Deno.test("who has shown no key may send bodies of 16 KiB at most", async () => {
  await using app = await createTestApp();
  const logIn = (bytes: number, init: RequestInit = {}) =>
    app.request("/api/auth", {
      method: "POST",
      body: JSON.stringify({ username: "x".repeat(bytes) }),
      ...init,
    });
  const refused = await logIn(17 * 1024);
  equal(refused.status, 413);
  match(await refused.text(), /16384 bytes/);
  // A body that declares no length is not read any further either.
  const { body, send } = endless();
  const undeclared = app.request("/api/auth", { method: "POST", body });
  send(17 * 1024);
  equal((await undeclared).status, 413);
  equal((await logIn(1024)).status, 400);
});

Deno.test("bodies that do not fit in the budget are answered 503 at once, and fit when others have ended", async () => {
  await using app = await appWithChannel({ maxBodyBytes: 1 << 20 });
  const insert = (body: BodyInit, bytes: number) =>
    app.request("/channel/news", { method: "POST", body, headers: { "Content-Length": `${bytes}` } });
  const held = endless();
  const first = insert(held.body, 800_000);
  const refused = await insert(new Uint8Array(300_000), 300_000);
  equal(refused.status, 503);
  equal(refused.headers.get("retry-after"), "1");
  equal((await refused.json()).type, "/docs/errors#overloaded");
  equal((await insert(new Uint8Array(10), 10)).status, 201, "small ones fit beside it");
  held.send(800_000);
  held.end();
  equal((await first).status, 201);
  equal((await insert(new Uint8Array(300_000), 300_000)).status, 201);
  equal(app.log.length, 0, "a refusal is no fault of ours");
});

Deno.test("a packed body counts with the bytes that it unpacks to", async () => {
  await using app = await appWithChannel({ maxBodyBytes: 1 << 20 });
  const frame = new TextEncoder().encode(`date,a\n2020-01-02,1${" ".repeat(600_000)}\n`);
  const save = (coding: string, body: Uint8Array) =>
    app.request(`/api/store/r/${coding}?format=csv`, {
      method: "PUT",
      body: Uint8Array.from(body),
      headers: { "Content-Encoding": coding },
    });
  const packed = Object.entries({
    gzip: gzipSync(frame),
    br: brotliCompressSync(frame),
    zstd: zstdCompressSync(frame),
  });
  const held = endless();
  const other = app.request("/channel/news", {
    method: "POST",
    body: held.body,
    headers: { "Content-Length": "800000" },
  });
  for (const [coding, body] of packed) {
    equal((await save(coding, body)).status, 503, `${coding}: ${body.length} bytes are too many unpacked`);
  }
  held.send(800_000);
  held.end();
  equal((await other).status, 201);
  for (const [coding, body] of packed) equal((await save(coding, body)).status, 200, coding);
});

Deno.test("a body of which nothing comes is answered 408, whatever its size", async () => {
  await using app = await appWithChannel({ idleMillis: 50 });
  for (const bytes of [100, 1_000_000]) {
    const { body, send } = endless();
    const answer = app.request("/channel/news", {
      method: "POST",
      body,
      headers: { "Content-Length": `${bytes}` },
    });
    send(50);
    equal((await answer).status, 408);
  }
  for (const type of ["application/x-ndjson", "multipart/mixed; boundary=b"]) {
    const answer = await app.request("/channel/news/bulk", {
      method: "POST",
      body: endless().body,
      headers: { "Content-Type": type },
    });
    equal(answer.status, 408, type);
  }
});

Deno.test("a body that trickles in is answered 408, whatever reads it, and one that keeps the rate is taken", async () => {
  await using app = await appWithChannel({ idleMillis: 100 });
  const trickle = async (path: string, type: string, bytes: number) => {
    const { body, send, end } = endless();
    let sent = 0;
    const dripping = setInterval(() => {
      send(bytes);
      if ((sent += bytes) >= 1 << 20) {
        clearInterval(dripping);
        end();
      }
    }, 5);
    const answer = await app.request(path, { method: "POST", body, headers: { "Content-Type": type } });
    clearInterval(dripping);
    return answer.status;
  };
  equal(await trickle("/channel/news", "text/plain", 1), 408);
  equal(await trickle("/channel/news/bulk", "application/x-ndjson", 1), 408);
  equal(await trickle("/channel/news/bulk", "multipart/mixed; boundary=b", 1), 408);
  equal(await trickle("/user/batches?partial=true", "application/x-ndjson", 1), 408);
  equal(await trickle("/channel/news", "text/plain", 32 << 10), 201);
});

Deno.test("a body in very many small pieces lets others have their turns", async () => {
  await using app = await appWithChannel({});
  for (const bytes of [0, 1]) {
    const { body, send, end } = endless();
    const answer = app.request("/channel/news", { method: "POST", body });
    let turns = 0, isOver = false;
    const turn = () => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    turn();
    for (let i = 0; i < 20_000; i++) send(bytes);
    end();
    equal((await answer).status, 201);
    isOver = true;
    ok(turns > 100, `${turns} turns of others beside 20,000 pieces of ${bytes} bytes`);
  }
});

Deno.test("half a body whose client closes is 400, stores nothing, and is not counted as a fault of ours", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    env: { LOG: "requests" },
  });
  const { port, host } = new URL(process.url);
  await fetch(`${process.url}/channel`, {
    method: "POST",
    body: '{"name":"news"}',
    headers: { "Content-Type": "application/json" },
  });
  for (const bytes of [100, 1_000_000]) {
    using connection = await Deno.connect({ port: Number(port) });
    const head = `POST /channel/news HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${bytes}\r\n\r\nhalf`;
    await connection.write(new TextEncoder().encode(head));
    await connection.closeWrite();
    const answer = await new Response(connection.readable).text();
    match(answer, /^HTTP\/1\.1 400 [^]*did not arrive whole/);
  }
  equal((await fetch(`${process.url}/channel/news/latest`)).status, 404);
  equal(await process.end("SIGTERM"), 0);
  match(process.log(), /POST \/channel\/news 400/);
  equal(/ 50\d /.test(process.log()), false, process.log());
});
