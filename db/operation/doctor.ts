/**
 * Looks through a whole database file for what cannot be: damaged pages, wrong counters, rows that nothing owns, contents
 * that are not what was stored.
 */
import { ITEMS } from "../channels/walk.ts";
import { MESSAGES } from "../conversations/walk.ts";
import type { WorkerConnection } from "../engine/connection.ts";
import { EngineError } from "../engine/engine.ts";
import { SCHEMA_VERSION } from "../migrations/mod.ts";
import { CELLS, SUMMARIES } from "../series/walk.ts";
import { CHUNKS, INDEXES, LOG, SKETCHES } from "../sessions/walk.ts";
import { integrityOf, schemaVersion, withConnection } from "./copies.ts";
import { damagedIn, type Walk } from "./walk.ts";

/** One thing to look for: a query that counts the rows that are wrong. */
interface Examination {
  readonly area: string;
  readonly about: string;
  readonly count: string;
}

const orphans = (
  area: string,
  table: string,
  column: string,
  owner: string,
  ownerColumn = "id",
): Examination => ({
  area,
  about: `rows of ${table} without their ${owner}`,
  count: `SELECT count(*) FROM ${table} t
    WHERE NOT EXISTS (SELECT 1 FROM ${owner} o WHERE o.${ownerColumn} = t.${column})`,
});

const EXAMINATIONS: readonly Examination[] = [
  {
    area: "channels",
    about: "channels whose kept number of items is not the number of their items",
    count: `SELECT count(*) FROM channel c WHERE item_count <>
      (SELECT count(*) FROM item i WHERE i.channel = c.id AND i.key >= c.floor_key)`,
  },
  {
    area: "channels",
    about: "channels with items after their newest",
    count: `SELECT count(*) FROM channel c WHERE EXISTS
      (SELECT 1 FROM item i WHERE i.channel = c.id AND i.key > c.last_key)`,
  },
  {
    area: "channels",
    about: "items without their channel",
    count: `SELECT count(*) FROM item i WHERE channel NOT IN (SELECT id FROM channel)
      AND channel NOT IN (SELECT id FROM dropped_channel)`,
  },
  orphans("channels", "consumer", "channel", "channel"),
  orphans("channels", "delivery", "consumer", "consumer"),
  orphans("channels", "webhook", "consumer", "consumer"),
  {
    area: "profiles",
    about: "apps whose kept number of accounts is not the number of their accounts",
    count: `SELECT count(*) FROM app WHERE accounts <>
      (SELECT count(*) FROM account WHERE app = app.id AND person IS NOT NULL)`,
  },
  orphans("profiles", "account", "app", "app"),
  orphans("profiles", "account_field", "account", "account"),
  orphans("profiles", "identity", "account", "account"),
  orphans("profiles", "account_event", "account", "account"),
  orphans("series", "series_chunk", "series", "series"),
  {
    area: "series",
    about: "bodies that no chunk has",
    count: `SELECT count(*) FROM series_body b
      WHERE NOT EXISTS (SELECT 1 FROM series_chunk WHERE id = b.chunk OR body = b.chunk)`,
  },
  orphans("conversations", "message", "conversation", "conversation"),
  orphans("conversations", "day_summary", "conversation", "conversation"),
];

const WALKS: readonly Walk[] = [ITEMS, CELLS, SUMMARIES, LOG, CHUNKS, INDEXES, SKETCHES, MESSAGES];

/** What was looked at, and how many rows are wrong. */
export interface Finding {
  readonly area: string;
  readonly about: string;
  readonly wrong: number;
}

/** Examines the file, beside processes that use it. Fails with an `EngineError` where it is no database. */
export async function examine(path: string): Promise<Finding[]> {
  const faults = await integrityOf(path);
  const file: Finding[] = faults.length === 0
    ? [{ area: "file", about: "pages and indexes", wrong: 0 }]
    : faults.map((about) => ({ area: "file", about, wrong: 1 }));
  const version = await schemaVersion(path), known = SCHEMA_VERSION;
  const schema = { area: "file", about: `schema version ${version}, this program's is ${known}` };
  if (version !== known) return [...file, { ...schema, wrong: 1 }];
  return [...file, { ...schema, wrong: 0 }, ...await examineAreas(path)];
}

function examineAreas(path: string): Promise<Finding[]> {
  return withConnection(path, "reader", async (reader) => {
    const findings: Finding[] = [];
    for (const examination of EXAMINATIONS) findings.push(await count(reader, examination));
    for (const walk of WALKS) findings.push(...await walkThrough(reader, walk));
    return findings;
  });
}

async function count(reader: WorkerConnection, { area, about, count }: Examination): Promise<Finding> {
  try {
    const [result] = await reader.run([{ sql: count, args: [] }]);
    return { area, about, wrong: Number(result!.rows[0]![0]) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { area, about: `${about}, which cannot be counted: ${error.message}`, wrong: 1 };
  }
}

/** How many contents are damaged, then each of them by name. */
async function walkThrough(reader: WorkerConnection, walk: Walk): Promise<Finding[]> {
  const { area, about } = walk, damaged = await Array.fromAsync(damagedIn(reader, walk));
  return [
    { area, about: `${about} that are not as they were stored`, wrong: damaged.length },
    ...damaged.map((name) => ({ area, about: name, wrong: 1 })),
  ];
}
