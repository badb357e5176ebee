/** A database file that is deleted or replaced while it is open: SQLite goes on writing to what nobody will find again. */
import { EngineError } from "./engine.ts";

/** How old the knowledge may be that the file is still there. */
const FRESH_MS = 250;

/** Knows whether a path still leads to the file that it led to at first. */
export class FileWatch {
  #checkedAt = -Infinity;

  private constructor(readonly path: string, readonly first: Deno.FileInfo) {}

  static async of(path: string): Promise<FileWatch> {
    return new FileWatch(path, await Deno.stat(path));
  }

  /** Rejects with `unavailable` while the path leads to nothing, or to another file. */
  async check(): Promise<void> {
    if (performance.now() - this.#checkedAt >= FRESH_MS) await this.look();
  }

  /** As `check`, whatever is known. */
  async look(): Promise<void> {
    const found = await Deno.stat(this.path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw new EngineError("unavailable", `${this.path} cannot be looked at: ${error.message}`, {
        cause: error,
      });
    });
    if (found?.ino !== this.first.ino || found?.dev !== this.first.dev) {
      throw new EngineError(
        "unavailable",
        `the database file ${this.path} was deleted or replaced while Runnel runs, so nothing is written: ` +
          "put it back, or restart Runnel",
      );
    }
    this.#checkedAt = performance.now();
  }
}
