/** What EventSource is told so that it can come back: positions, and what is gone. */
import { deepEqual, equal, match } from "../support/assert.ts";
import { blocksOf, type EventFields, eventsOf, take } from "../support/events.ts";
import { createChannel, insert, send } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

async function startRunnel() {
  const folder = await temporaryFolder();
  const process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  return {
    url: process.url,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Takes so many events, and leaves. */
async function some(events: AsyncGenerator<EventFields, unknown>, count: number): Promise<EventFields[]> {
  const taken = await take(events, count);
  await events.return(undefined);
  return taken;
}

async function insertMany(channel: string, count: number): Promise<string[]> {
  const body = Array.from({ length: count }, (_, i) => `${i}\n`).join("");
  const headers = { "Content-Type": "application/x-ndjson" };
  return (await (await fetch(`${channel}/bulk`, { method: "POST", headers, body })).json()).ids;
}

Deno.test("a stream that breaks before its first item resumes where it began", async () => {
  await using runnel = await startRunnel();
  const a = await createChannel(runnel.url, "a", { tags: ["t"] });
  await insert(a, "before");
  for (const [path, query] of [["channel/a/events", ""], ["events", "?channels=a"], ["events", "?tag=t"]]) {
    const [first] = await some(blocksOf(`${runnel.url}/${path}${query}`), 1);
    equal(first!.retry, "1000");
    const missed = await insert(a, "while nobody listened");
    const resumed = eventsOf(`${runnel.url}/${path}${query}`, { "Last-Event-ID": first!.id! });
    equal((await some(resumed, 1))[0]!.data, `${a}/${missed}`, `${path}${query}`);
  }
});

Deno.test("a follower of many channels resumes in the middle of what came together, and keeps quiet channels", async () => {
  await using runnel = await startRunnel();
  const [a, b] = [await createChannel(runnel.url, "a"), await createChannel(runnel.url, "b")];
  const old = await insert(b, "old");
  const all = `${runnel.url}/events?channels=a,b`;
  const events = blocksOf(all);
  await take(events, 1);
  const ids = await insertMany(a, 50);
  const [first] = await some(events, 1);
  equal(first!.data, `${a}/${ids[0]}`);
  equal(first!.id!.split(",").toSorted().join(), `a:${ids[0]},b:${old}`);
  const fromB = await insert(b, "new");
  const rest = await some(eventsOf(all, { "Last-Event-ID": first!.id! }), 50);
  deepEqual(
    rest.map(({ data }) => data!).toSorted(),
    [...ids.slice(1).map((id) => `${a}/${id}`), `${b}/${fromB}`].toSorted(),
  );
});

Deno.test("a channel that got the tag while nobody listened is followed from its beginning", async () => {
  await using runnel = await startRunnel();
  await createChannel(runnel.url, "a", { tags: ["t"] });
  const tagged = `${runnel.url}/events?tag=t`;
  const [first] = await some(blocksOf(tagged), 1);
  const late = await createChannel(runnel.url, "late");
  const id = await insert(late, "1");
  equal((await send("PATCH", late, { tags: ["t"] })).status, 200);
  const [event] = await some(eventsOf(tagged, { "Last-Event-ID": first!.id! }), 1);
  equal(event!.data, `${late}/${id}`);
});

Deno.test("a gap is said to whoever comes back, with a position to resume from, not to whoever begins", async () => {
  await using runnel = await startRunnel();
  const [a, b] = [
    await createChannel(runnel.url, "a", { maxItems: 2 }),
    await createChannel(runnel.url, "b", { maxItems: 2 }),
  ];
  const ids = await insertMany(a, 5);
  const [only] = await insertMany(b, 1);
  const gap = { after: ids[0], before: ids[3] };
  const begin = eventsOf(`${a}/events?content=true&after=earliest`);
  deepEqual((await some(begin, 2)).map(({ event, id }) => [event, id]), [["item", ids[3]], ["item", ids[4]]]);
  const zero = "0000000000000000";
  const back = await some(eventsOf(`${a}/events?content=true`, { "Last-Event-ID": zero }), 1);
  deepEqual([back[0]!.event, JSON.parse(back[0]!.data!)], ["gap", { gap: { after: zero, before: ids[3] } }]);
  deepEqual((await (await fetch(`${a}/${zero}/next/9`)).json()).gap, { after: zero, before: ids[3] });
  equal((await (await fetch(`${a}/earliest/9`)).json()).gap, undefined);

  const many = `${runnel.url}/events?channels=a,b&content=true`;
  const [told] = await some(eventsOf(many, { "Last-Event-ID": `a:${ids[0]},b:${only}` }), 1);
  deepEqual(JSON.parse(told!.data!), { gap });
  match(told!.id!, new RegExp(`^b:${only},a:${ids[0]}$`));
  const again = await some(eventsOf(many, { "Last-Event-ID": told!.id! }), 3);
  deepEqual(again.map(({ event }) => event), ["gap", "item", "item"]);
});

Deno.test("a quiet stream sends a comment, and the position where a filter let nothing through", async () => {
  await using runnel = await startRunnel();
  const a = await createChannel(runnel.url, "a");
  const quiet = blocksOf(`${a}/events`), filtered = blocksOf(`${a}/events?contentType=image/png`);
  const [[first], [beginning]] = await Promise.all([take(quiet, 1), take(filtered, 1)]);
  const id = await insert(a, "no picture");
  await take(quiet, 1);
  const [[comment], [moved]] = await Promise.all([some(quiet, 1), some(filtered, 1)]);
  deepEqual(comment, { "": "" });
  deepEqual([beginning!.id, moved], [first!.id, { id }]);
});
