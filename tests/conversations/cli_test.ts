import { deepEqual, equal, match } from "../support/assert.ts";
import { zipSync } from "fflate";
import { runCommand } from "../../cli/main.ts";
import { createTestApp, START, type TestApp } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { unnamed } from "../../domain/conversations/foreign.ts";
import { PASSWORD, stats } from "./support.ts";

/** Runs a command over the application's own database. */
async function run(app: TestApp, args: string[], password = PASSWORD) {
  let out = "", err = "";
  const status = await runCommand(args, {
    databaseUrl: "",
    isTerminal: false,
    read: (path) => Deno.readFile(path),
    apiKey: undefined,
    out: (text) => out += text,
    err: (text) => err += text,
    readPassword: () => Promise.resolve(password),
    withServices: (use) => use(app.services),
  });
  return { status, out, err };
}
const enter = async (app: TestApp, username: string) =>
  (await (await app.send("POST", "/api/auth", { username, password: PASSWORD })).json()).data;
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const ts = (minutes: number) => `${Math.floor(START / 1000) - minutes * 60}.000200`;

Deno.test("users add, list and remove", async () => {
  await using app = await createTestApp();
  equal((await run(app, ["users", "add", "ann", "--channels", "town, incidents"])).status, 0);
  const { channels, token } = await enter(app, "ann");
  deepEqual(channels.map(({ id }: { id: string }) => id), ["incidents", "town"]);
  equal((await run(app, ["users", "list"])).out, "ann\n");
  match((await run(app, ["users", "add", "bob"], "short")).err, /8 to 1024 characters/);
  equal((await run(app, ["users", "add", ""])).status, 1);
  equal((await run(app, ["users", "remove", "ann"])).status, 0);
  equal((await run(app, ["users", "remove", "ann"])).status, 1);
  equal((await stats(app, token, "pulse")).status, 401);
});

Deno.test("a password that is piped in is read from stdin, by a process that a server can run beside", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using server = await startProcess({ database });
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", "users", "add", "ann"],
    env: { DATABASE_URL: database },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = command.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${PASSWORD}\n`));
  await writer.close();
  const { code, stdout } = await command.output();
  equal(code, 0);
  equal(new TextDecoder().decode(stdout), "The user ann may log in.\n");
  const response = await fetch(`${server.url}/api/auth`, {
    method: "POST",
    body: JSON.stringify({ username: "ann", password: PASSWORD }),
  });
  equal((await response.json()).status, 200);
});

Deno.test("import slack brings channels, members and messages, and twice is like once", async () => {
  await using app = await createTestApp();
  await using folder = await temporaryFolder();
  const said = (user: string, text: string, minutes: number) => ({
    type: "message",
    user,
    text,
    ts: ts(minutes),
  });
  const archive = zipSync({
    "users.json": json([{ id: "U1", name: "ann" }, { id: "U2", name: "bob" }, { id: 3 }]),
    "channels.json": json([{ id: "C1", name: "town", members: ["U1", "U2"] }, "broken"]),
    "dms.json": json([{ id: "D1", members: ["U2", "U3"] }]),
    "town/2026-01-02.json": json([
      said("U1", "the disk is full", 30),
      { ...said("U2", "joined", 29), subtype: "channel_join" },
      said("U3", "who knows me?", 20),
      { user: "U1", text: "no time" },
    ]),
    "D1/2026-01-02.json": json([said("U2", "between us", 10)]),
    "elsewhere/2026-01-02.json": json([said("U2", "an unknown channel", 10)]),
    "canvas/notes.txt": new Uint8Array(3),
  });
  await Deno.writeFile(`${folder.path}/export.zip`, archive);
  for (let time = 0; time < 2; time++) {
    const { status, out } = await run(app, ["import", "slack", `${folder.path}/export.zip`]);
    equal(status, 0);
    equal(out, "3 messages are in.\n");
    deepEqual(await app.database.query("SELECT author, text FROM message ORDER BY time"), [
      ["ann", "the disk is full"],
      [unnamed("U3"), "who knows me?"],
      ["bob", "between us"],
    ]);
  }
  await run(app, ["users", "add", "ann"]);
  deepEqual((await enter(app, "ann")).channels, [], "an equal name grants nothing");
  equal((await run(app, ["users", "link", "ann", "--slack", "U1"])).status, 0);
  deepEqual((await enter(app, "ann")).channels, [{ id: "C1", name: "town" }]);
});

Deno.test("import mattermost brings channels, members, posts, replies and direct posts; twice is like once", async () => {
  await using app = await createTestApp();
  await using folder = await temporaryFolder();
  const said = (user: string, message: string, minutes: number) => ({
    user,
    message,
    create_at: START - minutes * 60_000,
  });
  const lines = [
    { type: "version", version: 1 },
    { type: "team", team: { name: "ops" } },
    { type: "channel", channel: { team: "ops", name: "town", display_name: "Town Square", type: "O" } },
    { type: "user", user: { username: "ann", teams: [{ name: "ops", channels: [{ name: "town" }] }] } },
    { type: "user", user: { username: "bob", teams: null } },
    {
      type: "post",
      post: {
        team: "ops",
        channel: "town",
        ...said("ann", "the disk is full", 30),
        replies: [said("bob", "I see", 25)],
      },
    },
    { type: "post", post: { team: "ops", channel: "town", user: "ann" } },
    {
      type: "direct_post",
      direct_post: { channel_members: ["bob", "ann"], ...said("bob", "between us", 10) },
    },
    { type: "emoji", emoji: { name: "party" } },
  ];
  const text = lines.map((line) => JSON.stringify(line)).join("\n") + "\nnot json\n";
  await Deno.writeTextFile(`${folder.path}/export.jsonl`, text);
  for (let time = 0; time < 2; time++) {
    const { status, out } = await run(app, ["import", "mattermost", `${folder.path}/export.jsonl`]);
    equal(status, 0);
    equal(out, "3 messages are in.\n");
    deepEqual(await app.database.query("SELECT author, text FROM message ORDER BY time"), [
      ["ann", "the disk is full"],
      ["bob", "I see"],
      ["bob", "between us"],
    ]);
  }
  await run(app, ["users", "add", "ann"]);
  deepEqual((await enter(app, "ann")).channels, [], "an equal name grants nothing");
  equal((await run(app, ["users", "link", "ann", "--mattermost", "ann"])).status, 0);
  const { channels } = await enter(app, "ann");
  deepEqual(channels.map(({ name }: { name: string }) => name), ["Town Square", "ann, bob"]);
});

Deno.test("import refuses what is no export, in a sentence", async () => {
  await using app = await createTestApp();
  await using folder = await temporaryFolder();
  const wrong: [string, Uint8Array, RegExp][] = [
    ["slack", new TextEncoder().encode("no archive"), /central directory|end of/i],
    ["slack", zipSync({ "a.txt": new Uint8Array(1) }), /no Slack export: it has no channels.json/],
    [
      "slack",
      zipSync({ "channels.json": new TextEncoder().encode("{") }),
      /channels.json in the archive is not JSON/,
    ],
    ["mattermost", new TextEncoder().encode('{"type":"post"}\n'), /first line is no version/],
  ];
  for (const [kind, bytes, message] of wrong) {
    await Deno.writeFile(`${folder.path}/file`, bytes);
    const { status, err } = await run(app, ["import", kind, `${folder.path}/file`]);
    equal(status, 1);
    match(err, message);
  }
  equal((await run(app, ["import", "slack", `${folder.path}/nothing`])).status, 1);
  deepEqual(await app.database.query("SELECT count(*) FROM conversation"), [[0]]);
});

Deno.test("recap writes what was missed, marks it as read when told to, and logs out", async () => {
  await using folder = await temporaryFolder();
  await using server = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await using app = await createTestApp({ database: `file:${folder.path}/runnel.db` });
  await app.services.conversations.accounts.add("ann", PASSWORD, ["town"]);
  const said = { username: "bob", message: "The disk of db-3 is full. Who orders a new disk for db-3?" };
  const posted = await fetch(`${server.url}/api/conversations/town/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(said),
  });
  equal((await posted.json()).ids.length, 1);
  const recap = (...rest: string[]) =>
    run(app, ["recap", "town", "--user", "ann", "--url", server.url, ...rest]);
  const { status, out, err } = await recap("--since", "2026-01-01", "--mark-read");
  equal(status, 0, err);
  match(out, /^1 messages of 1 people\n\n.*db-3.*Open questions:\nbob: /s);
  equal((await recap("--since", "last-visit")).out, "Nothing was said.\n");
  equal(JSON.parse((await recap("--json", "--words", "20")).out).messages, 1);
  deepEqual(await app.database.query("SELECT count(*) FROM revoked_token"), [[3]]);
  match((await recap("--words", "many")).err, /a whole number/);
  match((await recap("--since", "soon")).err, /last-visit, or an ISO 8601/);
  match((await run(app, ["recap", "town", "--url", server.url])).err, /--user/);
  match(
    (await run(app, ["recap", "town", "--user", "ann", "--url", server.url], "wrong password")).err,
    /is wrong/,
  );
});
