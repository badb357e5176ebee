/** Workers over a WebSocket. */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { RunnelClient } from "../../client/mod.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const AT = "/channel/c/consumers/w";

Deno.test("a worker over a WebSocket is sent what it has room for, and gives back what it held", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const send = (method: string, path: string, body: unknown) =>
    fetch(`${process.url}${path}`, {
      method,
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
    });
  await (await send("PUT", "/channel/c", {})).body?.cancel();
  await (await send("PUT", AT, { start: "earliest" })).body?.cancel();
  for (let i = 0; i < 5; i++) await (await send("POST", "/channel/c", i)).body?.cancel();
  const socket = new WebSocket(`${process.url.replace("http", "ws")}${AT}/ws?max=2`);
  const messages: Record<string, unknown>[] = [];
  let news = Promise.withResolvers<void>();
  socket.onmessage = ({ data }) => {
    messages.push(JSON.parse(data));
    news.resolve();
  };
  const until = async (count: number) => {
    while (messages.length < count) {
      news = Promise.withResolvers();
      await news.promise;
    }
  };
  await until(2);
  deepEqual(messages.map(({ data }) => data), ["0", "1"]);
  socket.send("nonsense");
  await until(3);
  equal((messages[2]!.error as { code: string }).code, "invalid-request");
  socket.send(JSON.stringify({ ack: [messages[0]!.id], lease: messages[0]!.lease }));
  await until(4);
  equal(messages[3]!.data, "2");
  socket.send(JSON.stringify({ nack: [messages[1]!.id] }));
  await until(5);
  deepEqual([messages[4]!.data, messages[4]!.delivery], ["1", 2]);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
  const back = new Set<string>();
  while (!back.has("1") || !back.has("2")) {
    const { items } = await (await send("POST", `${AT}/pull`, { max: 10, wait: "10s" })).json();
    ok(items.length > 0, "what it held comes back at once, long before 30 s");
    for (const { data } of items) back.add(data);
  }
  const refused = await fetch(`${process.url}/channel/c/consumers/none/ws`);
  equal(refused.status, 404);
  await refused.body?.cancel();
});

Deno.test("a worker over a WebSocket that lets its time pass has room again", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const { channels } = new RunnelClient({ url: process.url });
  await channels.create("c");
  for (const word of ["a", "b"]) await channels.post("c", word, "text/plain");
  await channels.consumer("c", "w").put({ start: "earliest", ackWait: "1s" });
  const socket = new WebSocket(`${process.url.replace("http", "ws")}${AT}/ws?max=1`);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  const seen: string[] = [];
  const all = Promise.withResolvers<void>();
  socket.onmessage = (event) => {
    const { id, lease, data, delivery } = JSON.parse(event.data);
    seen.push(`${data}/${delivery}`);
    // The first time nobody says anything.
    if (seen.length > 1) socket.send(JSON.stringify({ ack: [id], lease }));
    if (data === "b") all.resolve();
  };
  await all.promise;
  deepEqual(seen, ["a/1", "a/2", "b/1"]);
  socket.close();
  await closed;
});
