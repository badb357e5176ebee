import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import { openEmbedded } from "../../db/engine/embedded.ts";
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

/** What a process says that cannot start. Root obeys the rights of files here, as everybody does. */
async function failsToStart(path: string): Promise<string> {
  const asOthers = Deno.uid() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : ["env"];
  const { stderr, code } = await new Deno.Command(asOthers[0]!, {
    args: [...asOthers.slice(1), Deno.execPath(), "run", "-q", "-P", "main.ts", "serve"],
    cwd: new URL("../../", import.meta.url).pathname,
    env: { PORT: "0", DATABASE_URL: `file:${path}`, NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  equal(code, 1, text);
  return text;
}

Deno.test("a thread that is opened for a scan makes no file where the database was", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  const engine = await openEmbedded(path);
  await Deno.rename(path, `${path}.away`);
  await rejects(engine.scan([{ sql: "SELECT 1", args: [] }]), /was deleted or replaced/);
  await rejects(Deno.stat(path), Deno.errors.NotFound);
  await Deno.rename(`${path}.away`, path);
  deepEqual((await engine.scan([{ sql: "SELECT 1", args: [] }]))[0]!.rows, [[1]]);
  await engine.close();
});

Deno.test("read-only directory, unreadable file: one sentence with the path and what to do", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await Deno.writeTextFile(`${path}/file`, "");
  for (const name of ["hidden.db", "fixed.db"]) {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-P", "main.ts", "keys", "list"],
      cwd: new URL("../../", import.meta.url).pathname,
      env: { DATABASE_URL: `file:${path}/${name}` },
    }).output();
    equal(code, 0);
  }
  await Deno.chmod(`${path}/hidden.db`, 0o000);
  await Deno.chmod(`${path}/fixed.db`, 0o400);
  await Deno.mkdir(`${path}/locked`, { mode: 0o500 });
  const names = ["file/a.db", "hidden.db", "fixed.db", "locked/a.db", "locked/folder/a.db"];
  const texts = await Promise.all(names.map((name) => failsToStart(`${path}/${name}`)));
  for (const [i, text] of texts.entries()) {
    const [, found, why] =
      /^runnel: the database file (\S+) cannot be used \((.+)\): let the user .* DATABASE_URL\n$/.exec(
        text,
      ) ?? [];
    equal(found, `${path}/${names[i]}`, text);
    match(why!, i === 1 ? /^it may not be read$/ : i === 2 ? /^it may not be written$/ : /os error/);
  }
});
