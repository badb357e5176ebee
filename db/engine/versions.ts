/** Whether a database that a connection writes is written by others, too. */
import type { Value } from "./engine.ts";

/** A number that is another one once another connection has changed the database. */
export const SELECT_VERSION = "PRAGMA data_version";

/** What `SELECT_VERSION` answered in the write transactions of a connection. */
export class Versions {
  #last: Value | undefined;

  /** Notes the version, and answers whether the transaction before had another. */
  isAnother(version: Value | undefined): boolean {
    const last = this.#last;
    this.#last = version;
    return last !== undefined && version !== last;
  }
}
