import { deepEqual, equal, ok } from "../support/assert.ts";
import { createChannel, insert } from "../support/http.ts";
import { residentBytes } from "../support/measure.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { RawConnection } from "../support/socket.ts";

const MIB = 1 << 20;
/** Connections of each kind, and what all of their answers may hold. */
const READERS = 120, BUDGET = 24 * MIB;
/** What the process may grow by: the budget, what is read of the next answers, and what the garbage collector leaves. */
const MOST_GROWTH = 250 * MIB;
const ITEMS = 8_000, ITEM_CHARACTERS = 1_000, LARGE_BYTES = 8 * MIB, ROWS = 200_000;

type Kind = readonly [name: string, path: string, headers?: string];

Deno.test("readers who ask for much and take nothing: memory is bounded, and others are answered", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    descriptors: 4_096,
    env: { MAX_ITEM_BYTES_IN_FLIGHT: `${BUDGET}` },
  });
  const { url, pid } = process;
  const good = await createChannel(url, "good"), kinds = await fill(url);
  const before = residentBytes(pid);
  let most = before;
  const looking = setInterval(() => most = Math.max(most, residentBytes(pid)), 20);

  const asked = kinds.flatMap((kind) => Array.from({ length: READERS }, () => askAndStop(url, kind)));
  await insert(good, "beside them");
  const readers = await Promise.all(asked);
  clearInterval(looking);
  await insert(good, "after them");
  equal((await (await fetch(`${good}/latest/10`)).json()).items.length, 2);
  const seen = readers.map(({ name, status }) => `${name}: ${status}`);
  const expected = kinds.flatMap(([name]) => [`${name}: 200`, `${name}: 503`]);
  deepEqual([...new Set(seen).difference(new Set(expected))], []);
  ok(readers.some(({ status }) => status === 200) && readers.some(({ status }) => status === 503));
  ok(most - before < MOST_GROWTH, `${Math.round((most - before) / MIB)} MiB more`);

  for (const { connection } of readers) connection[Symbol.dispose]();
  for (const [name, path] of kinds) ok(await whole(`${url}${path}`) > MIB, name);
  equal(await process.end("SIGTERM"), 0, process.log());
});

/** Stores what there is to ask for. */
async function fill(url: string): Promise<Kind[]> {
  const many = await createChannel(url, "many"), large = await createChannel(url, "large");
  const line = JSON.stringify("x".repeat(ITEM_CHARACTERS)) + "\n";
  const lines = await fetch(`${many}/bulk`, {
    method: "POST",
    headers: { "Content-Type": "application/x-ndjson" },
    body: line.repeat(ITEMS),
  });
  equal(lines.status, 201);
  await lines.body?.cancel();
  const id = await insert(large, new Uint8Array(LARGE_BYTES));
  const rows = Array.from(
    { length: ROWS },
    (_, row) => `${Date.UTC(2026, 0) + row},${row},${-row},${row / 7}\n`,
  );
  const saved = await fetch(`${url}/api/store/silent/readers?format=csv`, {
    method: "PUT",
    body: `time,a,b,c\n${rows.join("")}`,
  });
  equal(saved.status, 200);
  await saved.body?.cancel();
  const contents = "/channel/many/latest/10000?bulk=true";
  return [
    ["contents", contents],
    ["lines", contents, "Accept: application/x-ndjson\r\n"],
    ["contents of a large item", "/channel/large/latest/1?bulk=true"],
    ["a large item", `/channel/large/${id}`],
    ["a list", "/channel/many/latest/10000"],
    ["a series", "/api/store/silent/readers"],
  ];
}

/** Asks, and reads the status of the answer alone. */
async function askAndStop(url: string, [name, path, headers = ""]: Kind) {
  const connection = await RawConnection.open(url);
  await connection.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
  return { name, connection, status: Number(/ (\d+) /.exec(await connection.until("\r\n") ?? "")?.[1]) };
}

/** Bytes of an answer. Until those who left have given theirs back, there is no room for it. */
async function whole(address: string): Promise<number> {
  while (true) {
    const answer = await fetch(address);
    const { byteLength } = await answer.bytes();
    if (answer.status === 200) return byteLength;
    equal(answer.status, 503);
  }
}
