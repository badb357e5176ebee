import { deepEqual, equal, rejects } from "../support/assert.ts";
import { EngineError } from "../../db/engine/engine.ts";
import { openEmbedded } from "../../db/engine/embedded.ts";
import { createTestApp } from "../support/app.ts";
import { temporaryFolder } from "../support/process.ts";

const SHARED = { temp_store: 2, journal_mode: "wal" };
const READER = { ...SHARED, busy_timeout: 1500, cache_size: -16384, query_only: 1 };
/** Numbers as SQLite answers them: synchronous 2 is FULL, temp_store 2 is MEMORY. */
const EXPECTED = {
  write: {
    ...SHARED,
    busy_timeout: 0,
    cache_size: -65536,
    synchronous: 2,
    foreign_keys: 1,
    secure_delete: 1,
    wal_autocheckpoint: 4000,
    journal_size_limit: 67108864,
    query_only: 0,
  },
  read: READER,
  scan: READER,
};

for (const call of ["write", "read", "scan"] as const) {
  Deno.test(`the connection that ${call}s has its settings, also after a failure and a rollback`, async () => {
    await using app = await createTestApp();
    const { engine } = app.database;
    await rejects(engine[call]([{ sql: "SELECT nothing", args: [] }]), EngineError);
    for (const [name, value] of Object.entries(EXPECTED[call])) {
      const [result] = await engine[call]([{ sql: `PRAGMA ${name}`, args: [] }]);
      deepEqual(result!.rows, [[value]], name);
    }
  });
}

Deno.test("the connections that read cannot write", async () => {
  await using app = await createTestApp();
  const deletion = [{ sql: "DELETE FROM channel", args: [] }], { engine } = app.database;
  for (const call of ["read", "scan"] as const) await rejects(engine[call](deletion), EngineError);
  await app.send("POST", "/channel", { name: "there" });
  for (const call of ["read", "scan"] as const) await rejects(engine[call](deletion), EngineError);
  equal((await app.request("/channel/there")).status, 200);
});

Deno.test("a commit that may be lost has no fsync of its own, and whatever must not be lost has one", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`, engine = await openEmbedded(path);
  const FULL = 2, NORMAL = 1;
  let count = 0;
  // Each another text: a prepared pragma answers as it was when it was parsed.
  const synchronous = async (mayBeLost: boolean) => {
    const statement = { sql: `PRAGMA synchronous -- ${++count}`, args: [] };
    const [result] = await engine.write([statement], { mayBeLost });
    return result!.rows[0]![0];
  };
  const one = [await synchronous(true), await synchronous(false), await synchronous(true)];
  deepEqual(one, [NORMAL, FULL, NORMAL]);

  await engine.close();
});
