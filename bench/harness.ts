/**
 * The harness of all benchmarks. Contestants are measured in turns, each in fresh processes, so that a change in the
 * machine's speed meets all of them; medians and the spread are printed, and the ratio of Runnel to each peer.
 */

/** A contestant that is started and ready to be measured. */
export interface Running extends AsyncDisposable {
  /** One measurement, in the unit of its comparison. */
  measure(): Promise<number>;
}

/** Runnel or one of its peers. */
export interface Contestant {
  readonly name: string;
  /** Starts fresh processes over fresh data. */
  start(): Promise<Running>;
}

/** A figure to reach: Runnel's median against a peer's, or an absolute bound. */
export interface Figure {
  /** Name of the peer; absent: the bound is absolute. */
  readonly peer?: string;
  /** With `better: "higher"` the least, with "lower" the most, that the ratio (or the value) may be. */
  readonly bound: number;
}

/** What is compared. The first contestant is Runnel. */
export interface Comparison {
  readonly title: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  readonly contestants: readonly Contestant[];
  readonly figures?: readonly Figure[];
  /** Turns; each contestant is measured once in each. 3 unless given. */
  readonly turns?: number;
}

/** A named benchmark: what it shows, and the comparisons that show it. */
export interface Benchmark {
  readonly name: string;
  readonly about: string;
  /** Programs that must be installed, with the Debian package that has them. */
  readonly needs?: Readonly<Record<string, string>>;
  comparisons(): AsyncGenerator<Comparison> | Generator<Comparison>;
}

/** All measurements of one contestant. */
interface Measured {
  readonly name: string;
  readonly values: number[];
}

/**
 * Measures and prints one comparison; answers the figures that were missed, as text. An overview takes one turn, and
 * leaves out what has no figure to reach.
 */
export async function compare(comparison: Comparison, isOverview: boolean): Promise<string[]> {
  if (isOverview && (comparison.figures ?? []).length === 0) return [];
  const measured = comparison.contestants.map(({ name }): Measured => ({ name, values: [] }));
  for (let turn = 0; turn < (isOverview ? 1 : comparison.turns ?? 3); turn++) {
    for (const [i, contestant] of comparison.contestants.entries()) {
      await using running = await contestant.start();
      measured[i]!.values.push(await running.measure());
    }
  }
  print(comparison, measured);
  return (comparison.figures ?? []).flatMap((figure) => judge(comparison, measured, figure));
}

function print({ title, unit }: Comparison, measured: readonly Measured[]): void {
  const ours = median(measured[0]!.values);
  console.log(`\n${title} (${unit})`);
  for (const [i, { name, values }] of measured.entries()) {
    const middle = median(values);
    const ratio = i === 0 ? "" : `Runnel is ${(ours / middle).toFixed(2)} x`;
    const spread = `${format(Math.min(...values))} to ${format(Math.max(...values))}`;
    console.log(`  ${name.padEnd(36)} ${format(middle).padStart(12)}   ${spread.padEnd(24)} ${ratio}`);
  }
}

function judge(
  { title, better }: Comparison,
  measured: readonly Measured[],
  { peer, bound }: Figure,
): string[] {
  const ours = median(measured[0]!.values);
  const theirs = peer === undefined ? 1 : median(measured.find(({ name }) => name === peer)!.values);
  const value = ours / theirs;
  const reached = better === "higher" ? value >= bound : value <= bound;
  const wanted = `${better === "higher" ? "at least" : "at most"} ${format(bound)}${
    peer === undefined ? "" : ` x ${peer}`
  }`;
  console.log(`  figure to reach: ${wanted}: ${reached ? "reached" : "MISSED"} (${format(value)})`);
  return reached ? [] : [`${title}: ${format(value)}, ${wanted}`];
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value below which that share (0 to 1) of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

function format(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}
