/** What the log changes in runs and figures. */
import { Chunk, GONE, type StoredSession } from "../../../db/sessions/format/chunk.ts";
import { ChunkWriter } from "../../../db/sessions/format/chunk_writer.ts";
import type { DurationRow, FigureRow } from "../../../db/sessions/figures.ts";
import { type Contribution, INCONSISTENT, OPEN } from "../../../db/sessions/format/ledger.ts";
import { type Order, sortedPlaces } from "./runs.ts";
import { absorb, type FirstAlive, type Gathered } from "../merge.ts";

/** Relative error of a duration that is read from the histogram. */
export const DURATION_ERROR = 0.01;
const GAMMA = (1 + DURATION_ERROR) / (1 - DURATION_ERROR), LN_GAMMA = Math.log(GAMMA);
/** Quarters of an hour: zones are whole numbers of them away from UTC. */
export const QUARTER_MICROS = 900_000_000, QUARTERS_A_DAY = 96;
const ZERO_BUCKET = -1;

/** A session before and after what the log tells of it. `before` is absent where there was none, or it had expired. */
export interface Change {
  readonly before: StoredSession | undefined;
  readonly after: StoredSession;
}

/** `told`: what the log tells of the session, in the order in which it came. */
export function changeOf(
  stored: StoredSession | undefined,
  told: readonly Gathered[],
  firstAlive: FirstAlive,
): Change {
  const [only] = told;
  if (stored === undefined && told.length === 1) return { before: undefined, after: only! };
  const lived = stored !== undefined && stored.received >= firstAlive(told.at(-1)!.last);
  const after = { ...stored ?? told[0]! };
  for (const part of told) absorb(after, part, part.last, firstAlive);
  return { before: lived ? stored : undefined, after };
}

/** What a segment of the log changes. */
export interface SegmentChanges {
  /** Its sessions. */
  readonly chunk: Chunk;
  /** The places of those that no run has. */
  readonly added: readonly number[];
  /** What it changes of others. */
  readonly changed: readonly Change[];
}

/** The sessions of a segment as runs by user will have them. */
export function sessionsOf({ chunk, added, changed }: SegmentChanges): Chunk {
  const writer = new ChunkWriter(Math.max(1, added.length + changed.length));
  for (const place of added) writer.copy(chunk, place);
  for (const { after } of changed) writer.add(after);
  return writer.view();
}

/** The starts of a segment as runs by start will have them. */
export function startsOfSegment({ chunk, added, changed }: SegmentChanges): Chunk {
  const writer = new ChunkWriter(Math.max(1, added.length));
  for (const place of added) if (!Number.isNaN(chunk.starts[place]!)) writer.copy(chunk, place);
  for (const start of startsOf(changed)) writer.add(start);
  return writer.view();
}

/** What a segment adds to the figures. */
export function contributionsOfSegment({ chunk, added, changed }: SegmentChanges): Contribution[] {
  const contributions = contributionsOf(changed);
  for (const place of added) {
    const start = chunk.starts[place]!, end = chunk.ends[place]!, received = chunk.received[place]!;
    if (Number.isNaN(start)) continue;
    const duration = durationOf(start, end);
    contributions.push({
      sign: 1,
      country: chunk.country(place)!,
      quarter: quarterOf(start),
      duration,
      received,
    });
  }
  return contributions;
}

const quarterOf = (start: number) => Math.floor(start / QUARTER_MICROS);
const durationOf = (start: number, end: number) =>
  Number.isNaN(end) ? OPEN : end < start ? INCONSISTENT : end - start;

/** What a session adds to the figures, times `sign`; nothing without a start. */
export function contributionOf(session: StoredSession, sign: 1 | -1): Contribution | undefined {
  const { country, start, end, received } = session;
  if (start === null) return undefined;
  const duration = durationOf(start, end ?? NaN);
  return { sign, country: country!, quarter: quarterOf(start), duration, received };
}

/** What changes add to the figures. */
export function contributionsOf(changes: Iterable<Change>): Contribution[] {
  const contributions: Contribution[] = [];
  for (const { before, after } of changes) {
    const old = before && contributionOf(before, -1), added = contributionOf(after, 1);
    if (old !== undefined && added !== undefined && isSame(old, added)) continue;
    if (old !== undefined) contributions.push(old);
    if (added !== undefined) contributions.push(added);
  }
  return contributions;
}

function isSame(a: Contribution, b: Contribution): boolean {
  return a.country === b.country && a.quarter === b.quarter && a.duration === b.duration &&
    a.received === b.received;
}

/** The entries of a run by start that changes make: starts that came, and those that are no more. */
export function startsOf(changes: Iterable<Change>): StoredSession[] {
  const starts: StoredSession[] = [];
  for (const { before, after } of changes) {
    const stays = before !== undefined && before.start === after.start && before.country === after.country;
    if (stays && before.received === after.received) continue;
    if (!stays && before !== undefined && before.start !== null) starts.push({ ...before, received: GONE });
    if (after.start !== null) starts.push(after);
  }
  return starts;
}

/** Sessions as one chunk, as they come. */
export function chunkOf(sessions: readonly StoredSession[]): Chunk {
  const writer = new ChunkWriter(Math.max(1, sessions.length));
  for (const session of sessions) writer.add(session);
  return writer.view();
}

/** Sessions as one chunk, in an order of runs. */
export function sortedChunk(sessions: readonly StoredSession[], order: Order): Chunk {
  const chunk = chunkOf(sessions), writer = new ChunkWriter(Math.max(1, chunk.count));
  for (const place of sortedPlaces(chunk, order)) writer.copy(chunk, place);
  return writer.view();
}

/** All durations of one bucket lie within DURATION_ERROR of its middle. 0 has its own. */
export function bucketOf(duration: number): number {
  return duration === 0 ? ZERO_BUCKET : Math.ceil(Math.log(duration) / LN_GAMMA);
}
/** The middle of a bucket, in microseconds. */
export const middleOf = (index: number): number => index < 0 ? 0 : 2 * GAMMA ** index / (GAMMA + 1);

/** Adds contributions up to rows of figures. */
export function sumsOf(
  contributions: Iterable<Contribution>,
): { figures: FigureRow[]; durations: DurationRow[] } {
  const countries = new Map<string, CountrySums>(), all = new Map<number, number>();
  for (const { country, quarter, duration, sign } of contributions) {
    let sums = countries.get(country);
    if (sums === undefined) countries.set(country, sums = { quarters: new Map(), buckets: new Map() });
    let counts = sums.quarters.get(quarter);
    if (counts === undefined) sums.quarters.set(quarter, counts = [0, 0, 0, 0]);
    counts[duration === OPEN ? 0 : duration === INCONSISTENT ? 2 : 1]! += sign;
    if (duration < 0) continue;
    counts[3]! += sign * duration;
    const place = Math.floor(quarter / QUARTERS_A_DAY) * BUCKETS + bucketOf(duration) - ZERO_BUCKET;
    sums.buckets.set(place, (sums.buckets.get(place) ?? 0) + sign);
    all.set(place, (all.get(place) ?? 0) + sign);
  }
  const figures: FigureRow[] = [], durations = bucketRows("", all);
  for (const [country, { quarters, buckets }] of countries) {
    const days = new Map<number, number[]>();
    for (const [quarter, counts] of quarters) {
      figures.push([1, country, quarter, ...counts]);
      const day = Math.floor(quarter / QUARTERS_A_DAY), known = days.get(day);
      if (known === undefined) days.set(day, counts);
      else days.set(day, known.map((count, i) => count + counts[i]!));
    }
    for (const [day, counts] of days) figures.push([0, country, day, ...counts]);
    durations.push(...bucketRows(country, buckets));
  }
  return { figures, durations };
}

/** More than there are buckets. */
const BUCKETS = 4096;

/** Of one country: open, completed, inconsistent and duration by quarter; completed by day and bucket. */
interface CountrySums {
  readonly quarters: Map<number, number[]>;
  readonly buckets: Map<number, number>;
}

function bucketRows(country: string, counts: ReadonlyMap<number, number>): DurationRow[] {
  return Array.from(counts, ([place, n]) => [
    country,
    Math.floor(place / BUCKETS),
    place % BUCKETS + ZERO_BUCKET,
    n,
  ]);
}
