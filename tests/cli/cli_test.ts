import { deepEqual, equal, match } from "../support/assert.ts";
import { VERSION } from "../../domain/version.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { serveByHost } from "../support/served.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

async function runnel(database: string, args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", ...args],
    cwd: ROOT,
    env: { DATABASE_URL: database, ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("runnel keys makes, lists and revokes keys that a running process obeys", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  match((await runnel(database, ["keys", "list"])).out, /There are no keys/);
  const added = await runnel(database, [
    "keys",
    "add",
    "ci",
    "--scopes",
    "channels:read,channels:write",
    "--days",
    "1",
  ]);
  equal(added.code, 0);
  match(added.out, /^rnl_[\w-]{43}\n$/);
  const listed = await runnel(database, ["keys", "list"]);
  match(listed.out, /^NAME +SCOPES +CREATED +EXPIRES +LAST USED\nci +channels:read,channels:write +\d{4}-/);
  equal(listed.out.includes(added.out.trim()), false);

  await using process = await startProcess({ database });
  equal((await fetch(`${process.url}/channel`)).status, 401);
  const bearer = { headers: { Authorization: `Bearer ${added.out.trim()}` } };
  equal((await fetch(`${process.url}/channel`, bearer)).status, 200);
  equal((await runnel(database, ["keys", "revoke", "ci"])).code, 0);
  // The key is gone within half a second; the need for one stays.
  let status = 200;
  for (const deadline = Date.now() + 5000; status !== 401 && Date.now() < deadline;) {
    const response = await fetch(`${process.url}/channel`, bearer);
    await response.body?.cancel();
    status = response.status;
  }
  equal(status, 401);
  match((await runnel(database, ["keys", "list"])).out, /There is no key any more/);
});

Deno.test("runnel tells what is wrong and exits with 1", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const cases: [string[], RegExp][] = [
    [["keys", "add", "a"], /--scopes/],
    [["keys", "add", "a", "--scopes", "everything"], /channels:read/],
    [["keys", "add", "a b", "--scopes", "admin"], /1 to 64 letters/],
    [["keys", "add", "a", "--scopes", "admin", "--days", "0"], /above 0/],
    [["keys", "revoke", "nobody"], /there is no key named nobody/],
    [["nonsense"], /unknown command/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await runnel(database, args);
    equal(code, 1, args.join(" "));
    match(err, message);
  }
  match((await runnel(database, ["--help"])).out, /Usage: runnel/);
  equal((await runnel(database, ["keys", "add", "a", "--scopes", "admin"])).code, 0);
  match((await runnel(database, ["keys", "add", "a", "--scopes", "admin"])).err, /exists already/);
});

Deno.test("a wrong variable is named with its value and what is allowed", async () => {
  const wrong: [Record<string, string>, RegExp][] = [
    [{ PORT: "80a" }, /PORT is "80a", but must be a whole number from 0 to 65535/],
    [{ PORT: "70000" }, /PORT is "70000"/],
    [{ DATABASE_URL: "redis://x" }, /DATABASE_URL is set to what is not allowed: must be file:PATH/],
    [{ DATABASE_URL: "postgres://x" }, /its scheme is postgres.+ set RUNNEL_DATABASE_URL, which wins/],
    [
      { DATABASE_URL: "postgres://x", RUNNEL_DATABASE_URL: "mysql://x" },
      /^runnel: RUNNEL_DATABASE_URL is set/,
    ],
    [{ LOG: "loud" }, /LOG is "loud", but must be requests, errors or off/],
    [{ PUBLIC_URL: "ftp://x" }, /PUBLIC_URL/],
    [{ DATABASE_URL: "http://127.0.0.1:1", DATABASE_SYNC_URL: "http://127.0.0.1:2" }, /DATABASE_SYNC_URL/],
  ];
  for (const [env, message] of wrong) {
    const { code, err } = await runnel(env.DATABASE_URL ?? "file:./unused.db", ["serve"], env);
    equal(code, 1);
    match(err, message);
  }
});

Deno.test("RUNNEL_DATABASE_URL wins over a DATABASE_URL that a host sets", async () => {
  await using folder = await temporaryFolder();
  const env = { RUNNEL_DATABASE_URL: `file:${folder.path}/own.db` };
  const listed = await runnel("postgres://user:hunter2@db.example/app", ["keys", "list"], env);
  deepEqual([listed.code, listed.err], [0, ""]);
  equal((await Deno.stat(`${folder.path}/own.db`)).isFile, true);
});

Deno.test("it refuses to listen where others can reach it without a key", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const refused = await runnel(database, ["serve"], { HOST: "0.0.0.0", PORT: "0" });
  equal(refused.code, 1);
  match(refused.err, /HOST is 0\.0\.0\.0.*no API key.*runnel keys add.*ALLOW_ANONYMOUS/s);
  await using open = await startProcess({ database, env: { HOST: "0.0.0.0", ALLOW_ANONYMOUS: "true" } });
  match(open.log(), /listens on/);
});

Deno.test("deno serve main.ts answers, to this machine, without a key", async () => {
  await using folder = await temporaryFolder();
  const { url, process, answering } = serveByHost(`file:${folder.path}/runnel.db`);
  try {
    const health = await answering();
    equal(await health.text(), "OK (0 channels)");
    equal(health.headers.get("runnel-version"), VERSION);
    const created = await fetch(`${url}/channel`, {
      method: "POST",
      body: '{"name":"a"}',
      headers: { "Content-Type": "application/json" },
    });
    equal(created.status, 201);
    equal((await created.json())._links.self.href, `${url}/channel/a`);
  } finally {
    process.kill("SIGKILL");
    await process.status;
  }
});

Deno.test("runnel --version, --help and serve --help answer and exit with 0", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const version = await runnel(database, ["--version"]);
  deepEqual([version.code, version.out], [0, `${VERSION}\n`]);
  const help = await runnel(database, ["--help"]);
  equal(help.code, 0);
  for (const area of ["channels", "profiles", "time series", "sessions", "conversations"]) {
    match(help.out, new RegExp(area), area);
  }
  equal((await runnel(database, ["serve", "--help"])).code, 0);
});

Deno.test("a port that is taken is one line and exit 1", async () => {
  await using folder = await temporaryFolder();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const taken = await runnel(`file:${folder.path}/runnel.db`, ["serve"], { PORT: `${port}` });
  equal(taken.code, 1);
  match(taken.err, new RegExp(`^runnel: port ${port} of 127\\.0\\.0\\.1 is taken: [^\\n]+\\n$`));
});

Deno.test("runnel jobs lists and runs jobs of the configured database", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const ran = await runnel(database, ["jobs", "run", "sweep"]);
  deepEqual([ran.code, ran.out], [0, "sweep: done\n"]);
  match((await runnel(database, ["jobs", "list"])).out, /sweep +\* \* \* \* \* +\d{4}-/);
  const wrong = await runnel(database, ["jobs", "run", "nothing"]);
  deepEqual([wrong.code, /there is no job nothing/.test(wrong.err)], [1, true]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`deno serve ends on ${signal}, with the database closed`, async () => {
    await using folder = await temporaryFolder();
    const { process, answering } = serveByHost(`file:${folder.path}/runnel.db`);
    await (await answering()).body?.cancel();
    process.kill(signal);
    equal((await process.status).code, 0);
    equal((await Deno.stat(`${folder.path}/runnel.db-wal`)).size, 0, "everything is in the database file");
  });
}

Deno.test("a refused value that may hold a password is named, not shown", async () => {
  await using folder = await temporaryFolder();
  for (
    const [name, value] of [
      ["DATABASE_URL", "postgres://user:hunter2@db.example/app"],
      ["TOKEN_SECRET", "hunter2"],
    ] as const
  ) {
    const refused = await runnel(`file:${folder.path}/runnel.db`, ["keys", "list"], { [name]: value });
    equal(refused.code, 1, name);
    match(refused.err, new RegExp(`${name} is set to what is not allowed: must be`));
    equal(refused.err.includes("hunter2"), false, name);
  }
});
