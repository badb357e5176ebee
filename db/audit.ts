/** The queries of the audit log. */
import type { Database } from "./open.ts";

const INSERT = `INSERT INTO audit (at, actor, action, subject) VALUES (?1, ?2, ?3, ?4)`;
const SELECT = `SELECT id, at, actor, action, subject FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2`;
const SWEEP = `DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ?2) AND at < ?1`;

/** What was done. */
export interface AuditEntry {
  /** Greater than of all entries before. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
}

/** The queries, bound to a database. */
export type AuditStore = ReturnType<typeof createAuditStore>;

export function createAuditStore({ commits, scan }: Database) {
  return {
    async insert({ at, actor, action, subject }: Omit<AuditEntry, "id">): Promise<void> {
      await commits.execute([{ sql: INSERT, args: [at, actor, action, subject] }]);
    },
    /** Entries before that one, the newest first. */
    async before(id: number, limit: number): Promise<AuditEntry[]> {
      return (await scan(SELECT, id, limit)).map(([id, at, actor, action, subject]) => ({
        id: id as number,
        at: at as number,
        actor: actor as string,
        action: action as string,
        subject: subject as string,
      }));
    },
    /** Removes up to `limit` entries that are older than `time`. */
    async sweep(time: number, limit: number): Promise<void> {
      await commits.execute([{ sql: SWEEP, args: [time, limit] }]);
    },
  };
}
