/**
 * What bulk inserts and bulk reads hold in memory, and hold up. `deno task trial:bulk [MEGABYTES]` measures a gigabyte and
 * prints resident memory; bulk_trial_test.ts does the same with less.
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createChannel, insert } from "../support/http.ts";
import { startProcess, temporaryFolder, type TestProcess } from "../support/process.ts";
import { RawConnection } from "../support/socket.ts";

const LINES = 100_000;
const ITEM_BYTES = 100_000, STALLED = 4, MIB = 1 << 20;

/** Resident memory of a process, in MiB: before the work, and the most during it. */
export interface Resident {
  readonly before: number;
  readonly peak: number;
}

/** What one trial measured. */
export interface BulkTrial {
  readonly insert: Resident;
  readonly refusal: Resident;
  readonly multipart: Resident;
  readonly ndjson: Resident;
  /** While readers that had asked for everything read nothing. */
  readonly stalled: Resident;
}

/** Inserts 100,000 lines, and reads so many megabytes in one answer, in each form; each with a process of its own. */
export async function bulkTrial(megabytes: number, report = (_line: string) => {}): Promise<BulkTrial> {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const of = async (what: string, work: (url: string) => Promise<void>) => {
    await using process = await startProcess({ database });
    const resident = await measured(process, () => work(process.url));
    report(
      `${what}: ${Math.round(resident.before)} MiB resident before, ${Math.round(resident.peak)} MiB at most`,
    );
    return resident;
  };
  {
    await using process = await startProcess({ database });
    await createChannel(process.url, "lines");
    await fill(await createChannel(process.url, "large"), megabytes);
  }
  const lines = (url: string) => `${url}/channel/lines`, large = (url: string) => `${url}/channel/large`;
  const all = `reading ${megabytes} MB as`;
  return {
    insert: await of(`inserting ${LINES} lines`, (url) => insertLines(lines(url))),
    refusal: await of(`refusing ${LINES} lines`, (url) => refuseLines(lines(url))),
    multipart: await of(`${all} multipart/mixed`, (url) => readAll(large(url), "multipart/mixed", megabytes)),
    ndjson: await of(`${all} lines of JSON`, (url) => readAll(large(url), "application/x-ndjson", megabytes)),
    stalled: await of(
      `${all} multipart/mixed beside ${STALLED} readers that stopped`,
      (url) => readBesideStalled(large(url), lines(url), megabytes),
    ),
  };
}

/** One request with 100,000 lines. Whoever looks meanwhile sees nothing, then all. */
async function insertLines(channel: string): Promise<void> {
  const storing = sendLines(channel, (i) => `{"n":${i}}\n`);
  const seen = new Set<string | undefined>();
  let isStored = false;
  storing.finally(() => isStored = true).catch(() => {});
  while (!isStored) seen.add((await (await fetch(`${channel}/status`)).json()).latest?.id);
  const answer = await storing;
  equal(answer.status, 201);
  const { ids } = await answer.json();
  equal(ids.length, LINES);
  deepEqual(
    [...seen].filter((id) => id !== undefined && id !== ids.at(-1)),
    [],
    "a part of it was to be seen",
  );
  equal(await (await fetch(`${channel}/${ids.at(-1)}`)).text(), `{"n":${LINES - 1}}`);
}

/** One wrong line, the last but one, and nothing is stored. */
async function refuseLines(channel: string): Promise<void> {
  const before = await (await fetch(`${channel}/status`)).json();
  const answer = await sendLines(channel, (i) => i === LINES - 2 ? "{wrong\n" : `{"n":${i}}\n`);
  equal(answer.status, 400);
  match((await answer.json()).detail, /line 99999: not valid JSON/);
  deepEqual((await (await fetch(`${channel}/status`)).json()).latest, before.latest);
}

function sendLines(channel: string, line: (i: number) => string): Promise<Response> {
  const encoder = new TextEncoder();
  let i = 0;
  const body = new ReadableStream({
    pull(controller) {
      let text = "";
      for (const end = Math.min(LINES, i + 1_000); i < end; i++) text += line(i);
      if (text === "") controller.close();
      else controller.enqueue(encoder.encode(text));
    },
  });
  return fetch(`${channel}/bulk`, {
    method: "POST",
    headers: { "Content-Type": "application/x-ndjson" },
    body,
  });
}

/** Stores items of 100 kB, each a JSON text. */
async function fill(channel: string, megabytes: number): Promise<void> {
  const part = `--b\r\nContent-Type: application/json\r\n\r\n"${"x".repeat(ITEM_BYTES - 2)}"\r\n`;
  const headers = { "Content-Type": "multipart/mixed; boundary=b" };
  for (let stored = 0; stored < megabytes; stored += 10) {
    const body = `${part.repeat(100)}--b--\r\n`;
    const answer = await fetch(`${channel}/bulk`, { method: "POST", headers, body });
    equal(answer.status, 201, await answer.text());
  }
}

async function readAll(channel: string, accept: string, megabytes: number): Promise<void> {
  const answer = await fetch(`${channel}/earliest/10000?bulk=true`, { headers: { Accept: accept } });
  equal(answer.status, 200);
  let bytes = 0;
  for await (const piece of answer.body!) bytes += piece.length;
  ok(bytes >= megabytes * 1_000_000, `${bytes} bytes came`);
}

/** Readers that stopped after their first bytes hold nothing up. */
async function readBesideStalled(large: string, lines: string, megabytes: number): Promise<void> {
  const { host, pathname } = new URL(large);
  const stalled = await Promise.all(Array.from({ length: STALLED }, async () => {
    const connection = await RawConnection.open(large);
    await connection.send(`GET ${pathname}/earliest/10000?bulk=true HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    equal((await connection.until("\r\n"))?.trim(), "HTTP/1.1 200 OK");
    return connection;
  }));
  for (let i = 0; i < 100; i++) {
    const id = await insert(lines, `${i}`);
    equal(await (await fetch(`${lines}/${id}`)).text(), `${i}`);
  }
  await readAll(large, "multipart/mixed", megabytes);
  for (const connection of stalled) connection[Symbol.dispose]();
}

/** Does the work; answers what the process held meanwhile. */
async function measured({ pid }: TestProcess, work: () => Promise<void>): Promise<Resident> {
  const status = async (name: string) => {
    const text = await Deno.readTextFile(`/proc/${pid}/status`);
    return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)![1]) * 1024 / MIB;
  };
  // Forgets the most that was resident so far (proc_pid_clear_refs(5)).
  await Deno.writeTextFile(`/proc/${pid}/clear_refs`, "5");
  const before = await status("VmRSS");
  await work();
  return { before, peak: await status("VmHWM") };
}

if (import.meta.main) await bulkTrial(Number(Deno.args[0] ?? 1_000), console.log);
