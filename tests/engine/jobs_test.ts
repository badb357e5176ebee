import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import { createJobStore } from "../../db/jobs.ts";
import { type Job, Jobs } from "../../domain/jobs.ts";
import { RunnelError } from "../../domain/errors.ts";
import { START, type TestApp, testOnBothEngines } from "../support/app.ts";

/** The jobs of one process of the app's database; `log` gets its lines. */
function processOf(app: TestApp, job: Partial<Job>, log: string[] = []): Jobs {
  const plan: Job = {
    name: "work",
    schedule: "* * * * *",
    about: "works",
    run: () => Promise.resolve(undefined),
    ...job,
  };
  const store = createJobStore(app.database);
  return new Jobs({
    store,
    jobs: [plan],
    changes: () => app.database.commits.changes,
    clock: () => app.time.now,
    log: (line) => log.push(line),
  });
}

testOnBothEngines(
  "of many processes one runs a job at its moment, and the next moment is another's",
  async (app) => {
    let runs = 0;
    const run = () => Promise.resolve(`run ${++runs}`);
    const processes = Array.from({ length: 5 }, () => processOf(app, { run }));
    await Promise.all(processes.map((jobs) => jobs.runScheduled("work")));
    equal(runs, 1);
    app.time.now += 1_000;
    for (const jobs of processes) await jobs.runScheduled("work");
    equal(runs, 1, "the minute has been worked already, although the job is free");
    app.time.now += 60_000;
    for (const jobs of processes) await jobs.runScheduled("work");
    equal(runs, 2);
    const [state] = await processes[3]!.list();
    deepEqual(state!.last, {
      startedAt: START + 61_000,
      endedAt: START + 61_000,
      result: "run 2",
      error: null,
    });
  },
);

testOnBothEngines(
  "while a job runs it is not run by hand, and a holder that died is followed by the next",
  async (app) => {
    const started = Promise.withResolvers<void>();
    const holder = processOf(app, {
      run() {
        started.resolve();
        return new Promise(() => {});
      },
    });
    holder.runScheduled("work");
    await started.promise;
    const other = processOf(app, { run: () => Promise.resolve("done by the other") });
    equal((await other.list())[0]!.isRunning, true);
    await rejects(other.run("work"), (error) => error instanceof RunnelError && error.code === "job-running");
    app.time.now += 60_001;
    const [dead] = await other.list();
    deepEqual([dead!.isRunning, dead!.last!.error], [false, "the process that ran it ended"]);
    equal((await other.run("work")).last!.result, "done by the other");
  },
);

testOnBothEngines("a job that fails is logged and kept in one line, and goes on next time", async (app) => {
  const log: string[] = [];
  let isBroken = true;
  const jobs = processOf(app, {
    run: () => isBroken ? Promise.reject(new Error("the disk is gone")) : Promise.resolve(undefined),
  }, log);
  await jobs.runScheduled("work");
  match(log[0]!, /^work: Error: the disk is gone/);
  equal((await jobs.list())[0]!.last!.error, "Error: the disk is gone");
  isBroken = false;
  equal((await jobs.run("work")).last!.error, null);
});

testOnBothEngines("a job that has nothing to do asks the database nothing", async (app) => {
  const jobs = processOf(app, { isIdle: () => true, run: () => Promise.reject(new Error("it ran")) });
  const { engine } = app.database;
  const { read, scan, write } = engine;
  engine.read = engine.scan = engine.write = () => Promise.reject(new Error("a query"));
  await jobs.runScheduled("work");
  Object.assign(engine, { read, scan, write });
  equal((await jobs.list())[0]!.last, undefined);
});

testOnBothEngines(
  "GET /jobs lists the jobs, POST /jobs/{name}/run runs one, POST /sweep sweeps all areas",
  async (app) => {
    const list = async () => (await (await app.request("/jobs")).json()).jobs;
    deepEqual((await list()).map(({ name }: { name: string }) => name), [
      "backup",
      "recount-profiles",
      "summarize-days",
      "sweep",
      "sync-conversations",
    ]);
    await app.send("PUT", "/channel/news", { ttlMillis: 1000 });
    await app.request("/channel/news", { method: "POST", body: "old" });
    await app.send("PUT", "/event/app/ann/click", {});
    app.time.now += 366 * 86_400_000;
    const ran = await app.request("/jobs/sweep/run", { method: "POST" });
    equal(ran.status, 200);
    const { last } = await ran.json();
    match(last.result, /^channels 1, profiles \d+$/);
    deepEqual(await (await app.request("/sweep", { method: "POST" })).json(), {
      expired: 0,
      areas: { channels: 0, profiles: 0, series: 0, sessions: 0, conversations: 0 },
    });
    const unknown = await app.request("/jobs/nothing/run", { method: "POST" });
    equal(unknown.status, 404);
    match((await unknown.json()).detail, /there are backup, recount-profiles/);
  },
);
