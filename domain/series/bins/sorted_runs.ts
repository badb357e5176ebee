/** Cells of a run: sorting one takes half a millisecond. */
const RUN_CELLS = 8192;

/**
 * Numbers in runs of a few thousand, each sorted when it is full, so that no step takes long. The number of a rank is found
 * among them without sorting them all.
 */
export class SortedRuns {
  #cells = new Float64Array(1024);
  #count = 0;
  /** The runs that are sorted, how many cells they have, and how many there will be with the next one. */
  #runs: Float64Array[] = [];
  #sorted = 0;
  #full: number;

  /** `first`: cells of the first run, by which several of these need not sort at the same time. */
  constructor(readonly first = RUN_CELLS) {
    this.#full = first;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** Adds a number that is not NaN. */
  add(value: number): void {
    if (this.#count === this.#cells.length) this.#grow();
    this.#cells[this.#count++] = value;
    if (this.#count === this.#full) this.#endRun();
  }

  /** All of them, each run ascending. They hold until the next number is added. */
  runs(): readonly Float64Array[] {
    if (this.#sorted < this.#count) this.#endRun();
    return this.#runs;
  }

  /** Forgets all. */
  clear(): void {
    if (this.#count === 0) return;
    this.#count = this.#sorted = 0;
    this.#runs = [];
    this.#full = this.first;
  }

  #endRun(): void {
    this.#runs.push(this.#cells.subarray(this.#sorted, this.#count).sort());
    this.#sorted = this.#count;
    this.#full = this.#count + RUN_CELLS;
  }

  #grow(): void {
    const more = new Float64Array(this.#cells.length * 2);
    more.set(this.#cells);
    this.#cells = more;
    let from = 0;
    this.#runs = this.#runs.map(({ length }) => more.subarray(from, from += length));
  }
}

/** The number of a rank, from 0, among those of ascending runs, which has that many or more. */
export function ranked(runs: readonly Float64Array[], rank: number): number {
  if (runs.length === 1) return runs[0]![rank]!;
  let windows = runs;
  for (let left = rank;;) {
    const widest = windows.reduce((one, other) => other.length > one.length ? other : one);
    const pivot = widest[widest.length >> 1]!;
    const below = windows.map((run) => firstFrom(run, (value) => value >= pivot));
    const upTo = windows.map((run) => firstFrom(run, (value) => value > pivot));
    const less = sum(below);
    if (left < less) windows = windows.map((run, i) => run.subarray(0, below[i]));
    else if (left < sum(upTo)) return pivot;
    else {
      left -= sum(upTo);
      windows = windows.map((run, i) => run.subarray(upTo[i]));
    }
  }
}

/** The first place from which on ascending numbers meet a condition; their number if none does. */
function firstFrom(run: Float64Array, meets: (value: number) => boolean): number {
  let low = 0, high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (meets(run[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}
