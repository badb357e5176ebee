/** Several generators as one, fair to each. A generator goes on when its last value was taken. */
export class Merger<T> {
  readonly #signal: AbortSignal;
  /** The generators, each with what ends it. */
  readonly #members = new Map<string, AbortController>();
  readonly #ready: { readonly value: T; readonly goOn: () => void }[] = [];
  readonly #ended = new AbortController();
  #news = Promise.withResolvers<void>();

  constructor(signal: AbortSignal) {
    this.#signal = AbortSignal.any([signal, this.#ended.signal]);
    this.#signal.addEventListener("abort", () => this.#news.resolve(), { once: true });
  }

  get size(): number {
    return this.#members.size;
  }

  get names(): readonly string[] {
    return [...this.#members.keys()];
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** Adds what `open` makes: a generator that ends when its signal is aborted. */
  add(name: string, open: (leaving: AbortSignal) => AsyncGenerator<T, unknown>): void {
    const leaving = new AbortController();
    const values = open(AbortSignal.any([this.#signal, leaving.signal]));
    this.#members.set(name, leaving);
    (async () => {
      for await (const value of values) {
        const taken = Promise.withResolvers<void>();
        this.#ready.push({ value, goOn: taken.resolve });
        this.#news.resolve();
        await taken.promise;
      }
    })().catch(() => {}).finally(() => {
      this.#members.delete(name);
      this.#news.resolve();
    });
  }

  /** Ends a generator; a value that it had ready still comes. */
  remove(name: string): void {
    this.#members.get(name)?.abort();
  }

  /** Until the signal, or, unless more may join, until every generator has ended. */
  async *values(mayGrow: boolean): AsyncGenerator<T> {
    try {
      while (!this.#signal.aborted) {
        const next = this.#ready.shift();
        if (next !== undefined) {
          yield next.value;
          next.goOn();
        } else if (this.#members.size === 0 && !mayGrow) {
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
