/** Statements that change which runs there are, and what they hold. */
import type { Row, Statement, Value } from "../engine/engine.ts";
import { chunkChecksum, indexChecksum, type RunIndex, sketchChecksum } from "./format/sums.ts";

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
const INSERT_RUN = `INSERT INTO session_run VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9)`;
/** Who writes a run for too long finds it given up: once a chunk of it is deleted, at is 0, and nothing brings it back. */
export const IS_KEPT = `EXISTS (SELECT 1 FROM session_doomed WHERE run = ?1 AND at > 0)`;
const FINISH_RUN = guarded(IS_KEPT);
const INSERT_SKETCH = `INSERT INTO session_sketch (run, country, data, checksum) VALUES (?1, ?2, ?3, ?4)`;
const DELETE_RUNS = `DELETE FROM session_run WHERE id IN (SELECT value->>0 FROM json_each(?1))`;
const DELETE_SKETCHES = `DELETE FROM session_sketch WHERE run IN (SELECT value->>0 FROM json_each(?1))`;
const DOOM_RUNS = `INSERT INTO session_doomed SELECT value->>0, ?2 FROM json_each(?1)`;
const SPARE_RUN = `DELETE FROM session_doomed WHERE run = ?1`;

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

/** A state, from a row of version, flushed and deletions. */
export function toState([version, flushed, deletions]: Row): State {
  return { version: version as number, flushed: flushed as number, deletions: deletions as number };
}

/** A run, from a row of its columns but for its index. */
export function toRun(row: Row): RunRow {
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

/** A run that is whole, and not yet to be seen. */
export interface FinishedRun extends Omit<RunRow, "edition">, RunIndex {
  readonly sketches: ReadonlyMap<string, Uint8Array>;
}

const plain = (sql: string, ...args: Value[]): Statement => ({ sql, args });
const pairs = (runs: readonly RunRow[]) => JSON.stringify(runs.map(({ id, edition }) => [id, edition]));

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
    plain(
      INSERT_RUN,
      id,
      Number(isByStart),
      rank,
      sessions,
      firstReceived,
      lastReceived,
      fences,
      filter,
      indexChecksum(run),
    ),
    ...Array.from(
      sketches,
      ([country, data]) => plain(INSERT_SKETCH, id, country, data, sketchChecksum(country, data)),
    ),
  ];
}
