/** Counting different users, each once, in all and in groups. */
import type { Users } from "./metrics.ts";

export class UserCount {
  readonly #all = new Set<string>();
  readonly #groups = new Map<string, Set<string>>();
  #oldest = Infinity;

  /** When the first of the sessions was received, in milliseconds since the epoch. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Counts the user of a session; `group`: undefined where only all are counted. */
  add(userId: string, received: number, group: string | undefined): void {
    this.#all.add(userId);
    this.#oldest = Math.min(this.#oldest, received);
    if (group === undefined) return;
    const users = this.#groups.get(group) ?? new Set();
    this.#groups.set(group, users.add(userId));
  }

  get users(): Users {
    const groups = new Map(Array.from(this.#groups, ([group, { size }]) => [group, size]));
    return { all: this.#all.size, isEstimate: false, groups };
  }
}
