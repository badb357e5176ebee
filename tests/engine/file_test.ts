import { equal, match } from "node:assert/strict";
import { createChannel, send } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

Deno.test("a database file that is deleted while Runnel runs: writes are 503 within a second, in few lines of log", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  await using process = await startProcess({ database: `file:${path}` });
  const channel = await createChannel(process.url, "news");
  const insert = async () => {
    const response = await send("POST", channel, "item");
    await response.body?.cancel();
    return response.status;
  };
  equal(await insert(), 201);
  await Deno.rename(path, `${path}.away`);
  // What was known of the file may be a moment old.
  for (const deadline = Date.now() + 1_000; await insert() === 201;) equal(Date.now() < deadline, true);
  for (let i = 0; i < 100; i++) equal(await insert(), 503);
  equal((await fetch(channel, { method: "POST", body: "x" })).headers.get("retry-after"), "5");
  const lines = process.log().split("\n").filter((line) => line.includes("was deleted or replaced"));
  match(lines[0]!, /the database file .*runnel\.db was deleted or replaced.*put it back, or restart Runnel/);
  equal(lines.length < 50, true, process.log());
  equal(/^\s+at /m.test(process.log()), false, process.log());

  await Deno.rename(`${path}.away`, path);
  equal(await insert(), 201);
  equal(await process.end("SIGTERM"), 0);
});

Deno.test("a database file that may not be opened is one sentence with its path and what to do", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  const { stderr, code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", "serve"],
    cwd: new URL("../../", import.meta.url).pathname,
    env: { PORT: "0", DATABASE_URL: `file:${folder.path}/file/runnel.db`, NO_COLOR: "1" },
  }).output();
  equal(code, 1);
  match(
    new TextDecoder().decode(stderr),
    /^runnel: the database file \S+\/file\/runnel\.db cannot be opened \(.+\): let the user .* DATABASE_URL\n$/,
  );
});
