/** What a segment of the log changes, in columns: most of its sessions are new, and stay where they lie. */
import { setImmediate } from "node:timers/promises";
import type { Chunk } from "../../../db/sessions/format/chunk.ts";
import type { Contribution } from "../../../db/sessions/format/ledger.ts";
import {
  type Change,
  chunkOf,
  contributionsOf as contributionsOfChanges,
  durationOf,
  quarterOf,
  startsOf as startsOfChanges,
} from "../storage/changes.ts";
import type { Segment } from "../storage/log_tail.ts";
import { type Order, sortedPlaces } from "../storage/runs.ts";
import type { Storage } from "../storage/storage.ts";
import { ENTRIES_A_TURN, type RunWriter } from "./run_writer.ts";

/** Keys that are looked for in the filters of runs before others have their turn, a millisecond apart. */
const LOOKED_UP_A_TURN = 2_048;

/** What a segment changes, without what has expired. */
export interface SegmentChanges {
  /** Its sessions. */
  readonly chunk: Chunk;
  /** The places of those that no run has. */
  readonly added: readonly number[];
  /** What it changes of others. */
  readonly changed: readonly Change[];
  /** How many sessions expired before they were in a run. */
  readonly expired: number;
}

/** Entries of a run to be: some places of a chunk, and all of another one, none equal to one of the first. */
export interface Entries {
  readonly chunk: Chunk;
  readonly places: readonly number[];
  readonly others: Chunk;
}

/** Looks up what runs have of a segment's sessions. */
export async function changesOfSegment(storage: Storage, segment: Segment): Promise<SegmentChanges> {
  const { sessions } = segment, { chunk } = sessions, horizon = storage.horizon(segment);
  const added: number[] = [], known: number[] = [];
  for (let place = 0; place < chunk.count; place++) {
    if (storage.mayHave(chunk.keys[place]!)) known.push(place);
    else if (chunk.received[place]! >= horizon) added.push(place);
    if (place % LOOKED_UP_A_TURN === 0) await setImmediate();
  }
  const all = await storage.changesOf(known.map((place) => [sessions.session(place)]));
  const changed = all.filter(({ after }) => after.received >= horizon);
  const gone = all.filter(({ before, after }) => !before && after.received < horizon).length;
  return { chunk, added, changed, expired: chunk.count - known.length - added.length + gone };
}

/** The entries of the run by user. */
export const sessionsOf = ({ chunk, added, changed }: SegmentChanges): Entries => ({
  chunk,
  places: added,
  others: chunkOf(changed.map(({ after }) => after)),
});

/** The entries of the run by start. */
export const startsOf = ({ chunk, added, changed }: SegmentChanges): Entries => ({
  chunk,
  places: added.filter((place) => !Number.isNaN(chunk.starts[place]!)),
  others: chunkOf(startsOfChanges(changed)),
});

/** What the segment adds to the figures. */
export function contributionsOf({ chunk, added, changed }: SegmentChanges): Contribution[] {
  const contributions = contributionsOfChanges(changed);
  for (const place of added) {
    const start = chunk.starts[place]!, received = chunk.received[place]!;
    if (Number.isNaN(start)) continue;
    const country = chunk.country(place)!, duration = durationOf(start, chunk.ends[place]!);
    contributions.push({ sign: 1, country, quarter: quarterOf(start), duration, received });
  }
  return contributions;
}

/** How many entries there are. */
export const countOf = ({ places, others }: Entries): number => places.length + others.count;

/** Writes entries in an order. */
export async function writeSorted(writer: RunWriter, entries: Entries, order: Order): Promise<void> {
  const { chunk, others } = entries, count = countOf(entries);
  const places = sortedPlaces(chunk, order, entries.places);
  await setImmediate();
  const otherPlaces = sortedPlaces(others, order);
  for (let i = 0, j = 0; i + j < count;) {
    const isOther = i === places.length ||
      (j < otherPlaces.length && order.compare(others, otherPlaces[j]!, chunk, places[i]!) < 0);
    if (isOther) writer.add(others, otherPlaces[j++]!);
    else writer.add(chunk, places[i++]!);
    if (writer.isFull) await writer.write();
    if ((i + j) % ENTRIES_A_TURN === 0) await setImmediate();
  }
}
