import { equal, match } from "node:assert/strict";
import { Rates } from "../../routes/serving/rates.ts";
import { createTestApp } from "../support/app.ts";

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
