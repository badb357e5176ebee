/** The batches of merging_process.ts: each session begins in one and ends in a later one. */
import type { ModelEvent } from "./model.ts";

/** Sessions of a run before it is merged. */
export const SEGMENT = 40;
const SESSIONS = 10, ENDS_LATER = 30;

/** The events of batch `i`. */
export function batchOf(i: number): ModelEvent[] {
  const event = (n: number, event: "start" | "end", minutes: number): ModelEvent => ({
    user_id: `u${n % 7}`,
    session_id: `s${n}`,
    event,
    ts: new Date(Date.UTC(2026, 0, 1) + (n * 61 + minutes * 60) * 1000).toISOString().slice(0, 19),
    country: ["DE", "GH", "SK"][n % 3]!,
  });
  return Array.from({ length: SESSIONS }, (_, j) => {
    const n = i * SESSIONS + j, ended = n - ENDS_LATER * SESSIONS;
    return [event(n, "start", 0), ...(ended < 0 ? [] : [event(ended, "end", 1 + ended % 50)])];
  }).flat();
}
