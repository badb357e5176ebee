/** What a user of the client does: a program of every area, and what it says. */
import { equal } from "../support/assert.ts";
import type { TestProcess } from "../support/process.ts";
import { startProcess } from "../support/process.ts";
import { createChannel, insert } from "../support/http.ts";

/** Knows `runnel`, `RunnelProblem` and `say`, and follows a channel until it has seen ten items. */
export const PROGRAM = `
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

/** All that the program says. */
export const SAID = [
  "profile London",
  "sessions 1",
  "series [[1.5]]",
  "conversations 1",
  "refused true channel-not-found",
  "ended AbortError",
  ...Array.from({ length: 10 }, (_, i) => `item ${i}`),
];

/**
 * Starts the program over a server with half of the items, kills the server when the program has seen them, and stores
 * the rest through another on the same port. `start` answers the lines that the program says.
 */
export async function saidThroughARestart(
  database: string,
  env: Record<string, string>,
  start: (url: string) => AsyncIterable<string> | Promise<AsyncIterable<string>>,
): Promise<string[]> {
  const first = await startProcess({ database, env });
  await using _first = first;
  const channel = await createChannel(first.url, "news");
  for (let i = 0; i < 5; i++) await insert(channel, JSON.stringify(i));
  const lines: string[] = [];
  let second: TestProcess | undefined;
  try {
    for await (const line of await start(first.url)) {
      lines.push(line);
      if (line !== "item 4") continue;
      equal(second, undefined, "an item came twice");
      await first.end("SIGKILL");
      second = await startProcess({ database, env: { ...env, PORT: new URL(first.url).port } });
      for (let i = 5; i < 10; i++) await insert(channel, JSON.stringify(i));
    }
  } finally {
    await second?.end("SIGKILL");
  }
  return lines;
}

/** Builds the package into a folder, as `npm publish` would take it. */
export async function buildPackage(folder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "build:npm", folder],
    cwd: new URL("../../", import.meta.url).pathname,
  }).output();
  equal(success, true, new TextDecoder().decode(stderr));
}
