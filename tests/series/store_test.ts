import { deepEqual, equal, match } from "../support/assert.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

const STORE = "/api/store/NASDAQ/ACME";
const FRAME =
  '{"open":{"2020-01-02T00:00:00.000":1.5,"2020-01-03T00:00:00.000":2.0},"volume":{"2020-01-02T00:00:00.000":10,"2020-01-03T00:00:00.000":20}}';

async function put(app: TestApp, body: string, query = "", path = STORE): Promise<void> {
  const response = await app.request(`${path}${query}`, { method: "PUT", body });
  equal(await response.text(), '{"status":true}');
  equal(response.status, 200);
}

async function get(app: TestApp, query = "", path = STORE, headers = {}): Promise<string> {
  const response = await app.request(`${path}${query}`, { headers });
  const text = await response.text();
  equal(response.status, 200, text);
  return text;
}

/** The detail of the problem that a request is answered with. */
async function refusal(app: TestApp, status: number, path: string, init?: RequestInit): Promise<string> {
  const response = await app.request(path, init);
  const problem = await response.json();
  equal(response.status, status, problem.detail);
  equal(response.headers.get("content-type"), "application/problem+json");
  return problem.detail;
}

testOnBothEngines("a frame is saved, retrieved in every orient, and deleted", async (app) => {
  await put(app, FRAME);
  equal(await get(app), FRAME);
  const a = "2020-01-02T00:00:00.000", b = "2020-01-03T00:00:00.000";
  const wanted = {
    columns: FRAME,
    index: `{"${a}":{"open":1.5,"volume":10},"${b}":{"open":2.0,"volume":20}}`,
    split: `{"columns":["open","volume"],"index":["${a}","${b}"],"data":[[1.5,10],[2.0,20]]}`,
    records: '[{"open":1.5,"volume":10},{"open":2.0,"volume":20}]',
    values: "[[1.5,10],[2.0,20]]",
    table: `{"schema":{"fields":[{"name":"index","type":"datetime"},{"name":"open","type":"number"},` +
      `{"name":"volume","type":"integer"}],"primaryKey":["index"],"pandas_version":"1.4.0"},` +
      `"data":[{"index":"${a}","open":1.5,"volume":10},{"index":"${b}","open":2.0,"volume":20}]}`,
  };
  for (const [orient, text] of Object.entries(wanted)) {
    equal(await get(app, `?jsonformat=${orient}`), text);
    equal(await get(app, `?json_format=${orient}`), text);
  }
  equal(
    await get(app, "?date_format=epoch&columns=volume"),
    '{"volume":{"1577923200000":10,"1578009600000":20}}',
  );
  equal(
    await get(app, "?date_format=epoch&date_unit=s&jsonformat=index&tail=1"),
    '{"1578009600":{"open":2.0,"volume":20}}',
  );
  const removed = await app.request(STORE, { method: "DELETE" });
  equal(await removed.text(), '{"status":true}');
  match(await refusal(app, 404, STORE), /there is no series "ACME" in "NASDAQ"/);
  equal((await app.request(STORE, { method: "DELETE" })).status, 200);
});

testOnBothEngines(
  "saving replaces the rows between first and last stamp; merging updates cells",
  async (app) => {
    const path = "/api/store/r/s";
    await put(app, '{"a":{"2020-01-01":1,"2020-01-03":3,"2020-01-05":5}}', "", path);
    await put(app, '{"b":{"2020-01-02":20,"2020-01-04":40}}', "", path);
    equal(
      await get(app, "?jsonformat=index", path),
      '{"2020-01-01T00:00:00.000":{"a":1.0,"b":null},"2020-01-02T00:00:00.000":{"a":null,"b":20.0},' +
        '"2020-01-04T00:00:00.000":{"a":null,"b":40.0},"2020-01-05T00:00:00.000":{"a":5.0,"b":null}}',
    );
    await put(app, '{"a":{"2020-01-02":2,"2020-01-06":6}}', "?mode=merge", path);
    equal(
      await get(app, "?jsonformat=split&date_format=epoch&date_unit=s", path),
      '{"columns":["a","b"],"index":[1577836800,1577923200,1578096000,1578182400,1578268800],' +
        '"data":[[1.0,null],[2.0,20.0],[null,40.0],[5.0,null],[6.0,null]]}',
    );
  },
);

testOnBothEngines("merging clears a cell that is null, and leaves one that is not named", async (app) => {
  const path = "/api/store/r/cleared";
  const merge = (body: string, query: string) => put(app, body, `?mode=merge&${query}`, path);
  const values = async () => await get(app, "?jsonformat=values", path);
  await put(
    app,
    '{"n":{"2020-01-01":1,"2020-01-02":2,"2020-01-03":3},"t":{"2020-01-01":"a","2020-01-02":"b","2020-01-03":"c"}}',
    "",
    path,
  );
  await merge('{"n":{"2020-01-01":null},"t":{"2020-01-02":null}}', "jsonformat=columns");
  equal(await values(), '[[null,"a"],[2.0,null],[3.0,"c"]]');
  await merge('{"2020-01-01":{"n":7,"t":null},"2020-01-03":{"t":"d"}}', "jsonformat=index");
  equal(await values(), '[[7.0,null],[2.0,null],[3.0,"d"]]');
  await merge('[{"index":"2020-01-03","n":null},{"index":"2020-01-02","t":"e"}]', "jsonformat=records");
  equal(await values(), '[[7.0,null],[2.0,"e"],[null,"d"]]');
  await merge('{"index":"2020-01-03","n":4}\n{"index":"2020-01-02","t":null}\n', "format=ndjson");
  equal(await values(), '[[7.0,null],[2.0,null],[4.0,"d"]]');
  await merge("index,n\n2020-01-01,\n", "format=csv");
  equal(await values(), '[[null,null],[2.0,null],[4.0,"d"]]');
  await merge('{"columns":["t"],"index":["2020-01-03"],"data":[[null]]}', "jsonformat=split");
  equal(await values(), "[[null,null],[2.0,null],[4.0,null]]");
  const arrow = await (await app.request(`${path}?format=arrow&end=2020-01-01`)).bytes();
  await put(app, '{"n":{"2020-01-01":8}}', "?mode=merge", path);
  equal((await app.request(`${path}?format=arrow&mode=merge`, { method: "PUT", body: arrow })).status, 200);
  equal(await values(), "[[null,null],[2.0,null],[4.0,null]]");
});

testOnBothEngines("start, end, limit and tail choose rows", async (app) => {
  const path = "/api/store/r/s";
  const stamps = Array.from({ length: 3000 }, (_, i) => 1_600_000_000 + i * 60);
  await put(
    app,
    JSON.stringify({ columns: ["n"], index: stamps, data: stamps.map((_, i) => [i]) }),
    "?jsonformat=split",
    path,
  );
  const values = async (query: string) =>
    JSON.parse(await get(app, `?jsonformat=values&${query}`, path)).flat();
  const iso = (row: number) => new Date(stamps[row]! * 1000).toISOString();
  deepEqual(await values("limit=2"), [0, 1]);
  deepEqual(await values("tail=2"), [2998, 2999]);
  deepEqual(await values(`start=${iso(1500)}&end=${iso(1502)}`), [1500, 1501, 1502]);
  deepEqual(await values(`end=${iso(1502)}&tail=2`), [1501, 1502]);
  deepEqual(await values(`start=${iso(2998)}&limit=5`), [2998, 2999]);
  deepEqual(await values(`start=${iso(2000)}&end=${iso(1000)}`), []);
  equal((await values("tail=3000")).length, 3000);
  deepEqual(await values("limit=0"), []);
  equal(await get(app, "?start=2100-01-01", path), '{"n":{}}');
  // Bins count from midnight of the first row's day, as pandas' resample has it.
  equal(
    await get(app, "?every=1d&agg=sum&jsonformat=split&date_format=epoch&date_unit=s", path),
    '{"columns":["n"],"index":[1599955200,1600041600,1600128000],"data":[[240471],[2035440],[2222589]]}',
  );
  deepEqual(await values("every=1d&agg=count&tail=1"), [866]);
});

testOnBothEngines("CSV and NDJSON go in by Content-Type and come out by Accept", async (app) => {
  const path = "/api/store/r/csv";
  const csv = 'index,price,note\n2020-01-02T00:00:00.000,1.5,"a, b"\n2020-01-03T00:00:00.000,,c\n';
  const saved = await app.request(path, {
    method: "POST",
    body: csv,
    headers: { "Content-Type": "text/csv; charset=utf-8" },
  });
  equal(saved.status, 200, await saved.text());
  equal(await get(app, "", path, { Accept: "text/csv" }), csv);
  const ndjson = '{"index":"2020-01-02T00:00:00.000","price":1.5,"note":"a, b"}\n' +
    '{"index":"2020-01-03T00:00:00.000","price":null,"note":"c"}\n';
  equal(await get(app, "", path, { Accept: "application/x-ndjson" }), ndjson);
  const again = "/api/store/r/ndjson";
  await app.request(again, {
    method: "POST",
    body: ndjson,
    headers: { "Content-Type": "application/x-ndjson" },
  });
  equal(await get(app, "", again, { Accept: "text/csv" }), csv);
  match(
    await refusal(app, 415, path, { method: "PUT", body: "<a/>", headers: { "Content-Type": "text/xml" } }),
    /text\/csv/,
  );
  match(await refusal(app, 406, path, { headers: { Accept: "text/html" } }), /application\/x-ndjson/);
});

testOnBothEngines("references and series are listed with what they hold", async (app) => {
  await put(app, FRAME);
  await put(app, FRAME, "", "/api/store/NASDAQ/a%2Fb%25");
  await put(app, FRAME, "", "/api/store/%F0%9F%93%88/x");
  const base = "http://datahub:8080/api/store";
  deepEqual(JSON.parse(await get(app, "", "/api/store")), [
    { reference: "NASDAQ", symbols: 2, href: `${base}/NASDAQ` },
    { reference: "📈", symbols: 1, href: `${base}/%F0%9F%93%88` },
  ]);
  const listed = JSON.parse(await get(app, "", "/api/store/NASDAQ"));
  deepEqual(listed[0], {
    symbol: "ACME",
    rows: 2,
    first: "2020-01-02T00:00:00.000",
    last: "2020-01-03T00:00:00.000",
    columns: [{ name: "open", type: "float" }, { name: "volume", type: "integer" }],
    href: `${base}/NASDAQ/ACME`,
  });
  equal(listed[1].symbol, "a/b%");
  equal(await get(app, "", new URL(listed[1].href).pathname), FRAME);
  match(await refusal(app, 404, "/api/store/none"), /there are no series in "none"/);
});

testOnBothEngines("rows expire by their stamp, at once and for good", async (app) => {
  const path = "/api/store/r/s", day = 86_400_000;
  await put(
    app,
    '{"a":{"2026-01-01T00:00:00Z":1,"2026-01-01T12:00:00Z":2,"2026-01-02T03:00:00Z":3}}',
    "",
    path,
  );
  const ttl = (value: number | null) => app.request(`/api/store/r?ttlMillis=${value}`, { method: "PATCH" });
  deepEqual(await (await ttl(day)).json(), { reference: "r", ttlMillis: day, duplicates: "refuse" });
  equal(await get(app, "?jsonformat=values", path), "[[2],[3]]");
  const listed = JSON.parse(await get(app, "", "/api/store/r"))[0];
  deepEqual([listed.rows, listed.first, listed.last], [
    2,
    "2026-01-01T12:00:00.000Z",
    "2026-01-02T03:00:00.000Z",
  ]);
  await ttl(null);
  equal(await get(app, "?jsonformat=values", path), "[[2],[3]]");
  await ttl(day);
  app.time.now += 2 * day;
  await refusal(app, 404, path);
  deepEqual(JSON.parse(await get(app, "", "/api/store/r")), []);
  await put(app, '{"a":{"2026-01-04T00:00:00":"text"}}', "", path);
  equal(await get(app, "", path), '{"a":{"2026-01-04T00:00:00.000":"text"}}');
  app.time.now += 2 * day;
  await app.services.series.sweep();
  equal((await app.request(`${path}?asOf=1`)).status, 410);
  app.time.now += day;
  await app.services.series.sweep();
  const counts = await app.database.query(
    "SELECT (SELECT count(*) FROM series), (SELECT count(*) FROM series_chunk), (SELECT count(*) FROM series_body)",
  );
  deepEqual(counts, [[0, 0, 0]]);
  for (const bad of ["", "0", "-1", "x", "1e3", "9000000000001"]) {
    match(
      await refusal(app, 400, `/api/store/r?ttlMillis=${bad}`, { method: "PATCH" }),
      /whole number of milliseconds/,
    );
  }
});

testOnBothEngines("bad requests are told what is wrong and change nothing", async (app) => {
  await put(app, FRAME);
  const cases: [string, string, RegExp][] = [
    ["?jsonformat=rows", FRAME, /"rows" is none of split, records, index, columns, values, table/],
    ["?jsonformat=values", "[[1]]", /no stamps/],
    ["?jsonformat=split&json_format=index", FRAME, /differ/],
    ["?date_unit=m", FRAME, /"m" is none of s, ms, us, ns/],
    ["?mode=upsert", FRAME, /"upsert" is none of replace, merge, append/],
    ["", "", /body is empty/],
    ["", "{", /./],
    ["", '{"a":{"01/02/2020":1}}', /01\/02\/2020/],
    ["", '{"a":{"2020-02-30":1}}', /2020-02-30/],
    ["", '{"a":{"2020-02-03":[1]}}', /array or object/],
    ["", '{"a":{"2020-01-01":1,"2020-01-01T00:00:00":2}}', /stands twice/],
    ["?jsonformat=records", '[{"a":1}]', /index/],
    ["", "[".repeat(100_000), /./],
  ];
  for (const [query, body, why] of cases) {
    match(
      await refusal(app, 400, `${STORE}${query}`, { method: "PUT", body }),
      why,
      `${query} ${body.slice(0, 50)}`,
    );
  }
  match(await refusal(app, 400, STORE, { method: "PUT", body: new Uint8Array([0x7b, 0xff]) }), /UTF-8/);
  match(await refusal(app, 400, `/api/store/r/${"x".repeat(201)}`), /symbol: a name has 1 to 200 characters/);
  match(await refusal(app, 400, "/api/store/r/%ff"), /symbol: it is not percent-encoded UTF-8/);
  const reads = {
    "?start=yesterday": /start: an ISO 8601 date or time/,
    "?limit=1&tail=1": /one of them/,
    "?limit=-1": /limit: a whole number from 0/,
    "?columns=nope": /There is no column "nope"/,
    "?every=1x": /every is "1x"/,
    "?agg=mean": /agg needs every/,
    "?every=1h&agg=best": /"best" is none of mean/,
    "?every=1ns": /bins/,
    "?jsonformat=table&date_format=epoch": /iso only/,
  };
  for (const [query, why] of Object.entries(reads)) {
    match(await refusal(app, 400, `${STORE}${query}`), why, query);
  }
  equal(await get(app), FRAME);
  equal((await app.request(STORE, { method: "PATCH" })).status, 405);
});

testOnBothEngines(
  "stamps that the unit asked for cannot tell apart are refused before the first byte",
  async (app) => {
    const path = "/api/store/r/fine";
    await put(app, '{"a":{"2020-01-01T00:00:00.000000001Z":1,"2020-01-01T00:00:00.000000002Z":2}}', "", path);
    match(await refusal(app, 400, `${path}?date_unit=us`), /ask for a finer date_unit/);
    equal(
      await get(app, "?date_unit=ns", path),
      '{"a":{"2020-01-01T00:00:00.000000001Z":1,"2020-01-01T00:00:00.000000002Z":2}}',
    );
  },
);

testOnBothEngines("more bodies than memory can hold are refused, one after the other is not", async (app) => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({}, undefined, {
    highWaterMark: 0,
  });
  const headers = { "Content-Length": String(300 << 20) };
  const first = app.request(STORE, { method: "PUT", body: readable, headers });
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(FRAME.slice(0, 10)));
  const refused = await app.request(STORE, { method: "PUT", body: FRAME, headers });
  equal(refused.status, 503);
  equal(refused.headers.get("retry-after"), "1");
  await writer.write(new TextEncoder().encode(FRAME.slice(10)));
  await writer.close();
  equal((await first).status, 200);
  await put(app, FRAME);
}, { maxFrameBytes: 300 << 20 });
