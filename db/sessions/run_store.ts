/** The chunks and sketches of runs. Chunks are written before their run can be seen, and go after it was replaced. */
import type { Result, Statement, Value } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { chunkChecksum, chunksIn, sketchesIn } from "./format/sums.ts";
import { IS_KEPT } from "./run_changes.ts";

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

/** Chunks of a run have the ids from its own, times this. */
const PLACES = 2 ** 20;

const plain = (sql: string, ...args: Value[]): Statement => ({ sql, args });

/** The id of a chunk. */
export const chunkId = (run: number, place: number) => run * PLACES + place;

/** The chunks of these ids. */
export const selectChunks = (ids: readonly number[]): Statement => plain(SELECT_CHUNKS, JSON.stringify(ids));

/** The sketches that runs have of a country, '' for all of them together, null for each of them. */
export const selectSketches = (runs: readonly number[], country: string | null): Statement =>
  plain(SELECT_SKETCHES, JSON.stringify(runs), country);

/** The queries of runs, bound to a database. */
export class RunStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Chunks by id; those that are not there are left out. */
  async chunks(ids: readonly number[]): Promise<Map<number, Uint8Array>> {
    return this.chunksOf((await this.#database.engine.scan([selectChunks(ids)]))[0]!);
  }

  /** What `selectChunks` answered, by id. */
  chunksOf(result: Result): Map<number, Uint8Array> {
    return chunksIn(result, this.#database.damage);
  }

  /** What `selectSketches` answered: countries with their sketches, one of each run. */
  sketchesOf(result: Result): [country: string, data: Uint8Array][] {
    return sketchesIn(result, this.#database.damage);
  }

  /** A number for a run, whose chunks go at a time unless it is finished. */
  async begin(goAt: number): Promise<number> {
    return (await this.#database.commits.execute([plain(BEGIN_RUN, goAt)]))[0]!.rows[0]![0] as number;
  }

  /** Stores chunks from a place on. False where the run was given up, because its writer took too long. */
  async putChunks(run: number, from: number, chunks: readonly Uint8Array[], goAt: number): Promise<boolean> {
    const [putOff] = await this.#database.commits.execute([
      plain(PUT_OFF, run, goAt),
      ...chunks.map((data, i) => {
        const id = chunkId(run, from + i);
        return plain(INSERT_CHUNK, run, id, data, chunkChecksum(id, data));
      }),
    ], chunks.reduce((sum, { length }) => sum + length, 0));
    return putOff!.changes > 0;
  }

  /** Runs whose chunks are to go by now. */
  async doomed(now: number): Promise<number[]> {
    return (await this.#database.scan(SELECT_DOOMED, now)).map(([run]) => run as number);
  }

  /** Deletes up to `limit` chunks of a run that is still doomed, and answers how many. From then on it cannot be finished. */
  async deleteChunks(run: number, limit: number, now: number): Promise<number> {
    const from = chunkId(run, 0), to = chunkId(run + 1, 0);
    const [, deleted] = await this.#database.commits.execute([
      plain(GIVE_UP, run, now),
      plain(DELETE_CHUNKS, run, from, to, limit),
      plain(FORGET_DOOMED, run, from, to),
    ]);
    return deleted!.changes;
  }
}
