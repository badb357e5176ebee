/** Which series were saved last, whatever became of their rows since. */
import { deepEqual, equal } from "../support/assert.ts";
import { START, type TestApp, testOnBothEngines } from "../support/app.ts";

const at = (reference: string, symbol: string) =>
  `/api/store/${encodeURIComponent(reference)}/${encodeURIComponent(symbol)}`;

/** Saves one row, a second after what came before. */
async function save(app: TestApp, reference: string, symbol: string, stamp = "2026-01-01"): Promise<void> {
  app.time.now += 1_000;
  equal((await app.send("PUT", at(reference, symbol), { close: { [stamp]: 1.5 } })).status, 200);
}

const listed = async (app: TestApp, query = "") => await (await app.request(`/api/series${query}`)).json();
const names = async (app: TestApp, query = "") =>
  (await listed(app, query)).map(({ reference, symbol }: { reference: string; symbol: string }) =>
    `${reference}/${symbol}`
  );

testOnBothEngines(
  "GET /api/series lists the series of all references, the one saved last first",
  async (app) => {
    deepEqual(await listed(app), []);
    await save(app, "NASDAQ", "ACME");
    await save(app, "قناة", "<b>x</b>");
    await save(app, "NASDAQ", "RILL");
    deepEqual(await names(app), ["NASDAQ/RILL", "قناة/<b>x</b>", "NASDAQ/ACME"]);
    deepEqual(await names(app, "?limit=2"), ["NASDAQ/RILL", "قناة/<b>x</b>"]);
    await save(app, "NASDAQ", "ACME", "2026-01-02");
    deepEqual(await listed(app, "?limit=1"), [{
      reference: "NASDAQ",
      symbol: "ACME",
      saved: new Date(START + 4_000).toISOString(),
      rows: 2,
      first: "2026-01-01T00:00:00.000",
      last: "2026-01-02T00:00:00.000",
      columns: [{ name: "close", type: "float" }],
      href: "http://datahub:8080/api/store/NASDAQ/ACME",
    }]);
  },
);

testOnBothEngines(
  "GET /api/series has no series that was removed, and one again that was restored",
  async (app) => {
    await save(app, "NASDAQ", "ACME");
    await save(app, "NASDAQ", "RILL");
    await app.request(at("NASDAQ", "ACME"), { method: "DELETE" });
    deepEqual(await names(app), ["NASDAQ/RILL"]);
    app.time.now += 1_000;
    equal((await app.send("POST", `${at("NASDAQ", "ACME")}/restore`, { revision: 1 })).status, 200);
    deepEqual(await names(app), ["NASDAQ/ACME", "NASDAQ/RILL"]);
  },
);

testOnBothEngines("GET /api/series knows when a series was saved, not when rows of it went", async (app) => {
  await save(app, "NASDAQ", "ACME", "2026-01-01");
  await save(app, "NASDAQ", "ACME", "2026-01-02");
  await save(app, "NASDAQ", "RILL");
  app.time.now += 1_000;
  await app.request(`${at("NASDAQ", "ACME")}?end=2026-01-01`, { method: "DELETE" });
  const [, { symbol, saved, rows }] = await listed(app);
  deepEqual([symbol, saved, rows], ["ACME", new Date(START + 2_000).toISOString(), 1]);
});

testOnBothEngines("GET /api/series leaves out what has expired, swept or not", async (app) => {
  await save(app, "ticks", "OLD", "2026-01-02T03:00");
  await save(app, "ticks", "NEW", "2026-01-02T03:04:30");
  await save(app, "ticks", "NEW", "2026-01-02T03:00:30");
  await save(app, "NASDAQ", "ACME");
  await app.send("PATCH", "/api/store/ticks", { ttlMillis: 180_000 });
  deepEqual(await names(app), ["NASDAQ/ACME", "ticks/NEW"]);
  equal((await listed(app))[1].rows, 1);
  app.time.now += 600_000;
  deepEqual(await names(app), ["NASDAQ/ACME"]);
  await app.request("/sweep", { method: "POST" });
  deepEqual(await names(app), ["NASDAQ/ACME"]);
});
