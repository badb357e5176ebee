/** Freeing what can no longer be read: rows past their time to live, replaced revisions, saves that never ended. */
import type { SeriesCatalogue } from "../../db/series/catalogue.ts";
import type { SeriesStore } from "../../db/series/chunks.ts";
import { inShortSteps } from "../short_steps.ts";
import { MIN_STAMP } from "./frame/stamps.ts";
import { Saving } from "./storage/save.ts";
import type { SeriesTurns } from "./storage/turns.ts";

/** After this time a save that has not come to its end is taken for crashed. */
const ABANDONED_MS = 3_600_000;

/** What the sweep needs. */
export interface ExpiryOptions {
  readonly store: SeriesStore;
  readonly catalogue: SeriesCatalogue;
  readonly turns: SeriesTurns;
  /** How long a replaced revision is kept, in milliseconds. */
  readonly keepMillis: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** The sweep of all series. */
export class Expiry {
  readonly #options: ExpiryOptions;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** Removes the rows of a reference that have expired; `null`: whole chunks of all references. */
  async trim(reference: string | null, signal?: AbortSignal): Promise<void> {
    const { store, catalogue, turns } = this.#options;
    for (const { until, ...name } of await catalogue.expiring(reference)) {
      if (signal?.aborted) return;
      const window = { first: MIN_STAMP, last: until };
      await turns.run(name, () => new Saving(store, name).remove(window));
    }
  }

  /** Frees the space of what can no longer be read, in short transactions, and answers how many chunks. */
  async sweep(signal?: AbortSignal): Promise<number> {
    await this.trim(null, signal);
    const { catalogue, clock, keepMillis } = this.#options;
    const now = clock(), abandoned = now - ABANDONED_MS, replaced = now - keepMillis;
    await inShortSteps((limit) => catalogue.forgetReplaced(replaced, limit), signal);
    await inShortSteps((limit) => catalogue.freeRevisions(limit), signal);
    const freed = await inShortSteps((limit) => catalogue.freeChunks(abandoned, limit), signal);
    await catalogue.removeDead(abandoned);
    return freed;
  }
}
