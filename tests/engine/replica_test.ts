import { deepEqual, equal, match } from "../support/assert.ts";
import { openDatabase } from "../../db/open.ts";
import { createChannel } from "../support/http.ts";
import { type LibsqlServer, startLibsqlServer } from "../support/libsql_server.ts";
import { openSlowLine } from "../support/slow_line.ts";
import { startProcess, temporaryFolder, type TestProcess } from "../support/process.ts";
import { openLine } from "../support/line.ts";
import { until } from "../support/until.ts";

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

/** The numbers from 0 to below `count`, in an order that looks random and is the same at each run. */
function shuffled(count: number): number[] {
  let state = 12345;
  const numbers = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    const j = state % (i + 1);
    [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
  }
  return numbers;
}

Deno.test({
  name: "a replica answers each key with what was written under it, in any order",
  ignore: !HAS_SERVER,
  async fn() {
    await using folder = await temporaryFolder();
    await using primary = await startLibsqlServer();
    const env = { DATABASE_SYNC_URL: primary.url, CACHE_BYTES: "0" };
    await using replica = await startProcess({ database: `file:${folder.path}/replica.db`, env });
    const json = { "Content-Type": "application/json" };
    const send = async (method: string, path: string, body: unknown) => {
      const response = await fetch(`${replica.url}${path}`, {
        method,
        headers: json,
        body: JSON.stringify(body),
      });
      equal(response.ok, true, `${method} ${path}: ${response.status}`);
      return await response.text();
    };
    const COUNT = 300;
    await send("PUT", "/channel/cross", {});
    const ids: string[] = [];
    for (let i = 0; i < COUNT; i++) {
      const { id } = JSON.parse(await send("POST", "/channel/cross", `item ${i}`));
      ids.push(id);
      if (i % 10 === 0) {
        await send("PUT", `/profile/app/account${i}`, { twitter: { id: `${i}`, location: `Town ${i}` } });
        await send("PUT", `/api/store/cross/s${i}`, { a: { "2020-01-01": i } });
      }
    }
    const read = async (path: string) => await (await fetch(`${replica.url}${path}`)).json();
    for (const i of shuffled(COUNT)) {
      equal(await read(`/channel/cross/${ids[i]}`), `item ${i}`);
      if (i % 10 !== 0) continue;
      equal((await read(`/profile/app/account${i}`)).demographics.location, `Town ${i}`);
      deepEqual(await read(`/api/store/cross/s${i}?date_format=epoch`), { a: { 1577836800000: i } });
    }
  },
});

Deno.test({
  name: "the first copy of a large database takes its time, while the primary answers",
  ignore: !HAS_SERVER,
  async fn() {
    await using folder = await temporaryFolder();
    await using primary = await startLibsqlServer();
    await using line = openSlowLine(primary.url);
    const direct = await openDatabase({ url: primary.url });
    await direct.commits.execute([{ sql: "CREATE TABLE large (body BLOB)", args: [] }]);
    for (let i = 0; i < 6; i++) {
      await direct.commits.execute([{ sql: "INSERT INTO large VALUES (randomblob(1000000))", args: [] }]);
    }
    await direct.close();
    // 6 MB over this line take longer than a write may wait for the copy.
    const replica = await openDatabase({ url: `file:${folder.path}/replica.db`, syncUrl: line.url });
    deepEqual(await replica.query("SELECT count(*), sum(length(body)) FROM large"), [[6, 6_000_000]]);
    await replica.close();
  },
});

Deno.test({
  name:
    "a write is acknowledged once the primary has it, although the copy gets it later, and is read all the same",
  ignore: !HAS_SERVER,
  async fn() {
    await using folder = await temporaryFolder();
    await using primary = await startLibsqlServer();
    await using line = openLine(primary.url);
    const replica = await openDatabase({ url: `file:${folder.path}/replica.db`, syncUrl: line.url });
    await replica.commits.execute([{ sql: "CREATE TABLE kept (a)", args: [] }]);
    const release = line.hold(/ReplicationLog/);
    await replica.commits.execute([{ sql: "INSERT INTO kept VALUES (1)", args: [] }]);
    for (const ask of [replica.query, replica.scan]) deepEqual(await ask("SELECT a FROM kept"), [[1]]);
    release();
    await replica.commits.execute([{ sql: "INSERT INTO kept VALUES (2)", args: [] }]);
    deepEqual(await replica.query("SELECT count(*) FROM kept"), [[2]]);
    await replica.close();
  },
});

/** Runs a server over the state in a folder, on the ports of the one before it, and ends it in order. */
async function withPrimary(
  data: string,
  use: (primary: LibsqlServer) => Promise<unknown>,
  ports?: LibsqlServer["ports"],
): Promise<LibsqlServer["ports"]> {
  await using primary = await startLibsqlServer({ data, ports });
  await use(primary);
  await primary.signal("SIGTERM");
  return primary.ports;
}

/** What a primary has after it was restored: less than the copy, or as many frames and more. */
const WRITTEN_SINCE = { "not yet": [], "since": ["other 1", "other 2", "other 3"] };

for (const [name, others] of Object.entries(WRITTEN_SINCE)) {
  Deno.test({
    name:
      `a replica whose primary is restored from an older state, and written ${name}, ends and starts with what is there`,
    ignore: !HAS_SERVER,
    async fn() {
      await using folder = await temporaryFolder();
      const data = `${folder.path}/data`, older = `${folder.path}/older`;
      const database = `file:${folder.path}/replica.db`;
      const items = async ({ url }: TestProcess) => {
        const { items } = await (await fetch(`${url}/channel/news/earliest/10`)).json();
        return await Promise.all(
          items.map(async (item: { id: string }) =>
            await (await fetch(`${url}/channel/news/${item.id}`)).text()
          ),
        );
      };
      const start = (url: string) => startProcess({ database, env: { DATABASE_SYNC_URL: url } });
      const post = async ({ url }: TestProcess, body: string) => {
        const response = await fetch(`${url}/channel/news`, { method: "POST", body });
        await response.body?.cancel();
        return response.status;
      };
      let ports = await withPrimary(data, async ({ url }) => {
        await using process = await startProcess({ database: url });
        await createChannel(process.url, "news");
        await post(process, "early");
      });
      await copyFolder(data, older);
      const replica: TestProcess[] = [];
      ports = await withPrimary(data, async ({ url }) => {
        replica.push(await start(url));
        equal(await post(replica[0]!, "late"), 201);
        deepEqual(await items(replica[0]!), ["early", "late"]);
      }, ports);
      // The same server, started again, is no other.
      await withPrimary(data, async () => {
        await until(async () => await post(replica[0]!, "later") === 201);
        deepEqual(await items(replica[0]!), ["early", "late", "later"]);
      }, ports);
      await withPrimary(older, async ({ url }) => {
        if (others.length > 0) {
          await using writer = await startProcess({ database: url });
          for (const body of others) equal(await post(writer, body), 201);
        }
        equal(await replica[0]!.ended, 1);
        match(replica[0]!.log(), /the primary was restored from an older state/);
        await using again = await start(url);
        deepEqual(await items(again), ["early", ...others]);
      }, ports);
    },
  });
}

async function copyFolder(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-r", from, to] }).output();
  equal(success, true);
}
