import { doesNotMatch, equal, match, ok } from "../support/assert.ts";
import { createChannel, insert } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

Deno.test("log (WAL) truncated: a start that finds less than was committed says so loudly, once, and keeps it in the audit log", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`, database = `file:${path}`;
  const ticks = () => Deno.readTextFile(`${path}-progress`).then(Number, () => 0);
  {
    await using process = await startProcess({ database });
    const channel = await createChannel(process.url, "news");
    while (await ticks() < 2) await insert(channel, "acknowledged");
    equal((await Deno.stat(`${path}-progress`)).mode! & 0o777, 0o600);
    await process.end("SIGKILL");
  }
  {
    await using process = await startProcess({ database });
    doesNotMatch(process.log(), /COMMITS ARE GONE/, "a kill loses nothing");
    await process.end("SIGKILL");
  }
  ok((await Deno.stat(`${path}-wal`)).size > 0);
  await Deno.truncate(`${path}-wal`, 0);
  {
    await using process = await startProcess({ database });
    match(
      process.log(),
      /COMMITS ARE GONE from \S+runnel\.db: .* at least \d+ seconds .*restore a newer backup/,
    );
    const { entries } = await (await fetch(`${process.url}/audit`)).json();
    equal(entries.at(-1).action, "lose commits");
    equal(await process.end("SIGTERM"), 0);
  }
  await using again = await startProcess({ database });
  doesNotMatch(again.log(), /COMMITS ARE GONE/);
});
