/** Several writers and readers at once, in one process and in several, and processes that are killed. */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { LEASE_MS } from "../../domain/series/storage/source.ts";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

/** A frame in orient split whose cells are all `value`, one row a second. */
function frame(from: number, rows: number, value: number): string {
  const index = Array.from({ length: rows }, (_, row) => 1_600_000_000 + from + row);
  return JSON.stringify({ columns: ["v"], index, data: index.map(() => [value]) });
}

const SPLIT = "?jsonformat=split&date_format=epoch&date_unit=s";

/** A series, once it has so many rows: what another process saved reaches a replica a moment later. */
async function readWhole(app: TestApp, path: string, rows: number) {
  for (const deadline = Date.now() + 10_000;;) {
    const { index, data } = await (await app.request(`${path}${SPLIT}`)).json();
    if (index.length === rows || Date.now() > deadline) return { index, data };
  }
}

testOnBothEngines("overlapping saves by two processes leave one of the serial outcomes", async (one) => {
  // A second application over the same database, with its own connections, as another process has them.
  await using other = await createTestApp({ database: one.databaseUrl });
  for (let round = 0; round < 8; round++) {
    const path = `/api/store/race/${round}`;
    await one.request(`${path}${SPLIT}`, { method: "PUT", body: frame(0, 100, 0) });
    const [small, large] = [frame(40, 20, 1), frame(10, 6000, 2)];
    const saves = round % 2 === 0
      ? [[one, small], [other, large]] as const
      : [[one, large], [other, small]] as const;
    const statuses = await Promise.all(
      saves.map(async ([app, body]) =>
        (await app.request(`${path}${SPLIT}`, { method: "PUT", body })).status
      ),
    );
    deepEqual(statuses, [200, 200]);
    const { index, data } = await readWhole(one, path, 6010);
    equal(index.length, 6010);
    const middle = data.slice(40, 60).flat();
    ok(middle.every((value: number) => value === middle[0]) && [1, 2].includes(middle[0]), String(middle));
    equal(data.flat().filter((value: number) => value === 2).length, middle[0] === 1 ? 5980 : 6000);
  }
});

testOnBothEngines("many appends and merges by two processes all arrive", async (one) => {
  await using other = await createTestApp({ database: one.databaseUrl });
  const path = "/api/store/race/many";
  const send = (app: typeof one, i: number) => {
    const mode = i % 3 === 0 ? "merge" : "replace";
    return app.request(`${path}${SPLIT}&mode=${mode}`, { method: "POST", body: frame(i, 1, i) });
  };
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => send(i % 2 === 0 ? one : other, i)));
  deepEqual(answers.map(({ status }) => status), answers.map(() => 200));
  const { data } = await readWhole(other, path, 60);
  deepEqual(data.flat(), Array.from({ length: 60 }, (_, i) => i));
});

Deno.test("a large answer is one state, although its series is replaced and swept while it is read", async () => {
  await using app = await createTestApp({ keepRevisionsMillis: 0 });
  const path = "/api/store/big/one", rows = 2_200_000;
  equal((await app.request(`${path}${SPLIT}`, { method: "PUT", body: frame(0, rows, 1) })).status, 200);
  const answer = await app.stream(`${path}?jsonformat=values`);
  const reader = answer.body!.getReader();
  let bytes = (await reader.read()).value!.length;

  equal((await app.request(`${path}${SPLIT}`, { method: "PUT", body: frame(0, 1000, 2) })).status, 200);
  equal((await app.request(path, { method: "DELETE" })).status, 200);
  app.time.now += LEASE_MS / 2;
  await app.services.series.sweep();
  const decoder = new TextDecoder();
  let others = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    bytes += piece.value.length;
    others += decoder.decode(piece.value).replaceAll("[1],", "");
  }
  equal(others.slice(-4), "[1]]", others.slice(0, 100));
  equal(bytes, rows * 4 + 1);
  await app.services.series.sweep();
  deepEqual(
    await app.database.query(
      "SELECT (SELECT count(*) FROM series_body), (SELECT count(*) FROM series_lease)",
    ),
    [[0, 0]],
  );
});

Deno.test("a reader that stops for too long is cut off rather than given a mixture", async () => {
  await using app = await createTestApp({ keepRevisionsMillis: 0 });
  const path = "/api/store/big/slow";
  await app.request(`${path}${SPLIT}`, { method: "PUT", body: frame(0, 2_200_000, 1) });
  const reader = (await app.stream(`${path}?jsonformat=values`)).body!.getReader();
  await reader.read();
  app.time.now += LEASE_MS + 1;
  await app.request(path, { method: "DELETE" });
  await app.services.series.sweep();
  let failure: unknown;
  try {
    while (!(await reader.read()).done);
  } catch (error) {
    failure = error;
  }
  ok(failure instanceof Error && failure.message.includes("read too slowly"), String(failure));
});

Deno.test("HEAD, and a client that goes away, leave no lease behind", async () => {
  await using app = await createTestApp();
  const path = "/api/store/big/left";
  await app.request(`${path}${SPLIT}`, { method: "PUT", body: frame(0, 2_200_000, 1) });
  const head = await app.request(path, { method: "HEAD" });
  equal(head.status, 200);
  equal(head.headers.get("content-type"), "application/json");
  deepEqual(await app.database.query("SELECT count(*) FROM series_lease"), [[0]], "HEAD");
  const left = await app.stream(path);
  await left.body!.cancel();
  deepEqual(await app.database.query("SELECT count(*) FROM series_lease"), [[0]]);
});

Deno.test("a save that is killed leaves what was there, or all of it; what it staged is swept", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const path = "/api/store/kill/series", body = frame(0, 300_000, 2);
  for (const bytes of [200_000, 1_000_000]) {
    await using process = await startProcess({ database });
    await (await fetch(`${process.url}${path}${SPLIT}`, { method: "PUT", body: frame(10, 5, 1) })).body
      ?.cancel();
    const save = fetch(`${process.url}${path}${SPLIT}`, { method: "PUT", body }).then(
      () => true,
      () => false,
    );
    // Staging shows in the database's log, which grows as chunks are written.
    const wal = `${folder.path}/runnel.db-wal`, before = Deno.statSync(wal).size;
    using watcher = Deno.watchFs(wal);
    const watched = (async () => {
      for await (const _ of watcher) if (Deno.statSync(wal).size >= before + bytes) return;
    })();
    await Promise.race([save, watched]);
    await process.end("SIGKILL");
    await save;

    await using app = await createTestApp({ database, keepRevisionsMillis: 0 });
    const { index, data } = await (await app.request(`${path}${SPLIT}`)).json();
    if (data[10][0] === 2) equal(data.flat().every((value: number) => value === 2), true);
    else deepEqual([index.length, data.flat()], [5, [1, 1, 1, 1, 1]]);
    app.time.now = Date.now() + 2 * 3_600_000;
    await app.services.series.sweep();
    const [[rows, kept, bodies, chunks]] = await app.database.query(
      "SELECT (SELECT row_count FROM series), (SELECT sum(row_count) FROM series_chunk), " +
        "(SELECT count(*) FROM series_body), (SELECT count(*) FROM series_chunk)",
    ) as [[number, number, number, number]];
    equal(kept, rows);
    equal(bodies, chunks);
    await app.request(path, { method: "DELETE" });
  }
});
