/** Writing a run: chunk by chunk in short commits, unseen until it is whole. */
import { CHUNK, type Chunk, GONE } from "../../../db/sessions/format/chunk.ts";
import { ChunkWriter } from "../../../db/sessions/format/chunk_writer.ts";
import { KeyFilter } from "../../../db/sessions/format/filter.ts";
import { firstKeyOfUser } from "../../../db/sessions/format/keys.ts";
import { hashOfUser, packSketches, Sketch } from "../../../db/sessions/format/sketch.ts";
import type { FinishedRun } from "../../../db/sessions/run_changes.ts";
import type { RunStore } from "../../../db/sessions/run_store.ts";
import { QUARTER_MICROS, QUARTERS_A_DAY } from "../storage/changes.ts";
import { RunGone } from "../storage/cursor.ts";
import type { StartFence } from "../storage/runs.ts";

/** Chunks in one commit. */
const COMMITTED = 16;
/** How long a run may take from one commit to the next, in milliseconds, before others clear its chunks away. */
const PATIENCE_MS = 600_000;
const DAY_MICROS = QUARTER_MICROS * QUARTERS_A_DAY;

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
  /** The last start of each country. */
  readonly #ends = new Map<string, number>();
  readonly #sketches = new Map<string, Map<number, Sketch>>();
  /** The sketches that the last entry was counted in. */
  #latest:
    | { readonly country: string; readonly day: number; readonly sketches: readonly Sketch[] }
    | undefined;
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
      this.#ends.set(chunk.country(i)!, start);
      this.#sketch(chunk, i, received, start);
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
      sketches: new Map(Array.from(this.#sketches, ([country, days]) => [country, packSketches(days)])),
    };
  }

  #sketch(chunk: Chunk, i: number, received: number, start: number): void {
    if (received === GONE) return;
    const country = chunk.country(i)!, day = Math.floor(start / DAY_MICROS);
    // A run by start has the starts of a country and a day one after the other.
    if (country !== this.#latest?.country || day !== this.#latest.day) {
      this.#latest = { country, day, sketches: [this.#sketchOf(country, day), this.#sketchOf("", day)] };
    }
    const from = chunk.idsFrom(i), user = hashOfUser(chunk.idBytes, from, from + chunk.middle(i));
    for (const sketch of this.#latest.sketches) sketch.add(user);
  }

  #sketchOf(country: string, day: number): Sketch {
    let days = this.#sketches.get(country);
    if (days === undefined) this.#sketches.set(country, days = new Map());
    let sketch = days.get(day);
    if (sketch === undefined) days.set(day, sketch = new Sketch());
    return sketch;
  }
}
