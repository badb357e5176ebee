import { doesNotMatch, equal, match, notEqual, ok } from "../support/assert.ts";
import settings from "../../deno.json" with { type: "json" };
import { send } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const { env, sys, ...everywhere } = settings.permissions.default;

Deno.test("Deno permissions: env and sys are lists, and the process does all its work with them", async () => {
  ok(Array.isArray(env) && Array.isArray(sys));
  await using folder = await temporaryFolder();
  await using process = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    env: { LOG: "requests", BACKUP_DIR: `${folder.path}/backups` },
  });
  const { url } = process;
  equal((await send("PUT", `${url}/channel/a`, {})).status, 201);
  equal((await send("POST", `${url}/channel/a`, "item")).status, 201);
  equal((await send("PUT", `${url}/api/store/A/B`, { close: { "2020-01-02": 1 } })).ok, true);
  equal((await send("PUT", `${url}/profile/app/ann`, { twitter: { id: "1" } })).ok, true);
  equal(
    (await send("POST", `${url}/api/conversations/ops/messages`, [{ id: "1", username: "a", message: "b" }]))
      .ok,
    true,
  );
  equal((await send("POST", `${url}/jobs/backup/run`, {})).status, 200);
  equal((await send("POST", `${url}/jobs/summarize-days/run`, {})).status, 200);
  for (
    const path of ["/", "/ready", "/metrics", "/docs", "/openapi.json", "/jobs", "/api/store/A/B?format=csv"]
  ) {
    const answer = await fetch(url + path, { headers: { Accept: path === "/" ? "text/html" : "*/*" } });
    equal(answer.status, 200, `${path}: ${await answer.text()}`);
  }
  doesNotMatch(process.log(), /NotCapable|NotAllowed|Requires/);
  equal(await process.end("SIGTERM"), 0);
});

Deno.test("Deno permissions: with one less the process does not start, and says which it needs", async () => {
  await using folder = await temporaryFolder();
  const flags = [
    ...Object.keys(everywhere).map((name) => ({ flag: `--allow-${name}`, values: [] as string[] })),
    { flag: "--allow-env", values: env },
    { flag: "--allow-sys", values: sys },
  ];
  const start = async (less: string) => {
    const args = flags.filter(({ flag }) => flag !== less).map(({ flag, values }) => {
      const left = values.filter((value) => value !== less);
      return left.length === 0 ? flag : `${flag}=${left}`;
    });
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", ...args, "main.ts", "serve"],
      cwd: new URL("../../", import.meta.url).pathname,
      env: { PORT: "0", DATABASE_URL: `file:${folder.path}/${less.replace(/\W/g, "")}.db`, NO_COLOR: "1" },
    }).output();
    return { code, text: new TextDecoder().decode(stderr) };
  };
  // These are asked for later, by /ready and by `runnel load`.
  const needed = [
    ...Object.keys(everywhere).map((name) => `--allow-${name}`),
    "PORT",
    "TOKEN_SECRET",
    "LIBSQL_JS_DEV",
  ]
    .concat(sys.filter((name) => name !== "statfs" && name !== "setPriority"));
  for (const less of needed) {
    const { code, text } = await start(less);
    notEqual(code, 0, `${less} is not needed`);
    match(text, new RegExp(less.replace(/^--allow-/, "")), text);
  }
});

Deno.test("Deno permissions: a running process can make no files, unless it makes backups, and reads no variables", async () => {
  await using folder = await temporaryFolder();
  const root = new URL("../../", import.meta.url);
  // Runs the program, and looks when it serves.
  const spy = `${folder.path}/spy.ts`;
  await Deno.writeTextFile(
    spy,
    `await import(${JSON.stringify(new URL("main.ts", root).href)});
    console.error("left:", Deno.permissions.querySync({ name: "write" }).state,
      Deno.permissions.querySync({ name: "env", variable: "TOKEN_SECRET" }).state);`,
  );
  for (const [backups, write] of [[undefined, "prompt"], [`${folder.path}/backups`, "granted"]] as const) {
    await using process = await startProcess({
      database: `file:${folder.path}/runnel.db`,
      args: ["run", "-q", "-P", "--config", new URL("deno.json", root).pathname, spy, "serve"],
      env: backups === undefined ? {} : { BACKUP_DIR: backups },
    });
    equal((await send("PUT", `${process.url}/channel/a${write}`, {})).status, 201);
    equal(await process.end("SIGTERM"), 0);
    match(process.log(), new RegExp(`^left: ${write} prompt$`, "m"));
  }
});
