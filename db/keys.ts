/** The queries of API keys. Only hashes are stored. */
import type { Row } from "./engine/engine.ts";
import type { Database } from "./open.ts";

const COLUMNS = `hash, name, scopes, created_at, expires_at`;
const SELECT_ALL = `SELECT ${COLUMNS} FROM api_key ORDER BY name`;
const INSERT =
  `INSERT INTO api_key (${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING RETURNING 1`;
const DELETE = `DELETE FROM api_key WHERE name = ?1 RETURNING 1`;

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
      const [result] = await commits.execute([{ sql: INSERT, args }]);
      return result!.changes > 0;
    },
    /** False when there is no such key. */
    async remove(name: string): Promise<boolean> {
      const [result] = await commits.execute([{ sql: DELETE, args: [name] }]);
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
  };
}
