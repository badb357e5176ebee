/** Frames of every dtype, as pandas writes them (vectors/typed/make.py), come back as they were. */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { DataType, type Schema, type Table, tableFromIPC } from "apache-arrow";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

const VECTORS = new URL("./vectors/typed/", import.meta.url);
const PARQUET = "application/vnd.apache.parquet";
const STREAM = "application/vnd.apache.arrow.stream", FILE = "application/vnd.apache.arrow.file";

function vectors(ending: string): { name: string; bytes: Uint8Array<ArrayBuffer> }[] {
  const files = Array.from(Deno.readDirSync(VECTORS), ({ name }) => name).filter((name) =>
    name.endsWith(ending)
  );
  return files.sort().map((name) => ({ name, bytes: Deno.readFileSync(new URL(name, VECTORS)) }));
}

async function save(app: TestApp, path: string, body: Uint8Array<ArrayBuffer>, type: string): Promise<void> {
  const response = await app.request(path, { method: "PUT", body, headers: { "Content-Type": type } });
  equal(response.status, 200, `${path}: ${await response.text()}`);
}

async function retrieve(app: TestApp, path: string, type: string): Promise<Table> {
  const response = await app.request(path, { headers: { Accept: type } });
  equal(response.headers.get("content-type"), type);
  return tableFromIPC(new Uint8Array(await response.arrayBuffer()));
}

/** What pandas makes a frame from: types and cells by the name of their field, and what its metadata say. */
function described(table: Table) {
  const pandas = JSON.parse(table.schema.metadata.get("pandas")!);
  const entryOf = (field: string) =>
    pandas.columns.find((each: { field_name: string }) => each.field_name === field);
  const index = pandas.index_columns[0];
  const names = table.schema.fields.map(({ name }) => name).filter((name) => name !== index);
  const describe = (name: string) => {
    const { name: label, numpy_type } = entryOf(name);
    const field = table.schema.fields.find((each) => each.name === name)!;
    const numpy = DataType.isDictionary(field.type) ? "category" : numpy_type;
    return { label, numpy, type: typeName(table.schema, name), cells: cellsOf(table, name) };
  };
  return {
    names,
    columns: names.map(describe),
    index: { ...describe(index), numpy: "" },
    labels: pandas.column_indexes,
  };
}

function typeName({ fields }: Schema, name: string): string {
  const { type, metadata } = fields.find((each) => each.name === name)!;
  const ordered = DataType.isDictionary(type) && type.isOrdered;
  const kind = DataType.isDictionary(type)
    ? `categories of ${type.dictionary}, ordered: ${ordered}`
    : `${type}`;
  return kind + JSON.stringify([...metadata].filter(([, value]) => value !== "").sort());
}

function cellsOf(table: Table, name: string): string[] {
  const vector = table.getChild(name)!;
  const isNaNull = DataType.isFloat(vector.type);
  return Array.from(
    vector,
    (cell) => isNaNull && Number.isNaN(cell) ? "null" : Object.is(cell, -0) ? "-0" : String(cell),
  );
}

testOnBothEngines("frames of every dtype come back equal through Arrow", async (app) => {
  const all = vectors(".arrow");
  ok(all.length >= 60);
  for (const { name, bytes } of all) {
    const path = `/api/store/typed/${name}`;
    await save(app, path, bytes, STREAM);
    const wanted = described(tableFromIPC(bytes));
    for (const type of [STREAM, FILE]) {
      deepEqual(described(await retrieve(app, path, type)), wanted);
    }
  }
});

testOnBothEngines("frames of every dtype come back equal through Parquet", async (app) => {
  const all = vectors(".parquet");
  ok(all.length >= 60);
  for (const { name, bytes } of all) {
    const path = `/api/store/parquet/${name}`;
    await save(app, path, bytes, PARQUET);
    const got = described(await retrieve(app, path, STREAM));
    // Parquet counts no seconds.
    const wanted = described(
      tableFromIPC(Deno.readFileSync(new URL(name.replace("parquet", "arrow"), VECTORS))),
    );
    const isCoarse = ["datetime_s", "index_s", "far"].some((each) => name.startsWith(`${each}.`));
    if (isCoarse) {
      deepEqual(
        got.columns.map(({ cells }) => cells),
        wanted.columns.map(({ cells }) => cells),
        name,
      );
    } else deepEqual(got, wanted);
    const answer = await app.request(`${path}?format=parquet`);
    equal(answer.headers.get("content-type"), PARQUET);
    await save(app, `${path}2`, new Uint8Array(await answer.arrayBuffer()), PARQUET);
    const again = described(await retrieve(app, `${path}2`, STREAM));
    // Parquet has no categories of booleans.
    if (name === "category_int.parquet") deepEqual(again.columns.slice(0, 2), got.columns.slice(0, 2));
    else deepEqual(again, got);
  }
});

testOnBothEngines("types outlast ranges, selections, merges, other formats and restores", async (app) => {
  const read = async (query: string) => {
    const table = await retrieve(app, `/api/store/typed/kept?${query}`, STREAM);
    return { fields: table.schema.fields.map(({ name, type }) => `${name}: ${type}`), rows: table.numRows };
  };
  const bytes = (name: string) => Deno.readFileSync(new URL(`${name}.arrow`, VECTORS));
  const typed = ["a: Int8", "b: Int8", "index: Timestamp<NANOSECOND>"];
  await save(app, "/api/store/typed/kept", bytes("int8"), STREAM);
  deepEqual(await read("end=2020-01-01T00:04:00"), { fields: typed, rows: 5 });
  deepEqual(await read("columns=b&tail=2"), { fields: [typed[1], typed[2]], rows: 2 });
  deepEqual(await read("end=2019-01-01"), { fields: typed, rows: 0 });
  const put = (frame: unknown, query = "") =>
    save(
      app,
      `/api/store/typed/kept${query}`,
      new TextEncoder().encode(JSON.stringify(frame)),
      "application/json",
    );
  await put({ a: { "2020-01-01T00:03:00": 127 } }, "?mode=merge");
  deepEqual(await read(""), { fields: typed, rows: 12 });
  await put({ a: { "2020-01-02": 128 }, b: { "2020-01-02": 1 } });
  deepEqual((await read("")).fields, ["a: Int64", ...typed.slice(1)]);
  deepEqual((await read("asOf=2")).fields, typed);
  await save(app, "/api/store/typed/kept", bytes("int16"), STREAM);
  deepEqual((await read("")).fields, ["a: Int64", "b: Int16", typed[2]]);
  const restored = await app.request("/api/store/typed/kept/restore", {
    method: "POST",
    body: '{"revision":1}',
  });
  equal(restored.status, 200);
  deepEqual(await read(""), { fields: typed, rows: 12 });
});

testOnBothEngines(
  "times, categories and decimals are texts in JSON, which keep their types when they come back",
  async (app) => {
    for (
      const name of [
        "datetime_nat",
        "dates",
        "times",
        "decimals",
        "category",
        "timedelta_us",
        "datetime_tz",
        "far",
      ]
    ) {
      const path = `/api/store/typed/${name}`;
      await save(app, path, Deno.readFileSync(new URL(`${name}.arrow`, VECTORS)), STREAM);
      const before = described(await retrieve(app, path, STREAM));
      const json = await app.request(`${path}?jsonformat=split`);
      await save(
        app,
        `${path}?jsonformat=split`,
        new Uint8Array(await json.arrayBuffer()),
        "application/json",
      );
      deepEqual(described(await retrieve(app, path, STREAM)), before);
    }
    const text = await (await app.request("/api/store/typed/timedelta_us?jsonformat=values&limit=1")).text();
    equal(text, '[["P-1DT11H2M18S"]]');
  },
);

testOnBothEngines(
  "what other tools save in Arrow is told its stamps by name, by type, or by index=",
  async (app) => {
    const stream = (name: string) => Deno.readFileSync(new URL(`${name}.arrow`, VECTORS));
    const refuse = async (body: Uint8Array<ArrayBuffer>, query: string, wanted: RegExp) => {
      const answer = await app.request(`/api/store/typed/x${query}`, {
        method: "PUT",
        body,
        headers: { "Content-Type": STREAM },
      });
      const { detail } = await answer.json();
      equal(answer.status, 400, detail);
      match(detail, wanted);
    };
    await refuse(stream("int8"), "?index=nothing", /no column "nothing", which index names/);
    await refuse(stream("float64"), "?index=a", /Column "a" holds float64, not stamps/);
    await refuse(stream("datetime_nat"), "?index=a", /Row 1: the stamp in column "a" is null/);
    await refuse(stream("string"), "?index=a", /is not a time/);
    await save(app, "/api/store/typed/dates2?index=a", stream("dates"), STREAM);
    const csv = await (await app.request("/api/store/typed/dates2?format=csv&limit=2")).text();
    equal(csv.split("\n")[1], "2020-01-01T00:00:00.000,1900-02-03,2020-01-01T00:00:00.000");
  },
);
