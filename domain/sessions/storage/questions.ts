/** The questions about what is stored: runs, and what the log changes in them. */
import { LRUCache } from "lru-cache";
import { Batcher } from "../../../db/queue.ts";
import { Chunk, type StoredSession } from "../../../db/sessions/format/chunk.ts";
import { MAX_ID_BYTES, packId } from "../../../db/sessions/format/ids.ts";
import { endOfUser, userKey } from "../../../db/sessions/format/keys.ts";
import { chunkId, selectChunks, selectSketches } from "../../../db/sessions/run_store.ts";
import {
  type Counts,
  countsOf,
  type FigureRange,
  histogramOf,
  ledgerOf,
  selectExpired,
  selectFigures,
} from "../../../db/sessions/figures.ts";
import { type Contribution, INCONSISTENT, OPEN, unpackLedger } from "../../../db/sessions/format/ledger.ts";
import { hashOfUser, Sketch, unpackSketches } from "../../../db/sessions/format/sketch.ts";
import { type Change, changeOf, contributionsOf, QUARTER_MICROS, QUARTERS_A_DAY } from "./changes.ts";
import { bucketOf } from "./figure_sums.ts";
import type { Gathered } from "../merge.ts";
import { Cursor, MergedCursor, type Within } from "./cursor.ts";
import { negated } from "../upkeep/expiry.ts";
import { byUser, placesOfKeys } from "./runs.ts";
import { type CompleteSession, lastOf, lastOfRuns, type LastSessionsQuery } from "./last_sessions.ts";
import type { Storage } from "./storage.ts";

const CACHED_BYTES = 32 << 20;
/** A user's sessions are looked up at one go while they are in no more chunks than this. */
const MOST_CHUNKS = 512;
const isMuch = (runs: readonly (readonly unknown[])[]) =>
  runs.reduce((sum, { length }) => sum + length, 0) > MOST_CHUNKS;

/** Sessions in one piece of an export. */
const PAGE = 512;

/** Figures of a range. Sessions by bucket, and by day (or quarter) and country. */
export interface SessionFigures {
  readonly byTime: Map<number, Counts>;
  readonly byCountry: Map<string, Counts>;
  readonly durations: Map<number, number>;
}

/** A chunk of a run, as it was before sessions were next deleted from the run. */
interface Wanted {
  readonly id: number;
  readonly edition: number;
}

export class Questions {
  /** Chunks that were read for users, by id and edition: users with many sessions are asked for often. */
  readonly #chunks = new LRUCache<string, Chunk>({
    maxSize: CACHED_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  });
  readonly #storage: Storage;
  readonly #last: Batcher<LastSessionsQuery, CompleteSession[]>;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#last = new Batcher((queries) => this.#lastSessions(queries));
  }

  /** The user's complete sessions, latest end first. What is asked at the same time is read at one go. */
  lastSessions(query: LastSessionsQuery): Promise<CompleteSession[]> {
    return this.#last.submit(query);
  }

  async #lastSessions(queries: readonly LastSessionsQuery[]): Promise<CompleteSession[][]> {
    const storage = this.#storage;
    let asked: (LastSessionsQuery & { readonly runs: readonly (readonly Wanted[])[] })[] = [];
    const known = this.#chunks, held = new Map<number, Chunk>();
    const results = await storage.view(() => {
      asked = queries.map((query) => ({ ...query, runs: this.#chunksOfUser(query.userId) }));
      const wanted = asked.flatMap(({ runs }) => isMuch(runs) ? [] : runs.flat());
      held.clear();
      return [selectChunks(
        wanted.filter(({ id, edition }) => {
          const chunk = known.get(`${id} ${edition}`);
          if (chunk !== undefined) held.set(id, chunk);
          return chunk === undefined;
        }).map(({ id }) => id),
      )];
    });
    for (const [id, bytes] of storage.store.runs.chunksOf(results[0]!)) held.set(id, Chunk.of(bytes));
    for (const { id, edition } of asked.flatMap(({ runs }) => runs.flat())) {
      const chunk = held.get(id);
      if (chunk !== undefined) known.set(`${id} ${edition}`, chunk);
    }
    return await Promise.all(asked.map(async (query) => {
      const { userId, runs } = query, { firstAlive, firstVisible } = storage;
      const wanted = { ...query, told: this.#toldOf(userId), firstAlive, firstVisible };
      if (isMuch(runs)) return lastOf(await Array.fromAsync(this.sessionsOfUser(userId)), wanted);
      return lastOfRuns(runs.map((places) => places.map(({ id }) => held.get(id)!)), wanted);
    }));
  }

  /** What the log tells of a user's sessions, by their ids. */
  #toldOf(userId: string): Map<string, Gathered[]> {
    return Map.groupBy(
      this.#storage.tail.ofUser(userKey(userId), userId),
      ({ sessionId }) => sessionId,
    );
  }

  /** The chunks that may have sessions of a user, the newest run's first. */
  #chunksOfUser(userId: string): Wanted[][] {
    const first = userKey(userId);
    return this.#storage.userRuns.filter(({ filter }) => filter.has(first)).map((run) => {
      const { from, to } = placesOfKeys(run, first, endOfUser(first));
      const { edition } = run;
      return Array.from({ length: to - from }, (_, i) => ({ id: chunkId(run.id, from + i), edition }));
    });
  }

  /** What runs have of a user, in the order of keys. */
  async *sessionsOfUser(userId: string): AsyncGenerator<StoredSession> {
    const { store, userRuns } = this.#storage;
    const first = userKey(userId), end = endOfUser(first);
    const within: Within = ({ keys }, i) => keys[i]! < first ? -1 : keys[i]! >= end ? 1 : 0;
    const cursors = userRuns.filter(({ filter }) => filter.has(first))
      .map((run) => new Cursor(run.id, placesOfKeys(run, first, end), 1, within));
    const merged = new MergedCursor(store.runs, cursors, byUser);
    while (await merged.load()) {
      while (merged.next()) {
        if (merged.chunk.userId(merged.i) === userId) yield merged.chunk.session(merged.i);
      }
    }
  }

  /** All that can be seen of a user, page by page, in no particular order. */
  async *allOfUser(userId: string): AsyncGenerator<StoredSession[]> {
    await this.#storage.view();
    const { firstAlive, firstVisible } = this.#storage, told = this.#toldOf(userId);
    const isVisible = ({ received }: StoredSession) => received >= firstVisible;
    let page: StoredSession[] = [];
    for await (const stored of this.sessionsOfUser(userId)) {
      const parts = told.get(stored.sessionId);
      told.delete(stored.sessionId);
      page.push(parts === undefined ? stored : changeOf(stored, parts, firstAlive).after);
      if (page.length < PAGE) continue;
      yield page.filter(isVisible);
      page = [];
    }
    for (const parts of told.values()) page.push(changeOf(undefined, parts, firstAlive).after);
    yield page.filter(isVisible);
  }

  /** The kept figures with what the log adds, and without what has expired. Its cost does not grow with the sessions. */
  async figures(range: FigureRange, byTime: "day" | "quarter"): Promise<SessionFigures> {
    const storage = this.#storage;
    while (true) {
      const { changes } = await storage.overlay();
      const { version } = storage.state, { last } = storage.tail;
      const results = await storage.view(() => [
        ...selectFigures(range, byTime),
        selectExpired(storage.firstVisible),
      ], "scan");
      if (storage.state.version !== version || storage.tail.last !== last) continue;
      const [times, countries, durations, ledger] = results;
      const figures = {
        byTime: countsOf<number>(times!),
        byCountry: countsOf<string>(countries!),
        durations: histogramOf(durations!),
      };
      const { firstVisible } = storage;
      const expired = ledgerOf(ledger!).flatMap(({ data }) => unpackLedger(data));
      const told = contributionsOf(changes).filter(({ received }) => received >= firstVisible);
      for (
        const contribution of [
          ...told,
          ...expired.filter(({ received }) => received < firstVisible).map(negated),
        ]
      ) add(figures, contribution, range, byTime);
      return figures;
    }
  }

  /**
   * How many users started sessions in a range, in each group of a country and a day (since the epoch, UTC), as sketches
   * have it. The first and the last day count as a whole.
   */
  async users(
    range: FigureRange,
    groupOf: GroupOf,
    byCountry: boolean,
  ): Promise<Map<string, number>> {
    const { from, to, country } = range, storage = this.#storage, groups = new Map<string, Sketch>();
    const { changes } = await storage.overlay();
    const results = await storage.view(() => {
      const runs = storage.startRuns.filter(({ lastReceived }) => lastReceived >= storage.firstVisible);
      return [selectSketches(runs.map(({ id }) => id), country ?? (byCountry ? null : ""))];
    }, "scan");
    const firstDay = Math.floor(from / QUARTERS_A_DAY), lastDay = Math.floor((to - 1) / QUARTERS_A_DAY);
    const sketchOf = (country: string, day: number) => {
      const group = groupOf(country, day);
      let sketch = groups.get(group);
      if (sketch === undefined) groups.set(group, sketch = new Sketch());
      return sketch;
    };
    for (const [started, data] of storage.store.runs.sketchesOf(results[0]!)) {
      for (const [day, packed] of unpackSketches(data)) {
        if (day >= firstDay && day <= lastDay) sketchOf(started, day).unite(packed);
      }
    }
    for (const { country, quarter, userId } of startsWithin(changes, range, storage.firstVisible)) {
      sketchOf(country, Math.floor(quarter / QUARTERS_A_DAY)).add(hashOfText(userId));
    }
    return new Map(Array.from(groups, ([group, sketch]) => [group, Math.round(sketch.estimate())]));
  }
}

/** The starts within a range that changes tell of. */
function* startsWithin(
  changes: readonly Change[],
  { from, to, country: wanted }: FigureRange,
  firstVisible: number,
): Generator<{ readonly country: string; readonly quarter: number; readonly userId: string }> {
  for (const { after: { start, userId, country, received } } of changes) {
    const quarter = Math.floor((start ?? -1) / QUARTER_MICROS);
    if (quarter < from || quarter >= to || (wanted !== null && country !== wanted)) continue;
    if (received >= firstVisible) yield { country: country!, quarter, userId };
  }
}

const scratch = new Uint8Array(MAX_ID_BYTES);
const hashOfText = (userId: string) => hashOfUser(scratch, 0, packId(userId, scratch, 0));

/** The group of a country (or '' for all) and a day since the epoch (UTC). */
export type GroupOf = (country: string, day: number) => string;

function add(
  figures: SessionFigures,
  contribution: Contribution,
  range: FigureRange,
  byTime: "day" | "quarter",
): void {
  const { country, quarter, duration, sign } = contribution, day = Math.floor(quarter / QUARTERS_A_DAY);
  if (range.country !== null && country !== range.country) return;
  if (quarter < range.from || quarter >= range.to) return;
  count(figures.byTime, byTime === "day" ? day : quarter, duration, sign);
  count(figures.byCountry, country, duration, sign);
  if (duration < 0) return;
  const bucket = bucketOf(duration);
  figures.durations.set(bucket, (figures.durations.get(bucket) ?? 0) + sign);
}

function count<Key>(counts: Map<Key, Counts>, key: Key, duration: number, sign: number): void {
  let row = counts.get(key);
  if (row === undefined) counts.set(key, row = { open: 0, completed: 0, inconsistent: 0, duration: 0 });
  if (duration === OPEN) row.open += sign;
  else if (duration === INCONSISTENT) row.inconsistent += sign;
  else {
    row.completed += sign;
    row.duration += sign * duration;
  }
}
