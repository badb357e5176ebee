import { deepEqual, equal } from "../support/assert.ts";
import Database from "libsql";
import { examine } from "../../db/operation/doctor.ts";
import { createTestApp, type TestApp } from "../support/app.ts";
import { flipBlob } from "../support/flip.ts";

const user = (i: number) => i.toString(16).padStart(32, "0");

/** Sessions of so many users, one each, and a process that keeps none of them in memory. */
async function filled(app: TestApp, users: number) {
  const batch = Array.from({ length: users }, (_, i) => [
    { user_id: user(i), session_id: `s${i}`, event: "start", country: "DE", ts: "2025-12-30T10:00:00" },
    { user_id: user(i), session_id: `s${i}`, event: "end", country: "DE", ts: "2025-12-30T11:00:00" },
  ]);
  const response = await app.send("POST", "/user/batches", batch.flat());
  equal(response.status, 200, await response.text());
}

async function last(app: TestApp, i: number) {
  const response = await app.request(`/user/last-sessions-user?user_id=${user(i)}`);
  const answer = await response.json();
  return response.status === 200 ? 200 : [response.status, answer.type];
}

Deno.test("damaged sessions are never answered, neither from the log nor from runs; doctor names them", async () => {
  for (
    const [segment, table, name, column] of [
      [1_000, "session_log", "entry 1 of the log", "data"],
      [10, "session_chunk", "chunk", "data"],
      [10, "session_run", "index of run", "filter"],
    ] as const
  ) {
    await using app = await createTestApp({ engine: "file", sessionSegment: segment });
    await filled(app, 40);
    await app.services.sweep();
    equal(await last(app, 3), 200);
    deepEqual((await examine(app.database.file!)).filter(({ wrong }) => wrong > 0), []);
    const other = new Database(app.database.file!);
    for (
      const [id] of other.prepare(`SELECT rowid FROM ${table} WHERE ${column} IS NOT NULL`).raw(true).all(
        [],
      ) as [number][]
    ) {
      flipBlob(other, table, column, id);
    }
    other.close();
    await using second = await createTestApp({ database: app.databaseUrl });
    deepEqual(await last(second, 3), [500, "/docs/errors#damaged"], table);
    equal((await second.request("/ready")).status, 503);
    const found = (await examine(app.database.file!)).filter(({ wrong }) => wrong > 0);
    deepEqual(found.at(-1)!.area, "sessions");
    equal(found.some(({ about }) => about.startsWith(name)), true, JSON.stringify(found));
  }
});
