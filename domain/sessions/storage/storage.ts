/**
 * What is stored, as this process sees it: runs, and in memory what the log has beyond them. Every question begins with
 * a snapshot, which brings what other processes stored meanwhile.
 */
import type { Result, Statement } from "../../../db/engine/engine.ts";
import type { RunIndex } from "../../../db/sessions/format/sums.ts";
import { Chunk, type StoredSession } from "../../../db/sessions/format/chunk.ts";
import type { RunRow, State } from "../../../db/sessions/run_changes.ts";
import type { Append } from "../../../db/sessions/log_store.ts";
import { chunkId, selectChunks } from "../../../db/sessions/run_store.ts";
import type { SessionStore } from "../../../db/sessions/store.ts";
import { type SessionEvent, toPart } from "../event.ts";
import type { FirstAlive, Gathered } from "../merge.ts";
import { SessionMap } from "../session_map.ts";
import { type Change, changeOf } from "./changes.ts";
import { newestOf } from "./last_sessions.ts";
import { LogTail, type Segment } from "./log_tail.ts";
import { placesOfKeys, type StartRun, toStartRun, toUserRun, type UserRun } from "./runs.ts";

/** Sessions of a segment of the log, which becomes a run. */
export const SEGMENT = 20_000;
/** Chunks that are read at a time to find sessions. */
const CHUNKS_AT_ONCE = 64;
/** About what an event, or a session that was gathered, occupies while it waits. */
const PART_BYTES = 200;

/** What the storage of sessions is created with. */
export interface StorageOptions {
  readonly store: SessionStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly firstAlive: FirstAlive;
  readonly segmentSize?: number | undefined;
}

/** Events as they were received, at a time in milliseconds since the epoch. */
export interface Received {
  readonly events: readonly SessionEvent[];
  readonly at: number;
}

/** What the log changes, and the runs in which it does, at one moment. */
export interface Overlay {
  readonly changes: readonly Change[];
  readonly startRuns: readonly StartRun[];
}

export class Storage {
  readonly store: SessionStore;
  readonly clock: () => number;
  readonly firstAlive: FirstAlive;
  readonly tail: LogTail;
  /** Newest first. */
  userRuns: readonly UserRun[] = [];
  startRuns: readonly StartRun[] = [];
  state: State = { version: -1, flushed: 0, deletions: 0 };
  /** Called after something was appended to the log. */
  onAppend: () => void = () => {};
  readonly #listeners = new Set<(number: number) => void>();
  readonly #append: (told: SessionMap | Received, bytes: number) => Promise<void>;
  readonly #countries = new Set<string>();
  #newest = 0;
  #catchingUp: Promise<void> | undefined;
  #overlay: { readonly version: number; readonly last: number; readonly overlay: Overlay } | undefined;

  constructor({ store, clock, firstAlive, segmentSize = SEGMENT }: StorageOptions) {
    this.store = store;
    this.clock = clock;
    this.firstAlive = firstAlive;
    this.tail = new LogTail(firstAlive, segmentSize);
    this.#append = store.log.appender((ops: (SessionMap | Received)[]) => this.#pack(ops));
  }

  /** The first time of receipt that has not expired now. */
  get firstVisible(): number {
    return this.firstAlive(this.clock());
  }

  /**
   * The first time of receipt that must stay in runs: what expired later may have parts in the log from before, which
   * belong to it and not to a session of their own. `without`: a segment that becomes a run.
   */
  horizon(without?: Segment): number {
    return this.firstAlive(Math.min(this.clock(), this.tail.since(without)));
  }

  /** A map for parts that are to be stored. `expected`: about how many sessions there will be. */
  gather(expected?: number): SessionMap {
    return new SessionMap(this.firstAlive, expected);
  }

  /**
   * Stores what was told, all or none; what waits is committed together. Resolves when it is durable. A map is not to be
   * used any more.
   */
  append(told: SessionMap | Received): Promise<void> {
    return this.#append(told, (told instanceof SessionMap ? told.size : told.events.length) * PART_BYTES);
  }

  /**
   * Runs statements together with a look at the log, until they were made from the runs that there are. They may ask for
   * chunks of these runs. `how`: see `Engine`.
   */
  async view(
    statements: () => readonly Statement[] = () => [],
    how: "read" | "scan" = "read",
  ): Promise<readonly Result[]> {
    while (true) {
      const { version } = this.state;
      if (version >= 0) {
        const { state, log, results } = await this.store.log.snapshot(this.tail.last, statements(), how);
        if (state.version === version && this.state.version === version) {
          this.tail.read(log);
          return results;
        }
      }
      await this.#reload();
    }
  }

  /** Calls the listener with the number of each commit of this process. Answers how to stop that. */
  onCommit(listener: (number: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The countries of sessions, as far as starts are known. */
  async countriesOf(
    sessions: Iterable<StoredSession>,
  ): Promise<(session: StoredSession) => string | null> {
    const wanted = this.gather();
    wanted.addAll(sessions);
    while (true) {
      await this.view();
      const told = Array.from(wanted.sessions(), (session) => {
        const parts = this.tail.partsOf(session);
        return parts.length > 0 ? parts : [session];
      });
      const changes = await this.changesOf(told).catch(unlessStale);
      if (changes === undefined) continue;
      const known = this.gather();
      known.addAll(changes.map(({ after }) => after));
      return ({ key, userId, sessionId }) => known.get(key, userId, sessionId)?.country ?? null;
    }
  }

  /** Commits that are known to be in the log, and not here yet: those of others, between those of this process. */
  get behind(): number {
    return Math.max(0, this.#newest - this.tail.last);
  }

  /** Reads what others stored. */
  catchUp(): Promise<void> {
    return this.#catchingUp ??= this.view().then(() => this.onAppend())
      .finally(() => this.#catchingUp = undefined);
  }

  /** What the log changes in what runs have. */
  async overlay(): Promise<Overlay> {
    while (true) {
      await this.view();
      const { state: { version }, tail: { last } } = this;
      if (this.#overlay?.version === version && this.#overlay.last === last) return this.#overlay.overlay;
      const changes = await this.changesOf(this.tail.told()).catch(unlessStale);
      if (changes === undefined || this.state.version !== version) continue;
      const overlay = { changes, startRuns: this.startRuns };
      this.#overlay = { version, last, overlay };
      return overlay;
    }
  }

  /** Whether a run may have a session with this key: mostly none has, which the filters know. */
  mayHave(key: number): boolean {
    return this.userRuns.some(({ filter }) => filter.has(key));
  }

  /** What sessions of the log change. */
  async changesOf(told: readonly (readonly Gathered[])[]): Promise<Change[]> {
    const stored = await this.#find(told.map(([first]) => first!));
    return told.map((parts) => changeOf(stored.get(parts[0]!), parts, this.firstAlive));
  }

  /** The newest state of sessions in runs, of those that are there. */
  async #find(wanted: readonly Gathered[]): Promise<Map<Gathered, StoredSession>> {
    const found = new Map<Gathered, StoredSession>();
    let ids = new Set<number>(), some: { readonly session: Gathered; readonly ids: readonly number[] }[] = [];
    const look = async () => {
      const chunks = await this.#chunks([...ids]);
      for (const { session, ids } of some) {
        const state = newestOf(ids.map((id) => chunks.get(id)!), session);
        if (state !== undefined) found.set(session, state);
      }
      ids = new Set();
      some = [];
    };
    const maybe = wanted.filter(({ key }) => this.mayHave(key));
    for (const session of maybe.sort((a, b) => a.key - b.key)) {
      const candidates = this.userRuns.filter(({ filter }) => filter.has(session.key)).flatMap((run) => {
        const { from, to } = placesOfKeys(run, session.key, session.key + 1);
        return Array.from({ length: to - from }, (_, i) => chunkId(run.id, from + i));
      });
      some.push({ session, ids: candidates });
      for (const id of candidates) ids.add(id);
      if (ids.size >= CHUNKS_AT_ONCE) await look();
    }
    if (some.length > 0) await look();
    return found;
  }

  async #chunks(ids: readonly number[]): Promise<Map<number, Chunk>> {
    const [result] = await this.store.scan([selectChunks(ids)]);
    const chunks = this.store.runs.chunksOf(result!);
    if (chunks.size < ids.length) throw new StaleRuns("a run was merged while it was read");
    return new Map(Array.from(chunks, ([id, bytes]) => [id, Chunk.of(bytes)]));
  }

  async #reload(): Promise<void> {
    const known = [...this.userRuns, ...this.startRuns];
    const ids = known.map(({ id }) => id);
    const { state, log, runs, indexes } = await this.store.log.snapshotOfRuns(this.tail.last, ids);
    if (state.version <= this.state.version) return;
    const indexOf = new Map(indexes.map((index) => [index.id, index]));
    const users = new Map(this.userRuns.map((run) => [run.id, run]));
    const starts = new Map(this.startRuns.map((run) => [run.id, run]));
    this.userRuns = runs.filter(({ isByStart }) => !isByStart)
      .map((run) => renewed(run, users.get(run.id), indexOf.get(run.id), toUserRun));
    this.startRuns = runs.filter(({ isByStart }) => isByStart)
      .map((run) => renewed(run, starts.get(run.id), indexOf.get(run.id), toStartRun));
    this.state = state;
    if (this.tail.drop(state.flushed)) this.tail.read(log);
  }

  /** All that was told together as one map: each session once. */
  #together(ops: readonly (SessionMap | Received)[]): SessionMap {
    const [first] = ops;
    if (ops.length === 1 && first instanceof SessionMap) return first;
    const all = this.gather();
    for (const op of ops) {
      if (op instanceof SessionMap) all.adopt(op);
      else for (const event of op.events) all.add(toPart(event), op.at);
    }
    return all;
  }

  #pack(ops: readonly (SessionMap | Received)[]): Append {
    const all = this.#together(ops), { chunk } = all;
    const news = chunk.seenCountries().filter((country) => !this.#countries.has(country));
    return {
      data: chunk.pack(),
      countries: news,
      stored: (number) => {
        for (const country of news) this.#countries.add(country);
        this.#newest = number;
        for (const listener of this.#listeners) listener(number);
        this.tail.appended(number, all);
        if (this.behind > 0) this.catchUp().catch(() => {});
        else this.onAppend();
      },
    };
  }
}

/** The runs that are known are not those that there are: look again. */
export class StaleRuns extends Error {
  override readonly name = "StaleRuns";
}

function unlessStale(error: unknown): undefined {
  if (!(error instanceof StaleRuns)) throw error;
}

function renewed<Run extends RunRow>(
  row: RunRow,
  known: Run | undefined,
  index: RunIndex | undefined,
  make: (row: RunRow, index: RunIndex) => Run,
): Run {
  return known === undefined ? make(row, index!) : { ...known, ...row };
}
