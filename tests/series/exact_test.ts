/** Frames that lose nothing on their way out. */
import { deepEqual, equal, match } from "../support/assert.ts";
import fc from "fast-check";
import { putShortest } from "../../domain/series/formats/text/ascii.ts";
import { floatText } from "../../domain/series/formats/text/float_text.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";
import { fromBits, readVector } from "./vectors.ts";

Deno.test("floatText() writes doubles with 0 to 15 decimals as pandas does", () => {
  const vectors = readVector<Record<string, string[]>>("double_precision.json");
  equal(Object.keys(vectors).length, 66);
  for (const [bits, texts] of Object.entries(vectors)) {
    texts.forEach((text, precision) =>
      equal(floatText(fromBits(bits), precision), text, `${bits}, ${precision}`)
    );
  }
});

Deno.test("putShortest() writes what floatText() says with full precision, also where it takes a shorter way", () => {
  const bytes = new Uint8Array(40), decoder = new TextDecoder();
  const decimals = fc.tuple(fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), fc.nat(6))
    .map(([value, places]) => value / 10 ** places);
  fc.assert(
    fc.property(fc.oneof(decimals, fc.double({ noDefaultInfinity: true, noNaN: true })), (value) => {
      const text = decoder.decode(bytes.subarray(0, putShortest(bytes, 0, value)));
      equal(text, floatText(value, "full"));
    }),
    { numRuns: 5000, examples: [[-0], [214748.3647], [-214748.3648], [1e20], [1e21], [0.0001], [0.00005]] },
  );
});

const PATH = "/api/store/r/exact";

Deno.test("full JSON, NDJSON and CSV give every double and every stamp back", async () => {
  await using app = await createTestApp();
  const rows = fc.uniqueArray(
    fc.record({
      stamp: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
      value: fc.double({ noDefaultInfinity: true }),
    }),
    { minLength: 1, maxLength: 50, selector: ({ stamp }) => stamp },
  );
  const queries = [
    "jsonformat=split&double_precision=full&date_format=epoch&date_unit=ns",
    "jsonformat=columns&double_precision=full&date_unit=ns",
    "format=ndjson",
    "format=csv",
  ];
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom(...queries), async (rows, query) => {
      const index = rows.map(({ stamp }) => stamp).join();
      const data = rows.map(({ value }) => `[${floatText(value, "full")}]`).join();
      const body = `{"columns":["a"],"index":[${index}],"data":[${data}]}`;
      const save = (path: string, body: string, query: string) =>
        app.request(`${path}?${query}`, { method: "PUT", body });
      await app.request(PATH, { method: "DELETE" });
      await app.request(`${PATH}2`, { method: "DELETE" });
      const saved = await save(PATH, body, "jsonformat=split&date_unit=ns");
      equal(saved.status, 200, await saved.text());
      const text = await (await app.request(`${PATH}?${query}`)).text();
      const [kind, shape] = query.split("&")[0]!.split("=");
      const copied = await save(
        `${PATH}2`,
        text,
        `${kind}=${shape}${kind === "format" ? "" : "&date_unit=ns"}`,
      );
      equal(copied.status, 200, await copied.clone().text());
      const read = async (path: string) => {
        const answer = await app.request(
          `${path}?jsonformat=split&double_precision=full&date_format=epoch&date_unit=ns`,
        );
        return (await answer.text()).replaceAll(/\.0\b/g, "");
      };
      equal(await read(`${PATH}2`), await read(PATH));
    }),
    {
      numRuns: 60,
      examples: queries.map((query) => [[{ stamp: 0n, value: 5e-324 }, { stamp: -1n, value: -0 }], query]),
    },
  );
});

testOnBothEngines(
  "an answer takes the coarsest unit that keeps stamps apart, unless one is asked for",
  async (app) => {
    const labels = async (query: string) => {
      const answer = await app.request(`${PATH}?${query}`);
      equal(answer.status, 200);
      return Object.keys((await answer.json()).a);
    };
    const save = (first: string, second: string) =>
      app.request(PATH, { method: "PUT", body: JSON.stringify({ a: { [first]: 1, [second]: 2 } }) });
    await save("2020-01-01T00:00:00.000001", "2020-01-01T00:00:00.000002");
    deepEqual(await labels(""), ["2020-01-01T00:00:00.000001", "2020-01-01T00:00:00.000002"]);
    deepEqual(await labels("date_format=epoch"), ["1577836800000001", "1577836800000002"]);
    await save("2020-01-01T00:00:00.000001", "2020-01-01T00:00:00.001002003");
    deepEqual(await labels("date_unit=auto"), ["2020-01-01T00:00:00.000", "2020-01-01T00:00:00.001"]);
    const csv = await app.request(`${PATH}?format=csv`);
    match(csv.headers.get("content-type")!, /^text\/csv/);
    equal(await csv.text(), "index,a\n2020-01-01T00:00:00.000001000,1\n2020-01-01T00:00:00.001002003,2\n");
    for (const bad of ["format=xls", "double_precision=16", "double_precision=-1", "date_unit=m"]) {
      equal((await app.request(`${PATH}?${bad}`)).status, 400, bad);
    }
  },
);

testOnBothEngines(
  "integers beyond 2^63 leave as Arrow and Parquet as they are, or are refused",
  async (app) => {
    const save = (cells: Record<string, string>, query = "") => {
      const members = Object.entries(cells).map(([stamp, text]) => `"${stamp}":${text}`);
      return app.request(`${PATH}${query}`, { method: "PUT", body: `{"a":{${members.join()}}}` });
    };
    await save({ "2020-01-01": "18446744073709551615", "2020-01-02": "7" });
    // It still fits what is there, so the column stays one without a sign.
    await save({ "2021-01-03": "5" });
    const wanted = await (await app.request(PATH)).text();
    match(wanted, /18446744073709551615.*:7,.*:5/);
    for (const format of ["arrow", "feather", "parquet", "csv", "ndjson"]) {
      const body = await (await app.request(`${PATH}?format=${format}`)).bytes();
      equal((await app.request(`${PATH}-${format}?format=${format}`, { method: "PUT", body })).status, 200);
      equal(await (await app.request(`${PATH}-${format}`)).text(), wanted, format);
    }
    // Cells of both kinds are kept exactly; no array has both.
    equal((await save({ "2021-01-04": "-1" })).status, 200);
    equal(await (await app.request(PATH)).text(), wanted.replace("}}", ',"2021-01-04T00:00:00.000":-1}}'));
    for (const format of ["arrow", "feather", "parquet"]) {
      const refused = await app.request(`${PATH}?format=${format}`);
      equal(refused.status, 400, format);
      match((await refused.json()).detail, /Column "a" has cells of several kinds/);
    }
    match(await (await app.request(`${PATH}?format=csv`)).text(), /18446744073709551615[^]*,-1\n$/);
  },
);

testOnBothEngines("a row at the first stamp that there is can be read, listed and removed", async (app) => {
  const first = "1677-09-21T00:12:43.145224193", last = "2262-04-11T23:47:16.854775807";
  const labels = async (query: string) => {
    const answer = await app.request(`${PATH}?jsonformat=split&date_unit=ns&${query}`);
    return answer.status === 200 ? (await answer.json()).index : answer.status;
  };
  const put = async (body: string) => {
    const answer = await app.request(PATH, { method: "PUT", body });
    equal(answer.status, 200, await answer.text());
  };
  await put(`{"a":{"${first}":1,"${last}":2}}`);
  for (const query of ["", "limit=2", "tail=2", "where=a<3", `start=${first}`, "asOf=1"]) {
    deepEqual(await labels(query), [first, last], query);
  }
  deepEqual(await labels("order=desc&limit=2"), [last, first]);
  const [listed] = await (await app.request("/api/store/r")).json();
  equal(listed.rows, 2);
  equal((await (await app.request(`${PATH}?end=2000-01-01`, { method: "DELETE" })).json()).rows, 1);
  deepEqual(await labels(""), [last]);

  await app.request(PATH, { method: "DELETE" });
  await put(`{"a":{"${first}":1}}`);
  deepEqual(await labels(""), [first]);
});
