/** The package as its users have it: packed, installed into an empty project, and used from there. */
import { deepEqual, equal } from "node:assert/strict";
import { createChannel, insert } from "../support/http.ts";
import { TextLineStream } from "../support/lines.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** A program of every area, which then follows a channel until it has seen ten items. */
const PROGRAM = `
import { RunnelClient, RunnelProblem } from "runnel-client";
const [url] = globalThis.Deno?.args ?? process.argv.slice(2);
const runnel = new RunnelClient(url);
const say = (...values) => console.log(values.join(" "));
await runnel.profiles.update("app", "ada", { twitter: { id: "1", location: "London" } });
await runnel.profiles.record("app", { account: "ada", event: "opened" });
say("profile", (await runnel.profiles.get("app", "ada")).demographics.location);
const id = { user_id: "u", session_id: "s" };
await runnel.sessions.add([
  { ...id, event: "start", ts: new Date(Date.now() - 60_000).toISOString(), country: "DE" },
  { ...id, event: "end", ts: new Date(Date.now() - 30_000).toISOString() },
]);
say("sessions", (await runnel.sessions.metrics({ days: 2 })).sessions.completed);
await runnel.store.save("NASDAQ", "ACME", { close: { "2020-01-02": 1.5 } });
say("series", JSON.stringify(await runnel.store.retrieve("NASDAQ", "ACME", { orient: "values" })));
say("conversations", await runnel.conversations.post("ops", [{ id: "1", username: "bob", message: "Hello" }]));
await runnel.channels.item("none", "latest").catch((error) =>
  say("refused", error instanceof RunnelProblem, error.code));
await runnel.with({ signal: AbortSignal.abort() }).channels.list().catch(({ name }) => say("ended", name));
let seen = 0;
for await (const { data } of runnel.channels.follow("news", { content: true, after: "earliest" })) {
  say("item", data);
  if (++seen === 10) break;
}
`;

/** The packed package: built once, as \`npm publish\` would take it. */
async function pack(folder: string): Promise<string> {
  await run(["deno", "task", "build:npm", `${folder}/dist`], ROOT);
  const packed = await run(["npm", "pack", "--silent", "--pack-destination", folder], `${folder}/dist`);
  return `${folder}/${packed.trim()}`;
}

async function run([command, ...args]: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(
    command === "deno" ? Deno.execPath() : command!,
    {
      args,
      cwd,
      env: { NO_COLOR: "1" },
    },
  ).output();
  equal(success, true, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const RUNTIMES: readonly (readonly [name: string, command: readonly string[]])[] = [
  ["Node", ["node"]],
  ["Deno", [Deno.execPath(), "run", "--allow-net", "--node-modules-dir=manual"]],
];

Deno.test("the packed client works in an empty project of Node and of Deno, through a restart of the server", async (t) => {
  await using folder = await temporaryFolder();
  const archive = await pack(folder.path);
  for (const [name, command] of RUNTIMES) {
    await t.step(name, async () => {
      const project = `${folder.path}/${name}`;
      await Deno.mkdir(project);
      const description = { type: "module", dependencies: { "runnel-client": `file:${archive}` } };
      await Deno.writeTextFile(`${project}/package.json`, JSON.stringify(description));
      await run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--offline"], project);
      await Deno.writeTextFile(`${project}/main.js`, PROGRAM);
      await worksThroughARestart(project, [...command, "main.js"], `file:${project}/runnel.db`);
    });
  }
});

async function worksThroughARestart(cwd: string, [command, ...args]: string[], database: string) {
  const first = await startProcess({ database });
  await using _first = first;
  const { port } = new URL(first.url);
  const channel = await createChannel(first.url, "news");
  for (let i = 0; i < 5; i++) await insert(channel, JSON.stringify(i));
  const program = new Deno.Command(command!, {
    args: [...args, first.url],
    cwd,
    stdout: "piped",
    stderr: "inherit",
  })
    .spawn();
  const lines: string[] = [];
  let second: Awaited<ReturnType<typeof startProcess>> | undefined;
  for await (const line of program.stdout.pipeThrough(new TextLineStream())) {
    lines.push(line);
    if (line !== "item 4") continue;
    await first.end("SIGKILL");
    second = await startProcess({ database, env: { PORT: port } });
    for (let i = 5; i < 10; i++) await insert(channel, JSON.stringify(i));
  }
  await second?.end("SIGKILL");
  equal((await program.status).success, true);
  deepEqual(lines, [
    "profile London",
    "sessions 1",
    "series [[1.5]]",
    "conversations 1",
    "refused true channel-not-found",
    "ended AbortError",
    ...Array.from({ length: 10 }, (_, i) => `item ${i}`),
  ]);
}
