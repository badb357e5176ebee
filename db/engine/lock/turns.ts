/**
 * Turns at writing a file that several processes of Runnel have open. To try SQLite's write lock costs a statement and an
 * error; to try the lock of an empty file beside the database costs one call of the system.
 */

/** How long whoever waits for another process sleeps between two tries. */
export const TRY_EVERY_MS = 0.2;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Makes this thread wait. */
export function sleep(millis: number): void {
  Atomics.wait(sleeper, 0, 0, millis);
}

/** The turns of this process. Other programs take none, so a turn is not the write lock yet. */
export class Turns {
  readonly #file: Deno.FsFile | undefined;

  /** Opens the empty file at `path`, and makes it when it is absent. Where files cannot be locked, each turn comes at once. */
  constructor(path: string) {
    this.#file = openLockable(path);
  }

  /**
   * Takes a turn, and answers whether it came before the moment `until` (of `performance.now`). The thread stands still
   * while it waits. Whoever has taken a turn ends it.
   */
  take(until: number): boolean {
    while (this.#file?.tryLockSync(true) === false) {
      if (performance.now() >= until) return false;
      sleep(TRY_EVERY_MS);
    }
    return true;
  }

  /** Ends the turn that was taken. */
  end(): void {
    this.#file?.unlockSync();
  }

  close(): void {
    this.#file?.close();
  }
}

function openLockable(path: string): Deno.FsFile | undefined {
  try {
    const file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
    // Not exclusive, so that nobody loses a turn. Another process may refuse it: that there are locks is what counts.
    if (file.tryLockSync()) file.unlockSync();
    return file;
  } catch {
    return undefined;
  }
}
