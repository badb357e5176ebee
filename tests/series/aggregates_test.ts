import { deepEqual, equal, match } from "../support/assert.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

interface Split {
  readonly columns: string[];
  readonly index: string[];
  readonly data: (number | string | boolean | null)[][];
}

const PATH = "/api/store/NASDAQ/bars";
const BARS = {
  columns: ["open", "high", "low", "close", "volume", "up", "side"],
  index: ["09:30", "09:40", "10:00", "12:10", "12:20"].map((time) => `2020-01-02T${time}:00Z`),
  data: [
    [10, 12, 9, 11, 100, true, "buy"],
    [11, 15, 11, 14, 300, true, "sell"],
    [14, 14, 8, 9, 200, false, "buy"],
    [9, 9.5, 7, 8, 0, false, null],
    [8, 8, 8, 8, 0, null, "buy"],
  ],
};

async function saved(app: TestApp): Promise<(query: Record<string, string>) => Promise<Split>> {
  await app.request(`${PATH}?jsonformat=split`, { method: "PUT", body: JSON.stringify(BARS) });
  return async (query) => {
    const answer = await app.request(`${PATH}?${new URLSearchParams({ jsonformat: "split", ...query })}`);
    equal(answer.status, 200, JSON.stringify(query));
    return await answer.json();
  };
}
const times = ({ index }: Split) => index.map((stamp) => stamp.slice(11, 16));

testOnBothEngines("bars are made from bars, with an aggregate for each column", async (app) => {
  const ask = await saved(app);
  const agg = "open:first,high:max,low:min,close:last,volume:sum,vwap(close,volume)";
  deepEqual(await ask({ every: "1h", agg, fill: "none" }), {
    columns: ["open", "high", "low", "close", "volume", "vwap"],
    index: ["09", "10", "12"].map((hour) => `2020-01-02T${hour}:00:00.000Z`),
    data: [[10, 15, 9, 14, 400, 13.25], [14, 14, 8, 9, 200, 9], [9, 9.5, 7, 8, 0, null]],
  });
});

testOnBothEngines("several aggregates of a column add their names, alone or for all columns", async (app) => {
  const ask = await saved(app);
  deepEqual(
    await ask({ every: "1d", agg: "close:mean+std+p95+range+delta,close:rate", double_precision: "2" }),
    {
      columns: ["close_mean", "close_std", "close_p95", "close_range", "close_delta", "close_rate"],
      index: ["2020-01-02T00:00:00.000Z"],
      // -3 a day is -0.00003 a second, which pandas writes with its sign.
      data: [[10, 2.55, 13.4, 6, -3, -0]],
    },
  );
  const { columns } = await ask({ every: "1d", agg: "min+ohlc", columns: "high,side" });
  deepEqual(columns, ["high_min", "high_open", "high_high", "high_low", "high_close"]);
  deepEqual((await ask({ every: "1d", agg: "up:sum+mean+max,side:min" })).data, [[2, 0.5, true, "buy"]]);
});

testOnBothEngines("sums of integers that do not fit 64 bits are floats", async (app) => {
  const body =
    '{"n":{"2020-01-01":9223372036854775807,"2020-01-02":9223372036854775807,"2020-01-03":9223372036854775807}}';
  await app.request("/api/store/r/large", { method: "PUT", body });
  const answer = await app.request(
    "/api/store/r/large?every=1y&agg=sum&jsonformat=values&double_precision=full",
  );
  equal(Number(/[\d.e+]{5,}/.exec(await answer.text())![0]), 3 * 2 ** 63);
});

testOnBothEngines("bins are shifted, closed, named, filled and ordered as asked for", async (app) => {
  const ask = await saved(app);
  const agg = "close:last";
  deepEqual(times(await ask({ every: "1h", agg, offset: "30m" })), ["09:30", "10:30", "11:30"]);
  deepEqual(times(await ask({ every: "1h", agg, offset: "-15m", label: "right" })), [
    "09:45",
    "10:45",
    "11:45",
    "12:45",
  ]);
  const right = await ask({ every: "1h", agg: "close:count", closed: "right" });
  deepEqual([times(right), right.data.flat()], [["09:00", "10:00", "11:00", "12:00"], [3, 0, 0, 2]]);
  deepEqual((await ask({ every: "1h", agg: "close:last" })).data.flat(), [14, 9, null, 8]);
  deepEqual((await ask({ every: "1h", agg, fill: "previous" })).data.flat(), [14, 9, 9, 8]);
  deepEqual((await ask({ every: "1h", agg, fill: "linear" })).data.flat(), [14, 9, 8.5, 8]);
  deepEqual((await ask({ every: "1h", agg, fill: "0" })).data.flat(), [14, 9, 0, 8]);
  deepEqual((await ask({ every: "1h", agg: "volume:sum" })).data.flat(), [400, 200, 0, 0]);
  deepEqual((await ask({ every: "1h", agg: "volume:sum", fill: "null" })).data.flat(), [400, 200, null, 0]);
  const last = await ask({ every: "1h", agg, order: "desc", limit: "2", fill: "none" });
  deepEqual([times(last), last.data.flat()], [["12:00", "10:00"], [8, 9]]);
  deepEqual(times(await ask({ every: "7h", agg, origin: "start_of_day" })), ["07:00"]);
  deepEqual(times(await ask({ every: "1d", agg, tz: "Asia/Kolkata" })), ["18:30"]);
});

testOnBothEngines("only rows that meet the conditions are read, and counted into bins", async (app) => {
  const ask = await saved(app);
  deepEqual((await ask({ columns: "close", where: "close>8,volume<=200" })).data, [[11], [9]]);
  deepEqual((await ask({ columns: "close", where: "side=buy", limit: "2" })).data, [[11], [9]]);
  deepEqual((await ask({ columns: "close", where: "side!=buy" })).data, [[14]]);
  deepEqual((await ask({ columns: "close", where: "up=false", tail: "1" })).data, [[8]]);
  deepEqual((await ask({ columns: "close", order: "desc", limit: "2" })).data, [[8], [8]]);
  deepEqual((await ask({ every: "1h", agg: "close:count", where: "volume>=200" })).data, [[1], [1]]);
  deepEqual((await ask({ every: "1h", agg: "close:count", where: "volume>1e9" })).data, []);
});

testOnBothEngines("what cannot be meant is refused, with what is known", async (app) => {
  await saved(app);
  const refused: [query: string, why: RegExp][] = [
    ["every=1M", /1mo for months or 1m for minutes/],
    ["every=1mo2d", /1d or 1mo/],
    ["every=1h&agg=close:best", /none of mean, sum/],
    ["every=1h&agg=mean,max", /join several with \+/],
    ["every=1h&agg=none:mean", /no column/],
    ["every=1h&agg=side:mean", /holds text/],
    ["every=1h&agg=vwap(close,side)", /holds text/],
    ["every=1h&agg=close:first,open:last,vwap(close,none)", /no column/],
    ["every=1h&agg=close:mean,", /comma/],
    ["every=1h&agg=close:mean%2Bmean", /two columns/],
    ["every=1h&agg=p101", /p0 to p100/],
    ["every=1h&agg=open:last&columns=close", /no column/],
    ["every=1d&tz=Mars/Olympus", /time zone/],
    ["tz=UTC", /needs every/],
    ["every=1h&offset=1M", /1mo for months|minutes/],
    ["every=1h&offset=never", /offset/],
    ["every=1h&fill=7", /none, null, previous/],
    ["every=99999y&label=right", /2262/],
    ["order=desc", /limit/],
    ["where=close", /close>100/],
    ["where=close>many", /cannot be compared/],
    ["where=up>true", /= or !=/],
    ["where=nothing>1", /no column/i],
  ];
  for (const [query, why] of refused) {
    const answer = await app.request(`${PATH}?${query}`);
    equal(answer.status, 400, query);
    match(await answer.text(), why, query);
  }
});

testOnBothEngines(
  "sums of integers are exact up to 64 bits; beyond, they are floats and a note says so",
  async (app) => {
    const most = 2n ** 63n - 1n;
    const data = [[most, 1, 2n ** 60n, 2n ** 60n], [most, -2, 2n ** 60n, 1], [5, 3, 1, 1]].map((row) =>
      `[${row.join()}]`
    );
    const index = ["00:10", "00:20", "03:00"].map((time) => `"2020-01-02T${time}:00"`);
    const body =
      `{"columns":["é/sum","small","long","odd"],"index":[${index.join()}],"data":[${data.join()}]}`;
    equal((await app.request(`${PATH}2?jsonformat=split`, { method: "PUT", body })).status, 200);
    const ask = async (query: string) => {
      const answer = await app.request(`${PATH}2?jsonformat=values&${query}`);
      equal(answer.status, 200);
      return [await answer.text(), answer.headers.get("runnel-note")];
    };
    deepEqual(await ask("every=1h&agg=sum&fill=none&columns=small,long"), [
      `[[-1,${2n ** 61n}],[3,1]]`,
      null,
    ]);
    deepEqual(await ask("every=1h&agg=sum&fill=none&columns=%C3%A9/sum"), [`[[${2n * most}],[5]]`, null]);
    // Three hours, so that all three rows are in one bin.
    const [text, note] = await ask("every=1d&agg=sum");
    match(text!, /^\[\[1\.844674407e\+19,2,2305843009213693953,1152921504606846978\]\]$/);
    equal(note, '"\\u00e9\\/sum": beyond 64 bits, so all of it is floats');
    deepEqual(await ask("every=1d&agg=range&columns=small"), ["[[5]]", null]);
    const [, rounded] = await ask("every=1h&agg=sum&fill=null&columns=odd");
    equal(rounded, '"odd": beyond 2^53 beside nulls, so rounded to floats');
  },
);
