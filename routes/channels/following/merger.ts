/** Several generators as one, fair to each. A generator goes on when its last value was taken. */
export class Merger<T> {
  readonly signal: AbortSignal;
  readonly #names = new Set<string>();
  readonly #ready: { readonly value: T; readonly goOn: () => void }[] = [];
  readonly #ended = new AbortController();
  #news = Promise.withResolvers<void>();

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#ended.signal]);
    this.signal.addEventListener("abort", () => this.#news.resolve(), { once: true });
  }

  get size(): number {
    return this.#names.size;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(name: string, values: AsyncGenerator<T, unknown>): void {
    this.#names.add(name);
    (async () => {
      for await (const value of values) {
        const taken = Promise.withResolvers<void>();
        this.#ready.push({ value, goOn: taken.resolve });
        this.#news.resolve();
        await taken.promise;
      }
    })().catch(() => {}).finally(() => {
      this.#names.delete(name);
      this.#news.resolve();
    });
  }

  /** Until the signal, or, unless more may join, until every generator has ended. */
  async *values(mayGrow: boolean): AsyncGenerator<T> {
    try {
      while (!this.signal.aborted) {
        const next = this.#ready.shift();
        if (next !== undefined) {
          yield next.value;
          next.goOn();
        } else if (this.#names.size === 0 && !mayGrow) {
          return;
        } else {
          this.#news = Promise.withResolvers();
          if (this.#ready.length === 0) await this.#news.promise;
        }
      }
    } finally {
      this.#ended.abort();
      for (const { goOn } of this.#ready) goOn();
    }
  }
}
