/** What the log changes in runs and figures. */
import { Chunk, GONE, type StoredSession } from "../../../db/sessions/format/chunk.ts";
import { ChunkWriter } from "../../../db/sessions/format/chunk_writer.ts";
import { type Contribution, INCONSISTENT, OPEN } from "../../../db/sessions/format/ledger.ts";
import { type Order, sortedPlaces } from "./runs.ts";
import { absorb, type FirstAlive, type Gathered } from "../merge.ts";

/** Quarters of an hour: zones are whole numbers of them away from UTC. */
export const QUARTER_MICROS = 900_000_000, QUARTERS_A_DAY = 96;

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

/** The quarter of an hour since the epoch that a time is in. */
export const quarterOf = (start: number) => Math.floor(start / QUARTER_MICROS);
/** The duration of a contribution; `end` is NaN while it is not known. */
export const durationOf = (start: number, end: number) =>
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
