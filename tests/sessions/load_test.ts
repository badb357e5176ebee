import { deepEqual, equal, match } from "../support/assert.ts";
import { gzipSync } from "node:zlib";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { until } from "../support/until.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Three sessions, b0 to b2, of the user u: six lines, compressed with bzip2 in two members. */
const BZIP2 = [
  "QlpoOTFBWSZTWUlFsxMAAJPfgAAQUAZxEAYABAC+IZ8qIACVQ2optQAAAARSCmmhoDQPU3qknBC7EDBDDkm/DjWM3Ds2bMNg",
  "GXu8xGRWWG6uFqsx3c0IShklSMTDgPQyZnNWrh2epca/hpLqNH6NGWQ+OTLVk4jdzKSB1arSSYmRWMQQffNI/F3JFOFCQSUW",
  "zExCWmg5MUFZJlNZuAEKPgAAAN+AABBQBnEQBgAEAL4hnyogAIkNpUzUMppoBkejUEUKRoaGmjQB+qXbVRKBpobGZGdFY9Wd",
  "SxySJjJpIueXMHRyeLyDRg7S5smHiEINzKYMq41FEU6svx/PTYNH0ZLdRl9jLbaenFtpvIYKGZBhpoTZJFRkEFyR/F3JFOFC",
  "QuAEKPg=",
];

interface Loaded {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function load(database: string, args: string[], input?: string): Promise<Loaded> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", "load", ...args],
    cwd: ROOT,
    env: { DATABASE_URL: database },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  if (input !== undefined) await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await process.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** Two lines for each session; every second another one starts. */
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => {
    const ids = { user_id: `u${(from + i) % 5}`, session_id: `s${from + i}` };
    const second = (seconds: number) =>
      new Date(Date.UTC(2026, 0) + seconds * 1000).toISOString().slice(0, 19);
    const start = { ...ids, event: "start", ts: second(from + i), country: "DE" };
    return `${JSON.stringify(start)}\n${
      JSON.stringify({ ...ids, event: "end", ts: second(from + i + 600) })
    }\n`;
  }).join("");

async function metricsOf(database: string) {
  await using process = await startProcess({ database });
  const { sessions, users } = await (await fetch(`${process.url}/user/metrics?days=100000`)).json();
  const { u } = await (await fetch(`${process.url}/user/last-sessions-user?user_id=u`)).json();
  return { ...sessions, users, ofU: u };
}

Deno.test("runnel load takes files plain, gzipped, bzipped and from standard input, and twice changes nothing", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const file = (name: string) => `${folder.path}/${name}`;
  await Deno.writeTextFile(file("plain.jsonl"), lines(0, 100));
  const members = [lines(50, 120), lines(120, 150)].map((text) => gzipSync(text));
  await Deno.writeFile(file("two-members.gz"), Uint8Array.from(members.flatMap((member) => [...member])));
  const bytes = Uint8Array.from(atob(BZIP2.join("")), (character) => character.charCodeAt(0));
  await Deno.writeFile(file("two-members.bz2"), bytes);

  deepEqual(await load(database, [file("plain.jsonl")]), {
    code: 0,
    out: "200 lines accepted, 0 refused\n",
    err: "",
  });
  equal((await load(database, [file("two-members.gz")])).out, "200 lines accepted, 0 refused\n");
  equal((await load(database, [file("two-members.bz2")])).out, "6 lines accepted, 0 refused\n");
  equal((await load(database, ["-"], lines(140, 160))).out, "40 lines accepted, 0 refused\n");
  equal((await load(database, [file("plain.jsonl")])).code, 0);
  deepEqual(await metricsOf(database), {
    started: 163,
    completed: 163,
    open: 0,
    inconsistent: 0,
    users: 6,
    ofU: ["b2", "b1", "b0"],
  });
});

Deno.test("runnel load names the first ten refused lines and exits with 1, or 0 with --skip-invalid", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const input = lines(0, 1) + "{}\n".repeat(12) + lines(1, 2);
  const { code, out, err } = await load(database, ["-"], input);
  equal(code, 1);
  equal(out, "4 lines accepted, 12 refused\n");
  equal(err.match(/^line \d+: user_id: /gm)?.length, 10);
  match(err, /^line 3: user_id: text of 1 to 200 characters/);
  match(err, /and 2 more\nrunnel: lines were refused/);
  equal((await load(database, ["--skip-invalid", "-"], input)).code, 0);
  const missing = await load(database, [`${folder.path}/no-such-file`]);
  deepEqual([missing.code, missing.out], [1, ""]);
  match(missing.err, /there is no file/);
});

Deno.test("runnel load --url sends to a running process, and halves sent at once add up", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const elsewhere = `file:${folder.path}/unused.db`;
  const halves = [lines(0, 300), lines(200, 500)];
  const loaded = await Promise.all(halves.map((half) => load(elsewhere, ["--url", process.url, "-"], half)));
  deepEqual(
    loaded.map(({ code, out }) => `${code} ${out}`),
    halves.map(() => "0 600 lines accepted, 0 refused\n"),
  );
  const { sessions } = await (await fetch(`${process.url}/user/metrics?days=100000`)).json();
  deepEqual(sessions, { started: 500, completed: 500, open: 0, inconsistent: 0 });

  await process.end("SIGKILL");
  const refused = await load(elsewhere, ["--url", process.url, "-"], lines(0, 1));
  equal(refused.code, 1);
  match(refused.err, /^runnel: /);
});

Deno.test("a load that is killed and begun again stores what one that is not killed stores", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/events.jsonl`;
  const whole = `file:${folder.path}/whole.db`, killed = `file:${folder.path}/killed.db`;
  // Several commits, so that some are done and some are not.
  await Deno.writeTextFile(file, lines(0, 90_000));
  equal((await load(whole, [file])).code, 0);

  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", "load", file],
    cwd: ROOT,
    env: { DATABASE_URL: killed },
    stdout: "null",
    stderr: "null",
  }).spawn();
  const hasCommitted = async () => {
    const { size } = await Deno.stat(`${folder.path}/killed.db-wal`).catch(() => ({ size: 0 }));
    return size > 1 << 20;
  };
  await until(hasCommitted);
  process.kill("SIGKILL");
  equal((await process.status).signal, "SIGKILL");

  equal((await load(killed, [file])).out, "180,000 lines accepted, 0 refused\n");
  deepEqual(await answersOf(killed), await answersOf(whole));
});

async function answersOf(database: string) {
  await using process = await startProcess({ database });
  const get = async (path: string) => await (await fetch(`${process.url}/user/${path}`)).text();
  const starts = await get("last-events?days=100000");
  return [
    starts.length,
    starts,
    await get("metrics?days=100000"),
    await get("last-sessions-user?user_id=u1"),
  ];
}
