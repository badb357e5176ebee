/** Which process writes and merges runs: one at a time, until its lease is over. */
import type { Database } from "../open.ts";

const TAKE_WORK = `UPDATE session_state SET worker = ?1, until = ?2
  WHERE worker IS NULL OR worker = ?1 OR until <= ?3`;
const LEAVE_WORK = `UPDATE session_state SET worker = NULL, until = NULL WHERE worker = ?1`;

/** The lease, bound to a database. */
export class WorkLease {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Whether the work is this worker's from now until a time. */
  async take(worker: string, until: number, now: number): Promise<boolean> {
    const [taken] = await this.#database.commits.execute([{ sql: TAKE_WORK, args: [worker, until, now] }]);
    return taken!.changes > 0;
  }

  async leave(worker: string): Promise<void> {
    await this.#database.commits.execute([{ sql: LEAVE_WORK, args: [worker] }]);
  }
}
