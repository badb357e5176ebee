import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { AREA_NAMES, type AreaName } from "../../domain/areas.ts";
import { createTestApp, type TestApp } from "../support/app.ts";
import { temporaryFolder } from "../support/process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

async function fine(response: Response): Promise<void> {
  ok(response.ok, `${response.status} ${await response.text()}`);
}

/** Writes to every area what is hard to bring back. */
async function fill(app: TestApp): Promise<void> {
  const post = async (channel: string, body: BodyInit, headers: Record<string, string>) =>
    await fine(await app.request(`/channel/${channel}`, { method: "POST", body, headers }));
  await fine(
    await app.send("PUT", "/channel/news", { tags: ["b", "a"], description: "täglich", ttlMillis: null }),
  );
  await fine(await app.send("PUT", "/channel/few", { maxItems: 2, owner: "ann" }));
  await fine(await app.send("PUT", "/channel/empty", { compact: true }));
  await post("news", "text with \uFFFD, \u2028 and \0", { "Content-Type": "text/plain; charset=utf-8" });
  await post("news", new Uint8Array([0xFF, 0, 0xFE]), {
    "Content-Type": "image/png",
    "Content-Language": "de",
  });
  await post("news", "", { "Content-Type": "text/plain", "Item-Key": "k" });
  app.time.now += 5;
  for (const body of ["1", "2", "3"]) await post("few", body, { "Content-Type": "application/json" });

  const profile = (account: string, body: object) => app.send("PUT", `/profile/app/${account}`, body);
  await fine(await app.send("PUT", "/event/app/zoe/click", {}));
  await fine(
    await profile("bob", { twitter: { id: "7", location: "Paris" }, crm: { id: "c", plan: "pro" } }),
  );
  await fine(await profile("ann", { twitter: { id: "7", location: "Rome" }, github: { id: "g" } }));
  await fine(await profile("eve", { github: { id: "g" } }));
  await fine(await app.send("POST", "/profile/app/eve/split", { service: "github", id: "g" }));
  for (const context of ["", "home", "home"]) {
    await fine(await app.send("PUT", "/event/app/bob/open", context === "" ? {} : { context }));
  }

  const store = "/api/store/NASDAQ";
  await fine(
    await app.send("PUT", `${store}/ACME`, {
      close: { "2020-01-02": 0.1, "2020-01-03T00:00:00.000000001": null },
    }),
  );
  await fine(
    await app.send("PUT", `${store}/ACME?mode=append`, {
      close: { "2020-01-04": 1 / 3 },
      n: { "2020-01-04": 7 },
    }),
  );
  await fine(
    await app.send("PUT", `${store}/zoned`, {
      s: { "2020-01-02T00:00:00Z": "ä\uFFFD", "2020-01-03T00:00:00Z": true },
    }),
  );
  await fine(await app.send("PATCH", store, { duplicates: "keep" }));

  const at = "2026-01-01T10:00:00";
  await fine(
    await app.send("POST", "/user/batches", [
      { user_id: "u1", session_id: "a", event: "start", country: "DE", ts: at },
      { user_id: "u1", session_id: "a", event: "end", ts: "2026-01-01T11:00:00.123456" },
      { user_id: "u2", session_id: "b", event: "end", ts: at },
      { user_id: "ü3", session_id: "c", event: "start", ts: at },
    ]),
  );

  const chat = "/api/conversations/ops/messages";
  await fine(
    await app.send("POST", chat, [
      { id: "1", username: "ann", message: "hello \uFFFD", timestamp: "2026-01-01T10:00:00Z" },
      {
        id: "2",
        username: "bob",
        message: "answer",
        reply_to: "1",
        thread: "1",
        link: "https://x.example/2",
      },
    ]),
  );
  await fine(
    await app.send("POST", "/api/conversations/dev/messages", [{ id: "1", username: "ann", message: "dev" }]),
  );
  await fine(await app.send("POST", chat, [{ id: "3", username: "ann", message: "gone" }]));
  await fine(await app.request(`${chat}/3`, { method: "DELETE" }));
}

async function exported(app: TestApp, area: AreaName): Promise<string[]> {
  const pages = await Array.fromAsync(app.services.portable[area].records());
  return pages.flat().map((record) => JSON.stringify(record));
}

async function importInto(app: TestApp, area: AreaName, lines: readonly string[]): Promise<number> {
  const importer = app.services.portable[area].importer();
  for (const line of lines) await importer.add(JSON.parse(line));
  await importer.end();
  return importer.stored;
}

/** Answers of every area, which must be the same afterwards. */
const QUESTIONS = [
  "/channel/news/earliest/10",
  "/channel/few/earliest/10",
  "/channel/empty",
  "/profile/app/ann",
  "/profile/app/eve",
  "/person/app/bob",
  "/analytics/app",
  "/api/store/NASDAQ/ACME?date_format=iso&date_unit=ns",
  "/api/store/NASDAQ/zoned",
  "/api/store",
  "/user/last-sessions-user?user_id=u1",
  "/user/metrics?days=5",
];

Deno.test("what an area exports makes an empty database one that exports the same and answers the same", async () => {
  await using from = await createTestApp();
  await using to = await createTestApp();
  await fill(from);
  to.time.now = from.time.now;
  for (const area of AREA_NAMES) {
    const lines = await exported(from, area);
    ok(lines.length >= 3, area);
    equal(await importInto(to, area, lines), lines.length, area);
    deepEqual(await exported(to, area), lines, area);
  }
  for (const path of QUESTIONS) {
    const [before, after] = [await from.request(path), await to.request(path)];
    equal(before.status, 200, `${path} ${await before.clone().text()}`);
    deepEqual([after.status, await after.text()], [200, await before.text()], path);
  }
  const items = JSON.parse((await exported(from, "channels")).at(-1)!);
  const address = `/channel/${items.channel}/${items.id}`;
  equal(await (await to.request(address)).text(), await (await from.request(address)).text());
});

Deno.test("records that cannot be are refused, and name what is wrong", async () => {
  await using app = await createTestApp();
  const channel = {
    record: "channel",
    name: "c",
    created: "2026-01-02T03:04:05.678Z",
    ttlMillis: null,
    maxItems: null,
  };
  const whole = { ...channel, description: null, tags: [], owner: null, compact: false };
  const item = { record: "item", channel: "c", id: "0000CR5O5CRU0000", contentType: "text/plain", data: "x" };
  const wrong: [AreaName, object[], RegExp][] = [
    ["channels", [{}], /record/],
    ["channels", [channel], /description/],
    ["channels", [{ ...whole, color: "red" }], /color/],
    ["channels", [item], /no record of channel c/],
    ["channels", [whole, whole], /came before/],
    ["channels", [whole, item, item], /not after/],
    ["channels", [whole, { ...item, contentType: "text/plain;a, text/html" }], /media type/],
    ["channels", [whole, { ...item, headers: { "Content-Security-Policy": "none" } }], /Security/],
    ["channels", [whole, { ...item, key: "\u4e00" }], /header/],
    ["channels", [whole, { ...item, dataBase64: "eA==" }], /data or dataBase64/],
    ["profiles", [{ record: "account", app: "..", account: "a", keywords: null }], /app/],
    ["profiles", [{
      record: "events",
      app: "a",
      account: "a",
      event: "e",
      context: "",
      time: "2026-01-02T03:04:05Z",
      count: 1,
    }], /five minutes/],
    ["series", [{
      record: "rows",
      reference: "R",
      symbol: "S",
      first: "1",
      last: "1",
      rows: 1,
      arrow: "AAAA",
    }], /./],
    ["sessions", [{
      record: "session",
      user_id: "u",
      session_id: "s",
      country: null,
      start: null,
      end: null,
      received: "2026-01-01T00:00:00",
    }], /start/],
    ["conversations", [{
      record: "message",
      conversation: "c",
      id: "1",
      time: "2026-01-01T00:00:00Z",
      revised: "2026-01-01T00:00:00Z",
      author: "a",
      text: "t",
    }], /no record of conversation/],
  ];
  for (const [area, records, message] of wrong) {
    await rejects(importInto(app, area, records.map((record) => JSON.stringify(record))), { message });
  }
  deepEqual(await exported(app, "channels"), []);
  await importInto(app, "channels", [JSON.stringify(whole)]);
  await rejects(importInto(app, "channels", [JSON.stringify(whole)]), { message: /exists already/ });
});

async function runnel(database: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", ...args],
    cwd: ROOT,
    env: { DATABASE_URL: `file:${database}`, NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("runnel export and import move an area between files; a bad line is named, with what was stored", async () => {
  await using folder = await temporaryFolder();
  const [a, b, file] = ["a.db", "b.db", "channels.jsonl"].map((name) => `${folder.path}/${name}`) as [
    string,
    string,
    string,
  ];
  await using app = await createTestApp({ database: `file:${a}` });
  // By the clock of the command the items of `few` have expired.
  await fill(app);
  deepEqual(await runnel(a, "export", "channels", file), { code: 0, out: `${file}: 6 records.\n`, err: "" });
  const there = await runnel(a, "export", "channels", file);
  deepEqual([there.code, there.err], [1, `runnel: ${file} is there already: name another file\n`]);
  deepEqual(await runnel(b, "import", "channels", file), { code: 0, out: "Stored 6 records.\n", err: "" });
  equal((await runnel(b, "export", "channels")).out, await Deno.readTextFile(file));

  const lines = (await Deno.readTextFile(file)).split("\n");
  const torn = `${folder.path}/torn.jsonl`;
  await Deno.writeTextFile(torn, [...lines.slice(0, 3), lines[3]!.slice(0, 20)].join("\n"));
  const { code, err } = await runnel(`${folder.path}/c.db`, "import", "channels", torn);
  equal(code, 1);
  match(err, /^runnel: line 4: not valid JSON: .*; nothing is stored\n$/);
  equal((await runnel(`${folder.path}/c.db`, "export", "channels")).out, "");
});
