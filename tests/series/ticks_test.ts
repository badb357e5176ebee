/** Rows that share a stamp, where a reference keeps duplicates. */
import { deepEqual, equal, match } from "../support/assert.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

const PATH = "/api/store/trades/ACME";
const NOON = "2026-01-05T12:00:00", LATER = "2026-01-05T12:00:01", LAST = "2026-01-05T12:00:02";

type Tick = readonly [stamp: string, price: number];

function save(app: TestApp, ticks: readonly Tick[], query = ""): Promise<Response> {
  const body = JSON.stringify({
    columns: ["price"],
    index: ticks.map(([stamp]) => stamp),
    data: ticks.map(([, price]) => [price]),
  });
  return app.request(`${PATH}?jsonformat=split${query}`, { method: "PUT", body });
}

async function saved(app: TestApp, ticks: readonly Tick[], query = ""): Promise<void> {
  const answer = await save(app, ticks, query);
  equal(answer.status, 200, await answer.text());
}

async function prices(app: TestApp, query = ""): Promise<number[]> {
  const answer = await app.request(`${PATH}?jsonformat=values${query}`);
  equal(answer.status, 200);
  return (await answer.json()).map(([price]: [number]) => price);
}

async function keep(app: TestApp): Promise<void> {
  const answer = await app.send("PATCH", "/api/store/trades", { duplicates: "keep" });
  deepEqual(await answer.json(), { reference: "trades", ttlMillis: null, duplicates: "keep" });
}

async function refusal(answer: Response, status: number): Promise<string> {
  equal(answer.status, status);
  return (await answer.json()).detail;
}

/** Prices from `first` on, at one stamp. */
const many = (stamp: string, count: number, first: number): Tick[] =>
  Array.from({ length: count }, (_, i) => [stamp, first + i]);
const counted = (count: number, first: number) => Array.from({ length: count }, (_, i) => first + i);

testOnBothEngines("PATCH duplicates=keep lets rows share a stamp, and refuse ends that", async (app) => {
  const ticks: Tick[] = [[LATER, 3], [NOON, 1], [LATER, 4], [NOON, 2]];
  match(await refusal(await save(app, ticks), 400), /12:00:00\.000 stands twice.*duplicates=keep/);
  await keep(app);
  deepEqual(await (await app.request("/api/store")).json(), [{
    reference: "trades",
    symbols: 0,
    duplicates: "keep",
    href: "http://datahub:8080/api/store/trades",
  }]);
  await saved(app, ticks);
  deepEqual(await prices(app), [1, 2, 3, 4]);
  const refused = await app.request("/api/store/trades?duplicates=refuse", { method: "PATCH" });
  deepEqual(await refused.json(), { reference: "trades", ttlMillis: null, duplicates: "refuse" });
  await refusal(await save(app, ticks), 400);
  deepEqual(await prices(app), [1, 2, 3, 4]);
});

testOnBothEngines("PATCH of a reference refuses what it does not know, and nothing at all", async (app) => {
  for (
    const body of [{ duplicates: "drop" }, { ticks: true }, {}, { ttlMillis: 0 }, { ttlMillis: "1" }, []]
  ) {
    await refusal(await app.send("PATCH", "/api/store/trades", body), 400);
  }
  await refusal(await app.request("/api/store/trades", { method: "PATCH" }), 400);
  await refusal(await app.request("/api/store/trades?duplicates=", { method: "PATCH" }), 400);
  deepEqual(await (await app.request("/api/store")).json(), []);
  const both = await app.send("PATCH", "/api/store/trades", { ttlMillis: 1000, duplicates: "keep" });
  deepEqual(await both.json(), { reference: "trades", ttlMillis: 1000, duplicates: "keep" });
});

testOnBothEngines("ticks are replaced, merged, appended and removed by their stamps", async (app) => {
  await keep(app);
  await saved(app, [[NOON, 1], [NOON, 2], [LATER, 3], [LATER, 4], [LAST, 5]]);
  await saved(app, [[LATER, 6], [LATER, 7], [LATER, 8]]);
  deepEqual(await prices(app), [1, 2, 6, 7, 8, 5]);
  // The second row of a stamp updates the second row of that stamp; again changes nothing.
  for (let i = 0; i < 2; i++) {
    await saved(app, [[NOON, 9], [NOON, 10], [NOON, 11], [LATER, 12]], "&mode=merge");
  }
  deepEqual(await prices(app), [9, 10, 11, 12, 7, 8, 5]);
  await saved(app, [[LAST, 13], [LAST, 14]], "&mode=append");
  deepEqual(await prices(app), [9, 10, 11, 12, 7, 8, 5, 13, 14]);
  match(await refusal(await save(app, [[LATER, 1]], "&mode=append"), 409), /does not come after/);
  deepEqual(await prices(app, `&start=${LATER}&end=${LATER}`), [12, 7, 8]);
  deepEqual(await prices(app, "&limit=2"), [9, 10]);
  deepEqual(await prices(app, "&tail=2"), [13, 14]);
  deepEqual(await prices(app, "&order=desc&limit=3"), [14, 13, 5]);
  deepEqual(await prices(app, "&where=price<9"), [7, 8, 5]);
  const removed = await app.request(`${PATH}?start=${LATER}&end=${LATER}`, { method: "DELETE" });
  deepEqual(await removed.json(), { status: true, rows: 3 });
  deepEqual(await prices(app), [9, 10, 11, 5, 13, 14]);
  await app.send("PATCH", "/api/store/trades", { duplicates: "refuse" });
  match(await refusal(await save(app, [[LAST, 15]], "&mode=append"), 409), /does not come after/);
});

testOnBothEngines("each revision of ticks is what it was, and can be restored", async (app) => {
  await keep(app);
  await saved(app, [[NOON, 1], [LATER, 2]]);
  await saved(app, [[LATER, 3]], "&mode=append");
  await saved(app, [[LATER, 4], [LAST, 5]], "&mode=append");
  await saved(app, [[LAST, 6]], "&mode=append");
  const states = [[1, 2], [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6]];
  for (const [i, state] of states.entries()) deepEqual(await prices(app, `&asOf=${i + 1}`), state);
  for (const [i, state] of states.entries()) {
    const answer = await app.send("POST", `${PATH}/restore`, { revision: i + 1 });
    deepEqual([answer.status, (await answer.json()).rows], [200, state.length]);
    deepEqual(await prices(app), state);
  }
});

testOnBothEngines("thousands of ticks of one stamp are read whole, however they came", async (app) => {
  await keep(app);
  await saved(app, [...many(NOON, 3000, 0), ...many(LATER, 3000, 3000)]);
  await saved(app, [...many(LATER, 5000, 6000), ...many(LAST, 10, 11_000)], "&mode=append");
  await saved(app, many(LAST, 2500, 11_010), "&mode=append");
  deepEqual(await prices(app), counted(13_510, 0));
  deepEqual(await prices(app, `&start=${LATER}&end=${LATER}`), counted(8000, 3000));
  deepEqual(await prices(app, "&tail=2600"), counted(2600, 10_910));
  deepEqual(await prices(app, "&asOf=1"), counted(6000, 0));
  await saved(app, [[LATER, -1]]);
  deepEqual(await prices(app), [...counted(3000, 0), -1, ...counted(2510, 11_000)]);
  const count = await app.request(`${PATH}?every=1s&agg=price:count&jsonformat=values`);
  deepEqual(await count.json(), [[3000], [1], [2510]]);
  match(await refusal(await save(app, many(LATER, 20_000, 0)), 400), /16384 rows.*share a stamp/);
});

testOnBothEngines("bins of ticks have the first and the last as they came", async (app) => {
  await keep(app);
  await saved(app, [[NOON, 5], [NOON, 9], [NOON, 1], [LATER, 4], [LATER, 3]]);
  const bins = async (agg: string, every: string) =>
    await (await app.request(`${PATH}?every=${every}&agg=${agg}&jsonformat=values`)).json();
  deepEqual(await bins("ohlc", "1s"), [[5, 9, 1, 1], [4, 4, 3, 3]]);
  deepEqual(await bins("ohlc", "1m"), [[5, 9, 1, 3]]);
  deepEqual(await bins("price:rate", "1s"), [[null], [null]]);
});

testOnBothEngines("objects by stamp have no ticks: the refusal names the formats that do", async (app) => {
  await keep(app);
  const columns = `{"price":{"${NOON}":1,"${NOON}.000":2}}`;
  match(
    await refusal(await app.request(PATH, { method: "PUT", body: columns }), 400),
    /records, split, table/,
  );
  const index = `{"${NOON}":{"price":1},"${NOON}.000":{"price":2}}`;
  const asIndex = await app.request(`${PATH}?jsonformat=index`, { method: "PUT", body: index });
  match(await refusal(asIndex, 400), /records, split, table/);
  await saved(app, [[NOON, 1], [NOON, 2], [LATER, 3]]);
  for (const query of ["", "?jsonformat=index", "?date_unit=ns", "?date_unit=auto", "?date_format=epoch"]) {
    match(
      await refusal(await app.request(`${PATH}${query}`), 400),
      /share the stamp 2026-01-05T12:00:00\.000/,
    );
  }
  equal((await app.request(`${PATH}?start=${LATER}`)).status, 200);
  const shapes = ["format=csv", "format=ndjson", "format=arrow", "format=feather", "format=parquet"];
  for (
    const shape of [...shapes, "jsonformat=table", "jsonformat=records&include_index=1", "jsonformat=split"]
  ) {
    const answer = await app.request(`${PATH}?${shape}`);
    equal(answer.status, 200, shape);
    const body = await answer.arrayBuffer();
    const copy = `/api/store/trades/${encodeURIComponent(shape)}`;
    const back = shape.replace("&include_index=1", "");
    const again = await app.request(`${copy}?${back}`, { method: "PUT", body });
    equal(again.status, 200, `${shape} ${await again.text()}`);
    equal(await (await app.request(`${copy}?jsonformat=values`)).text(), "[[1],[2],[3]]", shape);
  }
});
