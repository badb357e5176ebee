import { deepEqual, equal } from "node:assert/strict";
import { createTestApp } from "../support/app.ts";

const MIB = 1 << 20;

Deno.test("bytes of answers under way have one budget: past it 503 at once, and small ones are answered", async () => {
  await using app = await createTestApp({ maxAnswerBytes: 2 * MIB });
  await app.send("POST", "/channel", { name: "news" });
  const ids: string[] = [];
  for (const body of [new Uint8Array(1.5 * MIB), "small", "last"]) {
    ids.push((await (await app.request("/channel/news", { method: "POST", body })).json()).id);
  }
  const [large, small] = ids.map((id) => `/channel/news/${id}`);
  const taken = Promise.withResolvers<void>(), left = Promise.withResolvers<void>();
  const ask = async (path: string, sent: Promise<void>) => {
    const answer = await app.fetch(path, { isLocal: () => true, sent: () => sent });
    await answer.body?.cancel();
    return answer;
  };

  equal((await ask(large!, taken.promise)).status, 200);
  const refused = await ask(large!, taken.promise);
  equal(refused.status, 503);
  equal(refused.headers.get("retry-after"), "1");
  equal((await ask(small!, taken.promise)).status, 200);

  taken.resolve();
  await taken.promise;
  equal((await ask(large!, left.promise)).status, 200);
  equal((await ask(large!, left.promise)).status, 503);
  left.reject(new Error("the client has left"));
  await left.promise.catch(() => {});
  equal((await ask(large!, Promise.resolve())).status, 200);
});

Deno.test("a large item that there is no room for is not read, and one that there is room for comes whole and in parts", async () => {
  await using app = await createTestApp({ maxAnswerBytes: 2 * MIB, engine: "file" });
  await app.send("POST", "/channel", { name: "news" });
  const body = Uint8Array.from({ length: 1.5 * MIB }, (_, i) => i % 251);
  const stored = await (await app.request("/channel/news", { method: "POST", body })).json();
  const path = `/channel/news/${stored.id}`;
  let read = 0;
  const { engine } = app.database, readRows = engine.read.bind(engine);
  engine.read = async (statements) => {
    const results = await readRows(statements);
    for (const value of results.flatMap(({ rows }) => rows.flat())) {
      if (value instanceof Uint8Array) read += value.byteLength;
    }
    return results;
  };

  const taken = Promise.withResolvers<void>();
  const env = { isLocal: () => true, sent: () => taken.promise };
  const answer = await app.fetch(path, env);
  equal(answer.headers.get("content-length"), `${body.length}`);
  deepEqual(await answer.bytes(), body);
  equal(read, body.length);
  equal((await app.fetch(path, env)).status, 503);
  equal(read, body.length);
  taken.resolve();
  await taken.promise;

  const part = await app.request(path, { headers: { Range: "bytes=100000-999999" } });
  equal(part.status, 206);
  equal(part.headers.get("content-length"), "900000");
  deepEqual(await part.bytes(), body.subarray(100_000, 1_000_000));
  const head = await app.request(path, { method: "HEAD" });
  equal(head.headers.get("content-length"), `${body.length}`);
  equal((await head.bytes()).length, 0);
});
