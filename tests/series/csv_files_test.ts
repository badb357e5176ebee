/** CSV as people have it. The types are those that read_csv of pandas 1.5.3 gives the same text, but for the stamps. */
import { deepEqual, equal, match } from "../support/assert.ts";
import { createTestApp, type TestApp } from "../support/app.ts";

interface File {
  readonly text: string;
  readonly query?: string;
  /** pandas' dtype of each column but the stamps'. */
  readonly dtypes: Record<string, string>;
  /** The last row; null and infinity are null. */
  readonly last: readonly unknown[];
  readonly first?: string;
}

const FILES: Record<string, File> = {
  "pandas, to_csv": {
    text: ",open,volume\n2020-01-02,1.5,10\n2020-01-03,2.0,20\n",
    dtypes: { open: "float64", volume: "int64" },
    last: [2, 20],
  },
  "pandas, an index with a zone": {
    text: "when,v\n2020-01-02 00:00:00+00:00,1.0\n2020-01-03 00:00:00+00:00,2.0\n",
    dtypes: { v: "float64" },
    last: [2],
    first: "2020-01-02T00:00:00.000Z",
  },
  "pandas, a running number before the stamps": {
    text: ",Date,v\n0,2020-01-02,1\n1,2020-01-03,2\n",
    dtypes: { "": "int64", v: "int64" },
    last: [1, 2],
  },
  "pandas, na_rep": {
    text: "ts,a,b\n2020-01-02,NA,x\n2020-01-03,1,NULL\n",
    dtypes: { a: "float64", b: "object" },
    last: [1, null],
  },
  "R, write.csv": {
    text: '"","date","x","ok"\n"1","2020-01-02",1.5,TRUE\n"2","2020-01-03",NA,FALSE\n',
    dtypes: { "": "int64", x: "float64", ok: "bool" },
    last: [2, null, false],
  },
  "R, write.csv without names of rows": {
    text: '"date","x","s"\n2020-01-02,1e+05,"a"\n2020-01-03,Inf,NA\n',
    dtypes: { x: "float64", s: "object" },
    last: [null, null],
  },
  "R, write.csv2": {
    text: '"date";"x";"n"\n2020-01-02;1,5;1\n2020-01-03;2,5;2\n',
    dtypes: { x: "object", n: "int64" },
    last: ["2,5", 2],
  },
  "R, write.table, where names of rows have no header": {
    text: '"x"\t"y"\n"2020-01-02"\t1\t.5\n"2020-01-03"\t2\t5.\n',
    dtypes: { x: "int64", y: "float64" },
    last: [2, 5],
  },
  "R, NaN and -Inf": {
    text: "Time,x\n2020-01-02T00:00:00Z,NaN\n2020-01-03T00:00:00Z,-Inf\n",
    dtypes: { x: "float64" },
    last: [null],
  },
  "Excel, UTF-8 with a byte order mark and CRLF": {
    text: "\ufeffDate,Price,Note\r\n2020-01-02,1.5,été\r\n2020-01-03,,\r\n",
    dtypes: { Price: "float64", Note: "object" },
    last: [null, null],
  },
  "Excel, semicolons": {
    text: "\ufeffDatetime;Menge;Preis\r\n2020-01-02 10:00;1;2.5\r\n2020-01-03 10:00;2;#N/A\r\n",
    dtypes: { Menge: "int64", Preis: "float64" },
    last: [2, null],
  },
  "Excel, Unicode text with tabs": {
    text: "Date\tA, B\tC\r\n2020-01-02\t1\tTRUE\r\n2020-01-03\t2\tFALSE\r\n",
    dtypes: { "A, B": "int64", C: "bool" },
    last: [2, false],
  },
  "Excel, a cell of several lines": {
    text: 'Date,Note\r\n2020-01-02,"one\r\ntwo, ""three"""\r\n2020-01-03,"a;b"\r\n',
    dtypes: { Note: "object" },
    last: ["a;b"],
  },
  "yfinance, history of days": {
    text: "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n" +
      "2024-01-02 00:00:00-05:00,187.14,188.44,183.88,185.64,82488700,0.0,0.0\n" +
      "2024-07-02 00:00:00-04:00,216.14,220.38,215.10,220.27,58046200,0.24,0.0\n",
    dtypes: {
      Open: "float64",
      High: "float64",
      Low: "float64",
      Close: "float64",
      Volume: "int64",
      Dividends: "float64",
      "Stock Splits": "float64",
    },
    last: [216.14, 220.38, 215.1, 220.27, 58046200, 0.24, 0],
    first: "2024-01-02T05:00:00.000Z",
  },
  "Yahoo, a day without trade": {
    text: "Date,Close,Adj Close,Volume\n2020-01-02,1.5,1.4,100\n2020-01-03,null,null,null\n",
    dtypes: { Close: "float64", "Adj Close": "float64", Volume: "float64" },
    last: [null, null, null],
  },
  "Binance, klines": {
    text: "open_time,open,high,volume,close_time,count,ignore\n" +
      "1577836800000,7195.24000000,7196.25,511.81,1577840399999,7640,0\n" +
      "1577840400000,7175.47000000,7230.00,883.05,1577843999999,9033,0\n",
    dtypes: {
      open: "float64",
      high: "float64",
      volume: "float64",
      close_time: "int64",
      count: "int64",
      ignore: "int64",
    },
    last: [7175.47, 7230, 883.05, 1577843999999, 9033, 0],
    first: "2020-01-01T00:00:00.000",
  },
  "Binance, trades whose time is not first": {
    text: "id,price,qty,time,is_buyer_maker\n1,0.5,+5,1577836800000,True\n2,.25,1e3,1577836800001,False\n",
    dtypes: { id: "int64", price: "float64", qty: "float64", is_buyer_maker: "bool" },
    last: [2, 0.25, 1000, false],
  },
  "Stooq, days": {
    text: "Date,Open,High,Low,Close,Volume\r\n2020-01-02,74.06,75.15,73.80,75.09,135647456\r\n" +
      "2020-01-03,74.29,75.14,74.13,74.36,146535512\r\n",
    dtypes: { Open: "float64", High: "float64", Low: "float64", Close: "float64", Volume: "int64" },
    last: [74.29, 75.14, 74.13, 74.36, 146535512],
  },
  "Grafana, series joined by time": {
    text: '"Time","cpu {host=""a""}","up"\n2020-01-02 10:00:00,0.5,1\n2020-01-02 10:01:00,,1\n',
    dtypes: { 'cpu {host="a"}': "float64", up: "int64" },
    last: [null, 1],
  },
  "Grafana, for Excel": {
    text: '\ufeff"Time";"Value"\r\n2020-01-02T10:00:00.000Z;1\r\n2020-01-02T10:01:00.000Z;2\r\n',
    dtypes: { Value: "int64" },
    last: [2],
  },
  "Prometheus, seconds as t": {
    text: "t,v\n1577836800,1\n1577836815,+2\n",
    dtypes: { v: "int64" },
    last: [2],
    first: "2020-01-01T00:00:00.000",
  },
  "all in quotes": {
    text: '"timestamp","n","f","s"\n"2020-01-02","1","1.5","a"\n"2020-01-03","2","2.5","b"\n',
    dtypes: { n: "int64", f: "float64", s: "object" },
    last: [2, 2.5, "b"],
  },
  "integers of any length": {
    text: "ts,u,x,z\n2020-01-02,1,1,007\n2020-01-03,18446744073709551615,99999999999999999999, 8 \n",
    dtypes: { u: "uint64", x: "object", z: "int64" },
    last: [18446744073709551615n, "99999999999999999999", 8],
  },
  "a column that index names": {
    text: "date,settled at,v\n2020-01-02,2020-02-02,1\n2020-01-03,2020-02-03,0x10\n",
    query: "&index=settled%20at",
    dtypes: { date: "object", v: "object" },
    last: ["2020-01-03", "0x10"],
    first: "2020-02-02T00:00:00.000",
  },
};

const TYPES: Record<string, RegExp> = {
  float64: /^float$/,
  int64: /^integer$/,
  uint64: /^integer$/,
  bool: /^boolean$/,
  object: /^(string|mixed)$/,
};

async function save(app: TestApp, path: string, body: string, wanted = 200): Promise<string> {
  const response = await app.request(path, { method: "PUT", body, headers: { "Content-Type": "text/csv" } });
  const text = await response.text();
  equal(response.status, wanted, text);
  return text;
}

Deno.test("columns of CSV files have the types that read_csv gives them", async () => {
  await using app = await createTestApp();
  for (const [name, { text, query = "", dtypes, last, first }] of Object.entries(FILES)) {
    const path = `/api/store/csv/${encodeURIComponent(name)}`;
    await save(app, `${path}?mode=replace${query}`, text);
    const listed = (await (await app.request("/api/store/csv")).json())
      .find(({ symbol }: { symbol: string }) => symbol === name);
    deepEqual(listed.columns.map((column: { name: string }) => column.name), Object.keys(dtypes), name);
    for (const column of listed.columns) {
      match(column.type, TYPES[dtypes[column.name]!]!, `${name}: ${column.name}`);
    }
    if (first !== undefined) equal(listed.first, first, name);
    const row = await (await app.request(`${path}?jsonformat=values&tail=1`)).text();
    const written = last.map((cell) => typeof cell === "bigint" ? Number(cell) : cell);
    deepEqual(JSON.parse(row), [written], name);
  }
});

Deno.test("texts that look like null or nothing come back from CSV as they were", async () => {
  await using app = await createTestApp();
  const body =
    '{"a":{"2020-01-02T00:00:00.000":"NA","2020-01-03T00:00:00.000":"x","2020-01-04T00:00:00.000":"","2020-01-05T00:00:00.000":null}}';
  await app.request("/api/store/csv/from", { method: "PUT", body });
  const csv = await (await app.request("/api/store/csv/from?format=csv")).text();
  await save(app, "/api/store/csv/to", csv);
  equal(await (await app.request("/api/store/csv/to")).text(), body);
});

Deno.test("a CSV file whose stamps are not found is refused, and told how to name them", async () => {
  await using app = await createTestApp();
  const path = "/api/store/csv/bad";
  match(JSON.parse(await save(app, path, "a,b\n1,2020-01-02\n", 400)).detail, /the first, "a".*\?index=/);
  match(JSON.parse(await save(app, `${path}?index=c`, "a,b\n1,2020-01-02\n", 400)).detail, /no column "c"/);
  await save(app, `${path}?index=b`, "a,b\n1,2020-01-02\n");
  const json = await app.request(`${path}?index=a`, { method: "PUT", body: '{"a":{"2020-01-02":1}}' });
  match((await json.json()).detail, /index names a column of CSV/);
});
