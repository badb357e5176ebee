/** Naive and aware stamps: a series has one kind, and keeps the name of its zone. */
import { equal, match } from "../support/assert.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

const STORE = "/api/store/zones/s";
const NAIVE = '{"a":{"2020-07-01T09:30:00":1}}', AWARE = '{"a":{"2020-07-02T09:30:00Z":2}}';

async function save(app: TestApp, body: string, query = "", wanted = 200): Promise<string> {
  const response = await app.request(`${STORE}${query}`, { method: "PUT", body });
  const text = await response.text();
  equal(response.status, wanted, text);
  return text;
}

const read = async (app: TestApp, query = "") => await (await app.request(`${STORE}${query}`)).text();

async function schemaOf(app: TestApp): Promise<unknown> {
  return JSON.parse(await read(app, "?jsonformat=table")).schema.fields[0].tz;
}

testOnBothEngines(
  "the first save decides whether a series is naive; the other kind is refused",
  async (app) => {
    await save(app, NAIVE);
    for (const mode of ["replace", "merge", "append"]) {
      const refused = JSON.parse(await save(app, AWARE, `?mode=${mode}`, 409));
      equal(refused.type, "/docs/errors#series-zone");
      match(refused.detail, /no time zone.*\?tz=naive/);
    }
    equal(await read(app), '{"a":{"2020-07-01T09:30:00.000":1}}');
    await save(app, AWARE, "?tz=naive");
    equal(await read(app), '{"a":{"2020-07-01T09:30:00.000":1,"2020-07-02T09:30:00.000":2}}');
    await app.request(STORE, { method: "DELETE" });
    await save(app, AWARE);
    match(JSON.parse(await save(app, NAIVE, "", 409)).detail, /names? none.*\?tz=UTC/);
    await save(app, NAIVE, "?tz=UTC");
    equal(await read(app), '{"a":{"2020-07-01T09:30:00.000Z":1,"2020-07-02T09:30:00.000Z":2}}');
    equal(await schemaOf(app), "UTC");
  },
);

testOnBothEngines("numbers are instants, which fit both kinds", async (app) => {
  await save(app, AWARE);
  await save(app, '{"a":{"1593768600000":3}}');
  equal(await read(app, "?tail=1"), '{"a":{"2020-07-03T09:30:00.000Z":3}}');
  await app.request(STORE, { method: "DELETE" });
  await save(app, '{"a":{"1593768600000":3}}');
  equal(await read(app), '{"a":{"2020-07-03T09:30:00.000":3}}');
});

testOnBothEngines(
  "tz takes stamps without an offset for local times, and the zone is given back",
  async (app) => {
    await save(app, NAIVE, "?tz=America/New_York");
    equal(await read(app), '{"a":{"2020-07-01T13:30:00.000Z":1}}');
    equal(await schemaOf(app), "America/New_York");
    await save(app, '{"a":{"2020-12-01T09:30:00":2}}', "?tz=America/New_York");
    await save(app, AWARE);
    equal(
      await read(app),
      '{"a":{"2020-07-01T13:30:00.000Z":1,"2020-07-02T09:30:00.000Z":2,"2020-12-01T14:30:00.000Z":2}}',
    );
    equal(await schemaOf(app), "America/New_York");
    const table = await read(app, "?jsonformat=table");
    await app.request(STORE, { method: "DELETE" });
    await save(app, table, "?jsonformat=table");
    equal(await read(app, "?jsonformat=table"), table);
  },
);

testOnBothEngines("local times that a change of the clock skips or repeats are refused", async (app) => {
  const zone = "?tz=America/New_York";
  match(await save(app, '{"a":{"2020-03-08T02:30:00":1}}', zone, 400), /does not exist in America\/New_York/);
  match(await save(app, '{"a":{"2020-11-01T01:30:00":1}}', zone, 400), /comes twice in America\/New_York/);
  await save(app, '{"a":{"2020-03-08T01:59:59":1,"2020-03-08T03:00:00":2}}', zone);
  await save(app, '{"a":{"2020-11-01T00:59:59":3,"2020-11-01T02:00:00":4}}', zone);
  equal(
    await read(app, "?jsonformat=split&date_format=epoch&date_unit=s"),
    '{"columns":["a"],"index":[1583650799,1583650800,1604206799,1604214000],"data":[[1],[2],[3],[4]]}',
  );
  match(await save(app, '{"a":{"2020-07-01T00:00:00":1,"2020-07-02T00:00:00Z":2}}', "", 400), /all stamps/);
  match(await save(app, NAIVE, "?tz=Mars/Olympus", 400), /tz: an IANA time zone/);
});

testOnBothEngines(
  "days and longer bins are those of the zone of the series, unless tz names another",
  async (app) => {
    const hours = ["2020-03-07T23:30:00", "2020-03-08T00:30:00", "2020-03-08T23:30:00"];
    const body = JSON.stringify({ columns: ["a"], index: hours, data: hours.map(() => [1]) });
    const days = (query = "") => read(app, `?every=1d&agg=count&jsonformat=split${query}`);
    await save(app, body, "?jsonformat=split&tz=America/New_York");
    const local =
      '{"columns":["a"],"index":["2020-03-07T05:00:00.000Z","2020-03-08T05:00:00.000Z"],"data":[[1],[2]]}';
    equal(await days(), local);
    equal(await days("&tz=America/New_York"), local);
    equal(await days("&asOf=1"), local);
    equal(
      await days("&tz=UTC"),
      '{"columns":["a"],"index":["2020-03-08T00:00:00.000Z","2020-03-09T00:00:00.000Z"],"data":[[2],[1]]}',
    );
    equal(
      await read(app, "?every=1mo&agg=count&jsonformat=split"),
      '{"columns":["a"],"index":["2020-03-01T05:00:00.000Z"],"data":[[3]]}',
    );
    await app.request(STORE, { method: "DELETE" });
    await save(app, body, "?jsonformat=split");
    equal(
      await days(),
      '{"columns":["a"],"index":["2020-03-07T00:00:00.000","2020-03-08T00:00:00.000"],"data":[[1],[2]]}',
    );
  },
);

testOnBothEngines("tz keeps the name of the index, and refuses rows that share a stamp", async (app) => {
  const csv = "time,a\n2020-07-01T09:30:00,1\n2020-07-01T09:30:00,2\n";
  for (const zone of ["America/New_York", "UTC", "naive"]) {
    match(await save(app, csv, `?format=csv&tz=${zone}`, 400), /2020-07-01T\d\d:30:00.000Z? stands twice/);
  }
  const fields = [{ name: "day", type: "datetime" }, { name: "a", type: "integer" }];
  const table = { schema: { fields, primaryKey: ["day"] }, data: [{ day: "2020-07-01T09:30:00.000", a: 1 }] };
  await save(app, JSON.stringify(table), "?jsonformat=table&tz=America/New_York");
  equal(JSON.parse(await read(app, "?jsonformat=table")).schema.primaryKey[0], "day");
});

testOnBothEngines("the zone of a series may be an offset", async (app) => {
  await save(app, NAIVE, "?tz=%2B05:30");
  equal(await read(app, "?every=1d&agg=count"), '{"a":{"2020-06-30T18:30:00.000Z":1}}');
});
