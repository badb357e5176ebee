import { deepEqual, equal } from "../support/assert.ts";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";

const DAY = 86_400_000;

async function refused(
  response: Response,
  status: number,
): Promise<{ detail: string; errors?: { path: string }[] }> {
  equal(response.status, status);
  equal(response.headers.get("content-type"), "application/problem+json");
  const problem = await response.json();
  equal(problem.status, status);
  equal(typeof problem.title, "string");
  equal(typeof problem.detail, "string");
  return problem;
}

async function names(app: TestApp, query = ""): Promise<string[]> {
  const { _links } = await (await app.request(`/channel${query}`)).json();
  return _links.channels.map(({ name }: { name: string }) => name);
}

testOnBothEngines(
  "GET /channel?order=newest begins with the channels that an item was stored in last",
  async (app) => {
    for (const name of ["a", "b", "c", "d"]) {
      await app.send("POST", "/channel", {
        name,
        tags: [name < "c" ? "low" : "high"],
      });
    }
    const store = async (name: string) => {
      app.time.now += 1_000;
      await app.request(`/channel/${name}`, { method: "POST", body: "x" });
    };
    for (const name of ["c", "a", "b", "a"]) await store(name);
    deepEqual(await names(app, "?order=newest"), ["a", "b", "c", "d"]);
    await store("c");
    deepEqual(await names(app, "?order=newest"), ["c", "a", "b", "d"]);
    deepEqual(await names(app, "?order=newest&limit=2"), ["c", "a"]);
    deepEqual(await names(app, "?order=newest&tag=low"), ["a", "b"]);
    deepEqual(await names(app, "?order=name&limit=2"), ["a", "b"]);
    await refused(await app.request("/channel?order=newest&after=a"), 400);
    await refused(await app.request("/channel?order=oldest"), 400);
  },
);

testOnBothEngines("POST /channel refuses every wrong name and changes nothing", async (app) => {
  const wrong = [
    undefined,
    null,
    "",
    "   ",
    "a-b",
    "a b",
    "ü",
    "a".repeat(49),
    "a/b",
    7,
    ["a"],
    { a: 1 },
    "../x",
  ];
  for (const name of wrong) {
    const problem = await refused(await app.send("POST", "/channel", { name }), 400);
    equal(problem.errors?.[0]?.path, "name", JSON.stringify(name));
  }
  deepEqual(await names(app), []);
});

testOnBothEngines(
  "POST /channel takes names at the limit, trims them, and tells a taken one apart by case",
  async (app) => {
    const longest = "a_".repeat(24);
    equal((await app.send("POST", "/channel", { name: longest })).status, 201);
    const trimmed = await app.send("POST", "/channel", { name: "  Stumptown\t\n" });
    equal((await trimmed.json()).name, "Stumptown");
    equal((await app.send("POST", "/channel", { name: "stumptown" })).status, 201);
    await refused(await app.send("POST", "/channel", { name: "Stumptown" }), 409);
    deepEqual(await names(app), ["Stumptown", longest, "stumptown"]);
  },
);

testOnBothEngines(
  "ttlMillis is a positive whole number, as number or digits, null, or absent",
  async (app) => {
    const ttlOf = async (body: Record<string, unknown>) =>
      (await (await app.send("POST", "/channel", body)).json()).ttlMillis;
    equal(await ttlOf({ name: "absent" }), 120 * DAY);
    equal(await ttlOf({ name: "number", ttlMillis: 3600000 }), 3600000);
    equal(await ttlOf({ name: "digits", ttlMillis: "3600000" }), 3600000);
    equal(await ttlOf({ name: "none", ttlMillis: null }), undefined);
    for (
      const ttlMillis of [
        0,
        -1,
        1.5,
        "0",
        "-1",
        "1.5",
        "1e3",
        " 5",
        "",
        "abc",
        true,
        [],
        {},
        2 ** 53,
        "9".repeat(16),
      ]
    ) {
      const problem = await refused(await app.send("POST", "/channel", { name: "wrong", ttlMillis }), 400);
      equal(problem.errors?.[0]?.path, "ttlMillis", JSON.stringify(ttlMillis));
    }
    equal((await app.request("/channel/wrong")).status, 404);
  },
);

testOnBothEngines(
  "description, tags and maxItems are kept, filter the list, and are checked",
  async (app) => {
    const body = { name: "news", description: "what is new", tags: ["b", "a", "b"], maxItems: "5" };
    const channel = await (await app.send("POST", "/channel", body)).json();
    deepEqual([channel.description, channel.tags, channel.maxItems], ["what is new", ["a", "b"], 5]);
    await app.send("POST", "/channel", { name: "other" });
    deepEqual(await names(app, "?tag=a"), ["news"]);
    deepEqual(await names(app, "?tag=nothing"), []);
    const wrong = [{ ttlMilis: 5 }, { tags: "a" }, { tags: [1] }, { tags: [""] }, { maxItems: 0 }, {
      maxItems: "x",
    }, {
      description: 5,
    }];
    for (const settings of wrong) await refused(await app.send("PATCH", "/channel/news", settings), 400);
    deepEqual(await (await app.request("/channel/news")).json(), channel);
  },
);

testOnBothEngines(
  "PATCH and PUT change what they name and leave the rest; PUT creates; DELETE removes",
  async (app) => {
    equal((await app.send("PUT", "/channel/ptown", { ttlMillis: 1000, description: "first" })).status, 201);
    const patched = await app.send("PATCH", "/channel/ptown", { ttlMillis: "30000" });
    equal(patched.status, 200);
    const { ttlMillis, description } = await patched.json();
    deepEqual([ttlMillis, description], [30000, "first"]);
    deepEqual(
      (await (await app.send("PATCH", "/channel/ptown", { ttlMillis: null })).json()).ttlMillis,
      undefined,
    );

    const put = await app.send("PUT", "/channel/ptown", { tags: ["t"] });
    equal(put.status, 200);
    const metadata = await put.json();
    deepEqual([metadata.ttlMillis, metadata.description, metadata.tags], [undefined, "first", ["t"]]);

    await refused(await app.send("PATCH", "/channel/ptown", { name: "elsewhere" }), 400);
    await refused(await app.send("PUT", "/channel/a-b", {}), 400);
    await refused(await app.send("PATCH", "/channel/nothere", { ttlMillis: 5 }), 404);
    equal((await app.request("/channel/ptown", { method: "DELETE" })).status, 204);
    await refused(await app.request("/channel/ptown"), 404);
    await refused(await app.request("/channel/ptown", { method: "DELETE" }), 404);
  },
);

testOnBothEngines("a body that is not a JSON object is refused", async (app) => {
  const post = (body: BodyInit | null, type?: string) =>
    app.request("/channel", {
      method: "POST",
      body,
      headers: type === undefined ? {} : { "Content-Type": type },
    });
  for (const body of ["", "{", "null", "[]", '"name"', "{'name':'a'}", '{"name":"a"}x']) {
    await refused(await post(body, "application/json"), 400);
  }
  await refused(await post(new Uint8Array([0x7b, 0xff, 0x7d]), "application/json"), 400);
  await refused(await post('{"name":"a"}', "text/plain"), 415);
  await refused(await post(`{"name":"a","x":"${"y".repeat(1 << 20)}"}`, "application/json"), 413);
  equal((await post('{"name":"vendor"}', "application/vnd.api+json; charset=utf-8")).status, 201);
  deepEqual(await names(app), ["vendor"]);
});

testOnBothEngines(
  "lastUpdateDate is the last insertion, and absent while nothing can be read",
  async (app) => {
    await app.send("POST", "/channel", { name: "news", ttlMillis: 1000 });
    const lastUpdate = async () => (await (await app.request("/channel/news")).json()).lastUpdateDate;
    equal(await lastUpdate(), undefined);
    await app.request("/channel/news", { method: "POST", body: "x" });
    equal(await lastUpdate(), "2026-01-02T03:04:05.678Z");
    app.time.now += 1000;
    equal(await lastUpdate(), undefined);
  },
);

testOnBothEngines("unknown paths, wrong methods and slashes at the end", async (app) => {
  await app.send("POST", "/channel/", { name: "stumptown" });
  equal((await app.request("/channel/stumptown/")).status, 200);
  equal((await app.request("/channel/stumptown/latest/")).status, 404);
  await refused(await app.request("/nothing/here"), 404);
  const wrong = await app.request("/channel", { method: "PUT" });
  await refused(wrong, 405);
  equal(wrong.headers.get("allow"), "GET, HEAD, POST");
  const options = await app.request("/channel/stumptown", { method: "OPTIONS" });
  equal(options.status, 204);
  equal(options.headers.get("allow"), "GET, HEAD, POST, PUT, PATCH, DELETE");
  equal((await app.request("/channel/stumptown/latest", { method: "POST" })).status, 405);
});

testOnBothEngines("/health counts the channels, /sweep what it freed", async (app) => {
  await app.send("POST", "/channel", { name: "a", ttlMillis: 10 });
  await app.request("/channel/a", { method: "POST", body: "1" });
  await app.request("/channel/a", { method: "POST", body: "2" });
  const health = await app.request("/health");
  equal(health.headers.get("content-type"), "text/plain");
  equal(await health.text(), "OK (1 channels)");
  app.time.now += 11;
  const sweep = async () => await (await app.request("/sweep", { method: "POST" })).json();
  const others = { profiles: 0, series: 0, sessions: 0, conversations: 0 };
  deepEqual(await sweep(), { expired: 2, areas: { channels: 2, ...others } });
  deepEqual(await sweep(), { expired: 0, areas: { channels: 0, ...others } });
});

Deno.test("a channel without a name is refused in words", async () => {
  await using app = await createTestApp();
  const answer = await app.send("POST", "/channel", {});
  deepEqual([answer.status, (await answer.json()).detail], [400, "name: a channel needs a name (text)"]);
});
