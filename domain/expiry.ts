/** When things expire: the same in every area. What has expired is in no answer, whether it was swept yet or not. */
import { DAY_MS } from "./time.ts";

/** How long something lives after its time, in milliseconds; null: for ever. */
export type TimeToLive = number | null;

/** So many days. */
export function days(count: number): TimeToLive {
  return count * DAY_MS;
}

/** The cut-off: what is of this moment or before it has expired at `now`. -Infinity: nothing has. */
export function expiredUntil(ttl: TimeToLive, now: number): number {
  return ttl === null ? -Infinity : now - ttl;
}

/** The first millisecond since the epoch that has not expired at `now`. */
export function firstAlive(ttl: TimeToLive, now: number): number {
  return Math.max(0, expiredUntil(ttl, now) + 1);
}
