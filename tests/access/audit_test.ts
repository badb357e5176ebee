import { deepEqual, equal, match } from "../support/assert.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";
import { temporaryFolder } from "../support/process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

async function runnel(database: string, ...args: string[]) {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", ...args],
    cwd: ROOT,
    env: { DATABASE_URL: database, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = process.stdin.getWriter();
  await input.write(new TextEncoder().encode("password1\n"));
  await input.close();
  const { code, stdout, stderr } = await process.output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

testOnBothEngines(
  "audit log: who deleted and restored what over HTTP, and what was refused is not in it",
  async (app) => {
    const key = await app.services.keys.add("ci", ["channels:write", "series:write", "profiles:write"], null);
    const admin = await app.services.keys.add("root", ["admin"], null);
    const as = (secret: string) => (method: string, path: string, body?: unknown) =>
      app.request(path, {
        method,
        headers: { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    const ci = as(key), root = as(admin);
    await ci("PUT", "/channel/news", {});
    await ci("PUT", "/profile/app/ann", { twitter: { id: "1" } });
    await ci("PUT", "/api/store/NASDAQ/ACME", { close: { "2020-01-02": 1 } });
    equal((await ci("DELETE", "/channel/news")).status, 204);
    equal((await ci("DELETE", "/channel/news")).status, 404);
    equal((await ci("DELETE", "/person/app/ann")).status, 403);
    equal((await root("DELETE", "/person/app/ann")).ok, true);
    equal((await ci("DELETE", "/api/store/NASDAQ/ACME")).ok, true);
    equal((await ci("POST", "/api/store/NASDAQ/ACME/restore", { revision: 1 })).ok, true);
    equal((await ci("GET", "/audit")).status, 403);
    const { entries } = await (await root("GET", "/audit")).json();
    deepEqual(entries.map(({ actor, action, subject }: Record<string, string>) => [actor, action, subject]), [
      ["ci", "restore", "/api/store/NASDAQ/ACME/restore"],
      ["ci", "delete", "/api/store/NASDAQ/ACME"],
      ["root", "delete", "/person/app/:account"],
      ["ci", "delete", "/channel/news"],
    ]);
    const page = await (await root("GET", "/audit?limit=3")).json();
    equal(page.entries.length, 3);
    const next = await (await root(
      "GET",
      new URL(page._links.next.href).pathname + new URL(page._links.next.href).search,
    )).json();
    deepEqual([next.entries.length, next._links.next], [1, undefined]);
    equal((await root("GET", "/audit?limit=0")).status, 400);
  },
);

Deno.test("audit log: entries are kept for 400 days, in one line each", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/a", {});
  await app.services.audit.record("x", "delete", "a\nb\u001b[2J");
  app.time.now += 399 * 86_400_000;
  await app.services.sweep();
  deepEqual((await app.services.audit.list(9)).map(({ subject }) => subject), ["a%0Ab%1B[2J"]);
  app.time.now += 2 * 86_400_000;
  await app.services.sweep();
  deepEqual(await app.services.audit.list(9), []);
});

Deno.test("runnel audit shows what commands did with keys, users and the database", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const done: string[][] = [
    ["keys", "add", "ci", "--scopes", "channels:read,metrics:read"],
    ["keys", "rotate", "ci", "--grace", "24h"],
    ["users", "add", "ada", "--channels", "ops"],
    ["users", "remove", "ada"],
    ["backup", `${folder.path}/copy.db`],
    ["keys", "revoke", "ci"],
    ["restore", `${folder.path}/copy.db`, "--force"],
  ];
  for (const args of done) {
    const { code, err } = await runnel(database, ...args);
    equal(code, 0, `${args}: ${err}`);
  }
  const { out } = await runnel(database, "audit", "--limit", "9");
  // What came after the backup went with the restore.
  const lines = out.trimEnd().split("\n").slice(1).map((line) =>
    line.replace(/^\S+ \S+ +/, "").replace(/ {2,}/g, "|")
  );
  deepEqual(lines, [
    `command line|restore|${folder.path}/copy.db`,
    "command line|remove user|ada",
    "command line|add user|ada ops",
    "command line|rotate key|ci",
    "command line|add key|ci (channels:read,metrics:read)",
  ]);
  equal((await runnel(database, "audit", "--limit", "x")).code, 1);
  match((await runnel(database, "keys", "rotate", "nobody")).err, /there is no key named nobody/);
  match((await runnel(database, "keys", "rotate", "ci", "--grace", "soon")).err, /a length of time such as/);
});
