import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { Webhook } from "standardwebhooks";
import { createTestApp } from "../support/app.ts";
import { startReceiver } from "../support/receiver.ts";
import { startProcess, temporaryFolder, type TestProcess } from "../support/process.ts";

const send = async (process: TestProcess, method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${process.url}${path}`, {
    method,
    ...(body !== undefined &&
      { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
};
const insert = async (process: TestProcess, count: number): Promise<string[]> => {
  const uris: string[] = [];
  for (let i = 0; i < count; i++) {
    uris.push((await send(process, "POST", "/channel/c", i)).body._links.self.href);
  }
  return uris;
};
const PRIVATE = { WEBHOOK_PRIVATE: "true" };

Deno.test("a webhook posts the addresses of items, in order, signed, and says how far it is", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db`, env: PRIVATE });
  await using receiver = startReceiver();
  await send(process, "PUT", "/channel/c", {});
  const before = await insert(process, 2);
  const secret = `whsec_${btoa("a secret of thirty-two bytes ...")}`;
  const put = await send(process, "PUT", "/webhook/hook", {
    channelUrl: `${process.url}/channel/c`,
    callbackUrl: receiver.url,
    batch: "SINGLE",
    parallelCalls: 1,
    startItem: before[1],
    heartbeat: false,
    paused: false,
    ttlMinutes: 0,
    secret,
  });
  equal(put.status, 201, JSON.stringify(put.body));
  ok(!JSON.stringify(put.body).includes("whsec"), "the secret is not told");
  const uris = [before[1]!, ...await insert(process, 20)];
  await receiver.until(() => receiver.calls.length >= uris.length);
  deepEqual(receiver.calls.map(({ uris }) => uris), uris.map((uri) => [uri]));
  for (const { headers, text } of receiver.calls) {
    deepEqual(new Webhook(secret).verify(text, Object.fromEntries(headers)), JSON.parse(text));
    match(headers.get("webhook-id")!, /^hook-[0-9A-V]{16}-1$/, "no full stop, which divides what is signed");
  }
  deepEqual(JSON.parse(receiver.calls[0]!.text), { name: "hook", type: "item", uris: [uris[0]] });
  equal(new Set(receiver.calls.map(({ headers }) => headers.get("webhook-id"))).size, uris.length);
  let state = await send(process, "GET", "/webhook/hook");
  while (state.body.lag.items > 0) state = await send(process, "GET", "/webhook/hook");
  deepEqual([state.body.cursor, state.body.lastError], [uris.at(-1)!.split("/").at(-1), null]);
  const list = await send(process, "GET", "/webhook");
  deepEqual(list.body._links.webhooks, [{ name: "hook", href: `${process.url}/webhook/hook` }]);
  equal((await send(process, "DELETE", "/webhook/hook")).status, 204);
  equal((await send(process, "GET", "/webhook/hook")).status, 404);
  deepEqual((await send(process, "GET", "/channel/c/consumers")).body.consumers, []);
});

Deno.test("a receiver that answers 500, redirects or closes early gets the item again, and the next one after it", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db`, env: PRIVATE });
  let elsewhere = 0;
  await using other = startReceiver(() => (elsewhere++, new Response()));
  await using receiver = startReceiver((call) => {
    if (call === 1) return new Response("no", { status: 500 });
    if (call === 2) return new Response(null, { status: 302, headers: { Location: other.url } });
    if (call === 3) return new Response(new ReadableStream({ start: (c) => c.error(new Error("early")) }));
    return new Response("x".repeat(1 << 20));
  });
  await send(process, "PUT", "/channel/c", {});
  await send(process, "PUT", "/webhook/hook", { channel: "c", callbackUrl: receiver.url });
  const uris = await insert(process, 3);
  await receiver.until(() => receiver.calls.length >= 6);
  deepEqual(receiver.calls.map(({ uris: [uri] }) => uri), [
    uris[0],
    uris[0],
    uris[0],
    uris[0],
    uris[1],
    uris[2],
  ]);
  equal(elsewhere, 0, "a redirect is not followed");
});

Deno.test("a slow receiver is waited for: the next item comes after its answer", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db`, env: PRIVATE });
  const slow = Promise.withResolvers<void>();
  await using receiver = startReceiver(async (call) => {
    if (call === 1) await slow.promise;
    return new Response();
  });
  await send(process, "PUT", "/channel/c", {});
  await send(process, "PUT", "/webhook/hook", { channel: "c", callbackUrl: receiver.url });
  const uris = await insert(process, 3);
  await receiver.until(() => receiver.calls.length >= 1);
  const { body } = await send(process, "GET", "/webhook/hook");
  deepEqual([body.lag.items, body.lastError], [3, null]);
  equal(receiver.calls.length, 1);
  slow.resolve();
  await receiver.until(() => receiver.calls.length >= 3);
  deepEqual(receiver.calls.map(({ uris: [uri] }) => uri), uris);
});

Deno.test("after maxAttempts an item goes to the error channel, and the others go on", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db`, env: PRIVATE });
  await using receiver = startReceiver((call) => new Response(null, { status: call <= 2 ? 503 : 200 }));
  await send(process, "PUT", "/channel/c", {});
  await send(process, "PUT", "/channel/errors", {});
  await send(process, "PUT", "/webhook/hook", {
    channel: "c",
    callbackUrl: receiver.url,
    maxAttempts: 2,
    errorChannelUrl: `${process.url}/channel/errors`,
  });
  const uris = await insert(process, 2);
  await receiver.until(() => receiver.calls.length >= 3);
  equal(receiver.calls[2]!.uris[0], uris[1]);
  const item = await fetch(`${process.url}/channel/errors/latest`);
  equal(await item.text(), "0");
  equal(item.headers.get("dead-letter-reason"), "the callback answered 503, 2 times");
  equal(item.headers.get("dead-letter-item"), uris[0]!.split("/").at(-1));
  const { body } = await send(process, "GET", "/webhook/hook");
  deepEqual([body.givenUp, body.errorChannelUrl], [1, `${process.url}/channel/errors`]);
});

Deno.test("a paused webhook rests; a receiver that was down, and a process that was killed, lose nothing", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using receiver = startReceiver();
  let uris: string[] = [];
  {
    await using process = await startProcess({ database, env: { ...PRIVATE, PUBLIC_URL: "http://runnel" } });
    await send(process, "PUT", "/channel/c", {});
    const put = await send(process, "PUT", "/webhook/hook", {
      channel: "c",
      callbackUrl: "http://127.0.0.1:1/",
      parallelCalls: 3,
    });
    equal(put.status, 201);
    uris = await insert(process, 5);
    let error;
    do {
      ({ body: { lastError: error } } = await send(process, "GET", "/webhook/hook"));
    } while (error === null);
    match(error.error, /refused/i);
    await process.end("SIGKILL");
  }
  await using process = await startProcess({ database, env: { ...PRIVATE, PUBLIC_URL: "http://runnel" } });
  equal(
    (await send(process, "PATCH", "/webhook/hook", { paused: true, callbackUrl: receiver.url })).body.paused,
    true,
  );
  uris.push(...await insert(process, 1));
  equal(receiver.calls.length, 0);
  equal((await send(process, "PATCH", "/webhook/hook", { paused: false })).body.paused, false);
  await receiver.until(() => new Set(receiver.calls.flatMap(({ uris }) => uris)).size >= uris.length);
  deepEqual(receiver.calls.flatMap(({ uris }) => uris).toSorted(), uris);
});

Deno.test("callbacks to private addresses are refused: by number, by name, and by settings that are wrong", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await using receiver = startReceiver();
  await send(process, "PUT", "/channel/c", {});
  for (
    const host of [
      "127.0.0.1",
      "0x7f.1",
      "[::1]",
      "[::ffff:10.0.0.1]",
      "169.254.169.254",
      "10.1.2.3",
      "192.168.0.1",
      "0.0.0.0",
      "100.64.0.1",
      "[fd00::1]",
      "[64:ff9b::7f00:1]",
    ]
  ) {
    const { status, body } = await send(process, "PUT", "/webhook/hook", {
      channel: "c",
      callbackUrl: `http://${host}/`,
    });
    deepEqual([status, /private network/.test(body.detail)], [400, true], host);
  }
  const port = new URL(receiver.url).port;
  const byName = { channel: "c", callbackUrl: `http://localhost:${port}/` };
  equal(
    (await send(process, "PUT", "/webhook/hook", byName)).status,
    201,
    "a name is looked up when it is called",
  );
  await insert(process, 1);
  let error;
  do {
    ({ body: { lastError: error } } = await send(process, "GET", "/webhook/hook"));
  } while (error === null);
  match(error.error, /private network/);
  equal(receiver.calls.length, 0);
});

Deno.test("a webhook that cannot be is refused, and nothing is changed", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  await app.send("PUT", "/channel/d", {});
  const callbackUrl = "https://example.com/";
  const good = { channel: "c", callbackUrl };
  const wrong: [unknown, number][] = [
    [{}, 400],
    [{ channel: "c" }, 400],
    [{ callbackUrl }, 400],
    [{ ...good, channel: "none" }, 404],
    [{ callbackUrl, channelUrl: "http://other/channel/c" }, 400],
    [{ ...good, channelUrl: "http://datahub:8080/channel/d" }, 400],
    [{ ...good, callbackUrl: "ftp://example.com/" }, 400],
    [{ ...good, callbackUrl: "example.com" }, 400],
    [{ ...good, batch: "second" }, 400],
    [{ ...good, parallelCalls: 0 }, 400],
    [{ ...good, startItem: "tomorrow" }, 400],
    [{ ...good, startAfter: "tomorrow" }, 400],
    [{ ...good, startAfter: "latest", startItem: "previous" }, 400],
    [{ ...good, maxAttempts: -1 }, 400],
    [{ ...good, errorChannelUrl: "http://datahub:8080/channel/none" }, 400],
    [{ ...good, errorChannelUrl: "http://datahub:8080/channel/c" }, 400],
    [{ ...good, startItem: "http://datahub:8080/channel/d/00002FHOK8JMK000" }, 400],
    [{ ...good, secret: "abc" }, 400],
    [{ ...good, heartbeat: true }, 400],
    [{ ...good, ttlMinutes: 5 }, 400],
    [{ ...good, name: "other" }, 400],
    [{ ...good, callback: callbackUrl }, 400],
  ];
  for (const [body, status] of wrong) {
    const answer = await app.send("PUT", "/webhook/hook", body);
    equal(answer.status, status, `${JSON.stringify(body)}: ${await answer.text()}`);
  }
  equal((await app.send("PATCH", "/webhook/hook", { paused: true })).status, 404);
  equal((await app.send("PUT", "/webhook/hook", { ...good, paused: true })).status, 201);
  equal((await app.send("PUT", "/webhook/hook", { ...good, channel: "d" })).status, 400);
  equal((await app.send("PUT", "/webhook/hook", { startItem: "previous" })).status, 400);
  const toItself = { errorChannel: "c", maxAttempts: 3 };
  equal((await app.send("PATCH", "/webhook/hook", toItself)).status, 400);
  equal((await app.send("PUT", "/webhook/hook", toItself)).status, 400);
  equal((await (await app.request("/webhook/hook")).json()).maxAttempts, 0, "refused as a whole");
  const again = await app.send("PUT", "/webhook/hook", { ...good, batch: "minute", errorChannelUrl: "d" });
  const { batch, paused, errorChannelUrl } = await again.json();
  deepEqual([again.status, batch, paused, errorChannelUrl], [
    200,
    "minute",
    true,
    "http://datahub:8080/channel/d",
  ]);
  equal((await app.request("/channel/c", { method: "DELETE" })).status, 204);
  equal((await app.request("/webhook/hook")).status, 404, "a webhook goes with its channel");
});

Deno.test("with batch minute, one call has the addresses of all items of a minute that is over", async () => {
  await using app = await createTestApp({ webhookPrivate: true });
  await using receiver = startReceiver();
  await app.send("PUT", "/channel/c", {});
  await app.send("PUT", "/webhook/hook", { channel: "c", callbackUrl: receiver.url, batch: "MINUTE" });
  const ids: string[][] = [];
  for (let minute = 0; minute < 3; minute++) {
    const own: string[] = [];
    for (let i = 0; i <= minute; i++) {
      own.push(
        (await (await app.request("/channel/c", { method: "POST", body: "x" })).json())._links.self.href,
      );
    }
    ids.push(own);
    app.time.now += 60_000;
  }
  await app.services.webhooks.start();
  await receiver.until(() => receiver.calls.length >= 3);
  deepEqual(receiver.calls.map(({ uris }) => uris), ids);
});
