/** `runnel store` against a real process. */
import { deepEqual, equal, match } from "../support/assert.ts";
import { runnel } from "../support/command.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

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
  const lines = await runnel([
    "store",
    "retrieve",
    "NASDAQ",
    "ACME",
    "--format",
    "ndjson",
    "--tail",
    "1",
    ...url,
  ]);
  equal(lines.out, '{"index":"2020-01-04T00:00:00.000","close":3.0,"id":null}\n');
  equal(
    (await runnel(["store", "save", "NASDAQ", "LINES", "x.ndjson", ...url], { input: lines.out })).out,
    "",
  );
  equal((await runnel(["store", "delete", "NASDAQ", "LINES", ...url])).out, "");
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
    "REFERENCE  SYMBOLS  ROWS LIVE  DUPLICATES\nNASDAQ           1  for ever   refuse\n",
  );
  match(
    (await runnel(["store", "list", "NASDAQ", ...url], terminal)).out,
    /SYMBOL +ROWS +FIRST +LAST +COLUMNS\nACME +3 +2020-01-02T/,
  );
  match((await runnel(["store", "list", "NASDAQ", ...url])).out, /^\[\{"symbol":"ACME","rows":3/);
  match((await runnel(["store", "list", "NASDAQ", "ACME", ...url])).out, /^\[\{"symbol":"ACME","rows":3/);
  equal((await runnel(["store", "list", "NASDAQ", "NONE", ...url])).out, "[]\n");
  equal(
    (await runnel(["store", "delete", "NASDAQ", "ACME", ...url], terminal)).out,
    "Deleted NASDAQ ACME.\n",
  );
  const gone = await runnel(["store", "retrieve", "NASDAQ", "ACME", ...url]);
  equal(gone.code, 1);
  equal(gone.err, 'runnel: there is no series "ACME" in "NASDAQ"\n');
});

Deno.test("runnel store sets how long rows live and whether they share a stamp", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const store = (args: string[], terminal?: Parameters<typeof runnel>[1]) =>
    runnel(["store", ...args, "--url", process.url], terminal);
  const ticks = "time,price\n2026-01-05T14:30:00,10\n2026-01-05T14:30:00,11\n";
  const save = ["save", "TRADES", "ACME", "ticks.csv", "--tz", "America/New_York", "--date-format", "iso"];
  match((await store(save, { input: ticks })).err, /stands twice.*duplicates=keep/);
  const kept = await store(["set", "TRADES", "--duplicates", "keep", "--ttl-millis", "8640000000000"]);
  deepEqual(JSON.parse(kept.out), { reference: "TRADES", ttlMillis: 8_640_000_000_000, duplicates: "keep" });
  deepEqual(await store(save, { input: ticks }), { code: 0, out: "", err: "" });
  equal(
    (await store([
      "retrieve",
      "TRADES",
      "ACME",
      "--format",
      "csv",
      "--date-format",
      "epoch",
      "--date-unit",
      "s",
    ])).out,
    "index,price\n1767641400,10\n1767641400,11\n",
  );
  equal(
    (await store(["list"], { isTerminal: true })).out,
    "REFERENCE  SYMBOLS  ROWS LIVE         DUPLICATES\nTRADES           1  8640000000000 ms  keep\n",
  );
  equal(
    (await store(["set", "TRADES", "--duplicates", "refuse", "--ttl-millis", "null"], { isTerminal: true }))
      .out,
    "TRADES: rows live for ever, duplicates: refuse.\n",
  );
  const wrong = [["--duplicates", "drop"], ["--ttl-millis", "1h"], ["--ttl-millis", "0"], []];
  for (const flags of wrong) equal((await store(["set", "TRADES", ...flags])).code, 1, flags.join(" "));
  equal((await store(["delete", "TRADES", "ACME", "--forget"])).code, 0);
  deepEqual(JSON.parse((await store(["list"])).out), []);
});
