import { deepEqual, equal, match, notEqual, ok } from "../support/assert.ts";
import { createTestApp, failing } from "../support/app.ts";
import { send } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

Deno.test("LOG_FORMAT=json: each line is an object, requests with their id and the name of their key, never a secret", async () => {
  await using folder = await temporaryFolder();
  const options = { database: `file:${folder.path}/runnel.db` };
  const add = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", "keys", "add", "ci", "--scopes", "channels:read"],
    cwd: new URL("../../", import.meta.url).pathname,
    env: { DATABASE_URL: options.database },
  }).output();
  const secret = new TextDecoder().decode(add.stdout).trim();
  await using process = await startProcess({ ...options, env: { LOG: "requests", LOG_FORMAT: "json" } });
  const answer = await fetch(`${process.url}/channel/a%1b%5b2J%0Ab?access_token=${secret}`, {
    headers: { "X-Request-Id": "trace-1" },
  });
  equal(answer.status, 404);
  equal(answer.headers.get("x-request-id"), "trace-1");
  const other = await fetch(`${process.url}/health`, { headers: { Authorization: `Bearer ${secret}x` } });
  const id = other.headers.get("x-request-id")!;
  match(id, /^[0-9a-f-]{36}$/);
  equal(await process.end("SIGTERM"), 0);
  ok(!process.log().includes(secret), process.log());
  const lines = process.log().trimEnd().split("\n").map((line) => JSON.parse(line));
  ok(lines.every(({ time, message }) => Date.parse(time) > 0 && typeof message === "string"));
  const [first, second] = lines.filter(({ method }) => method === "GET");
  const { time: _, millis, ...rest } = first;
  ok(millis >= 0);
  deepEqual(rest, {
    message: "GET /channel/a%1B[2J%0Ab 404",
    method: "GET",
    path: "/channel/a%1B[2J%0Ab",
    status: 404,
    requestId: "trace-1",
    key: "ci",
  });
  deepEqual([second.requestId, second.key], [id, undefined]);
});

Deno.test("X-Request-Id is honoured when it is sane, and is in the header, the body and the log of a fault", async () => {
  await using app = await createTestApp();
  app.services.channels.pages = () => failing(new Error("broken"));
  const ask = (id: string) => app.request("/channel", { headers: { "X-Request-Id": id } });
  const kept = await ask("req:1.a/B+c=");
  equal(kept.headers.get("x-request-id"), "req:1.a/B+c=");
  equal((await kept.json()).requestId, "req:1.a/B+c=");
  match(app.log[0]!, /^req:1\.a\/B\+c= GET \/channel: Error: broken/);
  for (const id of ["a b", "x".repeat(129), "<b>", "ä"]) {
    const answer = await ask(id), given = answer.headers.get("x-request-id");
    notEqual(given, id);
    equal((await answer.json()).requestId, given);
  }
  equal((await app.request("/health")).headers.get("x-request-id"), null, "nobody asked");
});

Deno.test("faults that repeat are a line a second with a count; LOG=off says none", async () => {
  for (const [logErrors, lines] of [[true, 1], [false, 0]] as const) {
    await using app = await createTestApp({ logErrors });
    app.services.channels.pages = () => failing(new Error("broken"));
    const answers = await Promise.all(Array.from({ length: 50 }, () => app.request("/channel")));
    ok(answers.every(({ status }) => status === 500));
    equal(app.log.filter((line) => line.includes("broken")).length, lines);
  }
});

Deno.test("LOG=errors: a process logs no request that went well", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  equal((await send("PUT", `${process.url}/channel/a`, {})).status, 201);
  equal((await fetch(`${process.url}/nothing`)).status, 404);
  equal(await process.end("SIGTERM"), 0);
  match(process.log(), /^Runnel listens on \S+\n$/);
});
