import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createChannel, insert } from "../support/http.ts";
import { startProcess, temporaryFolder, type TestProcess } from "../support/process.ts";
import { exchange, RawConnection } from "../support/socket.ts";

const HANDSHAKE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** A process over a database of its own. */
async function startRunnel(
  env: Record<string, string> = {},
): Promise<TestProcess & { readonly database: string }> {
  const folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const process = await startProcess({ database, env });
  return {
    ...process,
    database,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A subscriber that keeps what it hears. */
class Listener implements Disposable {
  readonly messages: string[] = [];
  readonly closed: Promise<CloseEvent>;
  readonly #socket: WebSocket;
  #lines = 0;
  #expected = { lines: Infinity, come: Promise.withResolvers<void>() };

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.onclose = resolve);
    socket.onmessage = ({ data }) => {
      this.messages.push(data);
      this.#lines += data.split("\n").length;
      if (this.#lines >= this.#expected.lines) this.#expected.come.resolve();
    };
  }

  static async open(channel: string): Promise<Listener> {
    const socket = new WebSocket(`${channel.replace("http", "ws")}/ws`);
    const listener = new Listener(socket);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return listener;
  }

  /** Resolves when that many lines came since the connection opened; answers all of them. */
  async lines(count: number): Promise<string[]> {
    this.#expected = { lines: count, come: Promise.withResolvers() };
    if (this.#lines < count) await this.#expected.come.promise;
    return this.messages.flatMap((message) => message.split("\n"));
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

Deno.test("each subscriber gets one message an item, with its URL, from when it connected", async () => {
  await using process = await startRunnel();
  const channel = await createChannel(process.url, "news");
  await insert(channel, "before");
  using one = await Listener.open(channel);
  const first = `${channel}/${await insert(channel, "1")}`;
  deepEqual(await one.lines(1), [first]);
  using two = await Listener.open(channel.replace("127.0.0.1", "localhost"));
  const second = `${channel}/${await insert(channel, "2")}`;
  deepEqual(await one.lines(2), [first, second]);
  deepEqual(await two.lines(1), [second.replace("127.0.0.1", "localhost")]);
  deepEqual(one.messages, [first, second]);
});

Deno.test("subscribers of one process hear what another inserts, all of it, once and in order", async () => {
  await using one = await startRunnel();
  await using other = await startProcess({ database: one.database });
  const channel = await createChannel(one.url, "shared");
  const elsewhere = `${other.url}/channel/shared`;
  using here = await Listener.open(channel);
  using there = await Listener.open(elsewhere);
  const ids = await Promise.all(
    Array.from({ length: 600 }, (_, i) => insert(i % 2 ? channel : elsewhere, `${i}`)),
  );
  ids.sort();
  deepEqual(await here.lines(600), ids.map((id) => `${channel}/${id}`));
  deepEqual(await there.lines(600), ids.map((id) => `${elsewhere}/${id}`));
});

Deno.test("subscribers that come while items are inserted miss nothing that was inserted after they connected", async () => {
  await using process = await startRunnel();
  const channel = await createChannel(process.url, "joining");
  const last = Promise.withResolvers<string>();
  let inserting = true;
  const load = Promise.all(Array.from({ length: 8 }, async () => {
    while (inserting) await insert(channel, "load");
  }));
  const joined = await Promise.all(Array.from({ length: 60 }, async () => {
    const listener = await Listener.open(channel);
    return { listener, own: await insert(channel, "own") };
  }));
  inserting = false;
  await load;
  last.resolve(await insert(channel, "last"));
  const end = await last.promise;
  for (const { listener, own } of joined) {
    using _closing = listener;
    let lines: string[] = [];
    for (let count = 1; !lines.at(-1)?.endsWith(end); count++) lines = await listener.lines(count);
    const ids = lines.map((line) => line.slice(-16));
    ok(ids.includes(own), "the item inserted after the connection opened");
    deepEqual(ids, [...new Set(ids)].sort(), "once and in order");
  }
});

Deno.test("200 subscribers hear bursts whole and in order, crowded lines in one message", async () => {
  await using process = await startRunnel();
  const channel = await createChannel(process.url, "bursts");
  const listeners = await Promise.all(Array.from({ length: 200 }, () => Listener.open(channel)));
  const expected: string[] = [];
  for (let burst = 0; burst < 4; burst++) {
    const ids = await Promise.all(Array.from({ length: 150 }, (_, i) => insert(channel, `${i}`)));
    expected.push(...ids.sort().map((id) => `${channel}/${id}`));
    for (const listener of listeners) deepEqual(await listener.lines(expected.length), expected);
  }
  ok(listeners[0]!.messages.length < expected.length, "no message held several lines");
  for (const listener of listeners) listener[Symbol.dispose]();
  await Promise.all(listeners.map((listener) => listener.closed));
});

Deno.test("a subscription that cannot be is refused before the connection changes its protocol", async () => {
  await using process = await startRunnel();
  await createChannel(process.url, "there");
  const get = (path: string, headers: string) => `GET ${path} HTTP/1.1\r\nHost: runnel\r\n${headers}\r\n`;
  equal((await exchange(process.url, get("/channel/none/ws", HANDSHAKE)))?.status, 404);
  const plain = await exchange(process.url, get("/channel/there/ws", ""));
  equal(plain?.status, 426);
  equal(plain.headers.get("upgrade"), "websocket");
  const malformed = [
    HANDSHAKE.replace(/Sec-WebSocket-Key.*\r\n/, ""),
    HANDSHAKE.replace("Connection: Upgrade", "Connection: keep-alive"),
    HANDSHAKE.replace("Version: 13", "Version: 7"),
    HANDSHAKE.replace(/Sec-WebSocket-Version.*\r\n/, ""),
  ];
  for (const headers of malformed) {
    const response = await exchange(process.url, get("/channel/there/ws", headers));
    equal(response?.status, 400, `${headers}\n${response?.body}`);
    equal(response.headers.get("content-type"), "application/problem+json");
  }
  const good = await exchange(
    process.url,
    get("/channel/there/ws", HANDSHAKE.replace("websocket", "WebSocket")),
  );
  equal(good?.status, 101);
  equal(good.headers.get("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

Deno.test("subscribers of a channel that is deleted get 1001, whichever process deletes it", async () => {
  await using one = await startRunnel();
  await using other = await startProcess({ database: one.database });
  const channel = await createChannel(one.url, "doomed");
  using here = await Listener.open(channel);
  using there = await Listener.open(`${other.url}/channel/doomed`);
  equal((await fetch(channel, { method: "DELETE" })).status, 204);
  for (const { code, reason } of await Promise.all([here.closed, there.closed])) {
    equal(code, 1001);
    match(reason, /deleted/);
  }
});

Deno.test("what a subscriber sends does no harm", async () => {
  await using process = await startRunnel();
  const channel = await createChannel(process.url, "talkative");
  using quiet = await Listener.open(channel);
  using loud = await Listener.open(channel);
  loud.send("text");
  loud.send(new Uint8Array([0, 255]));
  loud.send("");
  using shouting = await Listener.open(channel);
  shouting.send(new Uint8Array(8 << 20));
  equal((await shouting.closed).code, 1009);
  using wide = await Listener.open(channel);
  wide.send("\u20ac".repeat(1_366));
  equal((await wide.closed).code, 1009, "bytes count, not characters");
  using garbled = await RawConnection.open(process.url);
  await garbled.send(`GET /channel/talkative/ws HTTP/1.1\r\nHost: runnel\r\n${HANDSHAKE}\r\n`);
  equal((await garbled.response())?.status, 101);
  // Not masked, with reserved bits, and a length of 2^63: each a breach of RFC 6455.
  await garbled.send(new Uint8Array([0xff, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0]));
  await garbled.rest();
  const ids = [await insert(channel, "1"), await insert(channel, "2")];
  const expected = ids.map((id) => `${channel}/${id}`);
  deepEqual(await quiet.lines(2), expected);
  deepEqual(await loud.lines(2), expected);
});

Deno.test("a subscriber that does not read is cut off, others go on, and memory stays bounded", async () => {
  // A long host makes long lines, so that few items fill what the system and Runnel hold for a socket.
  const host = "h".repeat(8000);
  await using process = await startRunnel({ ALLOWED_HOSTS: host });
  const channel = await createChannel(process.url, "slow");
  using slow = await RawConnection.open(process.url);
  await slow.send(`GET /channel/slow/ws HTTP/1.1\r\nHost: ${host}\r\n${HANDSHAKE}\r\n`);
  using reading = await Listener.open(channel);
  const before = await residentBytes(process.pid);
  const expected: string[] = [];
  for (let round = 0; round < 10; round++) {
    const ids = await Promise.all(Array.from({ length: 400 }, () => insert(channel, "")));
    expected.push(...ids.sort().map((id) => `${channel}/${id}`));
    deepEqual(await reading.lines(expected.length), expected);
  }
  ok(await residentBytes(process.pid) - before < 128 << 20, "memory grew with what was not read");
  // Who reads late gets everything; who reads nothing for seconds is cut off.
  while ((await (await fetch(process.url)).json()).holds.subscribers > 1);
  equal((await slow.response())?.status, 101);
  const heard = await slow.until("too slow");
  ok(heard !== undefined, "the connection ended without a close frame");
  ok(heard.length < expected.length * host.length, "everything was sent to who did not read");
});

async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
}
