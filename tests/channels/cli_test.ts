/** `runnel channel` against a real process. */
import { deepEqual, equal, match } from "../support/assert.ts";
import { type Run, runnel } from "../support/command.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

Deno.test("runnel channel creates, lists, posts, gets and tails", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const url = ["--url", process.url];
  equal(
    (await runnel(["channel", "create", "news", "--ttl-millis", "60000", ...url], { isTerminal: true })).out,
    "Created news.\n",
  );
  equal((await runnel(["channel", "list", ...url])).out, "news\n");
  const { out: id } = await runnel(["channel", "post", "news", "-d", "first", ...url]);
  match(id, /^[0-9A-V]{16}\n$/);
  await runnel(["channel", "post", "news", "--type", "text/csv", ...url], { input: "from a file" });
  equal((await runnel(["channel", "get", "news", id.trim(), ...url])).out, "first");
  equal((await runnel(["channel", "get", "news", ...url])).out, "from a file");
  let tailed: Run | undefined;
  const tailing = runnel(["channel", "tail", "news", "--count", "1", ...url]).then((run) => tailed = run);
  while (tailed === undefined) await runnel(["channel", "post", "news", "-d", "breaking", ...url]);
  equal((await tailing).out, "breaking\n");
  equal((await runnel(["channel", "tail", "none", ...url])).code, 1);
});

Deno.test("runnel channel export and import carry items with their headers to another channel", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const url = ["--url", process.url], at = `${process.url}/channel`;
  for (const name of ["from", "to", "lines"]) await runnel(["channel", "create", name, ...url]);
  equal((await runnel(["channel", "export", "from", ...url])).out, "", "an empty channel");
  const bodies: [string | Uint8Array<ArrayBuffer>, Record<string, string>][] = [
    ['{"ä":1}', { "Content-Type": "application/json", "Item-Key": "k" }],
    [Uint8Array.from([0, 255, 10]), { "Content-Type": "image/png", "Content-Encoding": "br" }],
    ["", { "Content-Type": "text/plain", "Content-Language": "de" }],
  ];
  for (const [body, headers] of bodies) {
    await (await fetch(`${at}/from`, { method: "POST", body, headers })).body?.cancel();
  }
  const { out } = await runnel(["channel", "export", "from", ...url]);
  equal(out.trim().split("\n").length, 3);
  const file = `${folder.path}/items`;
  await Deno.writeTextFile(file, out);
  equal(
    (await runnel(["channel", "import", "to", file, ...url], { isTerminal: true })).out,
    "Stored 3 items.\n",
  );
  const kept = (text: string) =>
    text.trim().split("\n").map((line) => JSON.parse(line)).map((
      { id: _, href: __, timestamp: ___, ...item },
    ) => item);
  deepEqual(kept((await runnel(["channel", "export", "to", ...url])).out), kept(out));

  await Deno.writeTextFile(file, '{"data":"a"}\n{"data":"b","dta":"c"}\n');
  const wrong = await runnel(["channel", "import", "to", file, ...url]);
  deepEqual([wrong.code, wrong.err], [
    1,
    'runnel: line 2: an exported item has no "dta" (--json stores lines as they stand); nothing is stored\n',
  ]);
  equal(kept((await runnel(["channel", "export", "to", ...url])).out).length, 3, "nothing was stored");
  await runnel(["channel", "import", "lines", file, "--json", ...url]);
  deepEqual(kept((await runnel(["channel", "export", "lines", ...url])).out).map(({ data }) => data), [
    '{"data":"a"}',
    '{"data":"b","dta":"c"}',
  ]);
});

Deno.test("runnel consumer and runnel webhook create, show, work, pause and delete", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const url = ["--url", process.url], terminal = { isTerminal: true };
  await runnel(["channel", "create", "jobs", ...url]);
  await runnel(["channel", "post", "jobs", "-d", "one", ...url]);
  const created = await runnel(
    ["consumer", "create", "jobs", "w", "--start", "earliest", "--max-deliver", "3", ...url],
    terminal,
  );
  equal(created.out, "The consumer w of jobs is ready.\n", created.err);
  match((await runnel(["consumer", "list", "jobs", ...url], terminal)).out, /^CONSUMER +LAG.*\nw +1 +0 /);
  const { data, delivery } = JSON.parse(
    (await runnel(["consumer", "pull", "jobs", "w", "--ack", ...url])).out,
  );
  deepEqual([data, delivery], ["one", 1]);
  for (const word of ["two", "three", "four"]) {
    await runnel(["channel", "post", "jobs", "-d", word, ...url]);
  }
  const following = [
    "consumer",
    "pull",
    "jobs",
    "w",
    "--ack",
    "--follow",
    "--max",
    "2",
    "--count",
    "3",
    ...url,
  ];
  const { out: followed } = await runnel(following);
  deepEqual(followed.trim().split("\n").map((line) => JSON.parse(line).data), ["two", "three", "four"]);
  const { lag, maxDeliver } = JSON.parse((await runnel(["consumer", "show", "jobs", "w", ...url])).out);
  deepEqual([lag.items, maxDeliver], [0, 3]);
  equal((await runnel(["consumer", "delete", "jobs", "w", ...url])).code, 0);
  equal(
    (await runnel(["consumer", "show", "jobs", "w", ...url])).err,
    "runnel: channel jobs has no consumer named w\n",
  );

  const set = ["webhook", "set", "h", "--channel", "jobs", "--callback-url", "https://example.com/x", ...url];
  equal((await runnel(set, terminal)).out, "The webhook h is set.\n");
  equal((await runnel(["webhook", "pause", "h", ...url])).code, 0);
  equal(JSON.parse((await runnel(["webhook", "show", "h", ...url])).out).paused, true);
  equal((await runnel(["webhook", "list", ...url])).out, "h\n");
  match((await runnel([...set, "--parallel-calls", "x"])).err, /parallelCalls/);
  equal((await runnel(["webhook", "delete", "h", ...url])).code, 0);
  equal((await runnel(["webhook", "list", ...url], terminal)).out, "There are no webhooks.\n");
});

Deno.test("commands that cannot do their work say why and end with status 1", async () => {
  const away = await runnel(["store", "list", "--url", "http://127.0.0.1:9"]);
  equal(away.code, 1);
  match(away.err, /nothing answers at http:\/\/127\.0\.0\.1:9/);
  equal((await runnel(["store", "save", "r"])).code, 1);
  const wrong = await runnel(["store", "retrieve", "r", "s", "--json-format", "rows"]);
  equal(wrong.code, 1);
  match(wrong.err, /Allowed choices are split, records, index, columns, table, values/);
});

Deno.test("commands send the key of --key, or of the environment", async () => {
  const seen: (string | null)[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ headers }) => {
    seen.push(headers.get("authorization"));
    return Response.json([]);
  });
  const url = ["--url", `http://127.0.0.1:${server.addr.port}`];
  await runnel(["store", "list", ...url], { apiKey: "rnl_a" });
  await runnel(["store", "list", "--key", "rnl_b", ...url], { apiKey: "rnl_a" });
  equal(seen.join(), "Bearer rnl_a,Bearer rnl_b");
});
