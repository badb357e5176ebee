/** How long another writer waits while a series of a million rows is saved, changed, removed and restored. */
import { createChannel } from "./channel_items.ts";
import type { Benchmark, Comparison, Contestant } from "./harness.ts";
import { startScript } from "./processes.ts";
import { fillRunnel, type RunningStore, type Shape, stampOf, startRunnelStore } from "./series_stores.ts";

const FRAME: Shape = { rows: 1_000_000, columns: 5 };
const PATH = "/api/store/NASDAQ/ACME";
const MIDDLE = stampOf(FRAME.rows / 2);
const WARM_UP_MS = 2000;

/** Sends what changes the series; `prepare` comes before, and does not count. */
interface Change {
  readonly name: string;
  readonly prepare?: (url: string) => Promise<unknown>;
  readonly send: (url: string, prepared: unknown) => Promise<Response>;
}

async function done(response: Response): Promise<Response> {
  if (!response.ok) throw new Error(`answered ${response.status}: ${await response.text()}`);
  await response.body?.cancel();
  return response;
}

/** Saves the rows that are there, in that format. */
function save(name: string, format: string, query = ""): Change {
  return {
    name,
    prepare: async (url) => await (await fetch(`${url}${PATH}?${format}`)).arrayBuffer(),
    send: (url, body) =>
      fetch(`${url}${PATH}?${format}${query}`, { method: "PUT", body: body as ArrayBuffer }),
  };
}

function remove(name: string, query: string): Change {
  return { name, send: (url) => fetch(`${url}${PATH}${query}`, { method: "DELETE" }) };
}

const CHANGES: readonly Change[] = [
  { name: "nothing else", send: () => new Promise((resolve) => setTimeout(resolve, 3000, new Response())) },
  save("a save of 1,000,000 rows of 5 columns, JSON", "jsonformat=split"),
  save("the same, Arrow", "format=arrow"),
  save("the same, Parquet", "format=parquet"),
  save("the same, CSV", "format=csv"),
  save("a merge of 1,000,000 rows, Arrow", "format=arrow", "&mode=merge"),
  remove("a removal of half of the rows", `?start=${MIDDLE}`),
  remove("a removal of a column", "?columns=volume"),
  remove("a removal of half of a column's cells", `?start=${MIDDLE}&columns=volume`),
  remove("a removal of the series", ""),
  {
    name: "a restore of 1,000,000 rows",
    async prepare(url) {
      const listed: { revision: number }[] = await (await fetch(`${url}${PATH}/revisions`)).json();
      await done(await fetch(`${url}${PATH}`, { method: "DELETE" }));
      return listed[0]!.revision;
    },
    send: (url, revision) =>
      fetch(`${url}${PATH}/restore`, { method: "POST", body: JSON.stringify({ revision }) }),
  },
];

/** The longest wait of an insert, in milliseconds. */
async function longestWait({ url }: RunningStore, { prepare, send }: Change): Promise<number> {
  const prepared = await prepare?.(url);
  await createChannel(url);
  await using inserts = await startScript(new URL("./insert_waits.ts", import.meta.url), [url]);
  const waits = async (): Promise<number[]> => await (await fetch(`http://127.0.0.1:${inserts.port}`)).json();
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
  await waits();
  await done(await send(url, prepared));
  // A change may be over before the next insert.
  return Math.max(0, ...await waits());
}

function contestant(change: Change): Contestant {
  return {
    name: "Runnel",
    async start() {
      const store = await startRunnelStore();
      await fillRunnel(store.url, FRAME);
      return {
        measure: () => longestWait(store, change),
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      };
    },
  };
}

export const waits: Benchmark = {
  name: "series-waits",
  about: "the longest wait of a channel insert beside each large change of a series",
  *comparisons() {
    for (const change of CHANGES) {
      yield {
        title: `longest wait of an insert beside ${change.name}`,
        unit: "ms",
        better: "lower",
        contestants: [contestant(change)],
        figures: [{ bound: 50 }],
      } satisfies Comparison;
    }
  },
};
