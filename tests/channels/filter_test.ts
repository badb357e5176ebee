/** What `where`, `contentType` and `key` let through. */
import { deepEqual, equal, match } from "../support/assert.ts";
import { createTestApp } from "../support/app.ts";

/** The number of items that a filter lets through, of one with that content; the status where it is refused. */
async function createMatcher() {
  const app = await createTestApp();
  let count = 0;
  return {
    async matches(
      body: string,
      filter: Record<string, unknown>,
      headers: Record<string, string> = { "Content-Type": "application/json" },
    ): Promise<number> {
      const channel = `/channel/c${count++}`;
      await app.send("PUT", channel, {});
      equal((await app.request(channel, { method: "POST", body, headers })).status, 201);
      const consumer = await app.send("PUT", `${channel}/consumers/w`, { start: "earliest", filter });
      if (consumer.status !== 201) return consumer.status;
      return (await (await app.send("POST", `${channel}/consumers/w/pull`, {})).json()).items.length;
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

const WHERE: readonly [body: string, where: string, count: number][] = [
  ['{"a/b":{"m~n":"x"}}', "/a~1b/m~0n=x", 1],
  ['{"~1":"x"}', "/~01=x", 1],
  ['{"a":"x"}', "/a~2=x", 400],
  ['{"a":"x"}', "/a~=x", 400],
  ['{"a":"x"}', "/a", 400],
  ['{"a":"x"}', "=x", 400],
  ['{"a":"x"}', "", 400],
  ['{"":"x"}', "/=x", 1],
  ['{"a":"x=y"}', "/a=x=y", 1],
  ['{"a":""}', "/a=", 1],
  ['{"b":""}', "/a=", 0],
  ['{"a":["x","y"]}', "/a/1=y", 1],
  ['{"a":["x","y"]}', "/a/01=y", 0],
  ['{"a":["x","y"]}', "/a/-=y", 0],
  ['{"a":["x","y"]}', "/a/length=2", 0],
  ['{"a":{"length":2,"01":3}}', "/a/length=2", 1],
  ['{"a":{"length":2,"01":3}}', "/a/01=3", 1],
  ['{"a":"xy"}', "/a/length=2", 0],
  ['{"a":"xy"}', "/a/0=x", 0],
  ['{"a":1.50}', "/a/text=1.50", 0],
  ['{"a":null}', "/a=null", 1],
  ['{"a":true}', "/a=true", 1],
  ['{"a":{}}', "/a=[object Object]", 0],
  ['{"a":[]}', "/a=", 0],
  ['{"__proto__":{"x":"y"}}', "/__proto__/x=y", 1],
  ["{}", "/__proto__/x=undefined", 0],
  ["{}", "/constructor/name=Object", 0],
  ['{"a":1.0}', "/a=1.0", 1],
  ['{"a":1.0}', "/a=1", 1],
  ['{"a":1}', "/a=1.0", 0],
  ['{"a":1e2}', "/a=1e2", 1],
  ['{"a":1e2}', "/a=100", 1],
  ['{"a":0.10}', "/a=0.10", 1],
  ['{"a":12345678901234567}', "/a=12345678901234567", 1],
  ['{"a":12345678901234567}', "/a=12345678901234568", 0],
  ['{"a":"żółć 🎷"}', "/a=żółć 🎷", 1],
];

Deno.test("where: a JSON pointer as RFC 6901 has it, and the text of the scalar there", async () => {
  await using matcher = await createMatcher();
  const found: typeof WHERE[number][] = [];
  for (const [body, where] of WHERE) {
    found.push([body, where, await matcher.matches(body, { where: [where] })]);
  }
  deepEqual(found, WHERE);
});

Deno.test("contentType: a media type, whatever its parameters and its case; what is none is refused", async () => {
  await using matcher = await createMatcher();
  const headers = { "Content-Type": "text/plain; charset=utf-8" };
  const types = {
    "text/plain": 1,
    "TEXT/Plain": 1,
    "text/plain;charset=us-ascii": 1,
    "text/html": 0,
    "": 400,
    "text": 400,
    "text/plain, text/html": 400,
  };
  const found: Record<string, number> = {};
  for (const contentType of Object.keys(types)) {
    found[contentType] = await matcher.matches("x", { contentType }, headers);
  }
  deepEqual(found, types);
});

Deno.test("a filter on a subscription is refused as it is on a consumer", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  for (
    const query of [
      "where=/a~2%3Dx",
      "where=",
      "key=",
      "contentType=",
      "contentType=text",
      "where=/a%3Dx&where=b",
    ]
  ) {
    for (const path of ["/channel/c/events", "/events"]) {
      const answer = await app.request(`${path}?${query}${path === "/events" ? "&channels=c" : ""}`);
      equal(answer.status, 400, `${path} ${query}`);
    }
  }
  equal((await app.request("/events?tag=")).status, 400);
  const unknown = await app.send("PUT", "/channel/c/consumers/w", { filter: { keys: "k" } });
  match((await unknown.json()).detail, /known are contentType, key, where/);
});
