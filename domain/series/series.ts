/** Time series: data frames kept by reference and symbol. Every read leaves out what has expired. */
import type { SeriesStore } from "../../db/series/chunks.ts";
import type { SeriesCatalogue } from "../../db/series/catalogue.ts";
import type { RevisionRow, SeriesRevisions } from "../../db/series/revisions.ts";
import { FrameBodies, type FrameBody } from "./bodies.ts";
import { Expiry } from "./expiry.ts";
import { type DataFrame, duplicateStamp } from "./frame/frame.ts";
import { MAX_STAMP, MIN_STAMP } from "./frame/stamps.ts";
import { Listing } from "./listing.ts";
import { References } from "./references.ts";
import type { PackedFrame } from "./storage/packing.ts";
import { isAlive, lastExpired, Reading, type SeriesRange } from "./storage/open.ts";
import { Revisions } from "./storage/revisions.ts";
import type { SaveMode } from "./storage/rewrite.ts";
import { type Precondition, Saving, type SeriesName } from "./storage/save.ts";
import type { FrameSource } from "./storage/source.ts";
import { SeriesTurns } from "./storage/turns.ts";

/** What series need. */
export interface SeriesOptions {
  readonly store: SeriesStore;
  readonly catalogue: SeriesCatalogue;
  readonly revisions: SeriesRevisions;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** Which part of a series to remove. Stamps, both inclusive, are nanoseconds since the epoch. */
export interface SeriesPart {
  readonly start?: bigint | undefined;
  readonly end?: bigint | undefined;
  readonly columns?: readonly string[] | undefined;
}

/** All series of a database. */
export class Series {
  readonly bodies = new FrameBodies();
  readonly listing: Listing;
  readonly references: References;
  readonly #store: SeriesStore;
  readonly #catalogue: SeriesCatalogue;
  readonly #clock: () => number;
  readonly #history: SeriesRevisions;
  readonly #revisions: Revisions;
  readonly #reading: Reading;
  readonly #expiry: Expiry;
  readonly #turns = new SeriesTurns();

  constructor({ store, catalogue, revisions, clock }: SeriesOptions) {
    this.#store = store;
    this.#catalogue = catalogue;
    this.#clock = clock;
    this.#history = revisions;
    this.#revisions = new Revisions(store, revisions);
    this.#reading = new Reading(store, this.#revisions, clock);
    const { keepMillis } = revisions;
    this.#expiry = new Expiry({ store, catalogue, turns: this.#turns, keepMillis, clock });
    this.references = new References(catalogue, this.#expiry);
    this.listing = new Listing(store, catalogue, clock);
  }

  /** Reads, parses and saves a body; refuses as `FrameBodies.receive` and `save` do. */
  saveBody(name: SeriesName, body: FrameBody): Promise<void> {
    const { mode, precondition } = body;
    // A merge packs what comes of its rows and those that are there.
    const columnNames = async () => mode === "merge" ? undefined : await this.#columnNames(name);
    return this.bodies.receive(
      body,
      columnNames,
      ({ frame, packed }) => this.save(name, frame, mode, precondition, packed),
    );
  }

  async #columnNames({ reference, symbol }: SeriesName): Promise<string[]> {
    const series = await this.#store.find(reference, symbol);
    return series?.columns.map((column) => column.name) ?? [];
  }

  /**
   * Saves a frame; resolves when it is durable. `packed`: its chunks, if they are there. Too many columns, or rows share a
   * stamp but may not: RunnelError.
   */
  save(
    name: SeriesName,
    frame: DataFrame,
    mode: SaveMode,
    precondition?: Precondition,
    packed?: PackedFrame,
  ): Promise<void> {
    const window = { first: frame.stamps[0]!, last: frame.stamps.at(-1)! };
    return this.#turns.run(name, async () => {
      const { reference, symbol } = name;
      const series = await this.#store.find(reference, symbol);
      if (frame.repeated !== undefined) {
        const { keepsDuplicates } = series ?? await this.#catalogue.settings(reference);
        if (!keepsDuplicates) throw duplicateStamp(frame.repeated, frame.aware);
      }
      // What has expired must not come back, nor tell the types of what comes.
      if (series !== undefined && series.revision > 0 && !isAlive(series, this.#clock())) {
        await this.#history.remove(reference, symbol);
      }
      const saving = new Saving(this.#store, name, precondition);
      await saving[mode](window, frame, packed);
    });
  }

  /** The rows of a range, in one state. Unknown: `series-not-found`. Bad range: RunnelError. */
  open(name: SeriesName, range: SeriesRange): Promise<FrameSource> {
    return this.#reading.open(name, range);
  }

  /**
   * Removes the rows from `start` to `end`, the columns, or where both are given the cells, which become null; answers
   * how many rows that changed. No such series: 0. Unknown column: RunnelError.
   */
  removePart(
    name: SeriesName,
    { start, end, columns }: SeriesPart,
    precondition?: Precondition,
  ): Promise<number> {
    return this.#turns.run(name, async () => {
      const series = await this.#store.find(name.reference, name.symbol);
      if (!isAlive(series, this.#clock())) {
        precondition?.(0);
        return 0;
      }
      const alive = lastExpired(series, this.#clock()) + 1n;
      const first = start === undefined || start < alive ? alive : start, last = end ?? MAX_STAMP;
      if (first > last) return 0;
      const saving = new Saving(this.#store, name, precondition);
      if (columns === undefined) return await saving.remove({ first, last });
      const isRange = start !== undefined || end !== undefined;
      return isRange
        ? await saving.clear({ first, last }, columns)
        : await saving.drop({ first: MIN_STAMP, last }, columns);
    });
  }

  /** Removes a series, if there is one. */
  remove(name: SeriesName, precondition?: Precondition): Promise<void> {
    const { reference, symbol } = name;
    if (precondition === undefined) return this.#history.remove(reference, symbol);
    return this.#turns.run(name, async () => {
      for (let isGone = false; !isGone;) {
        const series = await this.#store.find(reference, symbol);
        precondition(isAlive(series, this.#clock()) ? series.revision : 0);
        isGone = series === undefined || await this.#history.removeAt(reference, symbol, series.revision);
      }
    });
  }

  /** Keeps nothing of a series but what it is now. */
  forget({ reference, symbol }: SeriesName): Promise<void> {
    return this.#history.forget(reference, symbol);
  }

  /** The revisions of a series that are kept, the newest first. Unknown: `series-not-found`. */
  revisions(name: SeriesName): Promise<AsyncGenerator<RevisionRow>> {
    return this.#revisions.list(name);
  }

  /**
   * Saves the rows that a series had at a revision as its newest revision, and answers that one. Unknown: `series-not-found` or
   * `revision-not-found`; no longer kept: `revision-gone`.
   */
  restore(name: SeriesName, revision: number): Promise<RevisionRow> {
    return this.#turns.run(name, () => this.#revisions.restore(name, revision));
  }

  /** Frees the space of what can no longer be read, in short transactions, and answers how many chunks. */
  sweep(signal?: AbortSignal): Promise<number> {
    return this.#expiry.sweep(signal);
  }
}
