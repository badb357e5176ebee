import { deepEqual, equal, rejects } from "../support/assert.ts";
import { type FinishedRun, showRun } from "../../db/sessions/run_changes.ts";
import { SessionStore } from "../../db/sessions/store.ts";
import { testOnBothEngines } from "../support/app.ts";

const CHUNK = new Uint8Array([1, 2, 3]);
const finished = (id: number): FinishedRun => ({
  id,
  isByStart: false,
  rank: 1,
  sessions: 1,
  firstReceived: 0,
  lastReceived: 0,
  fences: "[]",
  filter: null,
  sketches: new Map(),
});

testOnBothEngines(
  "a run that was given up while it was written is never shown without its first chunks",
  async ({ database }) => {
    const store = new SessionStore(database);
    const run = await store.runs.begin(1_000);
    equal(await store.runs.putChunks(run, 0, [CHUNK, CHUNK, CHUNK], 1_000), true);
    deepEqual(await store.runs.doomed(2_000), [run]);
    equal(await store.runs.deleteChunks(run, 1, 2_000), 1);
    // Its writer, which was asleep, goes on.
    equal(await store.runs.putChunks(run, 3, [CHUNK], 9_000), false);
    await rejects(store.commit(showRun(finished(run))));
    deepEqual((await store.log.snapshotOfRuns(0, [])).runs, []);
    equal(await store.runs.deleteChunks(run, 10, 2_000), 2);
    deepEqual(await store.runs.doomed(9_999), []);
  },
);

testOnBothEngines(
  "a run whose writer came back before anything was deleted is kept",
  async ({ database }) => {
    const store = new SessionStore(database);
    const run = await store.runs.begin(1_000);
    equal(await store.runs.putChunks(run, 0, [CHUNK], 1_000), true);
    deepEqual(await store.runs.doomed(2_000), [run]);
    equal(await store.runs.putChunks(run, 1, [CHUNK], 9_000), true);
    equal(await store.runs.deleteChunks(run, 10, 2_000), 0);
    await store.commit(showRun(finished(run)));
    deepEqual((await store.log.snapshotOfRuns(0, [])).runs.map(({ id }) => id), [run]);
  },
);
