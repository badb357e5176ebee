import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { DatabaseFileError } from "../../db/engine/engine.ts";
import { type Database, openDatabase } from "../../db/open.ts";
import { startLibsqlServer } from "../support/libsql_server.ts";
import { openSlowLine } from "../support/slow_line.ts";
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
    "a copy that goes further than its primary, restored from an older state, is refused and says what to do",
  ignore: !HAS_SERVER,
  async fn() {
    await using folder = await temporaryFolder();
    const data = `${folder.path}/data`, older = `${folder.path}/older`, copy = `${folder.path}/replica.db`;
    const insert = (text: string) => [{ sql: "INSERT INTO kept VALUES (?1)", args: [text] }];
    /** Runs a server over a state, and a replica of it. */
    const withReplica = async (state: string, use: (replica: Database) => Promise<unknown>) => {
      await using primary = await startLibsqlServer({ data: state });
      const replica = await openDatabase({ url: `file:${copy}`, syncUrl: primary.url });
      await use(replica);
      await replica.close();
      // In order, so that its log goes on where it ended.
      await primary.signal("SIGTERM");
    };
    const texts = (replica: Database) => replica.query("SELECT text FROM kept ORDER BY text");

    await withReplica(data, async (replica) => {
      await replica.commits.execute([{ sql: "CREATE TABLE kept (text)", args: [] }, ...insert("early")]);
    });
    await copyFolder(data, older);
    await withReplica(data, (replica) => replica.commits.execute(insert("late")));
    await withReplica(data, async (replica) => deepEqual(await texts(replica), [["early"], ["late"]]));

    await rejects(withReplica(older, () => Promise.resolve()), (error) => {
      match((error as Error).message, /restored from an older state: remove the files .*replica\.db,/);
      return error instanceof DatabaseFileError;
    });
    for await (const { name } of Deno.readDir(folder.path)) {
      if (name.startsWith("replica.db")) await Deno.remove(`${folder.path}/${name}`);
    }
    await withReplica(older, async (replica) => deepEqual(await texts(replica), [["early"]]));
  },
});

async function copyFolder(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-r", from, to] }).output();
  equal(success, true);
}
