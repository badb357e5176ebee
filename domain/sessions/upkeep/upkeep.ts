/**
 * What happens to stored sessions off the way of questions: segments of the log become runs, runs are merged, and what
 * has expired goes. One process at a time does it; whichever dies, another one goes on, and what was half done is
 * cleared away.
 */
import { setImmediate } from "node:timers/promises";
import { EngineError, type Statement } from "../../../db/engine/engine.ts";
import { GONE } from "../../../db/sessions/format/chunk.ts";
import { ChunkWriter } from "../../../db/sessions/format/chunk_writer.ts";
import { sessionKey } from "../../../db/sessions/format/keys.ts";
import {
  type FinishedRun,
  type FlushedSegment,
  forgetLog,
  passFlush,
  passMerge,
  type RunRow,
  showRun,
} from "../../../db/sessions/run_changes.ts";
import { Cursor, MergedCursor } from "../storage/cursor.ts";
import type { Segment } from "../storage/log_tail.ts";
import { byStart, byUser, type Order, type StartRun, type UserRun } from "../storage/runs.ts";
import { StaleRuns, type Storage } from "../storage/storage.ts";
import { figuresOf, sweepChunks } from "./expiry.ts";
import { hasExpired, nextMerge } from "./plan.ts";
import { ENTRIES_A_TURN, type RunPlan, RunWriter } from "./run_writer.ts";
import {
  changesOfSegment,
  contributionsOf,
  countOf,
  type Entries,
  sessionsOf,
  startsOf,
  writeSorted,
} from "./segment_changes.ts";
import { Turns } from "./turns.ts";

/** Chunks of merged runs stay this long for questions that read them; longer ones look for the sessions where they are. */
const LINGER_MS = 5_000;
/** Segments in memory past which what comes must wait. */
const MOST_SEGMENTS = 4;
/** Commits of other processes that may be unread while this one stores more. */
const MOST_BEHIND = 64;
/** How long the log of a quiet process may stay one, in milliseconds. */
const LOG_AGE_MS = 3_600_000;
/** How long the log keeps what became runs, for followers that come back. */
const RESUME_MS = 3_600_000;
/** Rows of the time before runs that are moved at a time. */
const OLD_ROWS = 5_000;
/** A look at how far another process has come. */
const LOOK_MS = 50;

export class Upkeep {
  readonly #storage: Storage;
  readonly #log: (line: string) => void;
  readonly #turns: Turns;
  #working: Promise<void> | undefined;
  #moved: Promise<void> | undefined;
  /** Resolved by the next segment that becomes a run. */
  #flushed = Promise.withResolvers<void>();
  #merging: Promise<void> | undefined;

  constructor(storage: Storage, log: (line: string) => void) {
    this.#storage = storage;
    this.#log = log;
    this.#turns = new Turns(storage);
    storage.onAppend = () => this.#wake();
  }

  /** Whether there is room for more in memory now. */
  get hasRoom(): boolean {
    const { behind, tail } = this.#storage;
    return behind <= MOST_BEHIND && tail.segments.length <= MOST_SEGMENTS;
  }

  /** Resolves when there is room for more in memory. Where another process makes it, more may wait: it waits as well. */
  async room(): Promise<void> {
    const { tail } = this.#storage;
    if (this.#storage.behind > MOST_BEHIND) await this.#storage.catchUp();
    for (let working = true; working && tail.segments.length > MOST_SEGMENTS;) {
      working = await Promise.race([this.#work().then(() => false), this.#flushed.promise.then(() => true)]);
    }
    while (tail.segments.length > 2 * MOST_SEGMENTS && !this.#turns.isClosed) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      await this.#storage.view();
      await this.#work();
    }
  }

  /** Resolves when all that was stored is in runs, and these are merged, or another process does it. */
  async settled(): Promise<void> {
    await this.#work();
    await this.flush();
    this.#mergeMeanwhile();
    await this.#merging;
  }

  /** Makes runs of the log, whatever it holds. */
  async flush(): Promise<void> {
    await this.#storage.view();
    await this.#turns.take("flush", async () => {
      while (await this.#flushNext(() => true));
    });
  }

  /**
   * Makes runs of a log that has waited long, drops runs of which everything has expired, and merges what should be.
   * Answers how many sessions had expired before they were in a run.
   */
  async tidy(signal?: AbortSignal): Promise<number> {
    await this.#storage.view();
    const { tail, clock, firstVisible, userRuns, startRuns } = this.#storage;
    const until = Math.max(clock() - LOG_AGE_MS, firstVisible), horizon = this.#storage.horizon();
    const isOld = ({ sessions }: Segment) => sessions.chunk.received.some((received) => received < until);
    const isIdle = !tail.segments.some(isOld) &&
      [userRuns, startRuns].every((runs) =>
        !runs.some((run) => hasExpired(run, horizon)) &&
        nextMerge<RunRow>(runs, tail.segmentSize, horizon) === undefined
      );
    if (isIdle) return 0;
    let expired = 0;
    await this.#turns.take("flush", async () => {
      for (let done; !signal?.aborted && (done = await this.#flushNext(isOld));) expired += done.expired;
    });
    await this.#turns.take("merge", async () => {
      while (!signal?.aborted && (await this.#dropExpired() || await this.#mergeNext()));
    });
    return expired;
  }

  /**
   * Does work while no run changes, after everything that the log holds has become a run. It is begun again when another
   * process changed something all the same.
   */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (!this.#turns.isClosed) {
      await this.#storage.view();
      let done: { readonly value: T } | undefined;
      await this.#turns.take("merge", () =>
        this.#turns.take("flush", async () => {
          while (await this.#flushNext(() => true));
          done = { value: await work() };
        }));
      if (done !== undefined) return done.value;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    throw new EngineError("unavailable", "the database is closed");
  }

  /** Moves what is stored as rows, of the time before there were runs, into the log. */
  moveOldRows(): Promise<void> {
    return this.#moved ??= this.#moveOldRows();
  }

  /** Frees what the log kept for followers, and is too old for them. */
  async forgetLog(): Promise<void> {
    await this.#storage.store.commit(forgetLog(this.#storage.clock() - RESUME_MS));
  }

  close(): void {
    this.#turns.close();
  }

  async #moveOldRows(): Promise<void> {
    const { store } = this.#storage;
    while (!this.#turns.isClosed) {
      const { upTo, sessions } = await store.oldRows.read(OLD_ROWS, sessionKey);
      if (sessions.length === 0) return;
      const writer = new ChunkWriter(sessions.length);
      for (const session of sessions) writer.add(session);
      await store.oldRows.move(upTo, writer.take());
      await this.#storage.view();
      await this.#work();
      await this.room();
    }
  }

  #wake(): void {
    if (this.#storage.tail.hasFull && this.#turns.mayTry) {
      this.#work().catch((error) => this.#log(`sessions: ${error}`));
    }
  }

  #work(): Promise<void> {
    return this.#working ??= this.#turns.take("flush", async () => {
      while (await this.#flushNext(() => false)) {
        this.#flushed.resolve();
        this.#flushed = Promise.withResolvers();
        this.#mergeMeanwhile();
      }
    }).finally(() => this.#working = undefined);
  }

  /** Merging takes its time; what comes becomes runs all the same. */
  #mergeMeanwhile(): void {
    this.#merging ??= this.#turns.take("merge", async () => {
      while (await this.#mergeNext()) await sweepChunks(this.#storage);
    }).catch((error) => this.#log(`sessions: ${error}`)).finally(() => this.#merging = undefined);
  }

  /** Makes runs of the oldest segment; undefined when there is none to take. */
  async #flushNext(wants: (segment: Segment) => boolean): Promise<{ expired: number } | undefined> {
    const storage = this.#storage, { tail } = storage;
    const segment = this.#turns.isClosed ? undefined : tail.close(wants);
    if (segment === undefined) return undefined;
    const { state } = storage;
    const changes = await changesOfSegment(storage, segment), { upTo } = segment;
    const runs = [
      await this.#writeRun(sessionsOf(changes), byUser, upTo),
      await this.#writeRun(startsOf(changes), byStart, upTo),
    ];
    const contributions = contributionsOf(changes);
    await setImmediate();
    const figures = figuresOf(contributions);
    await setImmediate();
    await this.#commit([
      ...passFlush(state, flushedOf(segment)),
      ...forgetLog(this.#storage.clock() - RESUME_MS),
      ...runs.flatMap((run) => run === undefined ? [] : showRun(run)),
      ...figures,
    ]);
    return { expired: changes.expired };
  }

  async #writeRun(entries: Entries, order: Order, rank: number): Promise<FinishedRun | undefined> {
    const writer = this.#writer({ isByStart: order === byStart, rank, sessions: countOf(entries) });
    await writeSorted(writer, entries, order);
    return await writer.finish();
  }

  async #dropExpired(): Promise<boolean> {
    const { userRuns, startRuns, clock } = this.#storage, horizon = this.#storage.horizon();
    const expired = [...userRuns, ...startRuns].filter((run) => hasExpired(run, horizon));
    if (expired.length > 0) await this.#commit(passMerge(expired, clock()));
    return expired.length > 0;
  }

  async #mergeNext(): Promise<boolean> {
    const { userRuns, startRuns, tail } = this.#storage, horizon = this.#storage.horizon();
    const users = nextMerge(userRuns, tail.segmentSize, horizon);
    if (users !== undefined) await this.#merge(users, byUser, users.at(-1) === userRuns.at(-1));
    const starts = users === undefined ? nextMerge(startRuns, tail.segmentSize, horizon) : undefined;
    if (starts !== undefined) await this.#merge(starts, byStart, starts.at(-1) === startRuns.at(-1));
    return users !== undefined || starts !== undefined;
  }

  /** Of a session's entries the newest stays, unless it has expired; that one is no more is kept while older runs have it. */
  async #merge(runs: readonly (UserRun | StartRun)[], order: Order, hasOldest: boolean): Promise<void> {
    const { store, clock } = this.#storage, horizon = this.#storage.horizon();
    const sessions = runs.reduce((sum, run) => sum + run.sessions, 0);
    const writer = this.#writer({ isByStart: order === byStart, rank: runs[0]!.rank, sessions });
    const cursors = runs.map(({ id, fences }) => new Cursor(id, { from: 0, to: fences.length }, 1, () => 0));
    const merged = new MergedCursor(store.runs, cursors, order);
    let passed = 0;
    while (await merged.load()) {
      while (merged.next()) {
        const { chunk, i } = merged, received = chunk.received[i]!;
        if (received >= horizon || (received === GONE && !hasOldest)) writer.add(chunk, i);
        if (writer.isFull) await writer.write();
        if (++passed % ENTRIES_A_TURN === 0) await this.#pause();
      }
    }
    const run = await writer.finish();
    await this.#commit([
      ...passMerge(runs as readonly RunRow[], clock() + LINGER_MS),
      ...(run === undefined ? [] : showRun(run)),
    ]);
  }

  #writer(plan: RunPlan): RunWriter {
    return new RunWriter(this.#storage.store.runs, plan, this.#storage.clock);
  }

  /** Gives others their turn; ends the work where this process is no longer the one to do it. */
  async #pause(): Promise<void> {
    await setImmediate();
    if (this.#turns.isClosed || !await this.#turns.keep()) {
      throw new StaleRuns("another process does this work");
    }
  }

  async #commit(statements: readonly Statement[]): Promise<void> {
    await this.#storage.store.commit(statements);
    await this.#storage.view();
  }
}

const flushedOf = ({ upTo, sessions }: Segment): FlushedSegment => ({
  upTo,
  lastReceived: sessions.last,
  sessions: sessions.size,
});
