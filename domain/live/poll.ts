/** How a process finds out what other processes did: all that asks does so at the same moments, and shares a round trip. */

/** What another process inserts is delivered within 250 ms, and a database is asked five times a second at most. */
const POLL_INTERVAL_MS = 200;

/** How often a process looks while nobody follows anything: in a file of this machine, and over a server. */
export const CALM_MS = { file: 5_000, server: 30_000 } as const;

/** Calls whoever has joined, every 200 ms. */
export class Poll {
  readonly #members = new Map<symbol, () => void>();
  readonly #companions = new Map<symbol, () => void>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `calmMillis`: how often those look that only accompany others, while there are no others. */
  constructor(readonly calmMillis: number) {}

  /** Calls `look` from now on. Answers how to leave. */
  join(look: () => void): () => void {
    const member = Symbol();
    this.#members.set(member, look);
    this.#timer ??= setInterval(() => {
      for (const each of [...this.#members.values(), ...this.#companions.values()]) each();
    }, POLL_INTERVAL_MS);
    return () => {
      this.#members.delete(member);
      if (this.#members.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Calls `look` beside those that have joined, and every `calmMillis` in any case. Answers how to leave. */
  accompany(look: () => void): () => void {
    const companion = Symbol();
    this.#companions.set(companion, look);
    const timer = setInterval(look, this.calmMillis);
    return () => {
      clearInterval(timer);
      this.#companions.delete(companion);
    };
  }
}
