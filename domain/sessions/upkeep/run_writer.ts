/** Writing a run: chunk by chunk in short commits, unseen until it is whole. */
import { CHUNK, type Chunk, GONE } from "../../../db/sessions/format/chunk.ts";
import { ChunkWriter } from "../../../db/sessions/format/chunk_writer.ts";
import { KeyFilter } from "../../../db/sessions/format/filter.ts";
import { firstKeyOfUser } from "../../../db/sessions/format/keys.ts";
import type { FinishedRun } from "../../../db/sessions/run_changes.ts";
import type { RunStore } from "../../../db/sessions/run_store.ts";
import { RunGone } from "../storage/cursor.ts";
import type { StartFence } from "../storage/runs.ts";
import { RunSketches } from "./run_sketches.ts";

/** Entries between two turns of others, some tenths of a millisecond apart. */
export const ENTRIES_A_TURN = 512;
/** Chunks in one commit. */
const COMMITTED = 16;
/** How long a run may take from one commit to the next, in milliseconds, before others clear its chunks away. */
const PATIENCE_MS = 600_000;

/** What a run is made of. */
export interface RunPlan {
  readonly isByStart: boolean;
  readonly rank: number;
  /** Sessions at most. */
  readonly sessions: number;
}

/** A run that is being written. */
export class RunWriter {
  readonly #store: RunStore;
  readonly #plan: RunPlan;
  readonly #clock: () => number;
  readonly #chunk = new ChunkWriter();
  readonly #filter: KeyFilter | undefined;
  readonly #fences: (number | StartFence)[] = [];
  /** The last start of each country that has ended. */
  readonly #ends = new Map<string, number>();
  /** The country of the last entry, and its start. */
  #country: string | undefined;
  #lastStart = NaN;
  readonly #sketches = new RunSketches();
  #id: number | undefined;
  #ready: Uint8Array[] = [];
  #writing: Promise<void> | undefined;
  #written = 0;
  #sessions = 0;
  #firstReceived = Infinity;
  #lastReceived = -Infinity;
  #lastUser = -1;

  constructor(store: RunStore, plan: RunPlan, clock: () => number) {
    this.#store = store;
    this.#plan = plan;
    this.#clock = clock;
    // Keys of users are in it as well.
    this.#filter = plan.isByStart ? undefined : KeyFilter.for(plan.sessions * 1.5);
  }

  /** Adds an entry. They come in the order of the run. */
  add(chunk: Chunk, i: number): void {
    const key = chunk.keys[i]!, received = chunk.received[i]!, start = chunk.starts[i]!;
    if (this.#chunk.size === 0) this.#fences.push(this.#plan.isByStart ? [chunk.country(i)!, start] : key);
    this.#chunk.copy(chunk, i);
    this.#sessions++;
    if (received !== GONE) {
      this.#firstReceived = Math.min(this.#firstReceived, received);
      this.#lastReceived = Math.max(this.#lastReceived, received);
    }
    if (this.#filter === undefined) {
      const country = chunk.country(i)!;
      if (country !== this.#country) this.#endCountry();
      this.#country = country;
      this.#lastStart = start;
      if (received !== GONE) this.#sketches.add(chunk, i);
    } else {
      this.#filter.add(key);
      const user = firstKeyOfUser(key);
      if (user !== this.#lastUser) this.#filter.add(this.#lastUser = user);
    }
    if (this.#chunk.size === CHUNK) this.#ready.push(this.#chunk.take());
  }

  /** Whether `write` should be called before more is added. */
  get isFull(): boolean {
    return this.#ready.length >= COMMITTED;
  }

  /** Commits the chunks that are full, while the next ones are filled. */
  async write(): Promise<void> {
    await this.#writing;
    const goAt = this.#clock() + PATIENCE_MS;
    const id = this.#id ??= await this.#store.begin(goAt);
    const chunks = this.#ready, from = this.#written;
    this.#ready = [];
    this.#written += chunks.length;
    this.#writing = this.#store.putChunks(id, from, chunks, goAt).then((isThere) => {
      if (!isThere) throw new RunGone(`run ${id} was given up`);
    });
    // Whoever waits next hears of a failure.
    this.#writing.catch(() => {});
  }

  /** The run, ready to be shown; undefined without any entry. */
  async finish(): Promise<FinishedRun | undefined> {
    if (this.#chunk.size > 0) this.#ready.push(this.#chunk.take());
    if (this.#ready.length > 0) await this.write();
    await this.#writing;
    if (this.#sessions === 0) return undefined;
    this.#endCountry();
    const isAnyAlive = this.#firstReceived <= this.#lastReceived;
    return {
      id: this.#id!,
      isByStart: this.#plan.isByStart,
      rank: this.#plan.rank,
      sessions: this.#sessions,
      firstReceived: isAnyAlive ? this.#firstReceived : GONE,
      lastReceived: isAnyAlive ? this.#lastReceived : GONE,
      fences: JSON.stringify(
        this.#plan.isByStart ? { fences: this.#fences, ends: [...this.#ends] } : this.#fences,
      ),
      filter: this.#filter?.bytes ?? null,
      sketches: this.#sketches.pack(),
    };
  }

  #endCountry(): void {
    if (this.#country !== undefined) this.#ends.set(this.#country, this.#lastStart);
  }
}
