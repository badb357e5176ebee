/**
 * Inserts of one item with an Idempotency-Key, all those of a commit together: as few statements for hundreds as for one.
 * Each key is claimed in its order; whoever finds it taken gets the answer of the one before, also within the commit.
 */
import { randomUUID } from "node:crypto";
import type { Plan } from "../batcher.ts";
import type { Statement } from "../engine/engine.ts";
import { bodyAt, checksumAt, PackedContents } from "./contents.ts";
import { type ItemContent, trim, type Written } from "./items.ts";

// ?2: a JSON array, one element an insert: key, digest, place of its content, what its headers say.
const FORGET_OLD = `DELETE FROM idempotency
  WHERE channel = ?1 AND at <= ?3 AND name IN (SELECT value ->> 0 FROM json_each(?2))`;
const CLAIM = `INSERT INTO idempotency (channel, name, digest, batch, seq, items, at)
  SELECT c.id, r.value ->> 0, r.value ->> 1, ?3, r.key, 1, ?4 FROM channel c CROSS JOIN json_each(?2) r
  WHERE c.id = ?1 ORDER BY r.key ON CONFLICT DO NOTHING`;
// changes() is how many keys were claimed.
const ALLOCATE = `UPDATE channel SET last_key = max(?2 << 16, last_key + 1, floor_key) + changes() - 1,
    item_count = item_count + changes() WHERE id = ?1 AND changes() > 0`;
const CLAIMED = `channel c CROSS JOIN json_each(?2) r CROSS JOIN idempotency i
  ON i.channel = c.id AND i.name = r.value ->> 0 AND i.batch = ?3 AND i.seq = r.key WHERE c.id = ?1`;
const KEY = `c.last_key + 1 - row_number() OVER (ORDER BY r.key DESC)`;
const STORE = `INSERT INTO item (channel, key, type, encoding, language, body, item_key, checksum)
  SELECT c.id, ${KEY}, r.value ->> 3, r.value ->> 4, r.value ->> 5, ${bodyAt("?4", "(r.value ->> 2)")},
    r.value ->> 6, ${checksumAt("?4", "(r.value ->> 2)")} + c.id + ${KEY}
  FROM ${CLAIMED}`;
const KEEP_ANSWERS =
  `UPDATE idempotency SET last_key = n.key FROM (SELECT i.id AS id, ${KEY} AS key FROM ${CLAIMED}) n
  WHERE idempotency.id = n.id`;
const SELECT_ANSWERS = `SELECT i.digest, CAST(i.last_key AS TEXT), i.items, i.batch = ?3 AND i.seq = r.key
  FROM json_each(?2) r LEFT JOIN idempotency i ON i.channel = ?1 AND i.name = r.value ->> 0 ORDER BY r.key`;

/** An insert of one item. */
export interface OnceWrite {
  readonly content: ItemContent & { readonly itemKey: string | null };
  readonly name: string;
  readonly digest: string;
  /** Keys claimed up to this moment are free again. */
  readonly expired: number;
}

/** Plans the inserts of one channel. */
export function planOnce(
  channel: number,
  ops: readonly OnceWrite[],
  now: number,
  trims: boolean,
): Plan<Written> {
  const batch = randomUUID();
  const { bytes, places } = PackedContents.of(ops.map(({ content }) => content));
  const rows = JSON.stringify(
    ops.map(({ name, digest, content: { type, encoding, language, itemKey } }, i) => [
      name,
      digest,
      places[i],
      type,
      encoding,
      language,
      itemKey,
    ]),
  );
  const expired = Math.max(...ops.map((op) => op.expired));
  const statements: Statement[] = [
    { sql: FORGET_OLD, args: [channel, rows, expired] },
    { sql: CLAIM, args: [channel, rows, batch, now] },
    { sql: ALLOCATE, args: [channel, now] },
    { sql: STORE, args: [channel, rows, batch, bytes] },
    { sql: KEEP_ANSWERS, args: [channel, rows, batch] },
    { sql: SELECT_ANSWERS, args: [channel, rows, batch] },
  ];
  return {
    statements: trims ? [...statements, ...trim(channel)] : statements,
    settle: (results) =>
      results[5]!.rows.map(([digest, key, items, isOwn], i): Written => {
        if (digest === null) return { outcome: "no-channel" };
        if (digest !== ops[i]!.digest) return { outcome: "conflict" };
        const last = BigInt(key as string);
        return { outcome: isOwn === 1 ? "stored" : "replayed", last, count: items as number };
      }),
  };
}
