/** A frame that a client in JavaScript saves and retrieves as Arrow, as Parquet and as JSON, from its columns to its columns. */
import {
  makeData,
  makeVector,
  Table,
  tableFromIPC,
  tableToIPC,
  TimestampNanosecond,
  vectorFromArray,
} from "apache-arrow";
import type { Benchmark, Comparison, Contestant, Running } from "./harness.ts";
import { median } from "./harness.ts";
import { columnsText, type RunningStore, type Shape, startRunnelStore } from "./series_stores.ts";

const FRAME: Shape = { rows: 100_000, columns: 5 };
const PATH = "/api/store/NASDAQ/ACME";
const TIMES = 5;
const ARROW = "application/vnd.apache.arrow.stream";

/** One format: how its client saves the frame, and how it reads the frame back. */
interface Client {
  readonly name: string;
  save(url: string): Promise<void>;
  retrieve(url: string): Promise<void>;
}

async function put(url: string, body: string | Uint8Array<ArrayBuffer>, type: string): Promise<void> {
  const answer = await fetch(`${url}${PATH}`, { method: "PUT", body, headers: { "Content-Type": type } });
  if (!answer.ok) throw new Error(`${type}: ${await answer.text()}`);
  await answer.body?.cancel();
}

function clients(): Client[] {
  const frame: Record<string, Record<string, number>> = JSON.parse(columnsText(FRAME));
  const names = Object.keys(frame);
  const index = BigInt64Array.from(
    Object.keys(frame[names[0]!]!),
    (stamp) => BigInt(Date.parse(`${stamp}Z`)) * 1_000_000n,
  );
  const values = Object.fromEntries(
    names.map((name) => [name, Float64Array.from(Object.values(frame[name]!))]),
  );
  return [{
    name: "JSON, orient columns",
    save: (url) => put(url, JSON.stringify(frame), "application/json"),
    async retrieve(url) {
      const answer = await (await fetch(`${url}${PATH}`)).json();
      if (Object.keys(answer).length !== FRAME.columns) throw new Error("columns are missing");
    },
  }, {
    name: "Arrow",
    save: (url) => put(`${url}`, new Uint8Array(tableToIPC(tableOf(index, values), "stream")), ARROW),
    async retrieve(url) {
      const bytes = await (await fetch(`${url}${PATH}?format=arrow`)).arrayBuffer();
      if (tableFromIPC(new Uint8Array(bytes)).numRows !== FRAME.rows) throw new Error("rows are missing");
    },
  }];
}

/** As pyarrow makes one of a frame of pandas: the index is a column of nanoseconds. */
function tableOf(index: BigInt64Array<ArrayBuffer>, values: Record<string, Float64Array>): Table {
  const stamps = makeVector(makeData({ type: new TimestampNanosecond(), data: index }));
  const columns = Object.entries(values).map(([name, cells]) => [name, vectorFromArray(cells)]);
  return new Table({ index: stamps, ...Object.fromEntries(columns) });
}

async function timed(action: () => Promise<void>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < 2 * TIMES; i++) {
    const started = performance.now();
    await action();
    if (i >= TIMES) took.push(performance.now() - started);
  }
  return median(took);
}

function contestant({ name, save, retrieve }: Client, what: "save" | "retrieve"): Contestant {
  return {
    name,
    async start(): Promise<Running> {
      const store: RunningStore = await startRunnelStore();
      await save(store.url);
      const action = () => what === "save" ? save(store.url) : retrieve(store.url);
      return { measure: () => timed(action), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
    },
  };
}

export const formats: Benchmark = {
  name: "series-formats",
  about: "saving and retrieving that frame as Arrow, against JSON, what the client does included",
  *comparisons() {
    for (const [what, bound] of [["save", 1 / 8], ["retrieve", 1 / 10]] as const) {
      const all = clients();
      yield {
        title: `${what} 100,000 rows of 5 columns, client included`,
        unit: "ms",
        better: "lower",
        contestants: all.toReversed().map((client) => contestant(client, what)),
        figures: [{ peer: all[0]!.name, bound }],
        turns: 2,
      } satisfies Comparison;
    }
  },
};
