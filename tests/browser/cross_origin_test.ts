import { deepEqual, equal, ok } from "../support/assert.ts";
import { openPage } from "../support/browser.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

/** A web site of its own, whose only page is empty. */
function startSite() {
  const page = () =>
    new Response("<!doctype html><title>shop</title>", { headers: { "Content-Type": "text/html" } });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, page);
  // Another host than that of Runnel, so that every request from the page is cross-site.
  return { url: `http://localhost:${server.addr.port}`, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** What the page does; it runs in the browser. */
async function useChannels(base: string) {
  const channel = `${base}/channel/shop`;
  const json = { "Content-Type": "application/json" };
  const created = await fetch(channel, { method: "PUT", headers: json, body: '{"maxItems": 2}' });
  const headers = { ...json, "Idempotency-Key": "1", "Item-Key": "k", "Content-Language": "de" };
  const insert = () => fetch(channel, { method: "POST", headers, body: '{"n":1}' });
  const [first, again] = [await insert(), await insert()];
  const { id } = await first.json();
  const refused = await fetch(channel, {
    method: "POST",
    headers: { ...json, "If-Latest": "none" },
    body: "2",
  });
  const item = await fetch(`${channel}/latest`, { headers: { Range: "bytes=0-1" } });
  const second = await (await fetch(channel, { method: "POST", headers: json, body: "2" })).json();
  const bulk = await fetch(`${channel}/earliest/1?bulk=true`, {
    headers: { Accept: "application/x-ndjson" },
  });
  const socket = await new Promise<string>((resolve, reject) => {
    const socket = new WebSocket(`${channel.replace("http", "ws")}/ws?after=${id}`);
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = () => reject(new Error("no WebSocket"));
  });
  const event = await new Promise<string>((resolve, reject) => {
    const source = new EventSource(`${channel}/events?after=${id}`);
    source.addEventListener("item", ({ lastEventId }) => (source.close(), resolve(lastEventId)));
    source.onerror = () => reject(new Error("no EventSource"));
  });
  const resumed = await fetch(`${channel}/events`, { headers: { "Last-Event-ID": id } });
  const reader = resumed.body!.getReader();
  let text = "";
  while (!text.includes("event: item")) text += new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();
  const deleted = await fetch(channel, { method: "DELETE" });
  return {
    statuses: [created, first, again, refused, item, bulk, deleted].map(({ status }) => status),
    location: first.headers.get("location"),
    replay: again.headers.get("idempotent-replay"),
    ofItem: ["etag", "creation-date", "item-key", "content-range"].map((name) => item.headers.get(name)),
    ofBulk: ["link", "last-item"].map((name) => bulk.headers.get(name)),
    id,
    second: second.id,
    socket,
    event,
    text,
  };
}

Deno.test("a page of an allowed origin writes, reads and follows channels; of another one it can do nothing", async () => {
  await using folder = await temporaryFolder();
  await using shop = startSite();
  await using other = startSite();
  await using runnel = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    env: { CORS_ORIGINS: shop.url },
  });
  await using browser = await openPage(shop.url);
  const seen = await browser.page.evaluate(useChannels, runnel.url);
  const channel = `${runnel.url}/channel/shop`;
  deepEqual(seen.statuses, [201, 201, 201, 412, 206, 200, 204]);
  deepEqual([seen.location, seen.replay], [`${channel}/${seen.id}`, "true"]);
  ok(seen.ofItem.every((value) => value !== null), `not exposed: ${seen.ofItem}`);
  deepEqual(seen.ofBulk, [`<${channel}/${seen.id}/next/1>;rel="next"`, seen.id]);
  deepEqual([seen.socket, seen.event], [`${channel}/${seen.second}`, seen.second]);
  ok(seen.text.includes(seen.second));

  await using stranger = await openPage(other.url);
  const attempt = stranger.page.evaluate(useChannels, runnel.url);
  equal(
    await attempt.then(() => "allowed", (error) => /Failed to fetch/.test(error.message) && "refused"),
    "refused",
  );
  equal((await fetch(channel)).status, 404);
});
