import { equal, match, ok } from "../support/assert.ts";
import { CONNECTION_LIMITS, type ConnectionLimits } from "../../routes/serving/connections.ts";
import { keepServing } from "../../routes/serving/keep_serving.ts";
import { createPeer } from "../../routes/serving/peer.ts";
import { socketsOf } from "../../routes/serving/sockets.ts";
import { exchange, RawConnection } from "../support/socket.ts";

const QUICK: ConnectionLimits = {
  ...CONNECTION_LIMITS,
  headMillis: 300,
  idleMillis: 600,
  takeMillis: 400,
  lookMillis: 50,
};
const describe = createPeer(false);
const HOST = "Host: localhost\r\n";

async function serve(
  handler: (request: Request) => Response | Promise<Response>,
  limits: Partial<ConnectionLimits> = {},
): Promise<AsyncDisposable & { readonly url: string; readonly log: string[] }> {
  const log: string[] = [];
  const listening = Promise.withResolvers<number>();
  const server = keepServing(
    { hostname: "127.0.0.1", port: 0 },
    async (request, info, connections) => {
      const peer = describe(info, connections);
      peer.address();
      peer.began();
      const answer = await handler(request);
      peer.ended(answer.status);
      return answer;
    },
    listening.resolve,
    (line) => log.push(line),
    { ...QUICK, ...limits },
  );
  const url = `http://127.0.0.1:${await listening.promise}`;
  return { url, log, [Symbol.asyncDispose]: () => server.shutdown() };
}

const hello = () => new Response("hello");

Deno.test("half a header: the connection is closed after the time for heads, however it drips", async () => {
  await using server = await serve(hello, { idleMillis: 3_600_000 });
  using silent = await RawConnection.open(server.url);
  using half = await RawConnection.open(server.url);
  using dripping = await RawConnection.open(server.url);
  await half.send(`GET / HTTP/1.1\r\n${HOST}`);
  await dripping.send("GET / HTTP/1.1\r\nX-A: ");
  const drip = setInterval(() => dripping.send("a"), 20);
  const ends = await Promise.all([silent.rest(), half.rest(), dripping.rest()]);
  clearInterval(drip);
  equal(ends.join(""), "");
});

Deno.test("half a header after an answer: the connection is closed after the time for heads", async () => {
  await using server = await serve(hello, { idleMillis: 3_600_000 });
  using connection = await RawConnection.open(server.url);
  await connection.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  equal((await connection.response())?.body, "hello");
  const drip = setInterval(() => connection.send("G"), 20);
  const end = await connection.rest();
  clearInterval(drip);
  ok(end === "" || /^HTTP\/1.1 400/.test(end), end);
});

Deno.test("idle keep-alive: the connection is closed after its time, and one that is used stays", async () => {
  await using server = await serve(hello);
  using idle = await RawConnection.open(server.url);
  using used = await RawConnection.open(server.url);
  const request = `GET / HTTP/1.1\r\n${HOST}\r\n`;
  await idle.send(request);
  await idle.response();
  let isClosed = false, answers = 0;
  const end = idle.rest().then(() => isClosed = true);
  while (!isClosed) {
    await used.send(request);
    equal((await used.response())?.body, "hello");
    answers++;
  }
  await end;
  ok(answers > 0);
  await used.send(request);
  equal((await used.response())?.body, "hello");
});

Deno.test("a body without an end, after its request was refused: the connection is closed", async () => {
  await using server = await serve(() => new Response("too slow", { status: 408 }), {
    headMillis: 3_600_000,
    idleMillis: 3_600_000,
  });
  using connection = await RawConnection.open(server.url);
  await connection.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\nabc`);
  match(await connection.rest(), /408/);
});

Deno.test("who takes nothing of an answer is cut off, and the stream is cancelled", async () => {
  const cancelled = Promise.withResolvers<void>();
  const piece = new Uint8Array(1 << 16);
  await using server = await serve(() =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(piece),
        cancel: () => cancelled.resolve(),
      }),
    )
  );
  using connection = await RawConnection.open(server.url);
  await connection.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  await cancelled.promise;
});

Deno.test("an answer that is made for longer than a connection may be idle is sent", async () => {
  const made = Promise.withResolvers<Response>();
  await using server = await serve(({ url }) => url.endsWith("/slow") ? made.promise : hello());
  using slow = await RawConnection.open(server.url);
  using idle = await RawConnection.open(server.url);
  await slow.send(`GET /slow HTTP/1.1\r\n${HOST}\r\n`);
  await idle.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  // The idle one was answered after the slow one began, and its time is over.
  match(await idle.rest(), /hello$/);
  made.resolve(hello());
  equal((await slow.response())?.body, "hello");
});

Deno.test("a WebSocket stays open without messages", async () => {
  await using server = await serve((request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 1 });
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
  const socket = new WebSocket(server.url.replace("http", "ws"));
  await new Promise((resolve) => socket.onopen = resolve);
  using idle = await RawConnection.open(server.url);
  equal(await idle.rest(), "");
  using later = await RawConnection.open(server.url);
  equal(await later.rest(), "");
  const answer = new Promise<MessageEvent>((resolve) => socket.onmessage = resolve);
  socket.send("still there");
  equal((await answer).data, "still there");
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});

Deno.test("one address has a share of the connections: those that never had an answer are closed first", async () => {
  await using server = await serve(hello, {
    headMillis: 3_600_000,
    idleMillis: 3_600_000,
    share: 20 / socketsOf(0)!.limit,
  });
  using used = await RawConnection.open(server.url);
  const request = `GET / HTTP/1.1\r\n${HOST}\r\n`;
  await used.send(request);
  await used.response();
  const idle = await Promise.all(Array.from({ length: 40 }, () => RawConnection.open(server.url)));
  await Promise.race(idle.map((connection) => connection.rest()));
  await used.send(request);
  equal((await used.response())?.body, "hello");
  for (const connection of idle) connection[Symbol.dispose]();
  match(server.log.join("\n"), /connections were closed.*of one address/);
  equal((await exchange(server.url, request))?.status, 200);
});
