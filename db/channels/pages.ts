/** The queries that read many items of a channel in order. Keys leave SQL as decimal text, because they exceed 2^53. */
import { EngineError, type Row } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { checksum, type Damage } from "../checksum.ts";
import { checksumIn, damagedItem, isSound, selectedChecksum } from "./contents.ts";

const FORWARD = `SELECT rowid AS r, key, length(body) AS size FROM item
  WHERE channel = ?1 AND key >= ?2 AND key <= ?3 ORDER BY key LIMIT ?4`;
const BACKWARD = `SELECT rowid AS r, key, length(body) AS size FROM item
  WHERE channel = ?1 AND key >= ?2 AND key <= ?3 ORDER BY key DESC LIMIT ?4`;
// As many as fit into ?5 bytes, and one in any case. length() of a blob reads no more of it than its head.
const FITTING =
  `SELECT r, key FROM (SELECT r, key, sum(size) OVER (ORDER BY key) - size AS before FROM (${FORWARD}))
  WHERE before < ?5`;
// Columns of an item `i` that `toHead` reads. The key is the one that the index found.
const headOf = (key: string) =>
  `CAST(${key} AS TEXT), i.type, i.encoding, i.language, i.item_key, length(i.body)`;
/** Columns that `toBody` reads, of an item `i` that was looked for under that channel and key. */
const contentOf = (channel: string, key: string): string =>
  `${headOf(key)}, i.body, i.meta, ${selectedChecksum(channel, key)}`;
const SELECT_FORWARD = `SELECT ${
  headOf("k.key")
} FROM (${FORWARD}) k CROSS JOIN item i ON i.rowid = k.r ORDER BY k.key`;
const SELECT_BACKWARD = `SELECT ${
  headOf("k.key")
} FROM (${BACKWARD}) k CROSS JOIN item i ON i.rowid = k.r ORDER BY k.key`;
// Where a list begins and ends, read from the index alone, and whether there is more.
const ENDS = (order: string, more: string) =>
  `SELECT CAST(a AS TEXT), CAST(b AS TEXT), EXISTS (SELECT 1 FROM item WHERE channel = ?1 AND ${more})
  FROM (SELECT min(key) AS a, max(key) AS b FROM (SELECT key FROM item
    WHERE channel = ?1 AND key >= ?2 AND key <= ?3 ORDER BY key ${order} LIMIT ?4))`;
const SELECT_FORWARD_ENDS = ENDS("", "key > b AND key <= ?3");
const SELECT_BACKWARD_ENDS = ENDS("DESC", "key < a AND key >= ?2");
const SELECT_BODIES = `SELECT ${
  contentOf("?1", "k.key")
} FROM (${FITTING}) k CROSS JOIN item i ON i.rowid = k.r
  ORDER BY k.key`;
// Within JSON a line break can only stand between tokens, where a space means the same.
const ONE_LINE = `replace(replace(CAST(i.body AS TEXT), char(13), ' '), char(10), ' ')`;
const IS_JSON = `i.encoding IS NULL
  AND (i.type LIKE 'application/json%' OR i.type LIKE 'application/%+json%') AND json_valid(CAST(i.body AS TEXT))`;
const FITTING_ITEMS = `(${FITTING}) k CROSS JOIN item i ON i.rowid = k.r`;
const FIRST_NOT_JSON = `CAST(min(CASE WHEN ${IS_JSON} THEN NULL ELSE k.key END) AS TEXT)`;
// Bytes move to the thread that answers; a text would be copied three times on its way.
const SELECT_LINES = `SELECT CAST(group_concat(line, char(10)) || char(10) AS BLOB), CAST(max(key) AS TEXT),
    CAST(min(wrong) AS TEXT), total(checksum), count(checksum), count(*), min(type), max(type), max(is_special) FROM (
  SELECT ${ONE_LINE} AS line, k.key AS key, CASE WHEN ${IS_JSON} THEN NULL ELSE k.key END AS wrong, i.type AS type,
    ${checksumIn("?1", "k.key")} AS checksum,
    i.language IS NOT NULL OR i.item_key IS NOT NULL OR i.meta IS NOT NULL AS is_special
  FROM ${FITTING_ITEMS} ORDER BY k.key)`;
const SELECT_CHECKED = `SELECT CAST(max(k.key) AS TEXT), ${FIRST_NOT_JSON} FROM ${FITTING_ITEMS}`;
// What can no longer be read after ?2: removed already, or not swept yet.
export const SELECT_GONE = `SELECT CAST(max(gone_key, ifnull((SELECT max(key) FROM item
    WHERE channel = ?1 AND key > ?2 AND key < ?3), 0)) AS TEXT) FROM channel WHERE id = ?1`;
const SELECT_KEYED = `SELECT i.item_key, CAST(max(i.key) AS TEXT) FROM item i
  WHERE i.channel = ?1 AND i.item_key > ?2 AND i.key >= ?3 GROUP BY i.item_key ORDER BY i.item_key LIMIT ?4`;
const SELECT_OF_KEY = `SELECT CAST(max(key) AS TEXT) FROM item
  WHERE channel = ?1 AND item_key = ?2 AND key >= ?3`;

// The newest ?4 only, so that a busy channel costs no more.
const COUNT_STEPS = `SELECT ((key >> 16) - ?2) / ?3, count(*) FROM (SELECT key FROM item
  WHERE channel = ?1 AND key >= ?5 ORDER BY key DESC LIMIT ?4) GROUP BY 1`;

const LINE_FEED = 10;

/** The largest key that a database can hold. */
export const LAST_KEY = 2n ** 63n - 1n;

/** What is asked of a channel: keys from `from` to `to`, both included. */
export interface KeyRange {
  readonly channel: number;
  readonly from: bigint;
  readonly to: bigint;
  /** At most so many items. */
  readonly limit: number;
}

/** An item without its content. */
export interface HeadRow {
  readonly key: bigint;
  readonly type: string;
  readonly encoding: string | null;
  readonly language: string | null;
  readonly itemKey: string | null;
  /** Bytes of the content. */
  readonly length: number;
}

/** An item with its content. */
export interface BodyRow extends HeadRow {
  /** Headers that Runnel gave it, as JSON. */
  readonly meta: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The first and the last key of a list, and whether its range has more on the far side. */
export interface Ends {
  readonly first: bigint;
  readonly last: bigint;
  readonly hasMore: boolean;
}

/** Contents that are JSON, a line each. */
export interface LinesRow {
  readonly text: Uint8Array<ArrayBuffer>;
  readonly last: bigint;
  /** The first item that is no JSON; the text is of no use then. */
  readonly wrong: bigint | undefined;
}

/** The queries, bound to a database. */
export type PageStore = ReturnType<typeof createPageStore>;

export function createPageStore({ engine, query, scan, damage }: Database) {
  const argsOf = ({ channel, from, to, limit }: KeyRange) => [channel, from, to, limit];
  const readBodies = async (range: KeyRange, bytes: number) =>
    toBodies(await scan(SELECT_BODIES, ...argsOf(range), bytes), range.channel, damage);
  return {
    /** The oldest of a range, ascending. */
    async forward(range: KeyRange): Promise<HeadRow[]> {
      return (await scan(SELECT_FORWARD, ...argsOf(range))).map(toHead);
    },
    /** The newest of a range, ascending. */
    async backward(range: KeyRange): Promise<HeadRow[]> {
      return (await scan(SELECT_BACKWARD, ...argsOf(range))).map(toHead);
    },
    /** The oldest of a range with their contents, as many as fit into so many bytes and one in any case. */
    bodies: readBodies,
    /**
     * The same for who follows a channel; and the greatest key after `after` that is gone, of one moment. 0: none is. What
     * is damaged counts as gone: whoever follows must get past it.
     */
    async news(range: KeyRange, bytes: number, after: bigint): Promise<{ rows: BodyRow[]; gone: bigint }> {
      const [bodies, gone] = await engine.read([
        { sql: SELECT_BODIES, args: [...argsOf(range), bytes] },
        { sql: SELECT_GONE, args: [range.channel, after, range.from] },
      ]);
      const goneKey = BigInt((gone!.rows[0]?.[0] ?? "0") as string);
      const found = bodies!.rows.map((row) => toBody(row, range.channel, damage));
      const skipped = found.findIndex((item) => !(item instanceof EngineError));
      const bad = skipped < 0 ? found.length : skipped;
      const lost = bad === 0 ? 0n : toKey(bodies!.rows[bad - 1]![0])!;
      const greatest = goneKey > lost ? goneKey : lost;
      // A whole page of damage, with more behind it.
      if (bad > 0 && bad === found.length) {
        const rest = await this.news({ ...range, from: lost + 1n }, bytes, after);
        return { rows: rest.rows, gone: rest.gone > greatest ? rest.gone : greatest };
      }
      return { rows: untilDamage(found.slice(bad)), gone: greatest > after ? greatest : 0n };
    },
    /** The greatest key after `after`, and before `visible`, that can no longer be read; 0 when nothing is gone. */
    async gone(channel: number, after: bigint, visible: bigint): Promise<bigint> {
      const [row] = await query(SELECT_GONE, channel, after, visible);
      const key = BigInt((row?.[0] ?? "0") as string);
      return key > after ? key : 0n;
    },
    /** Where the list of the oldest of a range begins and ends, or of the newest; undefined: it is empty. */
    async ends(range: KeyRange, side: "oldest" | "newest"): Promise<Ends | undefined> {
      const sql = side === "oldest" ? SELECT_FORWARD_ENDS : SELECT_BACKWARD_ENDS;
      const [first, last, more] = (await scan(sql, ...argsOf(range)))[0]!;
      if (first === null) return undefined;
      return { first: toKey(first)!, last: toKey(last)!, hasMore: more === 1 };
    },
    /** The oldest of a range as lines of JSON, as many as fit into so many bytes; undefined: there are none. */
    async lines(range: KeyRange, bytes: number): Promise<LinesRow | undefined> {
      const row = (await scan(SELECT_LINES, ...argsOf(range), bytes))[0]!, [text, last, wrong] = row;
      if (last === null) return undefined;
      // Contents of several lines, with headers of their own, or no JSON are read again, to look at each by itself.
      if (wrong !== null || !areSound(row)) await readBodies(range, bytes);
      return { text: text as Uint8Array<ArrayBuffer>, last: toKey(last)!, wrong: toKey(wrong) };
    },
    /** Looks whether the oldest of a range, as many as fit into so many bytes, are JSON; undefined: there are none. */
    async checkJson(range: KeyRange, bytes: number): Promise<Omit<LinesRow, "text"> | undefined> {
      const [last, wrong] = (await scan(SELECT_CHECKED, ...argsOf(range), bytes))[0]!;
      if (wrong !== null) await readBodies(range, bytes);
      return last === null ? undefined : { last: toKey(last)!, wrong: toKey(wrong) };
    },
    /** Items from `first` on by steps of `every` milliseconds since `from`: the newest `limit` of them. */
    async steps(channel: number, first: bigint, from: number, every: number, limit: number) {
      const rows = await query(COUNT_STEPS, channel, from, every, limit, first);
      return new Map(rows.map(([step, count]) => [Number(step), Number(count)]));
    },
    /** Item keys after that one, in order, each with the key of its newest item. */
    async itemKeys(channel: number, after: string, from: bigint, limit: number) {
      return (await scan(SELECT_KEYED, channel, after, from, limit)).map(([itemKey, key]) => ({
        itemKey: itemKey as string,
        key: BigInt(key as string),
      }));
    },
    /** The newest item with an item key. */
    async newestOf(channel: number, itemKey: string, from: bigint): Promise<bigint | undefined> {
      const [row] = await query(SELECT_OF_KEY, channel, itemKey, from);
      return typeof row?.[0] === "string" ? BigInt(row[0]) : undefined;
    },
  };
}

function toKey(value: Row[number] | undefined): bigint | undefined {
  return typeof value === "string" ? BigInt(value) : undefined;
}

/** Reads the columns of `contentOf`. An item that is not as it was stored is noted; the error says which. */
export function toBody(row: Row, channel: number, damage: Damage): BodyRow | EngineError {
  const item = {
    ...toHead(row),
    body: row[6] as Uint8Array<ArrayBuffer>,
    meta: row[7] as string | null,
  };
  if (isSound(item, item.meta, row[8]!)) return item;
  return damagedItem(damage, channel, item.key);
}

/** Those before the first that is damaged. */
function untilDamage(items: readonly (BodyRow | EngineError)[]): BodyRow[] {
  const rows: BodyRow[] = [];
  for (const item of items) {
    if (item instanceof EngineError) break;
    rows.push(item);
  }
  return rows;
}

/** Whether lines that a row of SELECT_LINES holds are as they were stored. False: not, or each must be looked at by itself. */
function areSound([text, , , stored, checked, count, type, lastType, isSpecial]: Row): boolean {
  if (checked === 0) return true;
  if (checked !== count || type !== lastType || isSpecial !== 0) return false;
  const bytes = text as Uint8Array;
  let sum = 0, lines = 0;
  for (let from = 0; from < bytes.length; lines++) {
    const end = bytes.indexOf(LINE_FEED, from);
    sum += checksum(bytes.subarray(from, end), type as string);
    from = end + 1;
  }
  return lines === count && sum === stored;
}

/** The items of rows; fails where one is damaged. */
function toBodies(rows: readonly Row[], channel: number, damage: Damage): BodyRow[] {
  return rows.map((row) => {
    const item = toBody(row, channel, damage);
    if (item instanceof EngineError) throw item;
    return item;
  });
}

/** Reads the columns of `headOf`. */
export function toHead(row: Row): HeadRow {
  return {
    key: BigInt(row[0] as string),
    type: row[1] as string,
    encoding: row[2] as string | null,
    language: row[3] as string | null,
    itemKey: row[4] as string | null,
    length: row[5] as number,
  };
}
