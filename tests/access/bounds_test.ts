import { deepEqual, equal, match } from "node:assert/strict";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { createChannel, send } from "../support/http.ts";

/** More connections than the process may have descriptors. */
const DESCRIPTORS = 160, CONNECTIONS = 400;

Deno.test("connections beyond the descriptor limit: the process goes on, answers, and nothing stored is lost", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    descriptors: DESCRIPTORS,
  });
  const channel = await createChannel(process.url, "news");
  const stored = (await fetch(channel, { method: "POST", body: "kept" })).headers.get("location")!;

  const port = Number(new URL(process.url).port);
  const held: Deno.Conn[] = [];
  // Refused while the port is opened again; whoever attacks tries again.
  while (held.length < CONNECTIONS) held.push(await eventually(() => Deno.connect({ port })));

  // Nobody has left: whoever still has a connection holds it.
  deepEqual(await eventually(async () => await (await fetch(stored)).text()), "kept");
  equal(await eventually(async () => (await send("POST", channel, "more")).status), 201);
  for (const connection of held) connection.close();
  match(process.log(), /no more can be accepted \(.*Too many open files.*raise ulimit -n/);
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
