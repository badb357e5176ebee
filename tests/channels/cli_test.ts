/** `runnel store` and `runnel channel` against a real process. */
import { equal, match } from "node:assert/strict";
import { runCommand } from "../../cli/main.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command as at a terminal, or in a pipe; `input` is the standard input or any file. */
async function runnel(args: string[], { isTerminal = false, input = "", apiKey = "" } = {}): Promise<Run> {
  let out = "", err = "";
  const decoder = new TextDecoder();
  const code = await runCommand(args, {
    readPassword: () => Promise.reject(new Error("no password is asked for here")),
    out: (text) => out += typeof text === "string" ? text : decoder.decode(text),
    err: (text) => err += text,
    isTerminal,
    read: () => Promise.resolve(new TextEncoder().encode(input)),
    apiKey: apiKey || undefined,
    withServices: () => Promise.reject(new Error("no database is needed")),
  });
  return { code, out, err };
}

const FRAME =
  '{"close":{"2020-01-02T00:00:00.000":1.0,"2020-01-03T00:00:00.000":null},"id":{"2020-01-02T00:00:00.000":9007199254740993,"2020-01-03T00:00:00.000":2}}';

Deno.test("runnel store saves, retrieves, lists and deletes; tables at a terminal, JSON in a pipe", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const url = ["--url", process.url];
  const terminal = { isTerminal: true };
  equal((await runnel(["store", "list", ...url], terminal)).out, "There are no series.\n");
  const saved = await runnel(["store", "save", "NASDAQ", "ACME", ...url], { ...terminal, input: FRAME });
  equal(saved.out, "Saved NASDAQ ACME.\n", saved.err);
  const csv = "index,close\n2020-01-04,3\n";
  equal(
    (await runnel(["store", "save", "NASDAQ", "ACME", "new.csv", "--merge", ...url], { input: csv })).out,
    "",
  );
  equal(
    (await runnel([
      "store",
      "retrieve",
      "NASDAQ",
      "ACME",
      "--end",
      "2020-01-03",
      "--columns",
      "close",
      ...url,
    ])).out,
    '{"close":{"2020-01-02T00:00:00.000":1.0,"2020-01-03T00:00:00.000":null}}\n',
  );
  equal(
    (await runnel(["store", "retrieve", "NASDAQ", "ACME", "--csv", "--tail", "1", ...url], terminal)).out,
    "index,close,id\n2020-01-04T00:00:00.000,3.0,\n",
  );
  equal(
    (await runnel(
      ["store", "retrieve", "NASDAQ", "ACME", "--limit", "2", "--columns", "close", ...url],
      terminal,
    )).out,
    "                         close\n2020-01-02T00:00:00.000    1.0\n2020-01-03T00:00:00.000\n",
  );
  equal(
    (await runnel([
      "store",
      "retrieve",
      "NASDAQ",
      "ACME",
      "--every",
      "7d",
      "--agg",
      "count",
      "--json-format",
      "values",
      ...url,
    ])).out,
    "[[2,2]]\n",
  );
  equal(
    (await runnel(["store", "list", ...url], terminal)).out,
    "REFERENCE  SYMBOLS  ROWS LIVE\nNASDAQ           1  for ever\n",
  );
  match(
    (await runnel(["store", "list", "NASDAQ", ...url], terminal)).out,
    /SYMBOL +ROWS +FIRST +LAST +COLUMNS\nACME +3 +2020-01-02T/,
  );
  match((await runnel(["store", "list", "NASDAQ", ...url])).out, /^\[\{"symbol":"ACME","rows":3/);
  equal(
    (await runnel(["store", "delete", "NASDAQ", "ACME", ...url], terminal)).out,
    "Deleted NASDAQ ACME.\n",
  );
  const gone = await runnel(["store", "retrieve", "NASDAQ", "ACME", ...url]);
  equal(gone.code, 1);
  equal(gone.err, 'runnel: there is no series "ACME" in "NASDAQ"\n');
});

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
