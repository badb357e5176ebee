/** The queries of scheduled jobs: what each did last, and the lease of the process that runs one. */
import type { Row } from "./engine/engine.ts";
import type { Database } from "./open.ts";

// Free: nobody holds it, or its holder is dead. A scheduled run is taken once for each slot, by whoever comes first.
const TAKE = `INSERT INTO job (name, slot, holder, lease_until, started_at) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (name) DO UPDATE SET slot = max(slot, ?2), holder = ?3, lease_until = ?4, started_at = ?5,
    ended_at = NULL, result = NULL, error = NULL
  WHERE (holder IS NULL OR lease_until <= ?5) AND (?2 = 0 OR slot < ?2) RETURNING 1`;
const RENEW = `UPDATE job SET lease_until = ?3 WHERE name = ?1 AND holder = ?2 RETURNING 1`;
const FINISH = `UPDATE job SET holder = NULL, ended_at = ?3, result = ?4, error = ?5
  WHERE name = ?1 AND holder = ?2`;
const SELECT_ALL = `SELECT name, holder, lease_until, started_at, ended_at, result, error FROM job`;

/** What is known of a job's last run. Times in milliseconds since the epoch. */
export interface JobRow {
  readonly name: string;
  readonly holder: string | null;
  readonly leaseUntil: number;
  readonly startedAt: number;
  /** `null`: it runs, or its holder died. */
  readonly endedAt: number | null;
  readonly result: string | null;
  readonly error: string | null;
}

/** Who takes a job. */
export interface Take {
  readonly name: string;
  readonly holder: string;
  /** The scheduled moment, in milliseconds since the epoch; 0: by hand. */
  readonly slot: number;
  readonly now: number;
  readonly leaseUntil: number;
}

/** The queries, bound to a database. */
export type JobStore = ReturnType<typeof createJobStore>;

export function createJobStore({ commits, query }: Database) {
  const changes = async (sql: string, ...args: (string | number | null)[]) =>
    (await commits.note([{ sql, args }]))[0]!.changes > 0;
  return {
    /** False when another holds it, or has run this slot. */
    take: ({ name, slot, holder, leaseUntil, now }: Take) =>
      changes(TAKE, name, slot, holder, leaseUntil, now),
    /** False when the lease was lost to another. */
    renew: (name: string, holder: string, leaseUntil: number) => changes(RENEW, name, holder, leaseUntil),
    async finish(name: string, holder: string, now: number, result: string | null, error: string | null) {
      await changes(FINISH, name, holder, now, result, error);
    },
    async all(): Promise<JobRow[]> {
      return (await query(SELECT_ALL)).map(toJob);
    },
  };
}

function toJob([name, holder, leaseUntil, startedAt, endedAt, result, error]: Row): JobRow {
  return {
    name: name as string,
    holder: holder as string | null,
    leaseUntil: leaseUntil as number,
    startedAt: startedAt as number,
    endedAt: endedAt as number | null,
    result: result as string | null,
    error: error as string | null,
  };
}
