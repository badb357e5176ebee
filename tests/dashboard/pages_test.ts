/** What the pages show of what is stored, in all its kinds. */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { logIn, post } from "../conversations/support.ts";
import { createTestApp, type TestApp } from "../support/app.ts";

const HTML = { Accept: "text/html" };
const MINUTE = 60_000, DAY = 86_400_000;

async function pageOf(app: TestApp, path: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await app.stream(path, { ...HTML, ...headers });
  equal(answer.status, 200, path);
  return await answer.text();
}

/** An application whose clock is that of this machine, as pages count from now. */
async function createApp(): Promise<TestApp> {
  const app = await createTestApp();
  app.time.now = Date.now();
  return app;
}

async function gzipped(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(new Response(text).body!.pipeThrough(new CompressionStream("gzip"))).bytes();
}

Deno.test("an item is shown as a tree, text, an image, bytes, or what gzip holds", async () => {
  await using app = await createApp();
  await app.send("PUT", "/channel/c", {});
  const shown = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) => {
    const answer = await app.request("/channel/c", { method: "POST", body, headers });
    const id = new URL(answer.headers.get("location")!).pathname.split("/").at(-1)!;
    const page = await pageOf(app, `/dashboard/channels/c/${id}`);
    return { id, text: page.slice(page.indexOf('<section class="card item">'), page.indexOf("</main>")) };
  };
  const json = { "Content-Type": "application/json" }, zipped = { "Content-Encoding": "gzip" };
  match(
    (await shown('{"bean": ["Sidamo"]}', json)).text,
    /<details class="tree" open.*&quot;Sidamo&quot;/,
  );
  match((await shown("{broken", json)).text, /<pre[^>]*>\{broken<\/pre>/);
  match(
    (await shown("<b>x</b>", { "Content-Type": "text/html" })).text,
    /<pre[^>]*>&lt;b&gt;x&lt;\/b&gt;<\/pre>/,
  );
  const bytes = await shown(new Uint8Array([0, 255, 65]), { "Content-Type": "application/octet-stream" });
  match(bytes.text, /<pre[^>]*>000000 {2}00 ff 41 +\.\.A<\/pre>/);
  match(
    (await shown(await gzipped('{"bean": "Sidamo"}'), { ...json, ...zipped })).text,
    /bean:<\/span> <code>&quot;Sidamo/,
  );
  match(
    (await shown("no gzip", { "Content-Type": "text/plain", ...zipped })).text,
    /<pre[^>]*>no gzip<\/pre>/,
  );
  const image = await shown(new Uint8Array([137, 80, 78, 71]), { "Content-Type": "image/png" });
  const [, source] = /<img src="([^"]+)"/.exec(image.text)!;
  const file = await app.stream(source!);
  deepEqual([file.status, file.headers.get("content-type")], [200, "image/png"]);
  await file.body?.cancel();
  const other = await app.stream(`/dashboard/channels/c/${bytes.id}/image`, HTML);
  equal(other.status, 404);
  await other.body?.cancel();
});

Deno.test("a series leaves its page as CSV, Parquet, Arrow and JSON, whole or a range of it", async () => {
  await using app = await createApp();
  await app.send("PUT", "/api/store/market/ACME", {
    open: { "2020-01-02": 1, "2020-01-03": 2 },
    high: { "2020-01-02": 4, "2020-01-03": 4 },
    low: { "2020-01-02": 1, "2020-01-03": 1 },
    close: { "2020-01-02": 2, "2020-01-03": 3 },
  });
  const page = await pageOf(app, "/dashboard/series/market/ACME?start=2020-01-03");
  match(page, /data-chart="\{&quot;kind&quot;:&quot;candles&quot;/);
  const files = Array.from(
    page.matchAll(/href="([^"]+)" download="([^"]+)"/g),
    ([, href, name]) => [name!, href!.replaceAll("&amp;", "&")] as const,
  );
  deepEqual(files.map(([name]) => name), ["ACME.csv", "ACME.parquet", "ACME.feather", "ACME.json"]);
  const types = await Promise.all(files.map(async ([, href]) => {
    const answer = await app.stream(href);
    const bytes = await answer.bytes();
    ok(bytes.length > 0);
    return [answer.status, answer.headers.get("content-type")!.split(";")[0]!];
  }));
  deepEqual(types, [
    [200, "text/csv"],
    [200, "application/vnd.apache.parquet"],
    [200, "application/vnd.apache.arrow.file"],
    [200, "application/json"],
  ]);
  equal(
    await (await app.stream(files[0]![1])).text(),
    "index,open,high,low,close\n2020-01-03T00:00:00.000,2,4,1,3\n",
  );
  const refused = await app.stream("/dashboard/series/market/ACME?format=exe", HTML);
  equal(refused.status, 400);
  match(await refused.text(), /There is no format exe\./);
});

Deno.test("events of an app are a timeline of a day in steps of five minutes, and of up to a year", async () => {
  await using app = await createApp();
  const at = (timestamp: number, account: string) => ({
    account,
    event: "order",
    context: "phone",
    timestamp,
  });
  await app.send("POST", "/event/shop", [
    at(app.time.now, "ann"),
    at(app.time.now - 10 * MINUTE, "bob"),
    at(app.time.now - 40 * DAY, "bob"),
  ]);
  for (
    const [account, birthday] of [["ann", "01/02/1990"], ["bob", "03/04/1991"], [
      "eve",
      "05/06/1940",
    ]] as const
  ) {
    await app.send("PUT", `/profile/shop/${account}/`, { facebook: { gender: "female", birthday } });
  }
  const day = await pageOf(app, "/dashboard/apps/shop");
  match(
    day,
    /order, the last 24 hours in steps of five minutes<\/h2><span[^>]*>2 in all, at most 1 at a time/,
  );
  match(
    await pageOf(app, "/dashboard/apps/shop?range=31d"),
    /the last 31 days in steps of six hours<\/h2><span[^>]*>2 in all/,
  );
  match(
    await pageOf(app, "/dashboard/apps/shop?range=12mo"),
    /the last 12 months by the day<\/h2><span[^>]*>3 in all/,
  );
  match(day, /Contexts of order.*phone/);
  const ages = day.slice(day.indexOf("<h2>Age</h2>"), day.indexOf("<h2>Gender</h2>"));
  deepEqual(
    Array.from(
      ages.matchAll(/<th scope="row">([^<]+)<\/th>.*?<td class="number">(\d+)/g),
      ([, name, n]) => [name, n],
    ),
    [["30 to 39", "2"], ["80 to 89", "1"]],
  );
});

Deno.test("sessions are shown by country, by day and by length; without any, only how to send one", async () => {
  await using app = await createApp();
  match(await pageOf(app, "/dashboard/sessions"), /No session started in these days\..*curl -s -X POST/);
  ok(!(await pageOf(app, "/dashboard/sessions?none")).includes("none</dd>"));
  const second = (time: number) => new Date(time).toISOString().slice(0, 19);
  const start = app.time.now - 30 * MINUTE;
  await app.send("POST", "/user/batches", [
    { user_id: "ann", session_id: "s", event: "start", country: "DE", ts: second(start) },
    { user_id: "ann", session_id: "s", event: "end", ts: second(start + 90_000) },
    { user_id: "bob", session_id: "t", event: "start", country: "PT", ts: second(start) },
  ]);
  const page = await pageOf(app, "/dashboard/sessions?user=ann");
  for (
    const shown of [
      /Starts by country.*DE.*PT/,
      /up to 2 min/,
      /Half lasted at most 1\.\d+ min, nine of ten 1\.\d+ min, 99 of a hundred 1\.\d+ min/,
      /<dt>p99<\/dt><dd>1\.\d+ min/,
      /Starts by day/,
      /Sessions of the user.*DE.*1\.5 min/,
    ]
  ) match(page, shown);
});

Deno.test("a fault stands on the page of operation with the id of its request", async () => {
  await using app = await createApp();
  const { database: { engine } } = app;
  await engine.write([{ sql: "DROP TABLE event_total", args: [] }]);
  const failed = await app.request("/analytics", { headers: { "X-Request-Id": "look-for-me" } });
  ok(failed.status >= 500);
  match(await pageOf(app, "/dashboard/operate"), /Recent faults.*look-for-me.*GET \/analytics/);
});

Deno.test("a stretch of conversations is one of the reader's zone", async () => {
  await using app = await createApp();
  const noon = Date.parse("2026-01-02T12:00:00Z");
  app.time.now = noon + DAY;
  await post(app, "town", [
    {
      id: "1",
      username: "ann",
      timestamp: new Date(noon).toISOString(),
      message: "Decision: we ship the price list on Monday.",
    },
    {
      id: "2",
      username: "bob",
      timestamp: new Date(noon + MINUTE).toISOString(),
      message: "Who tells the customers in Lisbon about the price list?",
    },
  ]);
  const cookie = { Cookie: `runnel_person=${await logIn(app, "ann")}` };
  const at = (since: string, until: string) =>
    pageOf(app, `/dashboard/conversations?since=${since}&until=${until}&timezone=Asia/Tokyo`, cookie);
  const told = await at("2026-01-02T20:59", "2026-01-02T21:30");
  match(told, /<h3>Decisions<\/h3>.*price list on Monday.*2026-01-02 21:00:00/);
  match(told, /<h3>Open questions<\/h3>.*Lisbon/);
  match(await at("2026-01-02T11:59", "2026-01-02T12:30"), /Nothing was said in this time/);
});
