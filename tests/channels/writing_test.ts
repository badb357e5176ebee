import { deepEqual, equal, match } from "../support/assert.ts";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";
import { createChannel } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const items = async (app: TestApp, channel = "c") => (await app.services.channels.get(channel)).itemCount;
const insert = (app: TestApp, body: BodyInit, headers: Record<string, string> = {}) =>
  app.request("/channel/c", { method: "POST", body, headers: { "Content-Type": "text/plain", ...headers } });
const bulk = (app: TestApp, body: BodyInit, headers: Record<string, string> = {}) =>
  app.request("/channel/c/bulk", {
    method: "POST",
    body,
    headers: { "Content-Type": "application/x-ndjson", ...headers },
  });

testOnBothEngines(
  "the same Idempotency-Key answers the first result again for a day, and other content is refused",
  async (app) => {
    await app.send("PUT", "/channel/c", {});
    const key = { "Idempotency-Key": "order-7" };
    const [first, second] = await Promise.all([insert(app, "x", key), insert(app, "x", key)]);
    deepEqual([first.status, second.status], [201, 201]);
    deepEqual(await second.json(), await first.json());
    deepEqual(
      [first, second].map((each) => each.headers.get("idempotent-replay")).toSorted(),
      [null, "true"].toSorted(),
    );
    equal(await items(app), 1);
    const other = await insert(app, "y", key);
    equal(other.status, 422);
    equal(
      (await insert(app, "x", { ...key, "Content-Type": "text/html" })).status,
      422,
      "the type is content, too",
    );
    app.time.now += 86_400_000 + 1;
    equal(
      (await insert(app, "y", key)).headers.get("idempotent-replay"),
      null,
      "a day later the key is free",
    );
    equal(await items(app), 2);
    equal((await insert(app, "z", { "Idempotency-Key": "k".repeat(256) })).status, 400);
  },
);

testOnBothEngines(
  "If-Latest stores only while that item is the newest, and a refused key is free again",
  async (app) => {
    await app.send("PUT", "/channel/c", {});
    const first = await insert(app, "1", { "If-Latest": "none" });
    equal(first.status, 201);
    const { id } = await first.json();
    equal((await insert(app, "2", { "If-Latest": "none" })).status, 412);
    const second = await insert(app, "2", { "If-Latest": id });
    equal(second.status, 201);
    const { id: newest } = await second.json();
    const refused = await insert(app, "3", { "If-Latest": id, "Idempotency-Key": "three" });
    equal(refused.status, 412);
    match((await refused.json()).detail, new RegExp(`the newest is ${newest}`));
    equal((await insert(app, "3", { "If-Latest": newest, "Idempotency-Key": "three" })).status, 201);
    equal((await insert(app, "4", { "If-Latest": "yesterday" })).status, 400);
    equal(await items(app), 3);
    const both = await Promise.all(["a", "b"].map(async (body) => {
      const latest = await app.services.items.latest("c");
      return (await insert(app, body, { "If-Latest": latest })).status;
    }));
    deepEqual(both.toSorted(), [201, 412], "of two writers one wins");
  },
);

testOnBothEngines("an Item-Key leads to the newest item with it", async (app) => {
  await app.send("PUT", "/channel/c", {});
  const ids: string[] = [];
  for (const key of ["b", "a", "b"]) {
    ids.push((await (await insert(app, key, { "Item-Key": key })).json()).id);
  }
  const at = "http://datahub:8080/channel/c";
  equal((await app.request("/channel/c/keys/b")).headers.get("location"), `${at}/${ids[2]}`);
  equal((await app.request(`/channel/c/${ids[1]}`)).headers.get("item-key"), "a");
  const { keys } = await (await app.request("/channel/c/keys")).json();
  deepEqual(keys.map(({ key, id }: { key: string; id: string }) => [key, id]), [["a", ids[1]], [
    "b",
    ids[2],
  ]]);
  const page = await (await app.request("/channel/c/keys?limit=1")).json();
  equal(page._links.next.href, `${at}/keys?limit=1&after=a`);
  equal((await app.request("/channel/c/keys/c")).status, 404);
});

testOnBothEngines(
  "bulk stores all lines in order, or names the wrong one and stores nothing",
  async (app) => {
    await app.send("PUT", "/channel/c", {});
    const lines = Array.from({ length: 12_000 }, (_, i) => `{"n":${i}}`);
    const stored = await bulk(app, `${lines.join("\n")}\n`);
    equal(stored.status, 201);
    const { ids } = await stored.json();
    deepEqual([ids.length, ids.toSorted()[0], await items(app)], [12_000, ids[0], 12_000]);
    equal(await (await app.request(`/channel/c/${ids[7_777]}`)).text(), '{"n":7777}');
    const wrong = await bulk(app, [...lines.slice(0, 11_000), "{broken", ...lines.slice(11_000)].join("\n"));
    equal(wrong.status, 400);
    match((await wrong.json()).detail, /^(11001: )?line 11001: not valid JSON/);
    equal(await items(app), 12_000);
    deepEqual(
      await app.database.query("SELECT count(DISTINCT seq) > 0 FROM staged_item WHERE at > 0 AND 0"),
      [[0]],
    );
    for (
      const [body, type, status] of [["", "application/x-ndjson", 400], ["1", "text/plain", 415]] as const
    ) {
      equal((await bulk(app, body, { "Content-Type": type })).status, status);
    }
    equal(
      (await app.request("/channel/nothing/bulk", {
        method: "POST",
        body: "1",
        headers: { "Content-Type": "application/x-ndjson" },
      })).status,
      404,
    );
  },
);

testOnBothEngines(
  "inserts that share a commit keep their order, their keys and what each is told",
  async (app) => {
    await app.send("PUT", "/channel/c", { maxItems: 3 });
    const all = await Promise.all([
      insert(app, "a", { "Idempotency-Key": "1", "Item-Key": "k", "Content-Language": "de" }),
      insert(app, "a", { "Idempotency-Key": "1", "Item-Key": "k", "Content-Language": "de" }),
      insert(app, "b", { "Idempotency-Key": "1" }),
      insert(app, "", { "Idempotency-Key": "2" }),
      insert(app, "ä", { "Idempotency-Key": "'3" }),
      insert(app, "last", { "Idempotency-Key": "4" }),
    ]);
    deepEqual(all.map(({ status }) => status), [201, 201, 422, 201, 201, 201]);
    const ids: string[] = [];
    for (const answer of all) ids.push((await answer.json()).id);
    const [first, again, , empty, umlaut, last] = ids;
    equal(again, first);
    deepEqual(
      [first, empty, umlaut, last].toSorted(),
      [first, empty, umlaut, last],
      "in the order of their arrival",
    );
    equal(await items(app), 3);
    equal(
      (await app.request(`/channel/c/${first}`)).status,
      404,
      "the oldest was trimmed in the same commit",
    );
    deepEqual(
      await Promise.all(
        [empty, umlaut, last].map(async (id) => await (await app.request(`/channel/c/${id}`)).text()),
      ),
      ["", "ä", "last"],
    );
  },
);

testOnBothEngines("a bulk with an Idempotency-Key is stored once", async (app) => {
  await app.send("PUT", "/channel/c", {});
  for (const count of [3, 7_000]) {
    const body = Array.from({ length: count }, (_, i) => `${i}`).join("\n");
    const key = { "Idempotency-Key": `bulk ${count}` };
    const [first, second] = [await bulk(app, body, key), await bulk(app, body, key)];
    deepEqual((await second.json()).ids, (await first.json()).ids);
    equal(second.headers.get("idempotent-replay"), "true");
    equal((await bulk(app, `${body}\n1`, key)).status, 422);
  }
  equal(await items(app), 7_003);
});

Deno.test("multipart/mixed goes in as it comes out", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  const form = "--b\r\nContent-Type: text/plain\r\nItem-Key: k\r\n\r\nfirst\r\n" +
    "--b\r\n\r\n\r\n" +
    "--b\r\nContent-Type: application/json\r\nContent-Language: en\r\n\r\n{}\r\n--b--\r\n";
  const stored = await bulk(app, form, { "Content-Type": "multipart/mixed; boundary=b" });
  equal(stored.status, 201, await stored.clone().text());
  const { ids } = await stored.json();
  const read = await Promise.all(ids.map(async (id: string) => {
    const item = await app.request(`/channel/c/${id}`);
    return [item.headers.get("content-type"), item.headers.get("item-key"), await item.text()];
  }));
  deepEqual(read, [
    ["text/plain", "k", "first"],
    ["application/octet-stream", null, ""],
    ["application/json", null, "{}"],
  ]);
  const out = await app.stream("/channel/c/earliest/10?bulk=true");
  const again = await bulk(app, await out.bytes(), { "Content-Type": out.headers.get("content-type")! });
  equal(again.status, 201, await again.clone().text());
  equal(await items(app), 6);
  for (const broken of ["--b\r\nContent-Type: a, b\r\n\r\nx\r\n--b--", "no boundary", "--b\r\n\r\nhalf"]) {
    equal((await bulk(app, broken, { "Content-Type": "multipart/mixed; boundary=b" })).status, 400, broken);
  }
  equal(await items(app), 6);
});

Deno.test("the same Idempotency-Key at the same moment at two processes: one item, two equal answers", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using one = await startProcess({ database });
  await using two = await startProcess({ database });
  const channel = await createChannel(one.url, "orders");
  const send = async (base: string, key: string) => {
    const response = await fetch(`${base}/channel/orders`, {
      method: "POST",
      body: "x",
      headers: { "Idempotency-Key": key },
    });
    equal(response.status, 201);
    return (await response.json()).id;
  };
  for (let i = 0; i < 100; i++) {
    const [a, b] = await Promise.all([send(one.url, `${i}`), send(two.url, `${i}`)]);
    equal(a, b);
  }
  const { items } = await (await fetch(`${channel}/latest/1000`)).json();
  equal(items.length, 100);
});

Deno.test("an Item-Key is one that an address can lead to, and each item of many has its own", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  const post = (path: string, headers: Record<string, string>, body: string) =>
    app.request(`/channel/c${path}`, { method: "POST", headers, body });
  const part = (key: string) => `--b\r\nItem-Key: ${key}\r\n\r\nx\r\n--b--\r\n`;
  const multipart = { "Content-Type": "multipart/mixed; boundary=b" };
  for (const key of ["", ".", "..", "k".repeat(256)]) {
    equal((await post("", { "Item-Key": key }, "x")).status, 400, `"${key}"`);
    const answer = await post("/bulk", multipart, part(key));
    equal(answer.status, 400, `"${key}"`);
    match((await answer.json()).detail, /part 1: /);
  }
  const common = { "Item-Key": "k" };
  equal((await post("/bulk", { ...common, "Content-Type": "application/x-ndjson" }, "1")).status, 400);
  equal((await post("/bulk", { ...common, ...multipart }, part("j"))).status, 400);
  equal((await (await app.request("/channel/c/status")).json()).items, 0, "nothing was stored");
  for (const key of ["...", "a/b?c#d", "%2e", "k".repeat(255)]) {
    const stored = await post("", { "Item-Key": key }, "x");
    equal(stored.status, 201);
    const found = await app.request(`/channel/c/keys/${encodeURIComponent(key)}`);
    equal(found.headers.get("location"), stored.headers.get("location"), key);
  }
});
