import { deepEqual, equal, match, ok } from "../support/assert.ts";
import Database from "libsql";
import { examine } from "../../db/operation/doctor.ts";
import { copyDatabase, restoreDatabase } from "../../db/operation/copies.ts";
import { createTestApp } from "../support/app.ts";
import { flipBit } from "../support/flip.ts";
import { createChannel, insert, send } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

async function doctor(database: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", "doctor"],
    cwd: ROOT,
    env: { DATABASE_URL: database, NO_COLOR: "1" },
  }).output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

Deno.test("doctor finds nothing in what all areas wrote, and each kind of damage that is done to it", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/a", { maxItems: 2 });
  for (const body of ["1", "2", "3"]) await app.request("/channel/a", { method: "POST", body });
  await app.send("PUT", "/channel/b", {});
  await app.request("/channel/b", { method: "POST", body: "x" });
  await app.request("/channel/b", { method: "DELETE" });
  await app.send("PUT", "/profile/app/ann", { twitter: { id: "1" } });
  await app.send("PUT", "/event/app/ann/click", {});
  await app.send("PUT", "/api/store/NASDAQ/ACME", { close: { "2020-01-02": 1 } });
  await app.send("POST", "/api/conversations/ops/messages", [{ id: "1", username: "ann", message: "hello" }]);
  const path = app.database.file!;
  const findings = await examine(path);
  deepEqual(findings.filter(({ wrong }) => wrong > 0), []);
  ok(new Set(findings.map(({ area }) => area)).size >= 5);
  const other = new Database(path);
  other.exec("UPDATE channel SET item_count = 7 WHERE name = 'a'");
  other.exec("INSERT INTO item (channel, key, type, body) VALUES (9999, 1, 'text/plain', x'00')");
  other.exec("INSERT INTO delivery VALUES (77, 1, 'x', 0, 1)");
  other.exec("UPDATE app SET accounts = 9");
  other.exec("DELETE FROM conversation");
  other.exec("DELETE FROM series");
  other.close();
  const found = (await examine(path)).filter(({ wrong }) => wrong > 0).map(({ area }) => area);
  deepEqual(found, ["channels", "channels", "channels", "profiles", "series", "conversations"]);
});

Deno.test("runnel doctor ends with 0 beside a process that serves, and with 1 where the file is torn", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`;
  {
    await using process = await startProcess({ database: `file:${path}` });
    const { code, text } = await doctor(`file:${path}`);
    equal(code, 0, text);
    match(text, /^AREA/);
    equal(await process.end("SIGTERM"), 0);
  }
  const file = await Deno.open(path, { write: true });
  await file.seek(4_096 * 3, Deno.SeekMode.Start);
  await file.write(new Uint8Array(4_096 * 20).fill(7));
  file.close();
  equal((await doctor(`file:${path}`)).code, 1);
});

Deno.test("doctor names each content that is damaged, in a copy and in what was restored from it, too", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`, copy = `${folder.path}/copy.db`;
  const ids: string[] = [];
  {
    await using process = await startProcess({ database: `file:${path}` });
    const channel = await createChannel(process.url, "news");
    for (let i = 0; i < 3; i++) ids.push(await insert(channel, `item number ${i} of all`));
    await send("PUT", `${process.url}/api/store/NASDAQ/ACME`, { close: { "2020-01-02": 1 } });
    equal(await process.end("SIGTERM"), 0);
  }
  await flipBit(path, "item number 1 of all");
  const other = new Database(path);
  other.exec("UPDATE series_chunk SET row_count = row_count + 1");
  other.close();
  await copyDatabase(path, copy);
  await restoreDatabase(copy, `${folder.path}/restored.db`, false);
  for (const file of [path, copy, `${folder.path}/restored.db`]) {
    const { code, text } = await doctor(`file:${file}`);
    equal(code, 1, text);
    match(text, /channels +1 +items that are not as they were stored\n/);
    match(text, new RegExp(`channels +1 +item ${ids[1]} of channel news\n`));
    match(text, /series +1 +cells of chunk 1 of NASDAQ ACME\n/);
    match(text, /series +1 +summary of chunk 1 of NASDAQ ACME\n/);
    ok(!text.includes(ids[0]!) && !text.includes(ids[2]!), text);
  }
});
