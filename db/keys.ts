/** The queries of API keys. Only hashes are stored. */
import type { Row } from "./engine/engine.ts";
import type { Database } from "./open.ts";

const COLUMNS = `hash, name, scopes, created_at, expires_at`;
const ALL_COLUMNS = `${COLUMNS}, revoked_at IS NOT NULL, used_at, previous_hash, previous_until`;
const FORGET_REVOKED = `DELETE FROM api_key WHERE name = ?1 AND revoked_at IS NOT NULL`;
const SELECT_ALL = `SELECT ${ALL_COLUMNS} FROM api_key ORDER BY name`;
/** Keys of which there is a mark at most: a mark travels with an insert, so it must stay short. */
const MOST_MARKED = 100;
/** All that decides whether a request is let in, as a text; NULL where there are many keys. */
export const SELECT_KEYS_MARK = `SELECT CASE WHEN count(*) <= ${MOST_MARKED} THEN
    json_group_array(json_array(hash, scopes, expires_at, revoked_at, previous_hash, previous_until)) END
  FROM (SELECT * FROM api_key ORDER BY name)`;
const INSERT =
  `INSERT INTO api_key (${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING RETURNING 1`;
// A revoked key stays as the proof that there was one.
const REVOKE = `UPDATE api_key SET revoked_at = ?2 WHERE name = ?1 AND revoked_at IS NULL RETURNING 1`;
const ROTATE = `UPDATE api_key SET previous_hash = hash, previous_until = ?3, hash = ?2
  WHERE name = ?1 AND revoked_at IS NULL RETURNING 1`;
const NOTE_USE = `UPDATE api_key SET used_at = ?2 WHERE name = ?1 AND ifnull(used_at, 0) < ?2`;

/** An API key as stored. */
export interface KeyRow {
  /** SHA-256 of the key, hexadecimal. */
  readonly hash: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch; `null`: never. */
  readonly expiresAt: number | null;
  readonly isRevoked: boolean;
  /** The hour of its last use, in milliseconds since the epoch; `null`: it was never used. */
  readonly usedAt: number | null;
  /** Hash of the secret that it had before, which is good until then. */
  readonly previous: { readonly hash: string; readonly until: number } | null;
}

/** What a new key is made of. */
export type NewKey = Pick<KeyRow, "hash" | "name" | "scopes" | "createdAt" | "expiresAt">;

/** The queries, bound to a database. */
export type KeyStore = ReturnType<typeof createKeyStore>;

export function createKeyStore({ engine, commits, query }: Database) {
  return {
    /** All keys, by name, with a mark that is another when any of them changes; undefined: there are many keys. */
    async marked(): Promise<{ keys: KeyRow[]; mark: string | undefined }> {
      const [keys, mark] = await engine.read([
        { sql: SELECT_ALL, args: [] },
        { sql: SELECT_KEYS_MARK, args: [] },
      ]);
      return { keys: keys!.rows.map(toKey), mark: mark!.rows[0]![0] as string | null ?? undefined };
    },
    /** All keys, by name. */
    async all(): Promise<KeyRow[]> {
      return (await query(SELECT_ALL)).map(toKey);
    },
    /** False when the name is taken. */
    async insert({ hash, name, scopes, createdAt, expiresAt }: NewKey): Promise<boolean> {
      const args = [hash, name, JSON.stringify(scopes), createdAt, expiresAt];
      const [, result] = await commits.execute([
        { sql: FORGET_REVOKED, args: [name] },
        { sql: INSERT, args },
      ]);
      return result!.changes > 0;
    },
    /** Gives a key another secret; the one before is good until then. False when there is no such key. */
    async rotate(name: string, hash: string, until: number): Promise<boolean> {
      const [result] = await commits.execute([{ sql: ROTATE, args: [name, hash, until] }]);
      return result!.changes > 0;
    },
    async noteUse(name: string, hour: number): Promise<void> {
      await commits.note([{ sql: NOTE_USE, args: [name, hour] }]);
    },
    /** False when there is no such key. */
    async revoke(name: string, now: number): Promise<boolean> {
      const [result] = await commits.execute([{ sql: REVOKE, args: [name, now] }]);
      return result!.changes > 0;
    },
  };
}

function toKey(row: Row): KeyRow {
  return {
    hash: row[0] as string,
    name: row[1] as string,
    scopes: JSON.parse(row[2] as string),
    createdAt: row[3] as number,
    expiresAt: row[4] as number | null,
    isRevoked: row[5] === 1,
    usedAt: row[6] as number | null,
    previous: row[7] === null ? null : { hash: row[7] as string, until: row[8] as number },
  };
}
