import { deepEqual, equal, match } from "../support/assert.ts";
import { Rates } from "../../routes/serving/rates.ts";
import { createTestApp } from "../support/app.ts";
import { send } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const from = (address: string) => ({ key: undefined, address, isLocal: false });

Deno.test("many requests by one client: 429 with Retry-After past the limit of its address, others go on", async () => {
  await using app = await createTestApp({ rateLimits: { perKey: 0, perAddress: 3 }, allowAnonymous: true });
  const ask = (address: string, isLocal = false) =>
    app.fetch("/channel", { isLocal: () => isLocal, address: () => address });
  for (const left of [2, 1, 0]) {
    const answer = await ask("192.0.2.1");
    equal(answer.status, 200);
    equal(answer.headers.get("ratelimit-policy"), '"address";q=3;w=60');
    equal(answer.headers.get("ratelimit"), `"address";r=${left};t=60`);
  }
  const refused = await ask("192.0.2.1");
  equal(refused.status, 429);
  match(refused.headers.get("retry-after")!, /^\d+$/);
  equal(refused.headers.get("content-type"), "application/problem+json");
  equal((await refused.json()).type, "/docs/errors#rate-limited");
  equal((await ask("192.0.2.2")).status, 200);
  for (let i = 0; i < 5; i++) {
    const answer = await ask("127.0.0.1", true);
    equal(answer.status, 200);
    equal(answer.headers.get("ratelimit"), null);
  }
});

Deno.test("a key has a limit of its own, wherever it is shown; one that does not exist counts as its address", async () => {
  await using app = await createTestApp({ rateLimits: { perKey: 2, perAddress: 1 } });
  const secret = await app.services.keys.add("sensors", ["channels:read"], null);
  const ask = (shown: string) => app.request("/channel", { headers: { Authorization: `Bearer ${shown}` } });
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await ask(secret)).status);
  equal(statuses.join(), "200,200,429");
  equal((await ask("nobody")).status, 401);
});

Deno.test("limits begin anew after a minute, count IPv6 addresses by their network, and stay bounded", () => {
  let now = 0;
  const rates = new Rates({ perKey: 0, perAddress: 1 }, () => now);
  equal(rates.count(from("192.0.2.1")).refusal, undefined);
  equal(rates.count(from("::ffff:192.0.2.1")).refusal?.retryAfter, 60);
  now = 59_999;
  equal(rates.count(from("192.0.2.1")).refusal?.retryAfter, 1);
  now = 60_000;
  equal(rates.count(from("192.0.2.1")).refusal, undefined);
  equal(rates.count(from("2001:db8::1")).refusal, undefined);
  equal(rates.count(from("2001:db8::2")).refusal?.code, "rate-limited");
  equal(rates.count(from("2001:db8:0:1::2")).refusal, undefined);
  for (let i = 0; i < 100_000; i++) rates.count({ key: undefined, address: `client ${i}`, isLocal: false });
  equal(rates.count(from("198.51.100.1")).refusal?.code, "rate-limited");
});

/** A request of each area; all but the last ones need a key. */
const ASKED: readonly (readonly [method: string, path: string])[] = [
  ["GET", "/channel"],
  ["POST", "/channel/news"],
  ["GET", "/channel/news/latest"],
  ["POST", "/channel/news/consumers/w/pull"],
  ["GET", "/analytics"],
  ["POST", "/event/shop"],
  ["GET", "/profile/shop/ann"],
  ["GET", "/api/store"],
  ["PUT", "/api/store/plant/pump"],
  ["POST", "/user/batches"],
  ["GET", "/user/metrics?days=1"],
  ["POST", "/api/conversations/town/messages"],
  ["GET", "/metrics"],
  ["GET", "/jobs"],
  ["POST", "/api/auth"],
  ["GET", "/api/stats/pulse"],
  ["POST", "/api/ingest/slack"],
  ["GET", "/"],
  ["GET", "/health"],
  ["GET", "/nothing/here"],
];

Deno.test("a limit counts what every area, page and probe is asked, and refuses it in the area's own words", async () => {
  await using app = await createTestApp({ rateLimits: { perKey: 2, perAddress: 0 }, engine: "file" });
  for (const [i, [method, path]] of ASKED.entries()) {
    const secret = await app.services.keys.add(`key ${i}`, ["admin"], null);
    const ask = (headers: Record<string, string>) =>
      app.request(path, { method, headers, ...method !== "GET" && { body: "{}" } });
    const key = { Authorization: `Bearer ${secret}` };
    const answers = [await ask(key), await ask(key), await ask(key)];
    const label = `${method} ${path}: ${answers.map(({ status }) => status)}`;
    equal(answers.slice(0, 2).some(({ status }) => status === 429), false, label);
    const refused = answers[2]!;
    equal(refused.status, 429, label);
    match(refused.headers.get("retry-after") ?? "", /^\d+$/, label);
    match(refused.headers.get("ratelimit") ?? "", /^"key";r=0;t=\d+$/, label);
    match(await refused.text(), /at most 2 requests a minute/, label);
    for (const answer of answers.slice(0, 2)) await answer.body?.cancel();
  }
});

Deno.test("a process counts a key and an address as RATE_LIMIT and RATE_LIMIT_ANONYMOUS say", async () => {
  await using folder = await temporaryFolder();
  const env = { RATE_LIMIT: "3", RATE_LIMIT_ANONYMOUS: "2", TRUST_PROXY: "true", ALLOW_ANONYMOUS: "true" };
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db`, env });
  const statuses = async (times: number, headers: Record<string, string>) => {
    const found: number[] = [];
    for (let i = 0; i < times; i++) {
      const answer = await fetch(`${process.url}/channel`, { headers });
      await answer.body?.cancel();
      found.push(answer.status);
    }
    return found;
  };
  const elsewhere = { "X-Forwarded-For": "192.0.2.7" };
  deepEqual(await statuses(3, elsewhere), [200, 200, 429]);
  deepEqual(await statuses(3, { "X-Forwarded-For": "192.0.2.7, 198.51.100.1" }), [200, 200, 429]);
  const made = await send("POST", `${process.url}/keys`, { name: "ops", scopes: ["admin"] });
  const { secret } = await made.json();
  deepEqual(await statuses(4, { Authorization: `Bearer ${secret}` }), [200, 200, 200, 429]);
});
