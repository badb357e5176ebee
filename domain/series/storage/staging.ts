/** Chunks that are written ahead of the change that they belong to, in commits of which no reader sees anything. */
import { setImmediate } from "node:timers/promises";
import type { ChunkContent } from "../../../db/series/changes.ts";
import type { SeriesStore } from "../../../db/series/chunks.ts";
import type { StoredColumn } from "../chunks/catalogue.ts";
import { inShortSteps } from "../../short_steps.ts";
import { cutChunks, rowsPerChunk } from "../chunks/chunk.ts";
import type { DataFrame } from "../frame/frame.ts";
import { type PackedFrame, placesOf, STAGED_BYTES } from "./packing.ts";

/** What one save has staged. */
export class Staging {
  #count = 0;
  #chunks: ChunkContent[] = [];
  #bytes = 0;
  /** What was staged whole, and for which series and columns. */
  #whole = "";

  constructor(readonly store: SeriesStore, readonly batch: bigint) {}

  /** Chunks that are in the database. */
  get count(): number {
    return this.#count;
  }

  /**
   * Stages rows, cut into full chunks, unless they are staged for this series with their columns at these places. Those
   * that were packed for these places are taken as they are.
   */
  async addWhole(
    series: number,
    frame: DataFrame,
    columns: readonly StoredColumn[],
    packed?: PackedFrame,
  ): Promise<void> {
    const places = placesOf(frame, columns), whole = [series, frame.stamps.length, places].join();
    if (this.#whole === whole) return;
    await this.discard();
    if (packed?.places === places) await this.#addPacked(series, packed);
    else await this.add(series, frame, columns);
    await this.flush(series);
    this.#whole = whole;
  }

  async #addPacked(series: number, { commits }: PackedFrame): Promise<void> {
    for (const chunks of commits) {
      this.#chunks = [...chunks];
      await this.flush(series);
    }
  }

  /** Cuts rows into chunks, which are in the database after `flush` at the latest. Others have a turn after each chunk. */
  async add(series: number, frame: DataFrame, columns: readonly StoredColumn[]): Promise<void> {
    const most = rowsPerChunk(columns.length), rows = frame.stamps.length;
    // A merged chunk that has grown too large is halved; an update is cut into full chunks.
    const size = rows < 2 * most ? Math.ceil(rows / Math.ceil(rows / most)) : most;
    for (const chunk of cutChunks(frame, columns, size)) {
      this.#chunks.push(chunk);
      this.#bytes += chunk.body.length + chunk.summary.length;
      if (this.#bytes >= STAGED_BYTES) await this.flush(series);
      else await setImmediate();
    }
  }

  /** Commits what was added. */
  async flush(series: number): Promise<void> {
    if (this.#chunks.length === 0) return;
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    await this.store.stage(series, this.batch, chunks);
    this.#count += chunks.length;
  }

  /** Forgets all of it. */
  async discard(): Promise<void> {
    this.#chunks = [];
    this.#bytes = 0;
    this.#whole = "";
    if (this.#count > 0) await inShortSteps((limit) => this.store.discard(this.batch, limit));
    this.#count = 0;
  }
}
