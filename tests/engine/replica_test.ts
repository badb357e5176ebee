import { deepEqual, equal } from "node:assert/strict";
import { startLibsqlServer } from "../support/libsql_server.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const HAS_SERVER = Deno.build.os === "linux" && Deno.build.arch === "x86_64";

Deno.test({
  name: "a replica reads what it wrote itself, and soon what others wrote",
  ignore: !HAS_SERVER,
  async fn() {
    await using folder = await temporaryFolder();
    await using primary = await startLibsqlServer();
    const env = { DATABASE_SYNC_URL: primary.url };
    await using replica = await startProcess({ database: `file:${folder.path}/replica.db`, env });
    await using other = await startProcess({ database: primary.url });
    const headers = { "Content-Type": "application/json" };
    const create = (url: string, name: string) =>
      fetch(`${url}/channel`, { method: "POST", headers, body: JSON.stringify({ name }) });
    const names = async (url: string) => {
      const { _links } = await (await fetch(`${url}/channel`)).json();
      return _links.channels.map(({ name }: { name: string }) => name);
    };

    equal((await create(replica.url, "mine")).status, 201);
    deepEqual(await names(replica.url), ["mine"]);
    deepEqual(await names(other.url), ["mine"]);

    const inserted = await fetch(`${replica.url}/channel/mine`, { method: "POST", body: "content" });
    equal(inserted.status, 201);
    const { id } = await inserted.json();
    equal(await (await fetch(`${replica.url}/channel/mine/${id}`)).text(), "content");

    equal((await create(other.url, "theirs")).status, 201);
    let seen: string[] = [];
    for (const deadline = Date.now() + 10_000; seen.length < 2 && Date.now() < deadline;) {
      seen = await names(replica.url);
    }
    deepEqual(seen, ["mine", "theirs"]);
  },
});
