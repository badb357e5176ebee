/** The log of sessions, as far as questions read it: what became runs stays in it for followers alone (recent.ts). */
import type { Plan } from "../batcher.ts";
import { OwnedBytes, type Result, type Statement, type Value } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { entryChecksum, type RunIndex, toEntry, toIndex } from "./format/sums.ts";
import { type RunRow, type State, toRun, toState } from "./run_changes.ts";

const SELECT_STATE = `SELECT version, flushed, deletions FROM session_state`;
const SELECT_LOG = `SELECT number, data, checksum FROM session_log
  WHERE number > max(?1, (SELECT flushed FROM session_state)) ORDER BY number`;
export const APPEND = `INSERT INTO session_log (data, checksum) VALUES (?1, ?2) RETURNING number`;
const INSERT_COUNTRIES = `INSERT OR IGNORE INTO session_country SELECT value FROM json_each(?1)`;
const SELECT_COUNTRIES = `SELECT country FROM session_country ORDER BY country`;
const SELECT_RUNS = `SELECT id, is_by_start, rank, sessions, first_received, last_received, edition
  FROM session_run ORDER BY rank DESC`;
const SELECT_INDEXES = `SELECT id, fences, filter, checksum FROM session_run
  WHERE id NOT IN (SELECT value FROM json_each(?1))`;

/** A snapshot: the state, the log from a number on, and what else was asked. */
export interface Snapshot {
  readonly state: State;
  readonly log: readonly { readonly number: number; readonly data: Uint8Array }[];
  readonly results: readonly Result[];
}

/** The same with all runs, the newest first, and the indexes of those that were not known. */
export interface RunSnapshot extends Snapshot {
  readonly runs: readonly RunRow[];
  readonly indexes: readonly RunIndex[];
}

/** What a group commit appends to the log. */
export interface Append {
  /** All of its buffer, made for this commit alone. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Countries that were not seen before. */
  readonly countries: readonly string[];
  /** Called when it is durable, with its number. */
  stored(number: number): void;
}

const plain = (sql: string, ...args: Value[]): Statement => ({ sql, args });

/** The queries of the log, bound to a database. */
export class LogStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A kind of write whose operations are appended together. */
  appender<Op>(pack: (ops: Op[]) => Append): (op: Op, bytes: number) => Promise<void> {
    return this.#database.commits.writer((ops: Op[]): Plan<void> => {
      const { data, countries, stored } = pack(ops);
      const news = countries.length === 0 ? [] : [plain(INSERT_COUNTRIES, JSON.stringify(countries))];
      return {
        statements: [plain(APPEND, new OwnedBytes(data.buffer), entryChecksum(data)), ...news],
        settle([appended]) {
          stored(appended!.rows[0]![0] as number);
          return ops.map(() => undefined);
        },
      };
    });
  }

  /** The log after a number, and what statements answer, of one moment. `how`: see `Engine`. */
  async snapshot(
    after: number,
    statements: readonly Statement[] = [],
    how: "read" | "scan" = "read",
  ): Promise<Snapshot> {
    const { engine, damage } = this.#database;
    const [state, log, ...results] = await engine[how]([
      plain(SELECT_STATE),
      plain(SELECT_LOG, after),
      ...statements,
    ]);
    return { state: toState(state!.rows[0]!), log: log!.rows.map((row) => toEntry(row, damage)), results };
  }

  /** The log after a number, and the runs. */
  async snapshotOfRuns(after: number, known: readonly number[]): Promise<RunSnapshot> {
    const statements = [plain(SELECT_RUNS), plain(SELECT_INDEXES, JSON.stringify(known))];
    const snapshot = await this.snapshot(after, statements);
    const [runs, indexes] = snapshot.results;
    return {
      ...snapshot,
      runs: runs!.rows.map(toRun),
      indexes: indexes!.rows.map((row) => toIndex(row, this.#database.damage)),
    };
  }

  /** Every country that was ever seen, in order. */
  async countries(): Promise<string[]> {
    return (await this.#database.query(SELECT_COUNTRIES)).map(([country]) => country as string);
  }
}
