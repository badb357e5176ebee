import { deepEqual, equal, match, ok } from "../support/assert.ts";
import Database from "libsql";
import { createTestApp, type TestApp } from "../support/app.ts";
import { eventsOf, take } from "../support/events.ts";
import { flipBit } from "../support/flip.ts";
import { createChannel, insert, send } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

/** Runs `use` with a process over a file, and ends the process. */
async function served(path: string, use: (url: string) => Promise<void>): Promise<void> {
  await using process = await startProcess({ database: `file:${path}` });
  await use(process.url);
  equal(await process.end("SIGTERM"), 0, process.log());
}

async function refusal(url: string, init?: RequestInit): Promise<[number, string]> {
  const response = await fetch(url, init), { type } = await response.json();
  return [response.status, type];
}

const DAMAGED = [500, "/docs/errors#damaged"];
const plain = (body: string, headers: Record<string, string> = {}) => ({
  method: "POST",
  body,
  headers: { "Content-Type": "text/plain", ...headers },
});

/** The ways in which items get into a channel, each with the text that it writes. */
const WAYS: Record<string, (channel: string, text: string) => Promise<unknown>> = {
  "one": (channel, text) => insert(channel, text),
  "with an Item-Key": (channel, text) => fetch(channel, plain(text, { "Item-Key": "k" })).then(read),
  "with an Idempotency-Key": (channel, text) =>
    fetch(channel, plain(text, { "Idempotency-Key": "i" })).then(read),
  "conditional": (channel, text) => fetch(channel, plain(text, { "If-None-Match": "*" })).then(read),
  "many": (channel, text) => bulk(channel, [text]),
  "more than a transaction holds": (channel, text) =>
    bulk(channel, [text, ...Array(6).fill("x".repeat(1 << 20))]),
};

const bulk = (channel: string, texts: string[]) =>
  fetch(`${channel}/bulk`, {
    method: "POST",
    body: texts.map((text) => JSON.stringify(text)).join("\n"),
    headers: { "Content-Type": "application/x-ndjson" },
  }).then(read);

async function read(response: Response) {
  const answer = await response.json();
  ok(response.ok, JSON.stringify(answer));
  return answer;
}

Deno.test("an item of which a bit flipped is never answered, however it was written; all others are", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  const names = Object.keys(WAYS).map((_, i) => `way${i}`);
  await served(path, async (url) => {
    for (const [i, write] of Object.values(WAYS).entries()) {
      const channel = await createChannel(url, names[i]!);
      await write(channel, `way ${i} of writing`);
      await fetch(channel, plain("after")).then(read);
    }
  });
  for (const i of names.keys()) await flipBit(path, `way ${i} of writing`);
  await served(path, async (url) => {
    equal((await fetch(`${url}/ready`)).status, 200);
    for (const [i, name] of names.entries()) {
      const way = Object.keys(WAYS)[i]!, channel = `${url}/channel/${name}`;
      const { items } = await fetch(`${channel}/earliest/100`).then(read) as { items: { id: string }[] };
      deepEqual(await refusal(`${channel}/${items[0]!.id}`), DAMAGED, way);
      deepEqual(await refusal(`${channel}/earliest/1?bulk=true`), DAMAGED, way);
      for (const { id } of items.slice(1)) {
        const response = await fetch(`${channel}/${id}`);
        equal(response.status, 200, way);
        match(await response.text(), /^"?(after|x+)"?$/);
      }
    }
    const ready = await fetch(`${url}/ready`), { errors } = await ready.json();
    equal(ready.status, 503);
    equal(errors.length, 1);
    match(errors[0].message, /item [0-9A-V]{16} of channel number 1, .*runnel doctor/);
    equal(errors[0].path, "damage");
    equal((await fetch(`${url}/health`)).status, 200);
  });
});

Deno.test("lines of JSON with a flipped bit are refused, whatever the items' headers are; others are not", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  const json = (body: string, headers = {}) =>
    plain(body, { "Content-Type": "application/json", ...headers });
  const contents = {
    plain: ['{"n":1}', '{"n":2}', '{"sound":"plain"}'],
    pretty: ['{\n  "n": 1\n}', '{"sound":"pretty"}'],
    keyed: ['{"n":1}', '{"sound":"keyed"}'],
  };
  const lines = (url: string, name: string) =>
    fetch(`${url}/channel/${name}/earliest/10?bulk=true`, { headers: { Accept: "application/x-ndjson" } });
  await served(path, async (url) => {
    for (const [name, bodies] of Object.entries(contents)) {
      const channel = await createChannel(url, name);
      for (const body of bodies) {
        await fetch(channel, json(body, name === "keyed" ? { "Item-Key": "k" } : {})).then(read);
      }
      const expected = bodies.map((body) => body.replaceAll("\n", " ") + "\n").join("");
      equal(await (await lines(url, name)).text(), expected);
    }
  });
  for (const name of Object.keys(contents)) await flipBit(path, `"sound":"${name}"`);
  await served(path, async (url) => {
    for (const name of Object.keys(contents)) {
      const response = await lines(url, name);
      deepEqual([response.status, (await response.json()).type], DAMAGED, name);
    }
  });
});

Deno.test("followers get past a damaged item, and are told that it is missing; so do consumers", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  let first = "";
  await served(path, async (url) => {
    const channel = await createChannel(url, "c");
    await send("PUT", `${channel}/consumers/w`, { start: "earliest" }).then(read);
    first = await insert(channel, "first");
    await insert(channel, "the one that rots");
    await insert(channel, "third");
  });
  await flipBit(path, "the one that rots");
  await served(path, async (url) => {
    const channel = `${url}/channel/c`;
    const events = eventsOf(`${channel}/events?content=true&after=earliest`);
    const taken = await take(events, 3);
    await events.return(undefined);
    deepEqual(taken.map(({ event }) => event), ["item", "gap", "item"]);
    equal(JSON.parse(taken[1]!.data!).gap.after, first);
    const { items } = await send("POST", `${channel}/consumers/w/pull`, { max: 10 }).then(read);
    deepEqual(items.map(({ data }: { data: string }) => data), ["first", "third"]);
  });
});

Deno.test("a copy in a dead-letter channel has a checksum of its own, also when it is a copy of a copy", async () => {
  await using app = await createTestApp({ engine: "file" });
  const settings = { start: "earliest", maxDeliver: 1, ackWait: "1s" };
  for (const name of ["c", "b", "a"]) await app.send("PUT", `/channel/${name}`, {});
  await app.send("PUT", "/channel/a/consumers/w", { ...settings, deadLetter: "b" });
  await app.send("PUT", "/channel/b/consumers/w", { ...settings, deadLetter: "c" });
  await app.request("/channel/a", plain("poison"));
  for (const name of ["a", "b"]) {
    const pull = async () => await (await app.send("POST", `/channel/${name}/consumers/w/pull`, {})).json();
    equal((await pull()).items.length, 1);
    app.time.now += 2_000;
    equal((await pull()).items.length, 0);
  }
  for (const name of ["b", "c"]) equal(await (await app.request(await newest(app, name))).text(), "poison");
  const other = new Database(app.database.file!);
  other.exec(`UPDATE item SET meta = replace(meta, '"b"', '"x"') WHERE meta LIKE '%:"b"%'`);
  other.close();
  equal((await app.request(await newest(app, "b"))).status, 200);
  const response = await app.request(await newest(app, "c"));
  deepEqual([response.status, (await response.json()).type], DAMAGED);
});

async function newest(app: TestApp, channel: string): Promise<string> {
  const { items: [item] } = await (await app.request(`/channel/${channel}/latest/1`)).json();
  return `/channel/${channel}/${item.id}`;
}
