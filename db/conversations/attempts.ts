/** The queries of wrong passwords, which every process counts together and a restart does not forget. */
import type { Database } from "../open.ts";

const COUNT_WRONG = `INSERT INTO wrong_password (key, at) SELECT value, ?2 FROM json_each(?1) RETURNING id`;
// The time of the attempt that is the last one too many: when it is forgotten, another is let through.
const SELECT_BLOCKS = `SELECT at FROM (
    SELECT w.at, r.value ->> 1 AS most, row_number() OVER (PARTITION BY w.key ORDER BY w.id DESC) AS place
    FROM json_each(?1) r CROSS JOIN wrong_password w ON w.key = r.value ->> 0
    WHERE w.at > ?2 AND w.id < ?3
  ) WHERE place = most`;
const FORGIVE = `DELETE FROM wrong_password WHERE id IN (SELECT value FROM json_each(?1))`;
const KNOW = `INSERT OR REPLACE INTO known_address (key, at) VALUES (?1, ?2)`;
const SELECT_KNOWN = `SELECT 1 FROM known_address WHERE key = ?1 AND at > ?2`;
const SWEEP_WRONG = `DELETE FROM wrong_password WHERE at <= ?1`;
const SWEEP_KNOWN = `DELETE FROM known_address WHERE at <= ?1`;

/** The queries, bound to a database. */
export type AttemptStore = ReturnType<typeof createAttemptStore>;

export function createAttemptStore({ commits, query }: Database) {
  return {
    /** Counts one wrong password for each key, and answers what `forgive` takes. */
    async countWrong(keys: readonly string[], now: number): Promise<number[]> {
      const [result] = await commits.execute([{ sql: COUNT_WRONG, args: [JSON.stringify(keys), now] }]);
      return result!.rows.map(([id]) => id as number);
    },
    /** For each key that had its limit of wrong passwords since then and before that id: when the last of them was. */
    async blocks(
      limits: readonly (readonly [string, number])[],
      since: number,
      before: number,
    ): Promise<number[]> {
      const rows = await query(SELECT_BLOCKS, JSON.stringify(limits), since, before);
      return rows.map(([at]) => at as number);
    },
    /** They were not wrong, or not looked at. */
    async forgive(ids: readonly number[]): Promise<void> {
      await commits.execute([{ sql: FORGIVE, args: [JSON.stringify(ids)] }]);
    },
    /** Keeps that somebody logged in from there. */
    async know(key: string, now: number): Promise<void> {
      await commits.execute([{ sql: KNOW, args: [key, now] }]);
    },
    /** Whether somebody logged in from there since then. */
    async isKnown(key: string, since: number): Promise<boolean> {
      return (await query(SELECT_KNOWN, key, since)).length > 0;
    },
    /** Forgets wrong passwords and addresses from before. */
    async sweep(wrongBefore: number, knownBefore: number): Promise<void> {
      await commits.execute([{ sql: SWEEP_WRONG, args: [wrongBefore] }, {
        sql: SWEEP_KNOWN,
        args: [knownBefore],
      }]);
    },
  };
}
