/** Sessions as they were stored before there were runs: a row each. */
import type { Row } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import type { StoredSession } from "./format/chunk.ts";
import { entryChecksum } from "./format/sums.ts";
import { APPEND } from "./log_store.ts";

const SELECT_OLD_ROWS = `SELECT CAST(id AS TEXT), key, user_id, session_id, country, start, end
  FROM session ORDER BY id LIMIT ?1`;
const DELETE_OLD_ROWS = `DELETE FROM session WHERE id <= CAST(?1 AS INTEGER)`;

/** The key of a session. */
type KeyOf = (userId: string, sessionId: string) => number;

/** The rows that are left, bound to a database. */
export class OldRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Up to `limit` sessions, the oldest first; `upTo` is the last one's id. */
  async read(limit: number, keyOf: KeyOf): Promise<{ upTo: string; sessions: StoredSession[] }> {
    const rows = await this.#database.query(SELECT_OLD_ROWS, limit);
    return { upTo: rows.at(-1)?.[0] as string, sessions: rows.map((row) => toSession(row, keyOf)) };
  }

  /** Moves those up to an id into the log. */
  async move(upTo: string, data: Uint8Array): Promise<void> {
    await this.#database.commits.execute([
      { sql: APPEND, args: [data, entryChecksum(data)] },
      { sql: DELETE_OLD_ROWS, args: [upTo] },
    ], data.length);
  }
}

/** Ids of old rows are milliseconds << 16 | sequence. */
function toSession([id, , userId, sessionId, country, start, end]: Row, keyOf: KeyOf): StoredSession {
  return {
    key: keyOf(userId as string, sessionId as string),
    userId: userId as string,
    sessionId: sessionId as string,
    country: country as string | null,
    start: start as number | null,
    end: end as number | null,
    received: Number(BigInt(id as string) >> 16n),
  };
}
