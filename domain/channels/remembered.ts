/** Rows as they were not long ago, so that not every request asks the database for them. */
import { LRUCache } from "lru-cache";

/** How long a row is trusted: what another process changes counts within this time. */
const MAX_AGE_MS = 200;

/** The rows that were asked for last, by name. */
export class Remembered<Row extends object> {
  readonly #rows: LRUCache<string, { readonly row: Row; readonly readAt: number }>;
  /** Counts this process's changes: what was read before one must not be remembered after it. */
  #changes = 0;

  /** `max`: how many rows are kept. */
  constructor(max: number) {
    this.#rows = new LRUCache({ max });
  }

  /** The row, if it was read not long ago. */
  recent(name: string): Row | undefined {
    const known = this.#rows.get(name);
    return known !== undefined && performance.now() - known.readAt < MAX_AGE_MS ? known.row : undefined;
  }

  /** The row as it was last, however long ago. */
  last(name: string): Row | undefined {
    return this.#rows.get(name)?.row;
  }

  /** Reads the row and remembers it, unless this process changes a row during the read. */
  async read(name: string, read: () => Promise<Row>): Promise<Row> {
    const changes = this.#changes, readAt = performance.now();
    const row = await read();
    if (changes === this.#changes) this.#rows.set(name, { row, readAt });
    return row;
  }

  /** To be called when this process has changed the row, or found that it is not so any more. */
  forget(name: string): void {
    this.#changes++;
    this.#rows.delete(name);
  }
}
