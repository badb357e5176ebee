/** The queries of API keys. Only hashes are stored. */
import type { Row } from "./engine/engine.ts";
import type { Database } from "./open.ts";

const COLUMNS = `hash, name, scopes, created_at, expires_at`;
const FORGET_REVOKED = `DELETE FROM api_key WHERE name = ?1 AND revoked_at IS NOT NULL`;
const SELECT_ALL = `SELECT ${COLUMNS}, revoked_at IS NOT NULL FROM api_key ORDER BY name`;
const INSERT =
  `INSERT INTO api_key (${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING RETURNING 1`;
// A revoked key stays as the proof that there was one.
const REVOKE = `UPDATE api_key SET revoked_at = ?2 WHERE name = ?1 AND revoked_at IS NULL RETURNING 1`;

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
}

/** The queries, bound to a database. */
export type KeyStore = ReturnType<typeof createKeyStore>;

export function createKeyStore({ commits, query }: Database) {
  return {
    /** All keys, by name. */
    async all(): Promise<KeyRow[]> {
      return (await query(SELECT_ALL)).map(toKey);
    },
    /** False when the name is taken. */
    async insert({ hash, name, scopes, createdAt, expiresAt }: KeyRow): Promise<boolean> {
      const args = [hash, name, JSON.stringify(scopes), createdAt, expiresAt];
      const [, result] = await commits.execute([
        { sql: FORGET_REVOKED, args: [name] },
        { sql: INSERT, args },
      ]);
      return result!.changes > 0;
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
  };
}
