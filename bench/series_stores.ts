/** What keeps series in the benchmarks: Runnel, a Flask and pandas store, and InfluxDB 1.x, each filled with the same. */
import { RunnelClient } from "../client/mod.ts";
import { temporaryFolder } from "../tests/support/process.ts";
import { startPeer, startRunnel } from "./processes.ts";

/** The first row: 2001-01-01, in seconds since the epoch. */
export const FIRST = 978_307_200;
/** Seconds from one row to the next. */
export const STEP = 60;
const NAMES = ["open", "high", "low", "close", "volume"];

/** Numbers like those of a market, the same at every run; with two decimals, or with all that a double has. */
export class Prices {
  #seed = 42;
  #price = 100;

  constructor(readonly exact: boolean) {}

  /** The next cells of a row. */
  row(columns: number): number[] {
    return NAMES.slice(0, columns).map((name) => {
      const random = this.#random();
      if (name === "open") this.#price = Math.max(1, this.#price + (random - 0.5) / 4);
      const cell = name === "volume" ? random * 10_000 : this.#price + random;
      return this.exact ? cell : Math.round(cell * 100) / 100;
    });
  }

  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  }
}

/** What is stored: so many rows of so many columns. */
export interface Shape {
  readonly rows: number;
  readonly columns: number;
  /** All decimals of a double rather than two. */
  readonly exact?: boolean;
}

/** ISO 8601 of a row. */
export function stampOf(row: number): string {
  return new Date((FIRST + row * STEP) * 1000).toISOString().slice(0, 23);
}

/** The frame in orient columns, as pandas writes it. */
export function columnsText({ rows, columns, exact = false }: Shape): string {
  const prices = new Prices(exact);
  const cells = Array.from({ length: rows }, () => prices.row(columns));
  const members = NAMES.slice(0, columns).map((name, at) =>
    `"${name}":{${cells.map((row, i) => `"${stampOf(i)}":${row[at]}`).join()}}`
  );
  return `{${members.join()}}`;
}

/** The frame as CSV, as pandas writes it. */
export function csvText({ rows, columns, exact = false }: Shape): string {
  const prices = new Prices(exact);
  const lines = Array.from({ length: rows }, (_, i) => [stampOf(i), ...prices.row(columns)].join());
  return `${["index", ...NAMES.slice(0, columns)].join()}\n${lines.join("\n")}\n`;
}

/** A running store and where its data is. */
export interface RunningStore extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
}

/** Runnel over a folder of its own. */
export async function startRunnelStore(): Promise<RunningStore> {
  const folder = await temporaryFolder();
  const runnel = await startRunnel({ database: `file:${folder.path}/runnel.db` });
  return running(runnel.url, folder, runnel);
}

/** The Flask store over a folder of its own. */
export async function startFlaskStore(): Promise<RunningStore> {
  const folder = await temporaryFolder();
  const script = new URL("./series_peer.py", import.meta.url).pathname;
  const peer = await startPeer("/usr/bin/python3", (port) => [script, `${port}`, `${folder.path}/store.db`]);
  return running(`http://127.0.0.1:${peer.port}`, folder, peer);
}

/** InfluxDB 1.x over a folder of its own, with a database named bench. */
export async function startInflux(): Promise<RunningStore> {
  const folder = await temporaryFolder();
  const config = `${folder.path}/influxdb.conf`;
  const peer = await startPeer("influxd", (port) => {
    Deno.writeTextFileSync(config, influxConfig(folder.path, port));
    return ["-config", config];
  });
  const url = `http://127.0.0.1:${peer.port}`;
  await fetch(
    `${url}/query?q=${encodeURIComponent("CREATE DATABASE bench WITH DURATION INF SHARD DURATION 5200w")}`,
    {
      method: "POST",
    },
  ).then((response) => response.text());
  return running(url, folder, peer);
}

function influxConfig(path: string, port: number): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "${path}/meta"
[data]
dir = "${path}/data"
wal-dir = "${path}/wal"
query-log-enabled = false
cache-max-memory-size = "2g"
cache-snapshot-write-cold-duration = "1s"
compact-full-write-cold-duration = "2s"
[http]
bind-address = "127.0.0.1:${port}"
log-enabled = false
max-body-size = 0
[logging]
level = "error"
`;
}

function running(
  url: string,
  folder: AsyncDisposable & { readonly path: string },
  process: AsyncDisposable,
): RunningStore {
  return {
    url,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const ROWS_AT_ONCE = 250_000;

/** Fills Runnel. */
export async function fillRunnel(url: string, { rows, columns, exact = false }: Shape): Promise<void> {
  const { store } = new RunnelClient({ url });
  const prices = new Prices(exact);
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, rows - from);
    const index = Array.from({ length: count }, (_, i) => FIRST + (from + i) * STEP);
    const data = index.map(() => prices.row(columns));
    await store.save("NASDAQ", "ACME", { columns: NAMES.slice(0, columns), index, data }, {
      orient: "split",
      dateUnit: "s",
    });
  }
}

/** Fills InfluxDB, in its line protocol. */
export async function fillInflux(url: string, { rows, columns, exact = false }: Shape): Promise<void> {
  const prices = new Prices(exact);
  const names = NAMES.slice(0, columns);
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, rows - from);
    const lines = Array.from({ length: count }, (_, i) => {
      const fields = prices.row(columns).map((cell, at) => `${names[at]}=${cell}`);
      return `acme ${fields.join()} ${FIRST + (from + i) * STEP}`;
    });
    const response = await fetch(`${url}/write?db=bench&precision=s`, {
      method: "POST",
      body: lines.join("\n"),
    });
    if (!response.ok) throw new Error(`InfluxDB refuses: ${await response.text()}`);
    await response.body?.cancel();
  }
}

/** The address that answers an InfluxQL query. */
export function influxQuery(url: string, query: string): string {
  return `${url}/query?db=bench&q=${encodeURIComponent(query)}`;
}

/** Bytes of all files under a folder whose names match. */
export async function bytesIn(folder: string, name = /./): Promise<number> {
  let bytes = 0;
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) bytes += await bytesIn(path, name);
    else if (name.test(entry.name)) bytes += (await Deno.stat(path)).size;
  }
  return bytes;
}
