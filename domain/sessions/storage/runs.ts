/** Sorted runs as a process knows them: their orders, where their chunks begin, and which keys they may have. */
import { type Chunk, compareIds } from "../../../db/sessions/format/chunk.ts";
import { KeyFilter } from "../../../db/sessions/format/filter.ts";
import type { RunRow } from "../../../db/sessions/run_changes.ts";
import type { RunIndex } from "../../../db/sessions/format/sums.ts";
import { placesUpTo, sortedBy } from "./radix_sort.ts";

/** Sessions in the order of their keys: those of a user are neighbours. */
export interface UserRun extends RunRow {
  /** The first key of each chunk. */
  readonly fences: readonly number[];
  readonly filter: KeyFilter;
}

/** Sessions in the order of countries and starts. */
export interface StartRun extends RunRow {
  /** The first entry of each chunk. */
  readonly fences: readonly StartFence[];
  /** The last start of each country. */
  readonly ends: ReadonlyMap<string, number>;
}

export type StartFence = readonly [country: string, start: number];

/** Chunks of a run, by their places: from one to before another. */
export interface Places {
  readonly from: number;
  readonly to: number;
}

export function toUserRun(run: RunRow, { fences, filter }: RunIndex): UserRun {
  return { ...run, fences: JSON.parse(fences), filter: new KeyFilter(filter!) };
}

export function toStartRun(run: RunRow, { fences }: RunIndex): StartRun {
  const index = JSON.parse(fences);
  return { ...run, fences: index.fences, ends: new Map(index.ends) };
}

/** Where keys from one to before another are. */
export function placesOfKeys({ fences }: UserRun, from: number, to: number): Places {
  // The chunk before may end with the first key, too.
  return {
    from: Math.max(0, countBelow(fences, (fence) => fence - from) - 1),
    to: countBelow(fences, (fence) => fence - to),
  };
}

/** Where the starts of a country are, from a time to before another. */
export function placesOfStarts({ fences }: StartRun, country: string, since: number, until: number): Places {
  return {
    from: Math.max(0, countBelow(fences, (fence) => compareFences(fence, [country, since])) - 1),
    to: countBelow(fences, (fence) => compareFences(fence, [country, until])),
  };
}

function compareFences([a, s]: StartFence, [b, t]: StartFence): number {
  return a === b ? s - t : a < b ? -1 : 1;
}

/** How many, from the first one, are below; they are in order. */
function countBelow<Fence>(fences: readonly Fence[], compare: (fence: Fence) => number): number {
  let from = 0, to = fences.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compare(fences[middle]!) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** An order of entries. Equal ones are of the same session. */
export interface Order {
  /** Compares the entries at two places of two chunks. */
  compare(a: Chunk, i: number, b: Chunk, j: number): number;
  /** Whole numbers from 0 by entry that are in this order, the most significant first; where all are equal the ids decide. */
  numbers(chunk: Chunk): readonly ArrayLike<number>[];
}

export const byUser: Order = {
  compare: (a, i, b, j) => a.keys[i]! - b.keys[j]! || compareIds(a, i, b, j),
  numbers: ({ keys }) => [keys],
};

/** By country and start, of sessions that have a start. */
export const byStart: Order = {
  compare(a, i, b, j) {
    const country = a.country(i)!, other = b.country(j)!;
    if (country !== other) return country < other ? -1 : 1;
    return a.starts[i]! - b.starts[j]! || compareIds(a, i, b, j);
  },
  numbers: (chunk) => [chunk.countryRanks(), chunk.starts],
};

/** The places of a chunk's entries in an order; of some of them, if these are given. */
export function sortedPlaces(chunk: Chunk, order: Order, some?: readonly number[]): Uint32Array {
  const numbers = order.numbers(chunk);
  const places = numbers.toReversed().reduce<Uint32Array<ArrayBuffer>>(
    (sorted, column) => sortedBy(column, sorted),
    some === undefined ? placesUpTo(chunk.count) : Uint32Array.from(some),
  );
  const isTied = (i: number, j: number) => numbers.every((column) => column[i] === column[j]);
  for (let from = 0; from < places.length;) {
    let to = from + 1;
    while (to < places.length && isTied(places[from]!, places[to]!)) to++;
    if (to - from > 1) places.subarray(from, to).sort((i, j) => compareIds(chunk, i, chunk, j));
    from = to;
  }
  return places;
}
