import { equal, match, ok } from "../support/assert.ts";
import { follow } from "../../domain/channels/follow.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";

testOnBothEngines("GET /metrics counts requests by route template, never by what users send", async (app) => {
  await app.send("PUT", "/channel/secretname", {});
  await app.request("/channel/secretname", { method: "POST", body: "x" });
  for (const path of ["/channel/absenta", "/channel/absentb", "/nowhere"]) await app.request(path);
  await app.request("/jobs/sweep/run", { method: "POST" });
  const answer = await app.request("/metrics");
  equal(answer.status, 200);
  match(answer.headers.get("content-type")!, /^text\/plain/);
  const text = await answer.text();
  const count = "http_server_request_duration_seconds_count";
  ok(text.includes(`${count}{method="POST",route="/channel/:name",status="201"} 1`), text);
  ok(text.includes(`${count}{method="GET",route="/channel/:name",status="404"} 2`), text);
  ok(text.includes(`${count}{method="GET",route="none",status="404"} 1`), text);
  ok(text.includes('runnel_refusals_total{code="channel-not-found"} 2'), text);
  ok(text.includes('runnel_job_failed{job="sweep"} 0'), text);
  match(text, /^runnel_commit_duration_seconds_count [1-9]/m);
  match(text, /^runnel_commit_duration_seconds_bucket\{le="\+Inf"\} [1-9]/m);
  match(text, /^runnel_resident_memory_bytes [1-9]/m);
  ok(!/secretname|absent/.test(text), "a name of a user is a label");
});

Deno.test("GET /metrics needs a key with metrics:read once there is a key", async () => {
  await using app = await createTestApp();
  const { keys } = app.services;
  const reader = await keys.add("reader", ["channels:read"], null);
  const watcher = await keys.add("watcher", ["metrics:read"], null);
  const status = async (key: string) =>
    (await app.request("/metrics", { headers: { Authorization: `Bearer ${key}` } })).status;
  equal((await app.request("/metrics")).status, 401);
  equal(await status(reader), 403);
  equal(await status(watcher), 200);
});

Deno.test("GET /metrics counts items that came from memory and from the database", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/a", {});
  const insert = () => app.request("/channel/a", { method: "POST", body: "x" });
  const item = new URL((await insert()).headers.get("location")!).pathname;
  await insert();
  for (let i = 0; i < 3; i++) equal((await app.request(item)).status, 200);
  const text = await (await app.request("/metrics")).text();
  match(text, /^runnel_item_cache_hits 2$/m);
  match(text, /^runnel_item_cache_misses 1$/m);
});

Deno.test("GET /metrics tells how far the subscriber furthest behind is", async () => {
  await using app = await createTestApp();
  const { channels, hub, reader } = app.services;
  await app.send("PUT", "/channel/a", {});
  const lag = async () =>
    Number(/^runnel_subscriber_lag_seconds (\S+)$/m.exec(await (await app.request("/metrics")).text())![1]);
  const closing = new AbortController();
  const channel = await channels.get("a");
  const following = follow({ channels, hub, reader }, channel, { after: 0n }, undefined, closing.signal);
  const first = following.next();
  equal(await lag(), 0);
  await app.request("/channel/a", { method: "POST", body: "x" });
  // The follower has its item, and does not come for more.
  equal((await first).done, false);
  ok(await lag() > 0);
  const next = following.next();
  equal(await lag(), 0);
  closing.abort();
  equal((await next).done, true);
});
