/**
 * Inserts of one item with an Idempotency-Key, all those of a commit together: as few statements for hundreds as for one.
 * Whoever finds its key taken gets the answer of the one before, also within the commit.
 */
import type { Plan } from "../batcher.ts";
import type { Statement } from "../engine/engine.ts";
import { bodyAt, checksumAt, PackedContents } from "./contents.ts";
import { type ItemContent, trim, type Written } from "./items.ts";

// ?2: a JSON array of names, each once: plain texts cost json_each a third of nested arrays. ?3: for each of them, in their
// order, the place of its content and its digest, in columns of fixed width.
const PLACE_WIDTH = 16, DIGEST_WIDTH = 43, WIDTH = PLACE_WIDTH + DIGEST_WIDTH;
const DIGEST = `CAST(substr(?3, 1 + ${PLACE_WIDTH} + r.key * ${WIDTH}, ${DIGEST_WIDTH}) AS TEXT)`;
const PLACE = `(0 + substr(?3, 1 + r.key * ${WIDTH}, ${PLACE_WIDTH}))`;

const FORGET_OLD = `DELETE FROM idempotency WHERE id IN (
  SELECT i.id FROM json_each(?2) r CROSS JOIN idempotency i ON i.channel = ?1 AND i.name = r.value WHERE i.at <= ?3)`;
const SELECT_TAKEN = `SELECT r.key, i.digest, CAST(i.last_key AS TEXT), i.items
  FROM channel c CROSS JOIN json_each(?2) r CROSS JOIN idempotency i ON i.channel = c.id AND i.name = r.value
  WHERE c.id = ?1`;
// A name that is taken leaves a gap in the keys. `batch` and `seq` are of older versions.
const CLAIM = `INSERT INTO idempotency (channel, name, digest, batch, seq, last_key, items, at)
  SELECT c.id, r.value, ${DIGEST}, '', 0, max(?4 << 16, c.last_key + 1, c.floor_key) + r.key, 1, ?4
  FROM channel c CROSS JOIN json_each(?2) r WHERE c.id = ?1 ON CONFLICT DO NOTHING`;
// The keys of names that were taken before are not greater than the channel's last one.
const STORE = (name: string, headers: readonly string[]) =>
  `INSERT INTO item (channel, key, type, encoding, language, item_key, body, checksum)
  SELECT c.id, i.last_key, ${headers.join()}, ${bodyAt("?4", PLACE)}, ${
    checksumAt("?4", PLACE)
  } + c.id + i.last_key
  FROM channel c CROSS JOIN json_each(?2) r CROSS JOIN idempotency i
    ON i.channel = c.id AND i.name = ${name} AND i.last_key > c.last_key
  WHERE c.id = ?1`;
const STORE_ALIKE = STORE("r.value", ["?5", "?6", "?7", "?8"]);
// ?2: a JSON array of arrays, each a name and its headers.
const STORE_DIFFERENT = STORE("(r.value ->> 0)", [1, 2, 3, 4].map((i) => `r.value ->> ${i}`));
const ADVANCE = `UPDATE channel SET item_count = item_count + changes(),
    last_key = (SELECT max(key) FROM item WHERE channel = ?1)
  WHERE id = ?1 AND changes() > 0 RETURNING CAST(last_key AS TEXT)`;

/** An insert of one item. */
export interface OnceWrite {
  readonly content: ItemContent & { readonly itemKey: string | null };
  readonly name: string;
  /** SHA-256 in base64url. */
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
  const firsts = new Map<string, { readonly op: OnceWrite; readonly place: number }>();
  for (const op of ops) if (!firsts.has(op.name)) firsts.set(op.name, { op, place: firsts.size });
  const claims = Array.from(firsts.values(), ({ op }) => op);
  const statements = claiming(channel, claims, now, Math.max(...ops.map(({ expired }) => expired)));
  return {
    statements: trims ? [...statements, ...trim(channel)] : statements,
    settle(results) {
      const taken = new Map(results[1]!.rows.map(([place, ...answer]) => [place, answer]));
      const newest = claims.findLastIndex((_, place) => !taken.has(place));
      const last = results[4]!.rows[0]?.[0];
      return ops.map((op): Written => {
        const { op: first, place } = firsts.get(op.name)!;
        const [digest, key, items] = taken.get(place) ?? [first.digest];
        if (key === undefined && last === undefined) return { outcome: "no-channel" };
        if (digest !== op.digest) return { outcome: "conflict" };
        if (key !== undefined) {
          return { outcome: "replayed", last: BigInt(key as string), count: items as number };
        }
        const own = BigInt(last as string) - BigInt(newest - place);
        return { outcome: op === first ? "stored" : "replayed", last: own, count: 1 };
      });
    },
  };
}

function claiming(channel: number, claims: readonly OnceWrite[], now: number, expired: number): Statement[] {
  const names = JSON.stringify(claims.map(({ name }) => name));
  const contents = claims.map(({ content }) => content);
  const { bytes, places } = PackedContents.of(contents);
  const columns = new TextEncoder().encode(
    claims.map(({ digest }, i) => `${places[i]}`.padStart(PLACE_WIDTH, "0") + digest).join(""),
  );
  const headers = contents.map((
    { type, encoding, language, itemKey },
  ) => [type, encoding, language, itemKey]);
  const areAlike = headers.every((each) => each.every((value, i) => value === headers[0]![i]));
  const rows = () => JSON.stringify(headers.map((each, i) => [claims[i]!.name, ...each]));
  const store: Statement = areAlike
    ? { sql: STORE_ALIKE, args: [channel, names, columns, bytes, ...headers[0]!] }
    : { sql: STORE_DIFFERENT, args: [channel, rows(), columns, bytes] };
  return [
    { sql: FORGET_OLD, args: [channel, names, expired] },
    { sql: SELECT_TAKEN, args: [channel, names] },
    { sql: CLAIM, args: [channel, names, columns, now] },
    store,
    { sql: ADVANCE, args: [channel] },
  ];
}
