/** Where sessions are: the log, runs of chunks, and the figures that are kept. Each function is a query or a commit. */
import type { Plan } from "../batcher.ts";
import type { Result, Row, Statement, Value } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import type { StoredSession } from "./chunk.ts";
import { IS_KEPT, type RunRow, type State } from "./run_changes.ts";
import { chunkChecksum, chunksIn, entryChecksum, sketchesIn, toEntry, toIndex } from "./sums.ts";

const SELECT_STATE = `SELECT version, flushed, deletions FROM session_state`;
// What became runs stays in the log for those who follow it, and is none of the log that questions read.
const SELECT_LOG = `SELECT number, data, checksum FROM session_log
  WHERE number > max(?1, (SELECT flushed FROM session_state)) ORDER BY number`;
const APPEND = `INSERT INTO session_log (data, checksum) VALUES (?1, ?2) RETURNING number`;
const INSERT_COUNTRIES = `INSERT OR IGNORE INTO session_country SELECT value FROM json_each(?1)`;
const SELECT_COUNTRIES = `SELECT country FROM session_country ORDER BY country`;
const SELECT_RUNS = `SELECT id, is_by_start, rank, sessions, first_received, last_received, edition
  FROM session_run ORDER BY rank DESC`;
const SELECT_INDEXES = `SELECT id, fences, filter, checksum FROM session_run
  WHERE id NOT IN (SELECT value FROM json_each(?1))`;
const SELECT_CHUNKS =
  `SELECT id, data, checksum FROM session_chunk WHERE id IN (SELECT value FROM json_each(?1))`;
const SELECT_SKETCHES = `SELECT country, data, checksum FROM session_sketch
  WHERE run IN (SELECT value FROM json_each(?1)) AND iif(?2 IS NULL, country <> '', country = ?2)`;

const BEGIN_RUN = `INSERT INTO session_doomed (at) VALUES (?1) RETURNING run`;
const PUT_OFF = `UPDATE session_doomed SET at = ?2 WHERE run = ?1 AND at > 0`;
const INSERT_CHUNK = `INSERT INTO session_chunk (id, data, checksum) SELECT ?2, ?3, ?4 WHERE ${IS_KEPT}`;
const SELECT_DOOMED = `SELECT run FROM session_doomed WHERE at <= ?1 ORDER BY run`;
const GIVE_UP = `UPDATE session_doomed SET at = 0 WHERE run = ?1 AND at <= ?2`;
const IS_GIVEN_UP = `EXISTS (SELECT 1 FROM session_doomed WHERE run = ?1 AND at = 0)`;
const DELETE_CHUNKS = `DELETE FROM session_chunk WHERE id IN (
  SELECT id FROM session_chunk WHERE id >= ?2 AND id < ?3 AND ${IS_GIVEN_UP} LIMIT ?4)`;
const FORGET_DOOMED = `DELETE FROM session_doomed WHERE run = ?1 AND at = 0
  AND NOT EXISTS (SELECT 1 FROM session_chunk WHERE id >= ?2 AND id < ?3)`;
const TAKE_WORK = `UPDATE session_state SET worker = ?1, until = ?2
  WHERE worker IS NULL OR worker = ?1 OR until <= ?3`;
const LEAVE_WORK = `UPDATE session_state SET worker = NULL, until = NULL WHERE worker = ?1`;

const SELECT_OLD_ROWS = `SELECT CAST(id AS TEXT), key, user_id, session_id, country, start, end
  FROM session ORDER BY id LIMIT ?1`;
const DELETE_OLD_ROWS = `DELETE FROM session WHERE id <= CAST(?1 AS INTEGER)`;

/** Chunks of a run have the ids from its own, times this. */
const PLACES = 2 ** 20;

/** A snapshot: the state, the log from a number on, and what else was asked. */
export interface Snapshot {
  readonly state: State;
  readonly log: readonly { readonly number: number; readonly data: Uint8Array }[];
  readonly results: readonly Result[];
}

/** What a group commit appends to the log. */
export interface Append {
  readonly data: Uint8Array;
  /** Countries that were not seen before. */
  readonly countries: readonly string[];
  /** Called when it is durable, with its number. */
  stored(number: number): void;
}

const plain = (sql: string, ...args: Value[]): Statement => ({ sql, args });

/** The id of a chunk. */
export const chunkId = (run: number, place: number) => run * PLACES + place;

/** The chunks of these ids. */
export const selectChunks = (ids: readonly number[]): Statement => plain(SELECT_CHUNKS, JSON.stringify(ids));

/** The sketches that runs have of a country, '' for all of them together, null for each of them. */
export const selectSketches = (runs: readonly number[], country: string | null): Statement =>
  plain(SELECT_SKETCHES, JSON.stringify(runs), country);

/** The queries, bound to a database. */
export type SessionStore = ReturnType<typeof createSessionStore>;

export function createSessionStore({ engine, commits, query, scan, damage }: Database) {
  return {
    /** What `selectChunks` answered, by id. */
    chunksOf: (result: Result) => chunksIn(result, damage),
    /** What `selectSketches` answered: countries with their sketches, one of each run. */
    sketchesOf: (result: Result) => sketchesIn(result, damage),
    commit: commits.execute,
    scan: ((statements) => engine.scan(statements)) as Database["engine"]["scan"],
    /** A kind of write whose operations are appended together. */
    appender<Op>(pack: (ops: Op[]) => Append): (op: Op, bytes: number) => Promise<void> {
      return commits.writer((ops: Op[]): Plan<void> => {
        const { data, countries, stored } = pack(ops);
        const news = countries.length === 0 ? [] : [plain(INSERT_COUNTRIES, JSON.stringify(countries))];
        return {
          statements: [plain(APPEND, data, entryChecksum(data)), ...news],
          settle([appended]) {
            stored(appended!.rows[0]![0] as number);
            return ops.map(() => undefined);
          },
        };
      });
    },
    /** The log after a number, and what statements answer, of one moment. `how`: see `Engine`. */
    async snapshot(
      after: number,
      statements: readonly Statement[] = [],
      how: "read" | "scan" = "read",
    ): Promise<Snapshot> {
      const [state, log, ...results] = await engine[how]([
        plain(SELECT_STATE),
        plain(SELECT_LOG, after),
        ...statements,
      ]);
      return { state: toState(state!.rows[0]!), log: log!.rows.map((row) => toEntry(row, damage)), results };
    },
    /** All runs, the newest first, and the indexes of those that are not known. */
    async runs(known: readonly number[], after: number) {
      const statements = [plain(SELECT_RUNS), plain(SELECT_INDEXES, JSON.stringify(known))];
      const { results: [runs, indexes], ...snapshot } = await this.snapshot(after, statements);
      return {
        ...snapshot,
        runs: runs!.rows.map(toRun),
        indexes: indexes!.rows.map((row) => toIndex(row, damage)),
      };
    },
    async chunks(ids: readonly number[]): Promise<Map<number, Uint8Array>> {
      return chunksIn((await engine.scan([selectChunks(ids)]))[0]!, damage);
    },
    /** Every country that was ever seen, in order. */
    async countries(): Promise<string[]> {
      return (await query(SELECT_COUNTRIES)).map(([country]) => country as string);
    },

    /** A number for a run, whose chunks go at a time unless it is finished. */
    async beginRun(goAt: number): Promise<number> {
      return (await commits.execute([plain(BEGIN_RUN, goAt)]))[0]!.rows[0]![0] as number;
    },
    /** False where the run was given up meanwhile, because nothing came for long. */
    async putChunks(
      run: number,
      from: number,
      chunks: readonly Uint8Array[],
      goAt: number,
    ): Promise<boolean> {
      const [putOff] = await commits.execute([
        plain(PUT_OFF, run, goAt),
        ...chunks.map((data, i) => {
          const id = chunkId(run, from + i);
          return plain(INSERT_CHUNK, run, id, data, chunkChecksum(id, data));
        }),
      ], chunks.reduce((sum, { length }) => sum + length, 0));
      return putOff!.changes > 0;
    },
    async doomed(now: number): Promise<number[]> {
      return (await scan(SELECT_DOOMED, now)).map(([run]) => run as number);
    },
    /** Deletes up to `limit` chunks of a run that is still doomed, and answers how many. From then on it cannot be finished. */
    async deleteChunks(run: number, limit: number, now: number): Promise<number> {
      const from = chunkId(run, 0), to = chunkId(run + 1, 0);
      const [, deleted] = await commits.execute([
        plain(GIVE_UP, run, now),
        plain(DELETE_CHUNKS, run, from, to, limit),
        plain(FORGET_DOOMED, run, from, to),
      ]);
      return deleted!.changes;
    },
    /** Whether this process is the one that writes and merges runs, until a time. */
    async takeWork(worker: string, until: number, now: number): Promise<boolean> {
      return (await commits.execute([plain(TAKE_WORK, worker, until, now)]))[0]!.changes > 0;
    },
    async leaveWork(worker: string): Promise<void> {
      await commits.execute([plain(LEAVE_WORK, worker)]);
    },

    /** Sessions as they were stored before there were runs, the oldest first; `upTo` is the last one's id. */
    async oldRows(limit: number, keyOf: (userId: string, sessionId: string) => number) {
      const rows = await query(SELECT_OLD_ROWS, limit);
      return { upTo: rows.at(-1)?.[0] as string, sessions: rows.map((row) => toSession(row, keyOf)) };
    },
    /** Moves such rows into the log. */
    async moveOldRows(upTo: string, data: Uint8Array): Promise<void> {
      await commits.execute(
        [plain(APPEND, data, entryChecksum(data)), plain(DELETE_OLD_ROWS, upTo)],
        data.length,
      );
    },
  };
}

function toState([version, flushed, deletions]: Row): State {
  return { version: version as number, flushed: flushed as number, deletions: deletions as number };
}

function toRun(row: Row): RunRow {
  const [id, isByStart, rank, sessions, firstReceived, lastReceived, edition] = row as number[];
  return {
    id: id!,
    isByStart: isByStart === 1,
    rank: rank!,
    sessions: sessions!,
    firstReceived: firstReceived!,
    lastReceived: lastReceived!,
    edition: edition!,
  };
}

/** Ids of old rows are milliseconds << 16 | sequence. */
function toSession(
  [id, , userId, sessionId, country, start, end]: Row,
  keyOf: (userId: string, sessionId: string) => number,
): StoredSession {
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
