/** Which runs should be merged next. */
import type { RunRow } from "../../../db/sessions/run_changes.ts";
import { DAY_MS } from "../../time.ts";

/** Runs of one size that become one of the next. */
const FAN_IN = 6;
/** From this level on runs stay as they are: none is more than a few million sessions. */
const LAST_LEVEL = 3;
/** A run is written again without what has expired when that is at least this share of its time. */
const EXPIRED_SHARE = 0.25;

/** Whether nothing in the run is to be seen any more. */
export const hasExpired = ({ lastReceived }: RunRow, firstVisible: number): boolean =>
  lastReceived < firstVisible;

/** Neighbours among runs of one kind, newest first, that should become one; none: undefined. */
export function nextMerge<Run extends RunRow>(
  runs: readonly Run[],
  segmentSize: number,
  firstVisible: number,
): readonly Run[] | undefined {
  const levels = runs.map(({ sessions }) =>
    Math.max(0, Math.round(Math.log(sessions / segmentSize) / Math.log(FAN_IN)))
  );
  for (let level = 0; level < LAST_LEVEL; level++) {
    const larger = levels.findIndex((other) => other > level);
    const count = larger === -1 ? runs.length : larger;
    if (count >= FAN_IN) return runs.slice(0, count);
  }
  const withExpired = runs.find((run) => hasMuchExpired(run, firstVisible));
  return withExpired === undefined ? undefined : [withExpired];
}

function hasMuchExpired({ firstReceived, lastReceived }: RunRow, firstVisible: number): boolean {
  const expired = firstVisible - firstReceived;
  return lastReceived >= firstVisible && expired > DAY_MS &&
    expired >= EXPIRED_SHARE * (lastReceived - firstReceived);
}
