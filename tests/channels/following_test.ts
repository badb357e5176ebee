import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { LAST_KEY } from "../../db/channels/pages.ts";
import { idOfKey } from "../../domain/channels/item_id.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";
import { createChannel, insert, send } from "../support/http.ts";
import { eventsOf, take } from "../support/events.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { until } from "../support/until.ts";

/** The messages of a socket, as they come. */
/** `opened`: what comes from then on is among the messages. */
function messagesOf(url: string): AsyncIterableIterator<string> & Disposable & { opened: Promise<void> } {
  const opened = Promise.withResolvers<void>();
  const socket = new WebSocket(url.replace(/^http/, "ws"));
  const waiting: string[] = [];
  let news = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  socket.onmessage = ({ data }) => {
    waiting.push(...String(data).split("\n"));
    news.resolve();
  };
  return {
    opened: opened.promise,
    async next() {
      while (waiting.length === 0) {
        news = Promise.withResolvers();
        await news.promise;
      }
      return { done: false, value: waiting.shift()! };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

Deno.test("a WebSocket resumes after an id, from the earliest, or since a time, then goes on live", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const channel = await createChannel(process.url, "news");
  const ids: string[] = [];
  for (let i = 0; i < 2_500; i++) ids.push(await insert(channel, `${i}`));
  const urls = () => ids.map((id) => `${channel}/${id}`);
  using all = messagesOf(`${channel}/ws?after=earliest`);
  using some = messagesOf(`${channel}/ws?after=${ids[2_000]}`);
  using recent = messagesOf(`${channel}/ws?since=1h`);
  deepEqual(await take(all, 2_500), urls());
  deepEqual(await take(some, 499), urls().slice(2_001));
  deepEqual(await take(recent, 2_500), urls());
  ids.push(await insert(channel, "live"));
  for (const socket of [all, some, recent]) deepEqual(await take(socket, 1), [urls().at(-1)]);
});

Deno.test("content, filters and gaps over a WebSocket and as Server-Sent Events", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const channel = await createChannel(process.url, "orders", { maxItems: 3 });
  const post = async (body: BodyInit, type: string) => {
    const response = await fetch(channel, { method: "POST", body, headers: { "Content-Type": type } });
    return (await response.json()).id as string;
  };
  const first = await post('{"status":"open"}', "application/json");
  await post("plain", "text/plain");
  const closed = await post('{"status": "closed"}', "application/json");
  const bytes = await post(new Uint8Array([0, 255]), "application/octet-stream");
  const open = await post('{"status":"open","n":1}', "application/json");

  using everything = messagesOf(`${channel}/ws?after=${first}&content=true`);
  const [gap, ...items] = (await take(everything, 4)).map((text) => JSON.parse(text));
  deepEqual(gap, { gap: { after: first, before: closed } });
  deepEqual(items.map(({ id, data, dataBase64 }) => [id, data ?? dataBase64]), [
    [closed, '{"status": "closed"}'],
    [bytes, "AP8="],
    [open, '{"status":"open","n":1}'],
  ]);
  using filtered = messagesOf(`${channel}/ws?after=earliest&where=/status=open&where=/n=1`);
  deepEqual(await take(filtered, 1), [`${channel}/${open}`]);
  using typed = messagesOf(`${channel}/ws?after=earliest&contentType=application/octet-stream`);
  deepEqual(await take(typed, 1), [`${channel}/${bytes}`]);

  const events = eventsOf(`${channel}/events?content=true`, { "Last-Event-ID": first });
  const taken = await take(events, 4);
  await events.return(undefined);
  deepEqual(taken.map(({ event }) => event), ["gap", "item", "item", "item"]);
  deepEqual(taken.map(({ id }) => id), [first, closed, bytes, open]);
});

Deno.test("many channels are followed at once, by name and by tag, and a channel that gets the tag later joins", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const [a, b] = [await createChannel(process.url, "a"), await createChannel(process.url, "b")];
  using named = messagesOf(`${process.url}/ws?channels=a,b&content=true&after=earliest`);
  using tagged = messagesOf(`${process.url}/ws?tag=market&content=true`);
  await tagged.opened;
  await fetch(a, { method: "POST", body: "1", headers: { "Content-Type": "text/plain" } });
  await fetch(b, { method: "POST", body: "2", headers: { "Content-Type": "text/plain" } });
  const both = (await take(named, 2)).map((text) => JSON.parse(text));
  deepEqual(both.map(({ channel, data }) => `${channel} ${data}`).toSorted(), ["a 1", "b 2"]);
  equal((await send("PATCH", b, { tags: ["market"] })).status, 200);
  const [late] = (await take(tagged, 1)).map((text) => JSON.parse(text));
  deepEqual([late.channel, late.data], ["b", "2"]);

  const events = eventsOf(`${process.url}/events?channels=a,b&after=earliest`);
  const [, last] = await take(events, 2);
  await events.return(undefined);
  match(last!.id!, /^[ab]:[0-9A-V]{16},[ab]:[0-9A-V]{16}$/);
  const resumed = eventsOf(`${process.url}/events?channels=a,b`, { "Last-Event-ID": last!.id! });
  const id = await insert(a, "3");
  equal((await take(resumed, 1))[0]!.data, `${a}/${id}`);
  await resumed.return(undefined);
});

Deno.test("a wrong option refuses the upgrade and says what is right", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/news", {});
  const headers = { Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Version": "13" };
  for (
    const [query, wanted] of [
      ["after=yesterday", /is no position/],
      ["since=1y", /ISO 8601/],
      ["after=earliest&since=1h", /where to begin/],
      ["where=status", /JSON pointer/],
      ["contnet=true", /not a known parameter/],
    ] as const
  ) {
    const answer = await app.request(`/channel/news/ws?${query}`, { headers });
    equal(answer.status, 400, query);
    match((await answer.json()).detail, wanted);
    equal((await app.request(`/channel/news/events?${query}`)).status, 400, query);
  }
  const { id } = await (await app.send("POST", "/channel/news", {})).json();
  const resumed = await app.stream("/channel/news/events?since=1h", { "Last-Event-ID": id });
  equal(resumed.status, 200);
  await resumed.body!.cancel();
  equal((await app.request("/channel/nothing/ws", { headers })).status, 404);
  equal((await app.request("/ws", { headers })).status, 400);
});

testOnBothEngines("lists: latest, earliest, next, previous and time, each with its links", async (app) => {
  await app.send("PUT", "/channel/news", {});
  const ids: string[] = [];
  for (let i = 0; i < 7; i++) {
    app.time.now += 1_000;
    ids.push((await (await app.request("/channel/news", { method: "POST", body: `${i}` })).json()).id);
  }
  const list = async (path: string) => await (await app.request(`/channel/news/${path}`)).json();
  const idsOf = async (path: string) => (await list(path)).items.map(({ id }: { id: string }) => id);
  deepEqual(await idsOf("latest/3"), ids.slice(-3));
  deepEqual(await idsOf("earliest/3"), ids.slice(0, 3));
  deepEqual(await idsOf(`${ids[2]}/next/2`), ids.slice(3, 5));
  deepEqual(await idsOf(`${ids[5]}/previous/2`), ids.slice(3, 5));
  deepEqual(await idsOf("0000000000000000/next/2"), ids.slice(0, 2));
  const middle = await list(`${ids[2]}/next/2`);
  const base = "http://datahub:8080/channel/news";
  deepEqual(middle._links, {
    self: { href: `${base}/${ids[2]}/next/2` },
    next: { href: `${base}/${ids[4]}/next/2` },
    previous: { href: `${base}/${ids[3]}/previous/2` },
  });
  deepEqual(Object.keys((await list("latest/7"))._links), ["self"]);
  equal((await app.request(`/channel/news/${ids[0]}/next`)).headers.get("location"), `${base}/${ids[1]}`);
  equal((await app.request(`/channel/news/${ids[6]}/next`)).status, 404);

  deepEqual(await idsOf("time/2026/01/02"), ids);
  deepEqual(await idsOf("time/2026/01/02/03/04/07"), [ids[1]]);
  const page = await list("time/2026/01/02/03?limit=4");
  deepEqual(page.items.map(({ id }: { id: string }) => id), ids.slice(0, 4));
  deepEqual(
    (await (await app.request(page._links.next.href.slice("http://datahub:8080".length))).json()).items.map((
      { id }: { id: string },
    ) => id),
    ids.slice(4),
  );
  for (const path of ["time/2026/02/30", "time/2026/01/02/24", "latest/0", "latest/10001", "xyz/next/2"]) {
    equal((await app.request(`/channel/news/${path}`)).status, 400, path);
  }
  equal(
    (await app.request("/channel/news/time/minute")).headers.get("location"),
    `${base}/time/2026/01/02/03/04`,
  );
  deepEqual((await list("status")).latest.id, ids[6]);
});

testOnBothEngines("what no key can be after is the end of a channel", async (app) => {
  await app.send("PUT", "/channel/news", {});
  const post = async () =>
    (await (await app.request("/channel/news", { method: "POST", body: "x" })).json()).id;
  const id = await post(), last = idOfKey(LAST_KEY);
  const countAt = async (path: string) => {
    const answer = await app.request(`/channel/news/${path}`);
    equal(answer.status, 200, `${path}: ${await answer.clone().text()}`);
    return (await answer.json()).items.length;
  };
  for (const path of ["time/6429/12/31", "time/9999/12/31", "time/7361/11/29/23", `${last}/next/2`]) {
    equal(await countAt(path), 0, path);
  }
  equal(await countAt(`${last}/previous/2`), 1);
  equal((await app.request("/channel/news/time/9999/12/31?bulk=true")).status, 200);
  equal((await app.request(`/channel/news/${last}/next`)).status, 404);
  equal((await app.request(`/channel/news/${last}/previous`)).headers.get("location")?.slice(-16), id);

  for (const start of ["9999-12-31T23:59:59Z", last]) {
    equal((await app.send("PUT", `/channel/news/consumers/late`, { start })).status, 201, start);
    const pulled = await app.send("POST", `/channel/news/consumers/late/pull`, {});
    deepEqual((await pulled.json()).items, [], start);
    equal((await app.request("/channel/news/consumers/late", { method: "DELETE" })).status, 204);
  }
});

testOnBothEngines("a gap is said exactly when items after the position are gone", async (app) => {
  await app.send("PUT", "/channel/short", { ttlMillis: 1_000 });
  const post = async () =>
    (await (await app.request("/channel/short", { method: "POST", body: "x" })).json()).id;
  const after = async (id: string) => await (await app.request(`/channel/short/${id}/next/10`)).json();
  const [first, second] = [await post(), await post()];
  equal((await after(first)).gap, undefined);
  app.time.now += 2_000;
  const third = await post();
  for (const swept of [false, true]) {
    if (swept) await app.services.items.sweep();
    deepEqual((await after(first)).gap, { after: first, before: third }, `swept: ${swept}`);
    equal((await after(second)).gap, undefined, `nothing is gone after the last that went, swept: ${swept}`);
  }
});

Deno.test("bulk reads stream contents as lines of JSON or as multipart/mixed", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/news", {});
  const bodies = Array.from({ length: 2_300 }, (_, i) => i === 5 ? '{\n  "n": 5\r\n}' : `{"n":${i}}`);
  for (const body of bodies) {
    await app.request("/channel/news", {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json" },
    });
  }
  const lines = await app.stream("/channel/news/earliest/10000?bulk=true", {
    Accept: "application/x-ndjson",
  });
  equal(lines.headers.get("content-type"), "application/x-ndjson");
  equal(lines.headers.get("last-item"), await app.services.items.latest("news"));
  const values = (await lines.text()).trimEnd().split("\n").map((line) => JSON.parse(line).n);
  deepEqual(values, bodies.map((_, i) => i));
  await app.request("/channel/news", { method: "POST", body: "plain" });
  const refused = await app.request("/channel/news/latest/2?bulk=true", {
    headers: { Accept: "application/x-ndjson" },
  });
  equal(refused.status, 406);
  const parts = await app.stream("/channel/news/latest/2?bulk=true");
  const boundary = /boundary=(.+)$/.exec(parts.headers.get("content-type")!)![1]!;
  const text = await parts.text();
  ok(text.endsWith(`\r\n--${boundary}--\r\n`));
  const [, json, plain] = text.split(`\r\n--${boundary}`);
  match(json!, /^\r\nContent-Type: application\/json\r\n[^]*\r\n\r\n\{"n":2299\}$/);
  match(plain!, /^\r\nContent-Type: text\/plain;charset=UTF-8\r\n[^]*\r\n\r\nplain$/);
});

Deno.test("a long poll answers at once, when something comes, or empty after its time", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/news", {});
  const post = async () =>
    (await (await app.request("/channel/news", { method: "POST", body: "x" })).json()).id;
  const first = await post();
  const poll = async (after: string, wait: string) =>
    (await (await app.request(`/channel/news/${after}/next/10?wait=${wait}`)).json()).items;
  equal((await poll("0000000000000000", "30s")).length, 1);
  const waiting = poll(first, "30s");
  const second = await post();
  deepEqual((await waiting).map(({ id }: { id: string }) => id), [second]);
  deepEqual(await poll(second, "20ms"), []);
  equal((await app.request(`/channel/news/${first}/next/10?wait=5m`)).status, 400);
});

Deno.test("a channel that loses the tag leaves, and goes on where it was when it gets the tag again", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const tag = { tags: ["t"] };
  const [a, b] = [await createChannel(process.url, "a", tag), await createChannel(process.url, "b", tag)];
  const url = `${process.url}/events?tag=t&after=earliest`;
  const events = eventsOf(url);
  const first = await insert(a, "1");
  const [seen] = await take(events, 1);
  equal(seen!.data, `${a}/${first}`);
  await until(async () => await subscribersOf(process.url) === 2);
  equal((await send("PATCH", a, { tags: [] })).status, 200);
  await until(async () => await subscribersOf(process.url) === 1);
  const away = await insert(a, "2"), other = await insert(b, "3");
  equal((await take(events, 1))[0]!.data, `${b}/${other}`);
  const back = eventsOf(url, { "Last-Event-ID": seen!.id! });
  equal((await take(back, 1))[0]!.data, `${b}/${other}`);
  equal((await send("PATCH", a, tag)).status, 200);
  for (const stream of [events, back]) {
    equal((await take(stream, 1))[0]!.data, `${a}/${away}`, "nothing is missed, and nothing comes twice");
    await stream.return(undefined);
  }
});

Deno.test("HEAD of a stream is answered at once, and follows nothing", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await createChannel(process.url, "c", { tags: ["t"] });
  const streams = ["/channel/c/events?after=earliest", "/events?tag=t", "/user/sessions-live"];
  for (const path of [...streams, "/dashboard/channels/c/live"]) {
    const answer = await fetch(`${process.url}${path}`, { method: "HEAD" });
    const { status, headers } = answer;
    deepEqual([path, status, headers.get("content-type"), await answer.text()], [
      path,
      200,
      "text/event-stream",
      "",
    ]);
  }
  equal((await fetch(`${process.url}/channel/none/events`, { method: "HEAD" })).status, 404);
  await until(async () => await subscribersOf(process.url) === 0);
});

async function subscribersOf(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^runnel_subscribers (\d+)$/m.exec(metrics)?.[1]);
}
