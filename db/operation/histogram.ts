/** Upper bounds of the buckets, in milliseconds. */
export const BOUNDS: readonly number[] = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1_000, 2_500, 10_000];

/**
 * How often something took how long. prom-client's own looks its labels up, checks and hashes them at each observation,
 * which costs more than the routing of a request.
 */
export class Histogram {
  /** Observations by bucket; the last is beyond all bounds. */
  readonly counts: number[] = new Array(BOUNDS.length + 1).fill(0);
  /** All of them together. */
  millis = 0;

  observe(millis: number): void {
    this.millis += millis;
    let bucket = 0;
    while (bucket < BOUNDS.length && millis > BOUNDS[bucket]!) bucket++;
    this.counts[bucket]!++;
  }

  get count(): number {
    return this.counts.reduce((sum, some) => sum + some, 0);
  }
}
