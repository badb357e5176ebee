/** Leases reach the disk late. After a power failure items may come again; no acknowledgement and no item is lost. */
import { deepEqual, equal } from "../support/assert.ts";
import type { Engine } from "../../db/engine/engine.ts";
import { createTestApp } from "../support/app.ts";
import { startProcess, temporaryFolder, type TestProcess } from "../support/process.ts";

const AT = "/channel/c/consumers/w";

interface Item {
  readonly id: string;
  readonly data: string;
  readonly delivery: number;
  readonly lease: string;
}

async function send(process: TestProcess, method: string, path: string, body: unknown) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(process.url + path, { method, headers, body: JSON.stringify(body) });
  return { status: answer.status, ...await answer.json() };
}

const pull = async (process: TestProcess): Promise<Item[]> =>
  (await send(process, "POST", `${AT}/pull`, { max: 100 })).items;
const ack = (process: TestProcess, items: readonly Item[]) =>
  send(process, "POST", `${AT}/ack`, { ids: items.map(({ id }) => id), lease: items[0]!.lease });
const words = (items: readonly Item[]) => items.map(({ data }) => JSON.parse(data));

/** Does something, and ends the process as a power failure after it would at worst: what had no fsync is gone. */
async function cutPowerAfter<T>(process: TestProcess, log: string, act: () => Promise<T>): Promise<T> {
  const { size } = await Deno.stat(log);
  const outcome = await act();
  await process.end("SIGKILL");
  await Deno.truncate(log, size);
  return outcome;
}

Deno.test("power failure after a pull: nothing is lost or skipped, and the lease that is gone acknowledges nothing", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`, log = `${path}-wal`, database = `file:${path}`;
  let held: Item[];
  {
    await using process = await startProcess({ database });
    await send(process, "PUT", "/channel/c", {});
    await send(process, "PUT", AT, { start: "earliest" });
    for (const word of ["a", "b"]) await send(process, "POST", "/channel/c", word);
    deepEqual(await ack(process, await pull(process)), { status: 200, items: 2 });
    for (const word of ["c", "d"]) await send(process, "POST", "/channel/c", word);
    held = await cutPowerAfter(process, log, () => pull(process));
    deepEqual(words(held), ["c", "d"]);
  }
  {
    await using process = await startProcess({ database });
    equal((await ack(process, held)).status, 409);
    const again = await pull(process);
    deepEqual([words(again), again[0]!.delivery], [["c", "d"], 1]);
    equal((await ack(process, held)).status, 409, "they are held by somebody else now");
    // This is durable, and so is the pull before it.
    await send(process, "POST", "/channel/c", "e");
    const last = await cutPowerAfter(process, log, () => pull(process));
    deepEqual(words(last), ["e"]);
    held = again;
  }
  await using process = await startProcess({ database });
  deepEqual(words(await pull(process)), ["e"]);
  deepEqual(await ack(process, held), { status: 200, items: 2 });
});

Deno.test("of what consumers and writers do, only a pull may be lost by a power failure", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  await app.send("PUT", AT, { start: "earliest" });
  const { engine } = app.database, { write } = engine;
  let wereDurable: boolean[] = [];
  Object.assign(
    engine,
    {
      write(statements, options) {
        wereDurable.push(options?.mayBeLost !== true);
        return write(statements, options);
      },
    } satisfies Partial<Engine>,
  );
  const durable = async (act: () => Promise<Response>) => {
    wereDurable = [];
    const answer = await act();
    return [answer.ok, wereDurable, await answer.json()] as const;
  };
  const insert = (headers: Record<string, string>) =>
    durable(() => app.request("/channel/c", { method: "POST", body: "x", headers }));
  deepEqual((await insert({})).slice(0, 2), [true, [true]]);
  deepEqual((await insert({ "Idempotency-Key": "k" })).slice(0, 2), [true, [true]]);
  const [isOk, writes, { items }] = await durable(() => app.send("POST", `${AT}/pull`, {}));
  deepEqual([isOk, writes, items.length], [true, [false], 2]);
  const ids = items.map(({ id }: Item) => id);
  await insert({});
  deepEqual((await durable(() => app.send("POST", `${AT}/pull`, { ack: { ids: [] } }))).slice(0, 2), [true, [
    false,
  ]]);
  const next = () => app.send("POST", `${AT}/pull`, { ack: { upTo: ids[1], lease: "gone" } });
  deepEqual((await durable(next)).slice(0, 2), [false, [true]]);
  for (const [action, id] of [["extend", ids[0]], ["nack", ids[0]], ["ack", ids[1]]]) {
    const [isOk, writes] = await durable(() => app.send("POST", `${AT}/${action}`, { ids: [id] }));
    deepEqual([action, isOk, writes], [action, true, [true]]);
  }
  const ackWithPull = await durable(() => app.send("POST", `${AT}/pull`, { ack: { ids: [ids[0]] } }));
  deepEqual(ackWithPull.slice(0, 2), [true, [true]]);
  const both = await durable(async () => {
    const [answer] = await Promise.all([app.send("POST", `${AT}/pull`, {}), insert({})]);
    return answer;
  });
  deepEqual(both.slice(0, 2), [true, [true]], "they share one commit");
});
