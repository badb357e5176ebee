import { deepEqual, equal, ok } from "../support/assert.ts";
import { createTestApp, type TestApp } from "../support/app.ts";

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

Deno.test("a long list holds what it has under way, any other answer all that it has, in the same budget", async () => {
  await using app = await createTestApp({ maxAnswerBytes: 230 << 10 });
  await fill(app, "long", 3_000);
  const rate = "/channel/long/rate?last=2000s&every=1s", list = "/channel/long/latest/3000";
  const taken = Promise.withResolvers<void>();
  const env = { isLocal: () => true, sent: () => taken.promise };
  const first = await app.fetch(list, env);
  equal(first.status, 200);
  for (const path of [list, `${list}?bulk=true`, rate]) {
    const refused = await app.fetch(path, env);
    equal([path, refused.status, refused.headers.get("retry-after")].join(), [path, 503, "1"].join());
  }
  equal((await app.fetch("/channel/long/latest/10", env)).status, 200);
  equal((await first.json()).items.length, 3_000);
  taken.resolve();
  await taken.promise;
  equal((await app.fetch(rate, env)).status, 200);
  equal((await app.fetch(list, env)).status, 200);
});

Deno.test("a series holds the rows that it keeps in memory until its answer is sent", async () => {
  await using app = await createTestApp({ maxAnswerBytes: MIB });
  const rows = Array.from({ length: 30_000 }, (_, i) => `${new Date(i * 1_000).toISOString()},${i}`);
  const saved = await app.request("/api/store/plant/pump?index=time", {
    method: "PUT",
    headers: { "Content-Type": "text/csv" },
    body: ["time,a", ...rows].join("\n"),
  });
  equal(saved.status, 200);
  const taken = Promise.withResolvers<void>();
  const env = { isLocal: () => true, sent: () => taken.promise };
  const first = await app.fetch("/api/store/plant/pump", env);
  equal(first.status, 200);
  equal((await app.fetch("/api/store/plant/pump", env)).status, 503);
  equal((await app.fetch("/api/store/plant/pump?tail=1", env)).status, 200);
  await first.body?.cancel();
  taken.resolve();
  await taken.promise;
  const later = await app.fetch("/api/store/plant/pump", env);
  equal(later.status, 200);
  await later.body?.cancel();
});

Deno.test("many who ask for the contents of a large item at once: what there is no room for is refused, and let go of", async () => {
  await using app = await createTestApp({ maxAnswerBytes: 4 * MIB, engine: "file" });
  await app.send("PUT", "/channel/news", {});
  const body = new Uint8Array(3 * MIB).fill(65);
  equal((await app.request("/channel/news", { method: "POST", body })).status, 201);
  const path = "/channel/news/latest/1?bulk=true";
  const taken = Promise.withResolvers<void>();
  const env = { isLocal: () => true, sent: () => taken.promise };
  const read: Uint8Array[] = [];
  const { engine } = app.database, scan = engine.scan.bind(engine);
  engine.scan = async (statements) => {
    const results = await scan(statements);
    read.push(...results.flatMap(({ rows }) => rows.flat()).filter((value) => value instanceof Uint8Array));
    return results;
  };
  const answers = await Promise.all(Array.from({ length: 12 }, () => app.fetch(path, env)));
  equal(answers.filter(({ status }) => status === 200).length, 1);
  equal(answers.filter(({ status }) => status === 503).length, 11);
  equal(read.filter(({ byteLength }) => byteLength > 0).length, 1);
  for (const answer of answers) await answer.body?.cancel();
});

Deno.test("a list that its reader does not take is not read", async () => {
  await using app = await createTestApp({ engine: "file" });
  await fill(app, "long", 5_000);
  let rows = 0;
  const { engine } = app.database, scan = engine.scan.bind(engine);
  engine.scan = async (statements) => {
    const results = await scan(statements);
    for (const result of results) rows += result.rows.length;
    return results;
  };
  const answer = await app.stream("/channel/long/latest/5000");
  const reader = answer.body!.getReader();
  await reader.read();
  ok(rows > 0 && rows <= 3_000, `${rows} rows were read for a reader of one piece`);
  await reader.cancel();
  const atLeaving = rows;
  equal((await app.request("/channel/long/latest/10")).status, 200);
  ok(rows <= atLeaving + 600, "nothing is read for a reader who left");
  deepEqual(app.log, []);
});

Deno.test("lines of JSON are checked no further once their client has left", async () => {
  await using app = await createTestApp({ engine: "file" });
  await app.send("PUT", "/channel/long", {});
  const body = JSON.stringify("x".repeat(MIB));
  const headers = { "Content-Type": "application/json" };
  for (let i = 0; i < 9; i++) {
    equal((await app.request("/channel/long", { method: "POST", headers, body })).status, 201);
  }
  const leaving = new AbortController();
  const { engine } = app.database, scan = engine.scan.bind(engine);
  let scans = 0;
  engine.scan = async (statements) => {
    const results = await scan(statements);
    if (++scans === 6) leaving.abort();
    return results;
  };
  const path = "/channel/long/latest/9?bulk=true", asked = { Accept: "application/x-ndjson" };
  const answer = await app.request(path, { headers: asked, signal: leaving.signal });
  equal(answer.status, 400);
  equal(scans, 6);
  deepEqual(app.log, []);
});

Deno.test("bins and conditions of a large series are read no further once their client has left", async () => {
  await using app = await createTestApp({ engine: "file" });
  const rows = Array.from({ length: 280_000 }, (_, i) => `${i},${i % 7},1,2,3,4,5,6,7`).join("\n");
  const saved = await app.request("/api/store/plant/pump?index=time&date_unit=s", {
    method: "PUT",
    headers: { "Content-Type": "text/csv" },
    body: `time,a,b,c,d,e,f,g,h\n${rows}`,
  });
  equal(saved.status, 200);
  const { engine } = app.database, reads = { read: engine.read.bind(engine), scan: engine.scan.bind(engine) };
  for (const query of ["where=a%3E9", "every=1s&agg=mean", "where=a%3E9&every=1h&agg=mean"]) {
    const leaving = new AbortController();
    let bodies = 0;
    for (const how of ["read", "scan"] as const) {
      engine[how] = (statements) => {
        if (statements.some(({ sql }) => /series_(chunk|body)/.test(sql)) && ++bodies === 4) leaving.abort();
        return reads[how](statements);
      };
    }
    const answer = await app.request(`/api/store/plant/pump?${query}`, { signal: leaving.signal });
    const text = await answer.text();
    equal(answer.status, 400, `${query}: ${bodies} reads, ${text.slice(0, 300)}`);
    equal(bodies, 4, `${query}: read for nobody`);
  }
  deepEqual(app.log, []);
});

Deno.test("what a consumer's filter passes over is passed over no further once its client has left", async () => {
  await using app = await createTestApp({ engine: "file" });
  await fill(app, "long", 3_000);
  const filter = { contentType: "image/png" };
  await app.send("PUT", "/channel/long/consumers/w", { start: "earliest", filter });
  const leaving = new AbortController();
  const { engine } = app.database, write = engine.write.bind(engine);
  let pulls = 0;
  engine.write = (statements, options) => {
    if (statements.some(({ sql }) => /INTO delivery/.test(sql)) && ++pulls === 2) leaving.abort();
    return write(statements, options);
  };
  const headers = { "Content-Type": "application/json" };
  const init = { method: "POST", headers, body: '{"max":100}', signal: leaving.signal };
  await (await app.request("/channel/long/consumers/w/pull", init)).body?.cancel();
  equal(pulls, 2);
});

/** A channel with so many items, `0` and so on. */
async function fill(app: TestApp, channel: string, items: number): Promise<void> {
  await app.send("PUT", `/channel/${channel}`, {});
  const body = Array.from({ length: items }, (_, i) => `${i}\n`).join("");
  const headers = { "Content-Type": "application/x-ndjson" };
  const stored = await app.request(`/channel/${channel}/bulk`, { method: "POST", headers, body });
  equal(stored.status, 201);
  await stored.body?.cancel();
}

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

Deno.test("a follower for whose items there is no room is told to come back, and then gets them", async () => {
  await using app = await createTestApp({ maxAnswerBytes: MIB });
  await app.send("PUT", "/channel/news", {});
  const body = "x".repeat(0.75 * MIB);
  const stored = await (await app.request("/channel/news", { method: "POST", body })).json();
  const taken = Promise.withResolvers<void>();
  const held = await app.fetch(`/channel/news/${stored.id}`, {
    isLocal: () => true,
    sent: () => taken.promise,
  });
  equal(held.status, 200);
  const follow = async () => {
    const events = await app.stream("/channel/news/events?after=earliest&content=true");
    const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
    await reader.read();
    const { done, value } = await reader.read();
    await reader.cancel();
    return done ? "ended" : value.length;
  };

  equal(await follow(), "ended");
  taken.resolve();
  await taken.promise;
  ok(Number(await follow()) > body.length);
  await held.body?.cancel();
});
