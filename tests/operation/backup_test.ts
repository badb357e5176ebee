import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { openDatabase } from "../../db/open.ts";
import { copyDatabase, integrityOf, restoreDatabase } from "../../db/operation/copies.ts";
import { createTestApp } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

const pathOf = (answer: Response) => new URL(answer.headers.get("location")!).pathname;

/** Runs `runnel` over a database, as a shell does. */
async function runnel(database: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", ...args],
    cwd: ROOT,
    env: { DATABASE_URL: database, NO_COLOR: "1" },
  }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

Deno.test("a backup that is taken while writes go on, restored, has all that was acknowledged before it", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`, copy = `${folder.path}/copy.db`;
  const acknowledged: { path: string; body: string }[] = [];
  let before = 0;
  {
    await using process = await startProcess({ database });
    const post = (path: string, body: string) => fetch(process.url + path, { method: "POST", body });
    const headers = { "Content-Type": "application/json" };
    const made = await fetch(`${process.url}/channel/load`, { method: "PUT", body: "{}", headers });
    equal(made.status, 201, await made.text());
    let isWriting = true;
    const enough = Promise.withResolvers<void>();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; isWriting; i++) {
        const body = `${writer}-${i}-${"x".repeat(2_000)}`;
        const answer = await post("/channel/load", body);
        await answer.body?.cancel();
        equal(answer.status, 201);
        acknowledged.push({ path: pathOf(answer), body });
        if (acknowledged.length === 400) enough.resolve();
      }
    });
    await enough.promise;
    before = acknowledged.length;
    const { code, out, err } = await runnel(database, "backup", copy);
    const after = acknowledged.length;
    isWriting = false;
    await Promise.all(writers);
    equal(code, 0, err);
    match(out, /copy\.db: \d+ bytes, checked\.\n$/);
    ok(after > before, "nothing was written during the backup");
    equal((await Deno.stat(copy)).mode! & 0o777, 0o600);
    const again = await runnel(database, "backup", copy);
    deepEqual([again.code, again.err], [1, `runnel: ${copy} is there already: name another file\n`]);
    const busy = await runnel(database, "restore", copy, "--force");
    deepEqual([busy.code, busy.err], [
      1,
      `runnel: ${folder.path}/runnel.db is open in another process: stop it first\n`,
    ]);
  }
  const refused = await runnel(database, "restore", copy);
  deepEqual([refused.code, refused.err], [
    1,
    `runnel: ${folder.path}/runnel.db is there already: --force replaces it\n`,
  ]);
  const restored = await runnel(database, "restore", copy, "--force");
  equal(restored.code, 0, restored.err);
  await using process = await startProcess({ database });
  for (const { path, body } of acknowledged.slice(0, before)) {
    const answer = await fetch(process.url + path);
    equal(answer.status, 200, `${path} is lost`);
    equal(await answer.text(), body);
  }
  equal((await Deno.stat(`${folder.path}/runnel.db.replaced`)).isFile, true, "what was there is kept");
});

Deno.test("the backup job writes when the newest is old enough, keeps so many, and runs by hand at any time", async () => {
  await using folder = await temporaryFolder();
  const to = `${folder.path}/backups`, hour = 3_600_000;
  await using app = await createTestApp({ backupPlan: { folder: to, everyMillis: 6 * hour, keep: 2 } });
  const names = () => Array.from(Deno.readDirSync(to), ({ name }) => name).sort();
  await app.services.jobs.runScheduled("backup");
  deepEqual(names(), ["runnel-2026-01-02T03-04-05Z.db"]);
  await Deno.writeTextFile(`${to}/runnel-2026-01-01T03-04-05Z.db.part`, "cut off");
  await Deno.writeTextFile(`${to}/notes.txt`, "not ours");
  app.time.now += 5 * hour;
  await app.services.jobs.runScheduled("backup");
  equal(names().length, 3, "not due yet");
  const { last } = await (await app.request("/jobs/backup/run", { method: "POST" })).json();
  match(last.result, /^runnel-2026-01-02T08-04-05Z\.db, \d+ bytes$/);
  app.time.now += 6 * hour;
  await app.services.jobs.runScheduled("backup");
  deepEqual(names(), ["notes.txt", "runnel-2026-01-02T08-04-05Z.db", "runnel-2026-01-02T14-04-05Z.db"]);
});

Deno.test("without BACKUP_DIR the backup job has nothing to do, and says so when it is run by hand", async () => {
  await using app = await createTestApp();
  await app.services.jobs.runScheduled("backup");
  const { last } = await (await app.request("/jobs/backup/run", { method: "POST" })).json();
  match(last.error, /BACKUP_DIR is not set/);
});

Deno.test("restore refuses what is no backup, and replaces a damaged database", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`, copy = `${folder.path}/copy.db`, noise = `${folder.path}/noise`;
  await (await openDatabase({ url: `file:${path}` })).close();
  ok(await copyDatabase(path, copy) > 0);
  await Deno.writeTextFile(noise, "no database".repeat(1_000));
  await rejects(restoreDatabase(noise, path, true), { message: `${noise} is no database of Runnel` });
  await rejects(restoreDatabase(`${noise}2`, path, true), { message: `there is no file ${noise}2` });
  await Deno.writeTextFile(path, "torn".repeat(10_000));
  await restoreDatabase(copy, path, true);
  deepEqual(await integrityOf(path), []);
  equal(await Deno.readTextFile(`${path}.replaced`), "torn".repeat(10_000));
});
