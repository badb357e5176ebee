import { doesNotMatch, equal, match } from "../support/assert.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { createChannel, send } from "../support/http.ts";
import { RawConnection } from "../support/socket.ts";

/** More connections than the process may have descriptors. */
const DESCRIPTORS = 1_024, CONNECTIONS = 3_000;

Deno.test("connections beyond the descriptor limit: accepting pauses and goes on, and who is answered stays", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    descriptors: DESCRIPTORS,
  });
  const channel = await createChannel(process.url, "news");
  using client = await RawConnection.open(process.url);
  const insert = "POST /channel/news HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nkept";
  await client.send(insert);
  const stored = JSON.parse((await client.response())!.body).id;

  const port = Number(new URL(process.url).port);
  const attack = Array.from({ length: CONNECTIONS }, () => Deno.connect({ port }).catch(() => undefined));
  await Promise.any(attack);

  // Nobody leaves by himself.
  for (let i = 0; i < 200; i++) {
    await client.send(insert);
    equal((await client.response())?.status, 201);
  }
  equal(await eventually(async () => await (await fetch(`${channel}/${stored}`)).text()), "kept");
  equal(await eventually(async () => (await send("POST", channel, "more")).status), 201);
  for (const connection of await Promise.all(attack)) connection?.close();
  match(process.log(), /connections were closed.*raise ulimit -n/);
  doesNotMatch(process.log(), /Too many open files/);
  equal(await process.end("SIGTERM"), 0);
});

/** The first answer: a connection may be closed together with those of the attack. */
async function eventually<T>(ask: () => Promise<T>, tries = 200): Promise<T> {
  for (let i = 1;; i++) {
    try {
      return await ask();
    } catch (error) {
      if (i === tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
