/** Workers of this process that wait for an item to come back to a consumer. */

/** Those who wait, by consumer. */
export class Waiting {
  readonly #wakes = new Map<number, Set<() => void>>();

  /** Wakes the workers that wait for a consumer's items. */
  wake(consumer: number): void {
    for (const wake of this.#wakes.get(consumer) ?? []) wake();
  }

  /** Resolves at `news`, when the consumer's workers are woken, at `signal`, at the latest after so many milliseconds. */
  async until(
    consumer: number,
    news: Promise<void>,
    millis: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (signal?.aborted) return;
    const woken = Promise.withResolvers<void>();
    const wakes = this.#wakes.get(consumer) ?? new Set();
    this.#wakes.set(consumer, wakes.add(woken.resolve));
    const timer = setTimeout(woken.resolve, millis);
    signal?.addEventListener("abort", () => woken.resolve(), { once: true });
    await Promise.race([news, woken.promise]);
    clearTimeout(timer);
    wakes.delete(woken.resolve);
    if (wakes.size === 0) this.#wakes.delete(consumer);
  }
}
