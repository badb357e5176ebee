/** Where sessions are: the log, runs of chunks, and the figures that are kept. Each function is a query or a commit. */
import type { Plan } from "../batcher.ts";
import type { Result, Row, Statement, Value } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import type { StoredSession } from "./chunk.ts";
import { chunkChecksum, chunksIn, entryChecksum, sketchChecksum, sketchesIn, toEntry } from "./sums.ts";

const SELECT_STATE = `SELECT version, flushed, deletions FROM session_state`;
// What became runs stays in the log for those who follow it, and is none of the log that questions read.
const SELECT_LOG = `SELECT number, data, checksum FROM session_log
  WHERE number > max(?1, (SELECT flushed FROM session_state)) ORDER BY number`;
const APPEND = `INSERT INTO session_log (data, checksum) VALUES (?1, ?2) RETURNING number`;
const INSERT_COUNTRIES = `INSERT OR IGNORE INTO session_country SELECT value FROM json_each(?1)`;
const SELECT_COUNTRIES = `SELECT country FROM session_country ORDER BY country`;
const SELECT_RUNS = `SELECT id, is_by_start, rank, sessions, first_received, last_received, edition
  FROM session_run ORDER BY rank DESC`;
const SELECT_INDEXES = `SELECT id, fences, filter FROM session_run
  WHERE id NOT IN (SELECT value FROM json_each(?1))`;
const SELECT_CHUNKS =
  `SELECT id, data, checksum FROM session_chunk WHERE id IN (SELECT value FROM json_each(?1))`;
const SELECT_SKETCHES = `SELECT country, data, checksum FROM session_sketch
  WHERE run IN (SELECT value FROM json_each(?1)) AND iif(?2 IS NULL, country <> '', country = ?2)`;

// Who finds another state than it began with breaks the constraint that a version is not NULL: then nothing is changed.
const guarded = (condition: string, also = "") =>
  `UPDATE session_state SET version = iif(${condition}, version + 1, NULL)${also}`;
const PASS_FLUSH = guarded(`flushed = ?1 AND deletions = ?2`, `, flushed = ?3`);
const ENTER_FLUSHED = `INSERT INTO session_flushed VALUES (?1, ?2, ?3)`;
// Received before a time, or followed by more than so many sessions.
const FORGOTTEN = `(SELECT max(up_to) FROM (SELECT up_to, last_received,
  sum(sessions) OVER (ORDER BY up_to DESC) AS total FROM session_flushed) WHERE last_received < ?1 OR total > ?2)`;
const FORGET_LOG = `DELETE FROM session_log WHERE number <= ${FORGOTTEN}`;
const FORGET_FLUSHED = `DELETE FROM session_flushed WHERE up_to <= ${FORGOTTEN}`;
const RUNS_ARE_THERE = `(SELECT count(*) FROM session_run r, json_each(?1) j
  WHERE r.id = j.value->>0 AND r.edition = j.value->>1) = json_array_length(?1)`;
const PASS_MERGE = guarded(RUNS_ARE_THERE);
const PASS_SWEEP = guarded(
  `(SELECT count(*) FROM session_ledger WHERE id IN (SELECT value FROM json_each(?1))) = json_array_length(?1)`,
);
const PASS_DELETION = guarded(`version = ?1`, `, deletions = deletions + 1`);
// The same length is written where the old content is, so that no free page keeps it.
const BLANK_CHUNK = `UPDATE session_chunk SET data = zeroblob(length(data)) WHERE id = ?1`;
const REPLACE_CHUNK = `UPDATE session_chunk SET data = ?2, checksum = ?3 WHERE id = ?1`;
const SHRINK_RUN = `UPDATE session_run SET sessions = sessions - ?2, edition = edition + 1 WHERE id = ?1`;
const INSERT_RUN = `INSERT INTO session_run VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8)`;
// Who writes a run for too long finds it given up: once a chunk of it is deleted, at is 0, and nothing brings it back.
const IS_KEPT = `EXISTS (SELECT 1 FROM session_doomed WHERE run = ?1 AND at > 0)`;
const FINISH_RUN = guarded(IS_KEPT);
const INSERT_SKETCH = `INSERT INTO session_sketch (run, country, data, checksum) VALUES (?1, ?2, ?3, ?4)`;
const DELETE_RUNS = `DELETE FROM session_run WHERE id IN (SELECT value->>0 FROM json_each(?1))`;
const DELETE_SKETCHES = `DELETE FROM session_sketch WHERE run IN (SELECT value->>0 FROM json_each(?1))`;
const DOOM_RUNS = `INSERT INTO session_doomed SELECT value->>0, ?2 FROM json_each(?1)`;

const BEGIN_RUN = `INSERT INTO session_doomed (at) VALUES (?1) RETURNING run`;
const PUT_OFF = `UPDATE session_doomed SET at = ?2 WHERE run = ?1 AND at > 0`;
const SPARE_RUN = `DELETE FROM session_doomed WHERE run = ?1`;
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

/** Sessions that the log keeps at most of what became runs; about 20 MB. */
const MOST_RECENT = 200_000;

/** A stretch of the log that became runs. */
export interface FlushedSegment {
  readonly upTo: number;
  /** When the last of it was received, in milliseconds since the epoch. */
  readonly lastReceived: number;
  readonly sessions: number;
}

/** How far what is stored has come. */
export interface State {
  readonly version: number;
  /** The last number of the log that is in runs. */
  readonly flushed: number;
  readonly deletions: number;
}

/** A sorted run, without its chunks. Times of receipt in milliseconds since the epoch. */
export interface RunRow {
  readonly id: number;
  readonly isByStart: boolean;
  readonly rank: number;
  readonly sessions: number;
  readonly firstReceived: number;
  readonly lastReceived: number;
  readonly edition: number;
}

/** Where chunks begin, as JSON, and which keys there may be. */
export interface RunIndex {
  readonly id: number;
  readonly fences: string;
  readonly filter: Uint8Array | null;
}

/** A run that is whole, and not yet to be seen. */
export interface FinishedRun extends Omit<RunRow, "edition">, RunIndex {
  readonly sketches: ReadonlyMap<string, Uint8Array>;
}

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
const pairs = (runs: readonly RunRow[]) => JSON.stringify(runs.map(({ id, edition }) => [id, edition]));

/** The id of a chunk. */
export const chunkId = (run: number, place: number) => run * PLACES + place;

/** The chunks of these ids. */
export const selectChunks = (ids: readonly number[]): Statement => plain(SELECT_CHUNKS, JSON.stringify(ids));

/** The sketches that runs have of a country, '' for all of them together, null for each of them. */
export const selectSketches = (runs: readonly number[], country: string | null): Statement =>
  plain(SELECT_SKETCHES, JSON.stringify(runs), country);

/** That a segment of the log is in runs now, if nobody else put it there. */
export const passFlush = ({ flushed, deletions }: State, segment: FlushedSegment): Statement[] => [
  plain(PASS_FLUSH, flushed, deletions, segment.upTo),
  plain(ENTER_FLUSHED, segment.upTo, segment.lastReceived, segment.sessions),
];

/** That of what became runs the log keeps what came since a time, in milliseconds since the epoch, and not too much. */
export const forgetLog = (since: number): Statement[] => [
  plain(FORGET_LOG, since, MOST_RECENT),
  plain(FORGET_FLUSHED, since, MOST_RECENT),
];

/** That runs are replaced, if they are still as they were. Their chunks go at a time, in milliseconds since the epoch. */
export const passMerge = (runs: readonly RunRow[], goAt: number): Statement[] => [
  plain(PASS_MERGE, pairs(runs)),
  plain(DELETE_RUNS, pairs(runs)),
  plain(DELETE_SKETCHES, pairs(runs)),
  plain(DOOM_RUNS, pairs(runs), goAt),
];

/** That entries of the ledger are taken out, if they are still there. */
export const passSweep = (ids: readonly number[]): Statement => plain(PASS_SWEEP, JSON.stringify(ids));

/** A chunk without what was deleted from it: how many sessions that were. */
export interface ShrunkChunk {
  readonly run: number;
  readonly id: number;
  readonly data: Uint8Array;
  readonly removed: number;
}

/** That sessions are deleted from chunks, if nothing changed since a version. */
export const passDeletion = (version: number, chunks: readonly ShrunkChunk[]): Statement[] => [
  plain(PASS_DELETION, version),
  ...chunks.flatMap(({ run, id, data, removed }) => [
    plain(BLANK_CHUNK, id),
    plain(REPLACE_CHUNK, id, data, chunkChecksum(id, data)),
    plain(SHRINK_RUN, run, removed),
  ]),
];

/** That a run can be seen. */
export function showRun(run: FinishedRun): Statement[] {
  const { id, isByStart, rank, sessions, firstReceived, lastReceived, fences, filter, sketches } = run;
  return [
    plain(FINISH_RUN, id),
    plain(SPARE_RUN, id),
    plain(INSERT_RUN, id, Number(isByStart), rank, sessions, firstReceived, lastReceived, fences, filter),
    ...Array.from(
      sketches,
      ([country, data]) => plain(INSERT_SKETCH, id, country, data, sketchChecksum(country, data)),
    ),
  ];
}

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
      return { ...snapshot, runs: runs!.rows.map(toRun), indexes: indexes!.rows.map(toIndex) };
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

function toIndex([id, fences, filter]: Row): RunIndex {
  return { id: id as number, fences: fences as string, filter: filter as Uint8Array | null };
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
