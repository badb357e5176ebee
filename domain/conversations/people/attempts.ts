/** Wrong passwords are counted by name and by address, so that nobody can try many. */
import { LRUCache } from "lru-cache";
import { RunnelError } from "../../errors.ts";

/** So many wrong passwords for a name, or from an address, within the window. */
const MAX_WRONG = 10;
const WINDOW_MS = 10 * 60_000;
const MAX_REMEMBERED = 50_000;

/** The wrong passwords of this process's last ten minutes. */
export class LoginAttempts {
  /** Times of the last wrong passwords by `name:…` or `address:…`, ascending. */
  readonly #wrong = new LRUCache<string, number[]>({ max: MAX_REMEMBERED });

  constructor(readonly clock: () => number) {}

  /**
   * Counts an attempt as wrong until it turns out right, so that many at once are not let through. Too many already:
   * `too-many-attempts`. Answers what to call when it was not a wrong password.
   */
  begin(name: string, address: string | undefined): () => void {
    const now = this.clock();
    const keys = [`name:${name}`, ...(address === undefined ? [] : [`address:${address}`])];
    for (const key of keys) this.#check(key, now);
    for (const key of keys) this.#wrong.set(key, [...this.#recent(key, now), now]);
    return () => {
      for (const key of keys) {
        const times = this.#wrong.get(key) ?? [];
        const index = times.indexOf(now);
        if (index >= 0) this.#wrong.set(key, times.toSpliced(index, 1));
      }
    };
  }

  #recent(key: string, now: number): number[] {
    return (this.#wrong.get(key) ?? []).filter((time) => time > now - WINDOW_MS);
  }

  #check(key: string, now: number): void {
    const recent = this.#recent(key, now);
    if (recent.length < MAX_WRONG) return;
    const seconds = Math.ceil((recent.at(-MAX_WRONG)! + WINDOW_MS - now) / 1000);
    throw new RunnelError(
      "too-many-attempts",
      `too many wrong passwords: try again in ${seconds} seconds`,
      [],
      { retryAfter: seconds },
    );
  }
}
