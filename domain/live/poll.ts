/** How a process finds out what other processes did: all that asks does so at the same moments, and shares a round trip. */

/** What another process inserts is delivered within 250 ms, and a database is asked five times a second at most. */
const POLL_INTERVAL_MS = 200;

/** Calls whoever has joined, every 200 ms. */
export class Poll {
  readonly #members = new Map<symbol, () => void>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Calls `look` from now on. Answers how to leave. */
  join(look: () => void): () => void {
    const member = Symbol();
    this.#members.set(member, look);
    this.#timer ??= setInterval(() => {
      for (const each of [...this.#members.values()]) each();
    }, POLL_INTERVAL_MS);
    return () => {
      this.#members.delete(member);
      if (this.#members.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }
}
