import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createTestApp } from "../support/app.ts";
import { startProcess, temporaryFolder, type TestProcess } from "../support/process.ts";

const TEXT = { "Content-Type": "text/plain" };

async function insert({ url }: TestProcess, content: string): Promise<string> {
  const answer = await fetch(`${url}/channel/c`, { method: "POST", headers: TEXT, body: content });
  return (await answer.json()).id;
}

/** Events of a stream, from the position after `after`, as `[kind, text]`. */
function eventsOf({ url }: TestProcess, after: string) {
  const leaving = new AbortController();
  const address = `${url}/dashboard/channels/c/live?after=${after}`;
  const opened = fetch(address, { signal: leaving.signal });
  async function* events() {
    let text = "";
    for await (const piece of (await opened).body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (text += piece).split("\n\n");
      text = blocks.pop()!;
      for (const block of blocks) {
        const kind = /^event: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (kind !== undefined) yield [kind, data ? JSON.parse(data).data : ""] as const;
      }
    }
  }
  return { opened, events: events(), leave: () => leaving.abort() };
}

async function startChannel(folder: string): Promise<TestProcess> {
  const runnel = await startProcess({ database: `file:${folder}/runnel.db` });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${runnel.url}/channel/c`, { method: "PUT", headers, body: "{}" });
  equal(answer.status, 201);
  await answer.body?.cancel();
  return runnel;
}

Deno.test("those who look at a channel see each item once, in order, whoever came first or leaves", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startChannel(folder.path);
  const first = await insert(runnel, "0");
  const one = eventsOf(runnel, "0000000000000000"), seen: string[] = [];
  deepEqual((await one.events.next()).value, ["item", "0"]);
  const two = eventsOf(runnel, first);
  await two.opened;
  await insert(runnel, "1");
  deepEqual((await one.events.next()).value, ["item", "1"]);
  one.leave();
  for (let i = 2; i < 6; i++) await insert(runnel, String(i));
  for await (const [kind, text] of two.events) {
    equal(kind, "item");
    seen.push(text);
    if (text === "5") break;
  }
  deepEqual(seen, ["1", "2", "3", "4", "5"]);
  two.leave();
});

Deno.test("what comes faster than anybody can look is left out, and said to be", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startChannel(folder.path);
  const first = await insert(runnel, "first");
  const lines = Array.from({ length: 5_000 }, (_, i) => `{"n":${i}}`).join("\n");
  const answer = await fetch(`${runnel.url}/channel/c/bulk`, {
    method: "POST",
    headers: { "Content-Type": "application/x-ndjson" },
    body: lines,
  });
  equal(answer.status, 201);
  await answer.body?.cancel();
  const { events, leave } = eventsOf(runnel, first), seen: string[] = [];
  for await (const [kind, text] of events) {
    seen.push(kind === "cut" ? "cut" : text);
    if (text === '{"n":4999}') break;
  }
  leave();
  equal(seen[0], "cut");
  ok(seen.length <= 21, `${seen.length}`);
  deepEqual(seen.slice(-2), ['{"n":4998}', '{"n":4999}']);
});

Deno.test("the live end of a channel is refused where the channel is unknown, or the position is none", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startChannel(folder.path);
  for (
    const [path, status] of [["c/live?after=x", 400], ["none/live", 404], ["c/live?where=x", 400]] as const
  ) {
    const answer = await fetch(`${runnel.url}/dashboard/channels/${path}`);
    await answer.body?.cancel();
    equal(answer.status, status, path);
  }
});

Deno.test("the live end of a channel ends when the process stops", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  const answer = await app.stream("/dashboard/channels/c/live");
  await app.services.close();
  match(await answer.text(), /^retry: /);
});
