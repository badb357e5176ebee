import { equal, match, ok } from "../support/assert.ts";
import { createChannel, insert } from "../support/http.ts";
import { startLibsqlServer } from "../support/libsql_server.ts";
import { startProcess, temporaryFolder, type TestProcess } from "../support/process.ts";

/** What is asked of every area while its database is away: reads, writes, and health. */
const CALLS: readonly (readonly [method: string, path: string, body?: string])[] = [
  ["GET", "/health"],
  ["GET", "/channel/news/latest"],
  ["POST", "/channel/news", "item"],
  ["GET", "/profile/app/account"],
  ["PUT", "/event/app/account/opened"],
  ["GET", "/api/store/NASDAQ/ACME"],
  ["PUT", "/api/store/NASDAQ/ACME", '{"close":{"2020-01-02":1}}'],
  ["GET", "/user/metrics?days=3"],
  ["GET", "/user/last-sessions-user?user_id=d6313e1fb7d247a6a034e2aadc30ab3f"],
  ["POST", "/api/auth", '{"username":"ada","password":"secret"}'],
];

/** Every call is answered 503 with Retry-After, and soon: the signal ends a call that is not. */
async function refusesAll({ url }: TestProcess, why: string): Promise<void> {
  await Promise.all(CALLS.map(async ([method, path, body]) => {
    const response = await fetch(url + path, {
      method,
      headers: { "Content-Type": "application/json" },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(2_000),
    });
    const text = await response.text();
    equal(response.status, 503, `${why}: ${method} ${path}: ${response.status} ${text}`);
    match(response.headers.get("retry-after") ?? "", /^\d+$/, `${why}: ${method} ${path}`);
  }));
}

/** Asks until it goes well again. */
async function recovers({ url }: TestProcess): Promise<void> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline;) {
    const response = await fetch(`${url}/health`);
    await response.body?.cancel();
    if (response.ok) return;
  }
  throw new Error("it did not recover");
}

Deno.test("a server that hangs, dies or is away is answered 503 within 2 s, and is used again when it is back", async () => {
  const server = await startLibsqlServer();
  await using again = await startProcess({ database: server.url });
  await using _ending = server;
  await createChannel(again.url, "news");
  await server.signal("SIGSTOP");
  await refusesAll(again, "hung");
  await using late = await startProcess({ database: server.url });
  match(late.log(), /waiting for the database/);
  await refusesAll(late, "hung at the start");
  await server.signal("SIGCONT");
  await recovers(again);
  await recovers(late);
  await insert(`${late.url}/channel/news`, "item");
  equal(await (await fetch(`${again.url}/channel/news/latest`)).text(), "item");
  await server.signal("SIGKILL");
  await refusesAll(again, "killed");
  await refusesAll(late, "killed");
});

Deno.test("whatever answers in the place of the server is answered 503", async () => {
  const answers: Record<string, () => Response> = {
    "HTML": () => new Response("<html>Sign in</html>", { headers: { "Content-Type": "text/html" } }),
    "HTML with 404": () => new Response("<html>", { status: 404, headers: { "Content-Type": "text/html" } }),
    "no JSON": () => new Response("}{", { headers: { "Content-Type": "application/json" } }),
    "other JSON": () => Response.json({ hello: "world" }),
    "no results": () => Response.json({ baton: null, base_url: null, results: [] }),
    "502": () => new Response("bad gateway", { status: 502 }),
    "401": () => Response.json({ error: "unauthorized" }, { status: 401 }),
    "an answer that stops": () =>
      new Response(new ReadableStream({ start: (out) => out.enqueue(new TextEncoder().encode('{"baton')) })),
  };
  let kind = "HTML";
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => answers[kind]!(),
  );
  await using process = await startProcess({ database: `http://127.0.0.1:${server.addr.port}` });
  for (kind of Object.keys(answers)) await refusesAll(process, kind);
});

Deno.test("many large items that are read at once are all answered, however little a server answers at a time", async () => {
  await using server = await startLibsqlServer();
  await using process = await startProcess({ database: server.url, env: { CACHE_BYTES: "0" } });
  const channel = await createChannel(process.url, "large");
  const ids: string[] = [];
  for (let i = 0; i < 30; i++) ids.push(await insert(channel, new Uint8Array(1 << 20).fill(i)));
  const read = await Promise.all(ids.map(async (id) => {
    const response = await fetch(`${channel}/${id}`);
    equal(response.status, 200, process.log());
    return await response.bytes();
  }));
  for (const [i, bytes] of read.entries()) ok(bytes.length === 1 << 20 && bytes.every((byte) => byte === i));
});

Deno.test("a replica whose primary hangs or is away, at the start too, answers reads and refuses writes", async () => {
  await using folder = await temporaryFolder();
  const options = { database: `file:${folder.path}/replica.db` };
  const primary = await startLibsqlServer();
  await using _ending = primary;
  const env = { DATABASE_SYNC_URL: primary.url };
  const latest = async ({ url }: TestProcess) =>
    await (await fetch(`${url}/channel/news/latest`, { signal: AbortSignal.timeout(2_000) })).text();
  const refuses = async ({ url }: TestProcess) => {
    const init = { method: "POST", body: "lost", signal: AbortSignal.timeout(2_000) };
    const response = await fetch(`${url}/channel/news`, init);
    await response.body?.cancel();
    equal(response.status, 503);
  };
  await using replica = await startProcess({ ...options, env });
  await insert(await createChannel(replica.url, "news"), "kept");
  await primary.signal("SIGSTOP");
  await refuses(replica);
  equal(await latest(replica), "kept");
  await replica.end("SIGTERM");
  await using late = await startProcess({ ...options, env });
  equal(await latest(late), "kept");
  await refuses(late);
  await primary.signal("SIGCONT");
  await recovers(late);
  await primary.signal("SIGKILL");
  await refuses(late);
  equal((await fetch(`${late.url}/health`)).status, 200);
});

Deno.test("behind a read replica writes are refused within 2 s while the primary hangs or is away, and reads go on", async () => {
  const primary = await startLibsqlServer();
  await using replica = await startLibsqlServer({ primary });
  await using process = await startProcess({ database: replica.url, env: { CACHE_BYTES: "0" } });
  await using _ending = primary;
  const channel = await createChannel(process.url, "news");
  const signal = () => AbortSignal.timeout(2_000);
  for (let i = 0; i < 50; i++) {
    const id = await insert(channel, `item ${i}`);
    equal(await (await fetch(`${channel}/${id}`)).text(), `item ${i}`);
  }
  const refuses = async (why: string) => {
    const refused = await fetch(channel, { method: "POST", body: "lost", signal: signal() });
    equal(refused.status, 503, `${why}: ${await refused.text()}`);
    const latest = await fetch(`${channel}/latest`, { signal: signal() });
    equal(await latest.text(), "item 49", why);
  };
  await primary.signal("SIGSTOP");
  await refuses("hung");
  await refuses("hung, known");
  await primary.signal("SIGKILL");
  await refuses("killed");
});
