/** Where sessions are: the log, runs, and who works on them. Statements of figures and of changes of runs come from their own files. */
import type { Database } from "../open.ts";
import { LogStore } from "./log_store.ts";
import { OldRows } from "./old_rows.ts";
import { RunStore } from "./run_store.ts";
import { WorkLease } from "./work_lease.ts";

/** The queries of sessions, bound to a database. */
export class SessionStore {
  readonly commit: Database["commits"]["execute"];
  readonly scan: Database["engine"]["scan"];
  readonly log: LogStore;
  readonly runs: RunStore;
  readonly lease: WorkLease;
  readonly oldRows: OldRows;

  constructor(database: Database) {
    this.commit = database.commits.execute;
    this.scan = (statements) => database.engine.scan(statements);
    this.log = new LogStore(database);
    this.runs = new RunStore(database);
    this.lease = new WorkLease(database);
    this.oldRows = new OldRows(database);
  }
}
