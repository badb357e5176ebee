/** Holding back the next run of a queue, so that more callers share it. */

/**
 * Callers that ask again once they are answered come in two halves: while one half's run is under way, the other half
 * arrives, and the next run holds that one alone. Held back for a moment, it holds both.
 */
export class Hold {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #enough = 0;

  /** `onEnd` is called when the time of a hold is over. */
  constructor(readonly onEnd: () => void) {}

  /** Begins a hold of so many milliseconds, which ends earlier when `enough` operations wait. */
  begin(millis: number, enough: number): void {
    this.end();
    this.#enough = enough;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.onEnd();
    }, millis);
  }

  /** Whether a run of so many operations is to wait. */
  holds(waiting: number): boolean {
    if (this.#timer === undefined) return false;
    if (waiting < this.#enough) return true;
    this.end();
    return false;
  }

  /** Ends the hold, if there is one. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
