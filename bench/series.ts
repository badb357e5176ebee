/** Series against a Flask, pandas and SQLite store, and against InfluxDB 1.x; all of them durable. */
import Database from "libsql";
import { type Benchmark, type Comparison, type Contestant, median, type Running } from "./harness.ts";
import { outputOf, wrk } from "./processes.ts";
import { temporaryFolder } from "../tests/support/process.ts";
import {
  bytesIn,
  columnsText,
  csvText,
  fillInflux,
  fillRunnel,
  FIRST,
  influxQuery,
  type RunningStore,
  type Shape,
  stampOf,
  startFlaskStore,
  startInflux,
  startRunnelStore,
  STEP,
} from "./series_stores.ts";

const PATH = "/api/store/NASDAQ/ACME";
const FRAME: Shape = { rows: 100_000, columns: 5 };
const MANY: Shape = { rows: 10_000_000, columns: 1 };
const ORIENTS = ["columns", "index", "split", "records", "values", "table"];
const TIMES = 5;

const FLASK = "Flask, pandas, SQLite", INFLUX = "InfluxDB 1.x";

/** A contestant over a store that is filled before it is measured. */
function contestant(
  name: string,
  start: () => Promise<RunningStore>,
  fill: (store: RunningStore) => Promise<unknown>,
  measure: (store: RunningStore) => Promise<number>,
): Contestant {
  return {
    name,
    async start(): Promise<Running> {
      const store = await start();
      await fill(store);
      return { measure: () => measure(store), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
    },
  };
}

/** Milliseconds that an answer takes to arrive whole: the median of some, after as many to warm up. */
async function timed(send: () => Promise<Response>, times = TIMES): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < 2 * times; i++) {
    const started = performance.now();
    const response = await send();
    const bytes = (await response.arrayBuffer()).byteLength;
    if (!response.ok || bytes === 0) throw new Error(`answered ${response.status}`);
    if (i >= times) took.push(performance.now() - started);
  }
  return median(took);
}

async function put(url: string, body: string): Promise<Response> {
  return await fetch(`${url}${PATH}`, {
    method: "PUT",
    body,
    headers: { "Content-Type": "application/json" },
  });
}

export const saves: Benchmark = {
  name: "series-saves",
  about: "saving a frame of 100,000 rows and 5 columns in orient columns, over what is there",
  needs: { "/usr/bin/python3": "python3-flask python3-pandas python3-sqlalchemy" },
  *comparisons() {
    const text = columnsText(FRAME);
    const nothing = () => Promise.resolve();
    yield {
      title: "save 100,000 rows of 5 columns",
      unit: "ms",
      better: "lower",
      contestants: [
        contestant("Runnel", startRunnelStore, nothing, ({ url }) => timed(() => put(url, text))),
        contestant(FLASK, startFlaskStore, nothing, ({ url }) => timed(() => put(url, text), 3)),
      ],
      figures: [{ peer: FLASK, bound: 1 / 5 }],
      turns: 2,
    };
  },
};

export const retrievals: Benchmark = {
  name: "series-retrievals",
  about: "retrieving that frame in each orient, against InfluxDB's JSON of the same points too",
  needs: { "/usr/bin/python3": "python3-flask python3-pandas python3-sqlalchemy", influxd: "influxdb" },
  *comparisons() {
    const text = columnsText(FRAME);
    for (const orient of ORIENTS) {
      const get = ({ url }: RunningStore) => timed(() => fetch(`${url}${PATH}?jsonformat=${orient}`));
      const fill = async ({ url }: RunningStore) => await (await put(url, text)).text();
      yield {
        title: `retrieve 100,000 rows of 5 columns, ${orient}`,
        unit: "ms",
        better: "lower",
        contestants: [
          contestant("Runnel", startRunnelStore, fill, get),
          contestant(FLASK, startFlaskStore, fill, get),
          contestant(
            INFLUX,
            startInflux,
            ({ url }) => fillInflux(url, FRAME),
            ({ url }) => timed(() => fetch(influxQuery(url, "SELECT * FROM acme")), 3),
          ),
        ],
        figures: [{ peer: FLASK, bound: 1 / 10 }, { peer: INFLUX, bound: 1 }],
        turns: 1,
      } satisfies Comparison;
    }
  },
};

const CSV = "text/csv";

export const csv: Benchmark = {
  name: "series-csv",
  about: "saving that frame as CSV, durably, against what pandas' read_csv alone takes",
  needs: { "/usr/bin/python3": "python3-pandas" },
  *comparisons() {
    const text = csvText(FRAME);
    const save = ({ url }: RunningStore) =>
      timed(() => fetch(`${url}${PATH}`, { method: "PUT", body: text, headers: { "Content-Type": CSV } }));
    yield {
      title: "CSV in, 100,000 rows of 5 columns",
      unit: "ms",
      better: "lower",
      contestants: [
        contestant("Runnel", startRunnelStore, () => Promise.resolve(), save),
        { name: "pandas' read_csv", start: () => readCsvByPandas(text) },
      ],
      figures: [{ peer: "pandas' read_csv", bound: 1 }],
      turns: 3,
    };
  },
};

async function readCsvByPandas(text: string): Promise<Running> {
  const folder = await temporaryFolder();
  const file = `${folder.path}/frame.csv`;
  await Deno.writeTextFile(file, text);
  const script = new URL("./series_csv_peer.py", import.meta.url).pathname;
  return {
    measure: async () => Number(await outputOf("/usr/bin/python3", [script, file, `${FRAME.rows}`])),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

const LARGE: Shape = { rows: 1_000_000, columns: 5 };

export const restores: Benchmark = {
  name: "series-restores",
  about: "restoring a revision of a million rows, which another save replaced",
  *comparisons() {
    const fill = async ({ url }: RunningStore) => {
      await fillRunnel(url, LARGE);
      await (await fetch(`${url}${PATH}`, { method: "DELETE" })).body?.cancel();
    };
    yield {
      title: "restore of a revision of 1,000,000 rows",
      unit: "ms",
      better: "lower",
      contestants: [contestant("Runnel", startRunnelStore, fill, restored)],
      figures: [{ bound: 50 }],
    };
  },
};

/** Restores the newest revision that has rows, and deletes the series again, some times. */
async function restored({ url }: RunningStore): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const listed: { revision: number; rows: number }[] = await (await fetch(`${url}${PATH}/revisions`))
      .json();
    const { revision, rows } = listed.find(({ rows }) => rows > 0)!;
    const started = performance.now();
    const answer = await fetch(`${url}${PATH}/restore`, {
      method: "POST",
      body: JSON.stringify({ revision }),
    });
    if ((await answer.json()).rows !== rows) throw new Error("rows are missing");
    took.push(performance.now() - started);
    await (await fetch(`${url}${PATH}`, { method: "DELETE" })).body?.cancel();
  }
  return median(took);
}

const EVERY_MINUTES = MANY.rows / 1000;

export const ranges: Benchmark = {
  name: "series-ranges",
  about: "100 rows from the middle of 10 million, and all of them reduced to 1,000 points",
  needs: { influxd: "influxdb", wrk: "wrk" },
  *comparisons() {
    const runnel = (measure: (store: RunningStore) => Promise<number>) =>
      contestant("Runnel", startRunnelStore, ({ url }) => fillRunnel(url, MANY), measure);
    yield {
      title: "100 rows from the middle of 10 million, p99",
      unit: "ms",
      better: "lower",
      contestants: [runnel(middleRange)],
      figures: [{ bound: 3 }],
      turns: 1,
    };
    const query = `SELECT mean(open) FROM acme WHERE time >= '${stampOf(0)}Z' AND time <= '${
      stampOf(MANY.rows - 1)
    }Z' GROUP BY time(${EVERY_MINUTES}m)`;
    yield {
      title: "10 million rows to 1,000 points",
      unit: "ms",
      better: "lower",
      contestants: [
        runnel(({ url }) => timed(() => fetch(`${url}${PATH}?every=${EVERY_MINUTES}m&agg=mean`), 3)),
        contestant(
          INFLUX,
          startInflux,
          ({ url }) => fillInflux(url, MANY),
          ({ url }) => timed(() => fetch(influxQuery(url, query)), 2),
        ),
      ],
      figures: [{ peer: INFLUX, bound: 1 }],
      turns: 1,
    };
  },
};

/** Asked by wrk, whose own pauses do not count as Runnel's. */
async function middleRange({ url }: RunningStore): Promise<number> {
  const script = `local i = 0
    local stamp = function(row) return os.date("!%Y-%m-%dT%H:%M:%S", ${FIRST} + row * ${STEP}) end
    request = function()
      i = i + 1
      local row = ${MANY.rows / 2} + i * 97 % 1000000
      return wrk.format("GET", "${PATH}?jsonformat=split&start=" .. stamp(row) .. "&end=" .. stamp(row + 99))
    end`;
  return (await wrk({ url, connections: 1, script })).p99;
}

export const space: Benchmark = {
  name: "series-space",
  about: "bytes on disk for a row of 5 floats, with two decimals and with all that a double has",
  needs: { influxd: "influxdb" },
  *comparisons() {
    for (const exact of [false, true]) {
      const shape = { rows: 1_000_000, columns: 5, exact };
      yield {
        title: `bytes for a row of 5 floats, ${exact ? "all decimals" : "two decimals"}`,
        unit: "bytes",
        better: "lower",
        contestants: [
          contestant(
            "Runnel",
            startRunnelStore,
            ({ url }) => fillRunnel(url, shape),
            async ({ folder }) => await checkpointed(folder) / shape.rows,
          ),
          contestant(
            INFLUX,
            startInflux,
            ({ url }) => fillInflux(url, shape),
            async ({ folder }) => await compacted(folder) / shape.rows,
          ),
        ],
        figures: [{ peer: INFLUX, bound: 1.5 }],
        turns: 1,
      } satisfies Comparison;
    }
  },
};

/** Bytes of Runnel's database with all that its log holds. */
async function checkpointed(folder: string): Promise<number> {
  const database = new Database(`${folder}/runnel.db`);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return await bytesIn(folder, /\.db$/);
}

/** Bytes of InfluxDB's data once it no longer changes: its log is empty and one file is left. */
async function compacted(folder: string): Promise<number> {
  let last = NaN, since = performance.now();
  while (performance.now() - since < 5000) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const bytes = await bytesIn(`${folder}/data`, /\.tsm$/);
    if (bytes !== last || bytes === 0) [last, since] = [bytes, performance.now()];
  }
  return last;
}
