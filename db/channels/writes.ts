/**
 * The writes that keep a promise beside storing: not twice, only after a certain item, or many at once. Each is a plan for
 * the shared commit, so that what it asks and what it does is one transaction, whichever process runs it.
 */
import type { Plan } from "../batcher.ts";
import type { OwnedBytes, Result, Statement } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { bodyAt, checksumAt, PackedContents } from "./contents.ts";
import { INSERT_ITEMS, type ItemContent, trim, type Written } from "./items.ts";
import { planOnce } from "./once.ts";

// One row an item: the place of its content, and what its headers say. NULLs travel as JSON nulls.
const ROWS =
  `SELECT r.key AS seq, r.value ->> 0 AS place, r.value ->> 1 AS type, r.value ->> 2 AS encoding, r.value ->> 3 AS language, r.value ->> 4 AS item_key
  FROM json_each(?4) r`;
const STORE = `INSERT INTO item (channel, key, type, encoding, language, body, item_key, checksum)
  SELECT c.id, c.last_key - ?2 + 1 + r.seq, r.type, r.encoding, r.language, ${
  bodyAt("?3", "r.place")
}, r.item_key,
    ${checksumAt("?3", "r.place")} + c.id + c.last_key - ?2 + 1 + r.seq
  FROM channel c, (${ROWS}) r WHERE c.id = ?1`;
const ALLOCATE = (condition: string) =>
  `UPDATE channel SET
    last_key = max(?3 << 16, last_key + 1, floor_key) + ?2 - 1, item_count = item_count + ?2
  WHERE id = ?1 AND ${condition}`;
const LAST_KEY = `SELECT CAST(last_key AS TEXT) FROM channel WHERE id = ?1`;
// changes() is what the statement before did: nothing is stored unless keys were allocated.
const STORE_IF_ALLOCATED = `${STORE} AND changes() > 0`;

const FORGET_OLD = `DELETE FROM idempotency WHERE channel = ?1 AND name = ?2 AND at <= ?3`;
const CLAIM = `INSERT INTO idempotency (channel, name, digest, batch, seq, items, at)
  SELECT id, ?2, ?3, '', 0, ?4, ?5 FROM channel WHERE id = ?1 ON CONFLICT DO NOTHING`;
const KEEP_ANSWER = `UPDATE idempotency SET last_key = (SELECT last_key FROM channel WHERE id = ?1)
  WHERE channel = ?1 AND name = ?2 AND last_key IS NULL AND changes() > 0`;
const DROP_CLAIM = `DELETE FROM idempotency WHERE channel = ?1 AND name = ?2 AND last_key IS NULL`;
const SELECT_ANSWER =
  `SELECT digest, CAST(last_key AS TEXT), items FROM idempotency WHERE channel = ?1 AND name = ?2`;
const SWEEP_ANSWERS =
  `DELETE FROM idempotency WHERE id IN (SELECT id FROM idempotency ORDER BY id LIMIT ?2) AND at <= ?1`;

const STAGE = `INSERT INTO staged_item (bulk, seq, type, encoding, language, item_key, body, at, checksum)
  SELECT ?1, ?2 + r.seq, r.type, r.encoding, r.language, r.item_key, ${bodyAt("?3", "r.place")}, ?5,
    ${checksumAt("?3", "r.place")}
  FROM (${ROWS}) r`;
const STORE_STAGED = `INSERT INTO item (channel, key, type, encoding, language, body, item_key, checksum)
  SELECT c.id, c.last_key - ?2 + 1 + s.seq, s.type, s.encoding, s.language, s.body, s.item_key,
    s.checksum + c.id + c.last_key - ?2 + 1 + s.seq
  FROM staged_item s CROSS JOIN channel c WHERE c.id = ?1 AND s.bulk = ?3 AND changes() > 0 ORDER BY s.seq`;
const FREE_STAGED =
  `DELETE FROM staged_item WHERE id IN (SELECT id FROM staged_item WHERE bulk = ?1 LIMIT ?2)`;
const SWEEP_STAGED =
  `DELETE FROM staged_item WHERE id IN (SELECT id FROM staged_item WHERE at <= ?1 LIMIT ?2)`;

/** An item's content with its Item-Key. */
export interface KeyedContent extends ItemContent {
  readonly itemKey: string | null;
}

/** Items to store together. */
export interface Write {
  readonly channel: number;
  /** Whether the channel keeps only so many items; the oldest go in the same commit. */
  readonly trims: boolean;
  readonly contents: readonly KeyedContent[];
  /** Instead of `contents`: so many items that were staged under this name. */
  readonly staged?: { readonly bulk: string; readonly count: number };
  /** Stored only if the newest key is this one; 0: only if no item at or after `visible` is there. */
  readonly ifLatest?: { readonly key: bigint; readonly visible: bigint };
  /** Stored only once under this name; the digest tells whether it is the same again. */
  readonly once?: { readonly name: string; readonly digest: string; readonly expired: number };
}

/** The writes, bound to a database. */
export type WriteStore = ReturnType<typeof createWriteStore>;

export function createWriteStore({ commits }: Database, clock: () => number) {
  const write = commits.writer((ops: Write[]) => planWrites(ops, clock()));
  const execute = async (sql: string, args: Statement["args"]) =>
    (await commits.execute([{ sql, args }]))[0]!.changes;
  return {
    /** Stores what was asked for, or says why not. Committed together with whatever else waits. */
    write: (op: Write): Promise<Written> =>
      write(op, op.contents.reduce((sum, { body }) => sum + body.length + 256, 0)),
    /** Puts items aside under a name, from place `first`; nobody sees them before `write` does. */
    async stage(bulk: string, first: number, contents: readonly KeyedContent[]): Promise<void> {
      const { bytes, rows } = pack(contents);
      await commits.execute([{ sql: STAGE, args: [bulk, first, bytes, rows, clock()] }], bytes.length);
    },
    /** Frees up to `limit` items that were staged under a name, and answers how many. */
    free: (bulk: string, limit: number) => execute(FREE_STAGED, [bulk, limit]),
    /** Frees up to `limit` items that were staged before a moment, and answers how many. */
    sweepStaged: (before: number, limit: number) => execute(SWEEP_STAGED, [before, limit]),
    /** Forgets answers of before a moment, among the `limit` oldest, and answers how many. */
    sweepAnswers: (before: number, limit: number) => execute(SWEEP_ANSWERS, [before, limit]),
  };
}

interface Part {
  readonly name: "claim" | "allocate" | "answer" | "last" | "other";
  readonly statement: Statement;
}

function planWrites(ops: readonly Write[], now: number): Plan<Written> {
  const groups = Map.groupBy(ops.keys(), (i) => isOnce(ops[i]!) ? ops[i]!.channel : undefined);
  const plans = Array.from(groups, ([channel, places]) => {
    const own = places.map((i) => ops[i]!);
    if (channel === undefined) return { places, ...planEach(own, now) };
    const once = own.map(({ contents, once }) => ({ content: contents[0]!, ...once! }));
    return { places, ...planOnce(channel, once, now, own.some(({ trims }) => trims)) };
  });
  return {
    statements: plans.flatMap(({ statements }) => statements),
    settle(results) {
      const outcomes: (Written | Error)[] = [];
      let from = 0;
      for (const { places, statements, settle } of plans) {
        const settled = settle(results.slice(from, from += statements.length));
        for (const [i, place] of places.entries()) outcomes[place] = settled[i]!;
      }
      return outcomes;
    },
  };
}

/** Whether a write is one item with an Idempotency-Key, and nothing else. */
function isOnce({ contents, staged, ifLatest, once }: Write): boolean {
  return once !== undefined && staged === undefined && ifLatest === undefined && contents.length === 1;
}

function planEach(ops: readonly Write[], now: number): Plan<Written> {
  const parts = ops.map((op) => partsOf(op, now));
  return {
    statements: parts.flatMap((own) => own.map(({ statement }) => statement)),
    settle(results) {
      let from = 0;
      return ops.map((op, i) => {
        const own = new Map(parts[i]!.map(({ name }, j) => [name, results[from + j]!]));
        from += parts[i]!.length;
        return settle(op, own);
      });
    },
  };
}

function partsOf({ channel, contents, staged, trims, ifLatest, once }: Write, now: number): Part[] {
  const count = staged?.count ?? contents.length;
  const other = (sql: string, ...args: Statement["args"]): Part => ({
    name: "other",
    statement: { sql, args },
  });
  const parts: Part[] = [];
  if (once !== undefined) {
    const args = [channel, once.name, once.digest, count, now];
    parts.push(
      other(FORGET_OLD, channel, once.name, once.expired),
      { name: "claim", statement: { sql: CLAIM, args } },
    );
  }
  parts.push({ name: "allocate", statement: allocation(channel, count, now, once !== undefined, ifLatest) });
  parts.push(
    staged === undefined
      ? other(...storing(channel, contents))
      : other(STORE_STAGED, channel, count, staged.bulk),
  );
  if (once !== undefined) {
    parts.push(other(KEEP_ANSWER, channel, once.name), other(DROP_CLAIM, channel, once.name));
  }
  if (trims) parts.push(...trim(channel).map((statement): Part => ({ name: "other", statement })));
  if (once !== undefined) {
    parts.push({ name: "answer", statement: { sql: SELECT_ANSWER, args: [channel, once.name] } });
  }
  parts.push({ name: "last", statement: { sql: LAST_KEY, args: [channel] } });
  return parts;
}

function allocation(
  channel: number,
  count: number,
  now: number,
  isClaimed: boolean,
  ifLatest: Write["ifLatest"],
): Statement {
  const claimed = isClaimed ? "changes() > 0" : "true";
  const args = [channel, count, now];
  if (ifLatest === undefined) return { sql: ALLOCATE(claimed), args };
  if (ifLatest.key !== 0n) {
    return { sql: ALLOCATE(`${claimed} AND last_key = ?4`), args: [...args, ifLatest.key] };
  }
  const nothing = "NOT EXISTS (SELECT 1 FROM item WHERE channel = ?1 AND key >= ?4)";
  return { sql: ALLOCATE(`${claimed} AND ${nothing}`), args: [...args, ifLatest.visible] };
}

/** Contents that share their headers travel as plain numbers, which costs a third of nested arrays. */
function storing(channel: number, contents: readonly KeyedContent[]): [string, ...Statement["args"]] {
  const { type, encoding, language } = contents[0]!;
  const areAlike = contents.every((each) =>
    each.type === type && each.encoding === encoding && each.language === language && each.itemKey === null
  );
  if (areAlike) {
    const { bytes, places } = PackedContents.of(contents);
    return [INSERT_ITEMS, channel, contents.length, bytes, `[${places.join()}]`, type, encoding, language];
  }
  const { bytes, rows } = pack(contents);
  return [STORE_IF_ALLOCATED, channel, contents.length, bytes, rows];
}

function settle({ contents, staged, once }: Write, results: ReadonlyMap<Part["name"], Result>): Written {
  const count = staged?.count ?? contents.length;
  const last = results.get("last")!.rows[0]?.[0];
  if (last === undefined) return { outcome: "no-channel" };
  if (once !== undefined && results.get("claim")!.changes === 0) {
    const [digest, key, items] = results.get("answer")!.rows[0]!;
    if (digest !== once.digest) return { outcome: "conflict" };
    return { outcome: "replayed", last: BigInt(key as string), count: items as number };
  }
  const newest = BigInt(last as string);
  if (results.get("allocate")!.changes === 0) return { outcome: "not-latest", last: newest };
  return { outcome: "stored", last: newest, count };
}

/** Contents, and a row for each. */
function pack(contents: readonly KeyedContent[]): { bytes: OwnedBytes; rows: string } {
  const { bytes, places } = PackedContents.of(contents);
  const rows = contents.map((
    { type, encoding, language, itemKey },
    i,
  ) => [places[i], type, encoding, language, itemKey]);
  return { bytes, rows: JSON.stringify(rows) };
}
