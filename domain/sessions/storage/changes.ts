/** What the log changes in runs and figures. */
import { Chunk, ChunkWriter, GONE, type StoredSession } from "../../../db/sessions/chunk.ts";
import type { DurationRow, FigureRow } from "../../../db/sessions/figures.ts";
import { type Contribution, INCONSISTENT, OPEN } from "../../../db/sessions/ledger.ts";
import type { Order } from "./runs.ts";
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
  const lived = stored !== undefined && stored.received >= firstAlive(told.at(-1)!.last);
  const after = { ...stored ?? told[0]! };
  for (const part of told) absorb(after, part, part.last, firstAlive);
  return { before: lived ? stored : undefined, after };
}

/** What a session adds to the figures, times `sign`; nothing without a start. */
export function contributionOf(session: StoredSession, sign: 1 | -1): Contribution | undefined {
  const { country, start, end, received } = session;
  if (start === null) return undefined;
  const duration = end === null ? OPEN : end < start ? INCONSISTENT : end - start;
  return { sign, country: country!, quarter: Math.floor(start / QUARTER_MICROS), duration, received };
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

/** Sessions as one chunk, in an order of runs. */
export function sortedChunk(sessions: readonly StoredSession[], order: Order): Chunk {
  const writer = new ChunkWriter(Math.max(1, sessions.length));
  for (const session of sessions) writer.add(session);
  const chunk = new Chunk(writer.take());
  const places = Uint32Array.from(sessions.keys()).sort((i, j) => order(chunk, i, chunk, j));
  for (const i of places) writer.copy(chunk, i);
  return new Chunk(writer.take());
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
  const figures = new Map<string, [0 | 1, string, number, ...number[]]>();
  const durations = new Map<string, [string, number, number, number]>();
  const count = (isQuarter: 0 | 1, slot: number, { country, duration, sign }: Contribution) => {
    const key = `${isQuarter}${slot} ${country}`;
    let row = figures.get(key);
    if (row === undefined) figures.set(key, row = [isQuarter, country, slot, 0, 0, 0, 0]);
    const column = duration === OPEN ? 3 : duration === INCONSISTENT ? 5 : 4;
    row[column] = row[column] as number + sign;
    if (duration >= 0) row[6]! += sign * duration;
  };
  const measure = (country: string, day: number, bucket: number, sign: number) => {
    const key = `${day} ${bucket} ${country}`, row = durations.get(key);
    if (row === undefined) durations.set(key, [country, day, bucket, sign]);
    else row[3] += sign;
  };
  for (const contribution of contributions) {
    const { country, quarter, duration, sign } = contribution, day = Math.floor(quarter / QUARTERS_A_DAY);
    count(1, quarter, contribution);
    count(0, day, contribution);
    if (duration < 0) continue;
    const bucket = bucketOf(duration);
    measure(country, day, bucket, sign);
    measure("", day, bucket, sign);
  }
  return { figures: [...figures.values()], durations: [...durations.values()] };
}
