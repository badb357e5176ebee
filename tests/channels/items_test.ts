import { deepEqual, equal, match, notEqual } from "../support/assert.ts";
import { idOfKey, keyOfId } from "../../domain/channels/item_id.ts";
import { START, type TestApp, testOnBothEngines } from "../support/app.ts";

async function insert(app: TestApp, body: BodyInit, headers: Record<string, string> = {}): Promise<string> {
  const response = await app.request("/channel/c", { method: "POST", body, headers });
  equal(response.status, 201);
  return (await response.json()).id;
}

const get = (app: TestApp, id: string, headers: Record<string, string> = {}, method = "GET") =>
  app.request(`/channel/c/${id}`, { method, headers });

const linksOf = (response: Response) => response.headers.get("link");

testOnBothEngines("an item comes back byte for byte with its headers", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
  const id = await insert(app, everyByte, {
    "Content-Type": "Image/X-Strange; q=1",
    "Content-Encoding": "gzip",
    "Content-Language": "en, fr",
  });
  for (let read = 0; read < 2; read++) {
    const response = await get(app, id, { "Accept-Encoding": "identity" });
    equal(response.status, 200);
    deepEqual(await response.bytes(), everyByte);
    equal(response.headers.get("content-type"), "Image/X-Strange; q=1");
    equal(response.headers.get("content-encoding"), "gzip");
    equal(response.headers.get("content-language"), "en, fr");
  }
});

testOnBothEngines("no content type is application/octet-stream; an empty body is an item", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  const id = await insert(app, new Uint8Array());
  const response = await get(app, id);
  equal(response.headers.get("content-type"), "application/octet-stream");
  equal((await response.bytes()).byteLength, 0);
});

testOnBothEngines("items of one millisecond have following ids, and ids never run behind", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  const first = await insert(app, "1");
  equal(first, idOfKey(BigInt(START) << 16n));
  const second = await insert(app, "2");
  equal(keyOfId(second), keyOfId(first)! + 1n);
  app.time.now -= 5000;
  const third = await insert(app, "3");
  equal(keyOfId(third), keyOfId(second)! + 1n);
  app.time.now += 5001;
  equal(await insert(app, "4"), idOfKey(BigInt(START + 1) << 16n));
});

testOnBothEngines("Link headers lead through the channel, each left out at its end", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  const ids = [await insert(app, "1"), await insert(app, "2"), await insert(app, "3")];
  const link = (id: string, rel: string) => `<http://datahub:8080/channel/c/${id}>;rel="${rel}"`;
  for (let read = 0; read < 2; read++) {
    equal(linksOf(await get(app, ids[0]!)), link(ids[1]!, "next"));
    equal(linksOf(await get(app, ids[1]!)), `${link(ids[0]!, "previous")}, ${link(ids[2]!, "next")}`);
    equal(linksOf(await get(app, ids[2]!)), link(ids[1]!, "previous"));
  }
  const fourth = await insert(app, "4");
  equal(linksOf(await get(app, ids[2]!)), `${link(ids[1]!, "previous")}, ${link(fourth, "next")}`);
});

testOnBothEngines("latest and earliest redirect; an empty channel has neither", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  for (const end of ["latest", "earliest"]) equal((await app.request(`/channel/c/${end}`)).status, 404);
  const first = await insert(app, "1"), last = await insert(app, "2");
  for (const [end, id] of [["latest", last], ["earliest", first]]) {
    for (const method of ["GET", "HEAD"]) {
      const response = await app.request(`/channel/c/${end}`, { method });
      equal(response.status, 303);
      equal(response.headers.get("location"), `http://datahub:8080/channel/c/${id}`);
      equal(await response.text(), "");
    }
  }
});

testOnBothEngines("what is not there is 404", async (app) => {
  equal((await app.request("/channel/none", { method: "POST", body: "x" })).status, 404);
  await app.send("POST", "/channel", { name: "c" });
  const id = await insert(app, "x");
  const others = [
    "0000000000000000",
    "VVVVVVVVVVVVVVVV",
    "x",
    id.toLowerCase(),
    `${id}0`,
    "%00",
    "..%2F",
    "🦕",
  ];
  for (const other of others) equal((await get(app, other)).status, 404, other);
  equal((await app.request(`/channel/none/${id}`)).status, 404);
  equal((await app.request("/channel/none/latest")).status, 404);
});

testOnBothEngines("Accept decides whether an item may be sent", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  const id = await insert(app, "x", { "Content-Type": "text/plain; charset=utf-8" });
  for (const accept of ["*/*", "text/*", "text/plain", "TEXT/PLAIN", "image/png, text/plain;q=0.1", ""]) {
    equal((await get(app, id, { Accept: accept })).status, 200, accept);
  }
  for (const accept of ["image/png", "text/plain;q=0", "*/*, text/plain;q=0", "application/*"]) {
    const response = await get(app, id, { Accept: accept });
    equal(response.status, 406, accept);
    match((await response.json()).detail, /text\/plain/);
  }
});

testOnBothEngines("HEAD is GET without the body", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  await insert(app, "before");
  const id = await insert(app, "content", { "Content-Type": "text/plain" });
  const head = await get(app, id, {}, "HEAD"), full = await get(app, id);
  equal(head.status, 200);
  equal(await head.text(), "");
  equal(head.headers.get("content-length"), "7");
  for (const [name, value] of full.headers) equal(head.headers.get(name), value);
});

testOnBothEngines("ETags answer conditional requests, and change when a link does", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  const id = await insert(app, "x");
  const alone = (await get(app, id)).headers.get("etag")!;
  const unchanged = await get(app, id, { "If-None-Match": `"other", W/${alone}` });
  equal(unchanged.status, 304);
  equal(unchanged.headers.get("etag"), alone);
  equal(await unchanged.text(), "");
  equal((await get(app, id, { "If-Match": alone })).status, 200);
  equal((await get(app, id, { "If-Match": '"other"' })).status, 412);

  await insert(app, "y");
  const followed = await get(app, id, { "If-None-Match": alone });
  equal(followed.status, 200);
  notEqual(followed.headers.get("etag"), alone);
});

testOnBothEngines(
  "only an item with a successor may be cached, for what is left of its life",
  async (app) => {
    await app.send("POST", "/channel", { name: "c", ttlMillis: 90_000 });
    const id = await insert(app, "x");
    const cacheControl = async () => (await get(app, id)).headers.get("cache-control");
    equal(await cacheControl(), "no-cache");
    await insert(app, "y");
    equal(await cacheControl(), "public, max-age=90");
    app.time.now += 30_500;
    equal(await cacheControl(), "public, max-age=59");
    await app.send("PATCH", "/channel/c", { ttlMillis: null });
    equal(await cacheControl(), "public, max-age=3600");
  },
);

testOnBothEngines("ranges answer parts", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  const id = await insert(app, "0123456789");
  const part = async (range: string, headers: Record<string, string> = {}) => {
    const response = await get(app, id, { Range: range, ...headers });
    return [
      response.status,
      response.headers.get("content-range"),
      response.status < 400 ? await response.text() : "",
    ];
  };
  deepEqual(await part("bytes=2-4"), [206, "bytes 2-4/10", "234"]);
  deepEqual(await part("bytes=7-"), [206, "bytes 7-9/10", "789"]);
  deepEqual(await part("bytes=-3"), [206, "bytes 7-9/10", "789"]);
  deepEqual(await part("bytes=0-99"), [206, "bytes 0-9/10", "0123456789"]);
  deepEqual(await part("bytes=-99"), [206, "bytes 0-9/10", "0123456789"]);
  deepEqual(await part("bytes=10-"), [416, "bytes */10", ""]);
  deepEqual(await part("bytes=-0"), [416, "bytes */10", ""]);
  for (const ignored of ["bytes=4-2", "bytes=1-2,4-5", "lines=1-2", "bytes=", "bytes=a-b"]) {
    deepEqual(await part(ignored), [200, null, "0123456789"], ignored);
  }
  deepEqual(await part("bytes=2-4", { "If-Range": '"other"' }), [200, null, "0123456789"]);
  const etag = (await get(app, id)).headers.get("etag")!;
  deepEqual(await part("bytes=2-4", { "If-Range": etag }), [206, "bytes 2-4/10", "234"]);
});

testOnBothEngines("a browser cannot be made to run an item, or another site to embed it", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  const page = await get(
    app,
    await insert(app, "<script>alert(1)</script>", { "Content-Type": "text/html" }),
  );
  equal(page.headers.get("content-security-policy"), "sandbox; default-src 'none'");
  equal(page.headers.get("x-content-type-options"), "nosniff");
  equal(page.headers.get("cross-origin-resource-policy"), "same-site");
  equal(page.headers.get("referrer-policy"), "no-referrer");
});

testOnBothEngines("an item over the limit is refused and not stored", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  equal((await app.request("/channel/c", { method: "POST", body: new Uint8Array(1000) })).status, 201);
  const response = await app.request("/channel/c", { method: "POST", body: new Uint8Array(1001) });
  equal(response.status, 413);
  match((await response.json()).detail, /1000 bytes/);
  deepEqual((await app.services.channels.summary()).items, 1);
}, { maxItemBytes: 1000 });

testOnBothEngines("links are built from PUBLIC_URL where it is set", async (app) => {
  const created = await app.send("POST", "/channel", { name: "c" });
  equal(created.headers.get("location"), "https://hub.example/runnel/channel/c");
  equal((await created.json())._links.ws.href, "wss://hub.example/runnel/channel/c/ws");
}, { publicUrl: "https://hub.example/runnel" });

testOnBothEngines("X-Forwarded headers count only behind a trusted proxy", async (app) => {
  await app.send("POST", "/channel", { name: "c" });
  const headers = { "X-Forwarded-Proto": "https", "X-Forwarded-Host": "hub.example, inner" };
  const { _links } = await (await app.request("/channel/c", { headers })).json();
  equal(_links.self.href, "https://hub.example/channel/c");
  const hostile = { "X-Forwarded-Host": 'evil"><script>' };
  equal(
    (await (await app.request("/channel/c", { headers: hostile })).json())._links.self.href,
    "http://datahub:8080/channel/c",
  );
}, { trustProxy: true });

testOnBothEngines(
  "a channel with maxItems that another process removed is not there for an insert",
  async (app) => {
    await app.send("PUT", "/channel/limited", { maxItems: 2 });
    equal((await app.request("/channel/limited", { method: "POST", body: "x" })).status, 201);
    // As another process does it: this one trusts what it knows of the channel for a while.
    await app.database.commits.execute([{ sql: "DELETE FROM channel", args: [] }]);
    equal((await app.request("/channel/limited", { method: "POST", body: "x" })).status, 404);
    const keyed = await app.request("/channel/limited", {
      method: "POST",
      body: "x",
      headers: { "Item-Key": "k" },
    });
    equal(keyed.status, 404);
  },
);
