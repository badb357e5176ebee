/** Changes of one series take turns, so that this process does not compete with itself. */
import type { SeriesName } from "./save.ts";

/** The last change of each series that is being changed. */
export class SeriesTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work when those that asked before are done with that series, whether they failed or not. */
  async run<T>({ reference, symbol }: SeriesName, work: () => Promise<T>): Promise<T> {
    const key = JSON.stringify([reference, symbol]);
    const before = this.#last.get(key);
    const turn = (async () => {
      await before?.catch(() => {});
      return await work();
    })();
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}
